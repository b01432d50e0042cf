package session_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

func TestCapture(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	s := b.create("any")
	person, _, err := b.ByLink(b.ctx, s.LinkToken())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := person.Choose(b.ctx, s.ID, session.Choice{Type: "passport"}); !errors.Is(err, session.ErrConsent) {
		t.Errorf("chosen before the consent: got %v", err)
	}
	if _, err := person.Give(b.ctx, s.ID, json.RawMessage(`{}`)); !errors.Is(err, session.ErrConsent) {
		t.Errorf("given before the consent: got %v", err)
	}
	if _, err := person.Agree(b.ctx, s.ID, session.Agreement{Version: "2", IP: "192.0.2.7"}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"passport", "national_id"} {
		if _, err := person.Choose(b.ctx, s.ID, session.Choice{Type: kind, Country: "EE"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, data := range []string{`{"a":1,"c":{"d":1}}`, `{"b":2,"a":null}`, `{"c":{"e":1},"a":3}`} {
		if _, err := person.Give(b.ctx, s.ID, json.RawMessage(data)); err != nil {
			t.Fatal(err)
		}
	}
	for _, names := range [][]string{{"bot_detected"}, {"devtools_open", "bot_detected"}} {
		if _, err := person.Signal(b.ctx, s.ID, names); err != nil {
			t.Fatal(err)
		}
	}
	got := b.get(s.ID)
	if got.Status != session.StatusStarted || got.Consent().Version != "2" || got.Consent().IP != "192.0.2.7" || !got.Consent().At.Equal(b.clock.Now()) {
		t.Errorf("got %s and the consent %+v", got.Status, got.Consent())
	}
	if got.Choice().Type != "national_id" || string(got.Given()) != `{"c":{"e":1},"b":2,"a":3}` || !slices.Equal(got.Signals(), []string{"bot_detected", "devtools_open"}) {
		t.Errorf("got %+v, %s and %v, want the newest choice, all data merged, and all signals once", got.Choice(), got.Given(), got.Signals())
	}
	if got.ActiveAt.IsZero() {
		t.Error("the person's activity is not noted")
	}
	if _, err := b.Submit(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Signal(b.ctx, s.ID, []string{"bot_detected"}); !errors.Is(err, session.ErrTransition) {
		t.Errorf("signalled after the submission: got %v", err)
	}
}

func TestCaptureRefuses(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	for name, do := range map[string]func() error{
		"no version": func() error { _, err := b.Agree(b.ctx, id, session.Agreement{}); return err },
		"a version too long": func() error {
			_, err := b.Agree(b.ctx, id, session.Agreement{Version: strings.Repeat("x", 256)})
			return err
		},
		"no address":          func() error { _, err := b.Agree(b.ctx, id, session.Agreement{Version: "1", IP: "x"}); return err },
		"no document":         func() error { _, err := b.Choose(b.ctx, id, session.Choice{}); return err },
		"an unknown document": func() error { _, err := b.Choose(b.ctx, id, session.Choice{Type: "library_card"}); return err },
		"an unknown country": func() error {
			_, err := b.Choose(b.ctx, id, session.Choice{Type: "passport", Country: "XX"})
			return err
		},
		"no data":              func() error { _, err := b.Give(b.ctx, id, nil); return err },
		"data that are a list": func() error { _, err := b.Give(b.ctx, id, json.RawMessage(`[]`)); return err },
		"too much data": func() error {
			_, err := b.Give(b.ctx, id, json.RawMessage(`{"a":"`+strings.Repeat("x", 64<<10)+`"}`))
			return err
		},
		"no signals":        func() error { _, err := b.Signal(b.ctx, id, nil); return err },
		"an unknown signal": func() error { _, err := b.Signal(b.ctx, id, []string{"bot_detected", "nonsense"}); return err },
		"too many signals":  func() error { _, err := b.Signal(b.ctx, id, make([]string, 101)); return err },
	} {
		if err := do(); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	if s := b.get(id); s.Seq != 1 {
		t.Error("what was refused has had an effect")
	}
}

func TestCaptureIsBounded(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	for range 50 {
		if _, err := b.Signal(b.ctx, id, []string{"bot_detected"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Signal(b.ctx, id, []string{"bot_detected"}); !errors.Is(err, session.ErrEnough) {
		t.Errorf("got %v, want %v", err, session.ErrEnough)
	}
}
