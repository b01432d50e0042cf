package verifa_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// TestDocuments: the list, and what its links open.
func TestDocuments(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	path := "/api/v1/sessions/" + id + "/documents"
	if got := h.do("GET", path, liveKey, nil).want(http.StatusOK); got.body != `{"data":[]}` {
		t.Errorf("got %s", got.body)
	}
	for _, name := range []string{"selfie", "id_back", "id_front"} {
		h.upload(liveKey, id, name).want(http.StatusCreated)
	}
	list := h.do("GET", path, liveKey, nil).want(http.StatusOK)
	for i, name := range []string{"id_front", "id_back", "selfie"} {
		at := fmt.Sprintf("data.%d.", i)
		if list.text(at+"doc_type") != name || list.text(at+"mime_type") != "image/png" || list.text(at+"expires_in") != "300" {
			t.Errorf("%d: got %s", i, list.body)
		}
	}
	address := must(url.Parse(list.text("data.0.url")))
	if address.Host != "api.example" || address.Path != path+"/id_front" || address.Query().Get("expires") != strconv.FormatInt(h.clock.Now().Unix()+300, 10) {
		t.Errorf("got the link %s", address)
	}
	for _, method := range []string{"GET", "HEAD"} {
		got := h.do(method, address.RequestURI(), noKey, nil).want(http.StatusOK)
		if h := got.header; h.Get("Content-Type") != "image/png" || h.Get("Content-Length") != strconv.Itoa(len(picture)) ||
			!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Cache-Control") != "no-store" ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-RateLimit-Limit") == "" {
			t.Errorf("%s: got the head %v", method, h)
		}
		if want := map[string]string{"GET": picture, "HEAD": ""}[method]; got.body != want {
			t.Errorf("%s: got %q", method, got.body)
		}
	}
}

// TestDocumentLinkLife: to the microsecond, also that of another length. A link says when it ends in whole seconds: one
// that is made in the middle of a second is good until the end of its last one, never for less than it should be.
func TestDocumentLinkLife(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ life, made, more time.Duration }{ // made: so long after a whole second
		{0, 0, 0}, {time.Second, 0, 0}, {time.Hour, 0, 0}, {0, time.Second / 2, time.Second / 2}, {time.Second, time.Second / 2, time.Second / 2},
		{0, time.Microsecond, time.Second - time.Microsecond}, {0, time.Second - time.Microsecond, time.Microsecond},
	} {
		h := newHouse(t, setup{config: verifa.Config{LinkLife: row.life}})
		life := cmp.Or(row.life, 5*time.Minute)
		h.clock.Add(row.made)
		id := h.create(liveKey, nil)
		h.upload(liveKey, id, "selfie").want(http.StatusCreated)
		list := h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).want(http.StatusOK)
		link := must(url.Parse(list.text("data.0.url"))).RequestURI()
		end := h.clock.Now().Add(life + row.more)
		if told := list.text("data.0.expires_in"); told != fmt.Sprint(life.Seconds()) || !strings.Contains(link, fmt.Sprintf("expires=%d&", end.Unix())) {
			t.Errorf("%+v: got %s for %s seconds, want until %s", row, link, told, end)
		}
		h.clock.Add(life + row.more - time.Microsecond)
		h.do("GET", link, noKey, nil).want(http.StatusOK)
		h.clock.Add(time.Microsecond)
		if got := h.do("GET", link, noKey, nil).refused(http.StatusForbidden, "forbidden"); got.text("detail") != "The link has expired." {
			t.Errorf("%+v: got %s", row, got.body)
		}
	}
}

