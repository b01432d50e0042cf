package verifa_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// TestTheDeliveryLog: newest first, of a time, of an event, a page at a time; and nothing of what was sent.
func TestTheDeliveryLog(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, _ := h.hook(sandboxKey, in.URL, `"enabled_events":["session.created","session.approved"]`)
	var noon time.Time
	for i := range 3 {
		h.clock.Add(time.Hour)
		if i == 1 {
			noon = h.clock.Now()
		}
		h.simulate(h.create(sandboxKey, `{"external_ref":"user_17"}`), "approve")
		h.settle()
	}
	in.take()
	list := func(query string) (string, result) {
		t.Helper()
		r := h.do("GET", path+"/deliveries"+query, sandboxKey, nil).want(http.StatusOK)
		var got []string
		for _, d := range r.value("data").([]any) {
			name, _ := d.(map[string]any)["event_type"].(string)
			got = append(got, strings.TrimPrefix(name, "session."))
		}
		return strings.Join(got, " "), r
	}
	hour := func(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339)) }
	for query, want := range map[string]string{
		"":                                     "6",
		"?event_type=session.approved":         "approved approved approved",
		"?event_type=session.approved&limit=2": "approved approved",
		"?event_type=session.approved&limit=2&offset=2":                        "approved",
		"?event_type=session.declined":                                         "",
		"?date_from=" + hour(noon):                                             "4",
		"?date_to=" + hour(noon):                                               "2",
		"?date_from=" + hour(noon) + "&date_to=" + hour(noon.Add(time.Minute)): "2",
		"?date_from=2030-01-01":                                                "",
		"?limit=1&offset=5":                                                    "1",
		"?limit=1&offset=6":                                                    "",
	} {
		got, r := list(query)
		if len(want) == 1 {
			if n := strings.Fields(got); len(n) != int(want[0]-'0') {
				t.Errorf("%s: got %q, want %s", query, got, want)
			}
		} else if got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
		if strings.Contains(r.body, "user_17") {
			t.Errorf("%s: got %s, which has the reference", query, r.body)
		}
	}
	seen := 0
	for cursor := ""; ; seen++ {
		_, r := list("?limit=1&event_type=session.created" + cursor)
		if r.text("data.0.status") != "delivered" || r.text("data.0.response_status") != "200" || r.text("data.0.attempts") != "1" {
			t.Errorf("got %s, want a delivery that was made", r.body)
		}
		if cursor = r.text("pagination.next_cursor"); cursor == "" {
			break
		}
		cursor = "&cursor=" + cursor
	}
	if seen != 2 {
		t.Errorf("got %d pages after the first, want two", seen)
	}
	for _, query := range []string{"?limit=0", "?limit=101", "?event_type=x", "?date_from=noon", "?cursor=x", "?offset=10001", "?offset=1&cursor=cur_00000000000040008000000000000000"} {
		h.do("GET", path+"/deliveries"+query, sandboxKey, nil).refused(422, "validation_error")
	}
}

