package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// desk is where an operator decides sessions and gives them statuses of the host's own, in JSON. It asks for no
// key, and so is for this machine only: it listens on a loopback address, and takes nothing from a web page.
type desk struct {
	engine    *session.Engine
	directory *directory
	log       *slog.Logger
	listener  net.Listener
}

const (
	maxPosted = 1 << 20 // bytes of a body
	maxListed = 1000    // sessions of each tenant
)

// refusal is what the desk does not do, in a sentence.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// serve answers until the function that it gives is called. A nil desk is not there.
func (d *desk) serve(ended chan<- error) (stop func(context.Context) error) {
	if d == nil {
		return func(context.Context) error { return nil }
	}
	server := &http.Server{
		Handler: d.handler(), ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
	}
	go func() { ended <- server.Serve(d.listener) }()
	d.log.Info("the desk is listening", "addr", d.listener.Addr().String())
	return server.Shutdown
}

func (d *desk) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /sessions", d.answer(d.list))
	mux.Handle("POST /sessions/{id}/decision", d.on("decided at the desk", decide))
	mux.Handle("POST /sessions/{id}/user-status", d.on("given a status at the desk", setStatus))
	mux.Handle("/", d.answer(func(*http.Request) (any, error) {
		return nil, refuse(http.StatusNotFound, "there are GET /sessions, POST /sessions/{id}/decision and "+
			"POST /sessions/{id}/user-status, and nothing else")
	}))
	return mux
}

// answer writes what do answers.
func (d *desk) answer(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxPosted)
		said, err := any(nil), fromHere(r)
		if err == nil {
			said, err = do(r)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err != nil {
			why := d.refusalOf(err)
			w.WriteHeader(why.status)
			said = map[string]string{"error": why.text}
		}
		_ = json.NewEncoder(w).Encode(said)
	})
}

// fromHere refuses what a web page may have sent: with its origin, or by a name that its owner has given to this
// machine.
func fromHere(r *http.Request) error {
	if !isLoopback(r.Host) {
		return refuse(http.StatusForbidden, "the Host header must name a loopback address, as 127.0.0.1")
	}
	if len(r.Header.Values("Origin")) > 0 {
		return refuse(http.StatusForbidden, "the desk is not for web pages: there must be no Origin header")
	}
	return nil
}

// refusalOf says an error in a sentence for the operator.
func (d *desk) refusalOf(err error) *refusal {
	var why *refusal
	var large *http.MaxBytesError
	var at *session.TransitionError
	var facts *session.FactsError
	switch {
	case errors.As(err, &why):
		return why
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, "the body must have at most %d bytes", maxPosted)
	case errors.As(err, &at):
		return refuse(http.StatusConflict, "the session is in status %s, and takes no such outcome then", at.Status)
	case errors.Is(err, session.ErrNotFound):
		return refuse(http.StatusNotFound, "the session has no such attempt, or is there no longer")
	case errors.Is(err, session.ErrConflict):
		return refuse(http.StatusConflict, "the session is being changed by somebody else: try again")
	case errors.Is(err, session.ErrVerdict):
		return refuse(http.StatusBadRequest, "%s", strings.TrimPrefix(err.Error(), "session: "))
	case errors.As(err, &facts):
		return refuse(http.StatusBadRequest, "%s %s", strings.ReplaceAll(facts.Field, "_code", "Code"), facts.Fault)
	}
	d.log.Error("the desk could not do its work", "error", err)
	return refuse(http.StatusInternalServerError, "the server could not do it: its log says why")
}

// sitting is a session as the desk shows it, without anything about the person.
type sitting struct {
	ID          uuid.UUID      `json:"id"`
	Integration string         `json:"integration"` // its name, or else its id
	Status      session.Status `json:"status"`
	CreatedAt   time.Time      `json:"createdAt"`
}

// list answers the newest sessions first.
func (d *desk) list(r *http.Request) (any, error) {
	roster, asked := d.directory.Load(), r.URL.Query()
	l, known := session.List{N: maxListed}, map[string][]string{"integration": roster.labels()}
	for _, s := range session.Statuses() {
		known["status"] = append(known["status"], string(s))
	}
	for key, values := range asked {
		for _, text := range values {
			if !slices.Contains(known[key], text) {
				return nil, refuse(http.StatusBadRequest, "a list is of a status, one of %v, and of an integration, one of %v",
					known["status"], known["integration"])
			}
		}
	}
	for _, text := range asked["status"] {
		l.Status = append(l.Status, session.Status(text))
	}
	list := []sitting{}
	for _, m := range roster.members {
		if asked.Has("integration") && !slices.Contains(asked["integration"], m.label()) {
			continue
		}
		all, err := d.engine.For(m.ID).List(r.Context(), l) // those of its whole tenant
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.Integration == m.ID {
				list = append(list, sitting{s.ID, m.label(), s.Status, s.CreatedAt})
			}
		}
	}
	slices.SortFunc(list, func(a, b sitting) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return map[string]any{"sessions": list}, nil
}

// find is the session that a request names, of whichever integration.
func (d *desk) find(r *http.Request) (*session.Snapshot, error) {
	unknown := refuse(http.StatusNotFound, "no integration has a session of this id")
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil || id == uuid.Nil {
		return nil, unknown
	}
	for _, m := range d.directory.Load().members {
		if s, err := d.engine.For(m.ID).Get(r.Context(), id); !errors.Is(err, session.ErrNotFound) {
			return s, err
		}
	}
	return nil, unknown
}

// act is what can be done to a session.
type act func(e *session.Engine, r *http.Request, about uuid.UUID) (*session.Snapshot, error)

// on acts on a session, for the integration that it belongs to, and answers what it has become.
func (d *desk) on(done string, do act) http.Handler {
	return d.answer(func(r *http.Request) (any, error) {
		s, err := d.find(r)
		if err != nil {
			return nil, err
		}
		if s, err = do(d.engine.For(s.Integration), r, s.ID); err != nil {
			return nil, err
		}
		d.log.Info(done, "session", s.ID, "status", s.Status)
		m, _ := d.directory.Load().find(s.Integration)
		return sitting{s.ID, m.label(), s.Status, s.CreatedAt}, nil
	})
}

func decide(e *session.Engine, r *http.Request, about uuid.UUID) (*session.Snapshot, error) {
	var v decision.Verdict
	var outcome, reason string
	err := readPosted(r.Body, members{
		"outcome": text(&outcome), "code": count(&v.Code, 0), "reason": text(&reason), "record": record(&v.Record),
	})
	v.Outcome = decision.Outcome(outcome)
	switch {
	case err != nil:
		return nil, err
	case !v.Outcome.Valid(), v.Outcome == decision.Review: // only a decider asks for a review
		return nil, refuse(http.StatusBadRequest, "outcome must be approved, declined or resubmission")
	case reason != "" && cmp.Or(v.Record.Reason, reason) != reason:
		return nil, refuse(http.StatusBadRequest, "reason and record.reason must not say two things")
	}
	v.Record.Reason = cmp.Or(reason, v.Record.Reason)
	return e.Decide(r.Context(), about, v)
}

func setStatus(e *session.Engine, r *http.Request, about uuid.UUID) (*session.Snapshot, error) {
	var attempt uuid.UUID
	var s session.UserStatus
	if err := readPosted(r.Body, members{
		"status": text(&s.Status), "statusCode": text(&s.StatusCode), "reason": text(&s.Reason),
		"reasonCode": text(&s.ReasonCode), "attemptId": id(&attempt),
	}); err != nil {
		return nil, err
	}
	return e.SetUserStatus(r.Context(), about, attempt, s)
}
