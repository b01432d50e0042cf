package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

var update = flag.Bool("update", false, "write the golden files")

// exported is everything about the person that an export has, to be written down.
type exported struct {
	Facts     session.Facts
	Decisions []concluded
	Media     []medium
	Findings  []found
	Signals   []string
	Risk      risk.Assessment
	Review    *session.Review
	Notes     []session.Note
}

type concluded struct {
	Outcome decision.Outcome
	By      session.Actor
	At      time.Time
	Record  decision.Record
}

type medium struct {
	Context media.Context
	Type    media.Type
	Size    int64
	Facts   session.MediaFacts
}

type found struct {
	Kind  session.FindingKind
	At    time.Time
	Facts session.FindingFacts
}

func exportedOf(s *session.Snapshot, now time.Time) exported {
	e := exported{Facts: s.Facts, Signals: s.Signals(), Risk: s.Risk(), Review: s.Review(now), Notes: s.Notes()}
	for _, d := range s.Decisions {
		e.Decisions = append(e.Decisions, concluded{d.Outcome, d.By, d.At, d.Record})
	}
	for _, m := range s.Media {
		e.Media = append(e.Media, medium{m.Context, m.Type, m.Size, m.MediaFacts})
	}
	for _, f := range s.Findings {
		e.Findings = append(e.Findings, found{f.Kind, f.At, f.FindingFacts})
	}
	return e
}

// anonymous is a text with numbers in the place of ids, in the order in which they come, and without what is another each
// time.
func anonymous(text []byte) []byte {
	names := map[string]string{}
	text = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllFunc(text, func(id []byte) []byte {
		if names[string(id)] == "" {
			names[string(id)] = fmt.Sprintf("id %d", len(names)+1)
		}
		return []byte(names[string(id)])
	})
	return append(text, '\n')
}

// firstDifference is where two texts part; -1: nowhere.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// TestGoldenExport: everything that an export has of a session that has everything.
func TestGoldenExport(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(_ *bench, cfg *session.Config) {
		var last uuid.UUID
		var mu sync.Mutex
		cfg.NewID = func(at time.Time) uuid.UUID { // in order, also within one instant
			mu.Lock()
			defer mu.Unlock()
			id := session.NewID(at)
			for ; bytes.Compare(id[:], last[:]) <= 0; id = session.NewID(at) {
				at = at.Add(time.Millisecond)
			}
			last = id
			return id
		}
	})
	s, err := b.Export(b.ctx, b.whole())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(exportedOf(s, b.Now()), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = anonymous(got)
	file := filepath.Join("testdata", "export.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := firstDifference(got, want); n >= 0 {
		t.Errorf("%s: got\n%.300s\nwant\n%.300s", file, got[n:], want[n:])
	}
}

// TestExportOfTheErased: what is erased is no more to be exported than what is another's, or is not there.
func TestExportOfTheErased(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	id := b.whole()
	stranger := b.For(uuid.MustParse("7c9d0a51-0000-4000-8000-0000000000ff"))
	for name, ask := range map[string]func(context.Context, uuid.UUID) (*session.Snapshot, error){"ours": b.Export, "another's": stranger.Export} {
		if s, err := ask(b.ctx, uuid.New()); s != nil || !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: got %v, %v for what is not there, want ErrNotFound", name, s, err)
		}
	}
	if s, err := stranger.Export(b.ctx, id); s != nil || !errors.Is(err, session.ErrNotFound) {
		t.Errorf("got %v, %v, want ErrNotFound", s, err)
	}
	if _, err := b.Export(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Export(b.ctx, id); s != nil || !errors.Is(err, session.ErrErased) {
		t.Errorf("got %v, %v, want ErrErased", s, err)
	}
}