// TestARetry: what was given up is made again by hand, with the same payload.
func TestARetry(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, secret := h.hook(liveKey, in.URL, `"enabled_events":["session.created"]`)
	in.answers(http.StatusServiceUnavailable)
	h.create(liveKey, `{"external_ref":"user_17"}`)
	id := func() string {
		return h.do("GET", path+"/deliveries", liveKey, nil).want(http.StatusOK).text("data.0.id")
	}
	first := id()
	h.do("POST", "/api/v1/webhooks/deliveries/"+first+"/retry", liveKey, nil).refused(409, "conflict")
	for range 6 {
		h.settle()
		h.clock.Add(3 * time.Hour)
	}
	tries := in.take()
	if r := h.do("GET", path+"/deliveries", liveKey, nil); len(tries) != 6 || r.text("data.0.status") != "failed" || r.text("data.0.response_status") != "503" {
		t.Fatalf("got %d tries and %s, want six and a failure", len(tries), r.body)
	}
	in.answers(http.StatusNoContent)
	again := h.with("again", "POST", "/api/v1/webhooks/deliveries/"+first+"/retry", liveKey, nil).want(http.StatusAccepted)
	replay := h.with("again", "POST", "/api/v1/webhooks/deliveries/"+first+"/retry", liveKey, nil).want(http.StatusAccepted)
	if again.text("id") == first || again.text("status") != "pending" || replay.body != again.body {
		t.Errorf("got %s and then %s, want one other delivery that is to be made", again.body, replay.body)
	}
	h.settle()
	got := in.take()
	if len(got) == 0 || got[0].body != tries[0].body || got[0].verify(secret, h.clock.Now()) != nil {
		t.Fatalf("got %+v, want the same payload, signed now", got)
	}
	if got[0].value("idempotency_key") == "" || got[0].header.Get("X-Verifa-Delivery-Id") == tries[0].header.Get("X-Verifa-Delivery-Id") {
		t.Errorf("got %+v, want another delivery with the same idempotency key", got[0])
	}
	for _, wrong := range []string{"dlv_00000000000040008000000000000000", "x", id()[4:]} {
		h.do("POST", "/api/v1/webhooks/deliveries/"+wrong+"/retry", liveKey, nil).refused(404, "not_found")
	}
	h.do("POST", "/api/v1/webhooks/deliveries/"+first+"/retry", theirKey, nil).refused(404, "not_found")
	h.do("POST", "/api/v1/webhooks/deliveries/"+first+"/retry", liveKey, `{"x":1}`).refused(422, "validation_error")
}

// TestDeliveriesOfAnotherIntegration of the same tenant and language are not there.
func TestDeliveriesOfAnotherIntegration(t *testing.T) {
	t.Parallel()
	other := uuid.MustParse("11111111-0000-4000-8000-000000000004")
	h := newHooked(t, setup{engine: func(cfg *session.Config) {
		cfg.Integrations = append(cfg.Integrations.(session.Fixed), session.Integration{
			ID: other, Tenant: tenantID, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, false),
		})
	}})
	in := newInbox(t)
	engine := h.engine.For(other)
	must(engine.AddEndpoint(t.Context(), session.StoredEndpoint{Endpoint: session.Endpoint{URL: in.URL, Format: verifa.Format}}, "whsec_test_secret"))
	must(engine.Create(t.Context(), session.Facts{}))
	h.settle()
	list := must(engine.Deliveries(t.Context(), session.DeliveryQuery{}))
	if len(list) == 0 || len(in.take()) == 0 {
		t.Fatal("got no delivery, want one")
	}
	id := "dlv_" + strings.ReplaceAll(list[0].ID.String(), "-", "")
	h.do("POST", "/api/v1/webhooks/deliveries/"+id+"/retry", liveKey, nil).refused(404, "not_found")
}

// TestWhatIsErasedIsNotSentAgain, and the log shows that it was sent.
func TestWhatIsErasedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, _ := h.hook(liveKey, in.URL, `"enabled_events":["session.created"]`)
	session := h.create(liveKey, `{"external_ref":"user_17"}`)
	h.settle()
	delivery := h.do("GET", path+"/deliveries", liveKey, nil).text("data.0.id")
	h.do("DELETE", "/api/v1/sessions/"+session+"/data", liveKey, nil).want(http.StatusOK)
	h.do("POST", "/api/v1/webhooks/deliveries/"+delivery+"/retry", liveKey, nil).refused(410, "gone")
	if r := h.do("GET", path+"/deliveries", liveKey, nil); r.text("data.0.event_type") != "" || r.text("data.0.id") != delivery {
		t.Errorf("got %s, want the delivery without what it said", r.body)
	}
}

