package trial_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// asked is one call of a history: of a verb, about the session of a slot.
type asked struct {
	Run  string // of which history it is
	Slot int
	ID   uuid.UUID // of the slot's session
	Verb string
}

// given is what it was answered.
type given struct {
	Outcome  outcome
	ID       uuid.UUID
	Status   session.Status
	Attempts int
	Media    int
	Redacted bool
	List     map[uuid.UUID]session.Status // of a list
	Why      string
}

// outcome is how a call ended.
type outcome int

const (
	unknown outcome = iota // nobody knows
	done
	refused // by the rules
	missing // there is no such session
	erased  // nothing can be read of it any more
	failed  // without an effect, and for no reason that the session gives
)

// verbs are those of a history, as often as they are to come.
var verbs = strings.Fields("start start upload upload upload submit submit approve decline resubmit resubmit expire resume resume " +
	"redact delete get get get list")

// hand calls the verbs of an engine.
type hand struct{ engine *session.Engine }

// caller is who answers the calls of a history, here or in another process.
type caller interface {
	call(ctx context.Context, a asked) given
}

func (h hand) call(ctx context.Context, a asked) given {
	e := h.engine.For(verifiedID)
	decide := func(o decision.Outcome) func(context.Context, uuid.UUID) (*session.Snapshot, error) {
		return func(ctx context.Context, id uuid.UUID) (*session.Snapshot, error) {
			return e.Decide(ctx, id, decision.Verdict{Outcome: o})
		}
	}
	switch a.Verb {
	case "create":
		return create(ctx, e, a)
	case "upload":
		_, err := e.Upload(ctx, a.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(picture())})
		return answered(nil, err)
	case "redact":
		_, err := e.Redact(ctx, a.ID)
		return answered(nil, err)
	case "list":
		return list(ctx, e)
	}
	return answered(map[string]func(context.Context, uuid.UUID) (*session.Snapshot, error){
		"start": e.Start, "submit": e.Submit, "expire": e.Expire, "resume": e.Resume, "delete": e.Delete, "get": e.Get,
		"approve": decide(decision.Approved), "decline": decide(decision.Declined), "resubmit": decide(decision.Resubmission),
	}[a.Verb](ctx, a.ID))
}

// create makes the session of a slot once, whoever comes first.
func create(ctx context.Context, e *session.Engine, a asked) given {
	key := fmt.Sprint(a.Run, a.Slot)
	s, err := e.Once(session.Once{Scope: "trial", Key: key, Encode: func(result any) ([]byte, error) {
		return result.(*session.Snapshot).ID.MarshalBinary()
	}}).Create(ctx, session.Facts{})
	var before *session.AnsweredError
	if errors.As(err, &before) {
		id, err := uuid.FromBytes(before.Answer)
		g := answered(nil, err)
		g.ID = id
		return g
	}
	return answered(s, err)
}

func list(ctx context.Context, e *session.Engine) given {
	g := given{Outcome: done, List: map[uuid.UUID]session.Status{}}
	for after := uuid.Nil; ; {
		rows, err := e.List(ctx, session.List{After: after, N: 100})
		if err != nil {
			return answered(nil, err)
		}
		for _, s := range rows {
			g.List[s.ID], after = s.Status, s.ID
		}
		if len(rows) < 100 {
			return g
		}
	}
}

func answered(s *session.Snapshot, err error) given {
	var not *session.TransitionError
	switch {
	case err == nil && s == nil:
		return given{Outcome: done}
	case err == nil:
		return given{Outcome: done, ID: s.ID, Status: s.Status, Attempts: s.AttemptN, Media: len(s.Media), Redacted: !s.RedactedAt.IsZero()}
	case errors.Is(err, session.ErrNotFound):
		return given{Outcome: missing}
	case errors.Is(err, session.ErrErased):
		return given{Outcome: erased}
	case errors.As(err, &not), errors.Is(err, session.ErrNotCompleted):
		return given{Outcome: refused, Why: err.Error()}
	case errors.Is(err, session.ErrConflict):
		return given{Outcome: failed, Why: err.Error()}
	}
	return given{Why: err.Error()}
}

// wire calls the verbs of an engine in another process.
type wire struct {
	client *http.Client
	url    string
}

func (w wire) call(ctx context.Context, a asked) (g given) {
	body, err := json.Marshal(a)
	if err != nil {
		return given{Why: err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, "POST", w.url+verbsPath, bytes.NewReader(body))
	if err != nil {
		return given{Why: err.Error()}
	}
	res, err := w.client.Do(r)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return given{Outcome: failed, Why: err.Error()}
	}
	if err != nil {
		return given{Why: err.Error()}
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || json.Unmarshal(text, &g) != nil {
		return given{Why: "cut off"}
	}
	return g
}

// verbsPath is where a child has the verbs of its engine called.
const verbsPath = "/trial/verbs"

// ServeHTTP is the other end of a wire.
func (h hand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a asked
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(h.call(r.Context(), a))
}