// TestWrongDocumentLinks: whatever is wrong with a link, the answer is the same to the byte.
func TestWrongDocumentLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, other := h.create(liveKey, nil), h.create(liveKey, nil)
	theirs := h.create(theirKey, nil)
	for _, s := range []string{id, other} {
		h.upload(liveKey, s, "selfie").want(http.StatusCreated)
		h.upload(liveKey, s, "id_front").want(http.StatusCreated)
	}
	h.upload(theirKey, theirs, "selfie").want(http.StatusCreated)
	good := must(url.Parse(h.link(id, "selfie")))
	expires, sig := good.Query().Get("expires"), good.Query().Get("sig")
	path := func(id, name string) string { return "/api/v1/sessions/" + id + "/documents/" + name }
	with := func(id, name, query string) string { return path(id, name) + "?" + query }
	full := "expires=" + expires + "&sig=" + sig
	later := strconv.FormatInt(h.clock.Now().Unix()+301, 10)
	rows := map[string]string{
		"no query":                    path(id, "selfie"),
		"no signature":                with(id, "selfie", "expires="+expires),
		"no end":                      with(id, "selfie", "sig="+sig),
		"another end":                 with(id, "selfie", "expires="+later+"&sig="+sig),
		"an end that is no number":    with(id, "selfie", "expires=x&sig="+sig),
		"an end with a plus":          with(id, "selfie", "expires=%2B"+expires+"&sig="+sig),
		"an end with a zero":          with(id, "selfie", "expires=0"+expires+"&sig="+sig),
		"an end before time":          with(id, "selfie", "expires=-1&sig="+sig),
		"two ends":                    with(id, "selfie", full+"&expires="+later),
		"two signatures":              with(id, "selfie", full+"&sig="+sig),
		"in upper case":               with(id, "selfie", "expires="+expires+"&sig="+strings.ToUpper(sig)),
		"cut short":                   with(id, "selfie", full[:len(full)-1]),
		"longer":                      with(id, "selfie", full+"0"),
		"a digit changed":             with(id, "selfie", full[:len(full)-1]+flip(full[len(full)-1])),
		"no hex":                      with(id, "selfie", full[:len(full)-1]+"g"),
		"of another document":         with(id, "id_front", full),
		"of one that is not there":    with(id, "id_back", full),
		"of no type":                  with(id, "passport", full),
		"of another session":          with(other, "selfie", full),
		"of another tenant's session": with(theirs, "selfie", full),
		"of no session":               with("ses_"+strings.Repeat("0", 32), "selfie", full),
		"of a session in upper case":  with(strings.ToUpper(id), "selfie", full),
		"by another tenant":           with(id, "selfie", "expires="+expires+"&sig="+strings.ReplaceAll(theirsID.String(), "-", "")+sig[32:]),
		"by the sandbox":              with(id, "selfie", "expires="+expires+"&sig="+strings.ReplaceAll(sandboxID.String(), "-", "")+sig[32:]),
		"by another language":         with(id, "selfie", "expires="+expires+"&sig="+strings.ReplaceAll(veriffID.String(), "-", "")+sig[32:]),
		"by nobody":                   with(id, "selfie", "expires="+expires+"&sig="+strings.Repeat("0", 32)+sig[32:]),
	}
	want := `{"error":"forbidden","detail":"The link is not valid.","status_code":403}`
	for name, address := range rows {
		if got := h.do("GET", address, noKey, nil); got.status != http.StatusForbidden || got.body != want {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
		if got := h.do("GET", address, liveKey, nil); got.status != http.StatusForbidden || got.body != want {
			t.Errorf("%s, with a key: got %d %s", name, got.status, got.body)
		}
	}
	h.do("GET", good.RequestURI(), noKey, nil).want(http.StatusOK)
}

func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

// TestDocumentsGoAway: after the sensitive window, and with a redaction.
func TestDocumentsGoAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Sensitive = time.Minute }})
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	link := h.link(id, "selfie")
	h.do("POST", "/api/v1/sessions/"+id+"/expire", liveKey, nil).want(http.StatusOK)
	h.clock.Add(time.Minute - time.Microsecond)
	h.do("GET", link, noKey, nil).want(http.StatusOK)
	h.clock.Add(time.Microsecond)
	h.do("GET", link, noKey, nil).refused(http.StatusGone, "gone")
	h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).refused(http.StatusGone, "gone")
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
	h.do("GET", link, noKey, nil).refused(http.StatusForbidden, "forbidden")
	h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).refused(http.StatusGone, "gone")
	h.noBlobs()
}