// TestAReplay: an endpoint is told again of everything from one delivery on, once.
func TestAReplay(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, _ := h.hook(sandboxKey, in.URL, `"enabled_events":["session.created","session.approved"]`)
	for range 2 {
		h.clock.Add(time.Second)
		id := h.create(sandboxKey, nil)
		h.clock.Add(time.Second) // ids of one moment have no order
		h.simulate(id, "approve")
		h.settle()
	}
	sent := in.take()
	if len(sent) != 4 {
		t.Fatalf("got %d webhooks, want four", len(sent))
	}
	header := sent[2].header.Get("X-Verifa-Delivery-Id")
	hex := strings.ReplaceAll(header, "-", "")
	event := ""
	for _, d := range h.do("GET", path+"/deliveries", sandboxKey, nil).value("data").([]any) {
		if d := d.(map[string]any); d["id"] == "dlv_"+hex {
			event = d["event_id"].(string)
		}
	}
	for _, from := range []string{"dlv_" + hex, header, event} {
		r := h.do("POST", path+"/replay", sandboxKey, map[string]string{"from": from}).want(http.StatusAccepted)
		if r.text("replayed") != "2" || r.text("next") != "" {
			t.Errorf("from %s: got %s, want two, and all", from, r.body)
		}
		h.settle()
		if got := in.take(); len(got) != 2 || got[0].body != sent[2].body || got[1].body != sent[3].body {
			t.Errorf("from %s: got %+v, want the last two again", from, got)
		}
	}
	once := h.with("k", "POST", path+"/replay", sandboxKey, map[string]string{"from": header}).want(http.StatusAccepted)
	if again := h.with("k", "POST", path+"/replay", sandboxKey, map[string]string{"from": header}); again.body != once.body {
		t.Errorf("got %s and then %s, want one answer", once.body, again.body)
	}
	h.with("k", "POST", path+"/replay", sandboxKey, map[string]string{"from": event}).refused(422, "idempotency_mismatch")
	h.settle()
	if got := in.take(); len(got) != 2 {
		t.Errorf("got %d webhooks, want two", len(got))
	}
	for _, body := range []string{`{}`, `{"from":"x"}`, `{"from":7}`, `{"from":"` + header + `","to":"x"}`, `{"from":"dlv_` + strings.ToUpper(hex) + `x"}`} {
		h.do("POST", path+"/replay", sandboxKey, body).refused(422, "validation_error")
	}
	other, _ := h.hook(sandboxKey, in.URL)
	h.do("POST", other+"/replay", sandboxKey, map[string]string{"from": header}).refused(404, "not_found")
}

// TestTenDeadDeliveries switch an endpoint off, and it can be switched on again.
func TestTenDeadDeliveries(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, _ := h.hook(liveKey, in.URL, `"enabled_events":["session.created"]`)
	in.answers(http.StatusInternalServerError)
	for range 10 {
		h.create(liveKey, nil)
	}
	for range 6 {
		h.settle()
		h.clock.Add(3 * time.Hour)
	}
	if r := h.do("GET", path, liveKey, nil).want(http.StatusOK); r.text("enabled") != "false" {
		t.Fatalf("got %s after %d tries, want it switched off", r.body, len(in.take()))
	}
	if got := len(in.take()); got != 60 {
		t.Errorf("got %d tries, want six of each", got)
	}
	in.answers(http.StatusOK)
	h.create(liveKey, nil)
	h.settle()
	if got := in.take(); len(got) != 0 {
		t.Errorf("got %+v while it is off", got)
	}
	h.do("POST", path+"/enable", liveKey, nil).want(http.StatusOK)
	h.create(liveKey, nil)
	h.settle()
	if got := in.events(); got != "session.created" {
		t.Errorf("got %q once it is on, want the creation", got)
	}
}

// TestEndpointsOfTheHost are told too, and are not to be seen here.
func TestEndpointsOfTheHost(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	id := uuid.MustParse("e0000000-0000-4000-8000-000000000009")
	sent := &sessiontest.Receiver{}
	h := newHouse(t, setup{
		engine: func(cfg *session.Config) {
			cfg.Renderers[verifa.Format] = verifa.Renderer{}
			cfg.Deliverer = sent
		},
		endpoints: []session.Endpoint{{ID: id, URL: in.URL, Format: verifa.Format, Retry: verifa.Retry(), Wire: session.Wire{Names: []string{"session.created"}}}},
	})
	h.create(liveKey, nil)
	if list := h.do("GET", endpoints, liveKey, nil).want(http.StatusOK); list.text("pagination.total") != "0" {
		t.Errorf("got %s, want none", list.body)
	}
	h.do("GET", endpoints+"/webhook_"+strings.ReplaceAll(id.String(), "-", "")+"/deliveries", liveKey, nil).refused(404, "not_found")
	if list := must(h.engine.Deliveries(context.Background(), session.DeliveryQuery{Endpoint: id})); len(list) != 1 {
		t.Errorf("got %d deliveries, want one", len(list))
	}
}
