package veriff

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// Refusal is a row of the table of refusals, for tests and for the page that people read.
type Refusal struct {
	Cause, On, Label string
	Pages, Tables    Told
}

// Told is what a refusal says.
type Told struct {
	Status        int
	Code, Message string
}

// Refusals are the rows of the table, in its order.
func Refusals() (rows []Refusal) {
	on := map[condition]string{always: "always", strictly: "strict", withLegacy: "with the legacy signature"}
	for _, r := range refusalTable {
		label := r.label
		if label == "" {
			label = "fail"
		}
		rows = append(rows, Refusal{r.cause, on[r.on], label, told(r.with(Pages)), told(r.with(Tables))})
	}
	return rows
}

func told(a answer) Told { return Told{a.status, a.code, a.message} }

// Endpoint is a row of the route table.
type Endpoint struct {
	Method, Path, Also         string // Also: another spelling of Path
	Does, Page, Needs, Differs string
}

// Endpoints are the rows of the route table, in its order.
func Endpoints() (rows []Endpoint) {
	for _, r := range routes {
		page := r.page
		if page != "" {
			page = vendorPages + page
		}
		also := strings.ReplaceAll(spellings[r.path], "{$}", "")
		rows = append(rows, Endpoint{r.method, r.path, also, r.does, page, r.needs, r.differs})
	}
	return rows
}

// StreamUpload reads the body of an upload without an engine, as one would take it that keeps the content in to.
func StreamUpload(body io.Reader, by auth.Credential, signature string, to io.Writer) (media.Context, error) {
	x := &exchange{
		adapter: &adapter{patience: time.Minute}, w: httptest.NewRecorder(), credential: by,
		r: &http.Request{Method: http.MethodPost, Body: io.NopCloser(body), ContentLength: -1},
	}
	in := x.incoming(1 << 30)
	defer in.hash.Close()
	u := &upload{exchange: x, signature: signature, body: in, stream: newStream(in, maxSkeleton, maxSkeleton)}
	if u.stream.seek() {
		u.content = newContent(u.stream)
		if _, err := io.Copy(to, u.content); err != nil {
			return "", err
		}
	}
	if err := u.end(); err != nil {
		return "", err
	}
	return u.says()
}

// FullAutoOf is the full-auto body of a session as it is written; null when there is none.
func FullAutoOf(s *session.Snapshot) ([]byte, error) { return jsontext.Stringify(fullAutoOf(s)) }

// PlacesOfOne is how many uploads of one integration a handler takes at once. It takes them.
func PlacesOfOne(h http.Handler) (n int) {
	for {
		if _, err := h.(*adapter).uploads.Take(context.Background(), uuid.UUID{}, time.Nanosecond); err != nil {
			return n
		}
		n++
	}
}