// TestDownloadIsAudited: a read by a link is written down, and one that was refused is not.
func TestDownloadIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	link := h.link(id, "selfie")
	reads := func() (actors []string) {
		for _, ev := range must(h.engine.Events(t.Context(), session.AuditList{What: []string{string(session.EventRead)}})).Audited {
			actors = append(actors, ev.About.Actor)
		}
		return actors
	}
	before := len(reads())
	h.clock.Add(time.Second)
	h.do("GET", link+"0", noKey, nil).refused(http.StatusForbidden, "forbidden")
	if n := len(reads()); n != before {
		t.Errorf("what was refused is written down %d times", n-before)
	}
	h.do("GET", link, noKey, nil).want(http.StatusOK)
	if got := reads(); len(got) != before+1 || got[0] != "signed_link" {
		t.Errorf("got %v after %d", got, before)
	}
}

// TestDocumentsOfOthers: byte for byte what is said of a session that is not there.
func TestDocumentsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	theirs, none := h.create(theirKey, nil), "ses_"+strings.Repeat("0", 32)
	sandboxed := h.create(sandboxKey, nil)
	body, kind := formOf(field{"document_type", "selfie"}, field{"file", picture})
	rows := []call{
		{method: "GET", path: "/documents"},
		{method: "POST", path: "/documents", body: body, kind: kind},
		{method: "POST", path: "/submit"},
		{method: "POST", path: "/generate-one-time-link"},
		{method: "GET", path: "/links"},
		{method: "POST", path: "/resume"},
		{method: "POST", path: "/resend-invite"},
		{method: "POST", path: "/expire"},
	}
	for _, row := range rows {
		var want result
		for i, id := range []string{none, theirs, sandboxed, "ses_" + strings.ReplaceAll(veriffID.String(), "-", ""), strings.ToUpper(none), "x"} {
			c := row
			c.key, c.path = liveKey, "/api/v1/sessions/"+id+row.path
			got := h.call(c).refused(http.StatusNotFound, "not_found")
			for _, varies := range []string{"Date", "X-Ratelimit-Remaining"} {
				got.header.Del(varies)
			}
			if i == 0 {
				want = got
				continue
			}
			if got.body != want.body || fmt.Sprint(got.header) != fmt.Sprint(want.header) {
				t.Errorf("%s %s: got %s %v, want %s %v", row.method, c.path, got.body, got.header, want.body, want.header)
			}
		}
	}
}

// TestExportedDocuments: everything that was uploaded, with links of a day, also after the sensitive window.
func TestExportedDocuments(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Sensitive = time.Minute }})
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	h.clock.Add(time.Second)
	h.send(liveKey, id, field{"document_type", "id_front"}, field{"file", jpeg}).want(http.StatusCreated)
	h.do("POST", "/api/v1/sessions/"+id+"/expire", liveKey, nil).want(http.StatusOK)
	h.clock.Add(time.Hour)
	got := h.do("GET", "/api/v1/sessions/"+id+"/export", liveKey, nil).want(http.StatusOK)
	var links []string
	for i, want := range []string{picture, jpeg} {
		links = append(links, strings.TrimPrefix(got.text(fmt.Sprintf("documents.%d.download_url", i)), "https://api.example"))
		if file := h.do("GET", links[i], noKey, nil).want(http.StatusOK); file.body != want {
			t.Errorf("%d: got %q, want %q", i, file.body, want)
		}
	}
	h.clock.Add(day - time.Microsecond)
	h.do("GET", links[0], noKey, nil).want(http.StatusOK)
	h.clock.Add(time.Microsecond)
	h.do("GET", links[0], noKey, nil).refused(http.StatusForbidden, "forbidden")
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
	h.do("GET", links[1], noKey, nil).refused(http.StatusForbidden, "forbidden")
}
