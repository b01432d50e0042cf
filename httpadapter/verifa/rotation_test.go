package verifa_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// rotating is a keeper whose master key can be changed.
type rotating interface {
	session.Keeper
	Rotate(ctx context.Context, master session.Key) error
}

// rotatingKeepers open a keeper of each kind, again and again on the same data.
func rotatingKeepers(t *testing.T) map[string]func(master session.Key) (rotating, func(), error) {
	t.Helper()
	dir := t.TempDir()
	return map[string]func(session.Key) (rotating, func(), error){
		"file": func(master session.Key) (rotating, func(), error) {
			k, err := filekeeper.Open(filepath.Join(dir, "idv.keys"), master)
			if err != nil {
				return nil, func() {}, err
			}
			return k, func() { _ = k.Close() }, nil
		},
		"sql": func(master session.Key) (rotating, func(), error) {
			db := must(sql.Open("sqlite3", sqlkeeper.SQLiteDSN(filepath.Join(dir, "keys.db"))))
			end := func() { _ = db.Close() }
			if err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.SQLite()); err != nil {
				return nil, end, err
			}
			k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
			return k, end, err
		},
	}
}

// TestMasterKeyChangesWhileServing: no request fails while the master key is changed under it, again and again; every
// session stays readable, what was redacted stays so, and no former master key opens anything.
func TestMasterKeyChangesWhileServing(t *testing.T) {
	t.Parallel()
	for name, open := range rotatingKeepers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			masters := []session.Key{session.NewKey()}
			keeper, end, err := open(masters[0])
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t, setup{engine: func(cfg *session.Config) { cfg.Keeper = keeper }})
			first := h.served(1)
			ended := make(chan struct{})
			made := make(chan []served, 1)
			go func() {
				defer close(ended)
				made <- h.serveAtOnce(3, 12)
			}()
			for changed := false; !changed || len(masters) < 4; {
				select {
				case <-ended:
					changed = true
				default:
				}
				masters = append(masters, session.NewKey())
				if err := keeper.Rotate(t.Context(), masters[len(masters)-1]); err != nil {
					t.Fatalf("change %d: %v", len(masters)-1, err)
				}
			}
			all := append(<-made, first)
			h.check(all)
			end()
			for i, former := range masters[:len(masters)-1] {
				_, end, err := open(former)
				end()
				if !errors.Is(err, session.ErrKeeper) {
					t.Errorf("the master key %d of %d: got %v, want %v", i+1, len(masters), err, session.ErrKeeper)
				}
			}
			again, end, err := open(masters[len(masters)-1])
			if err != nil {
				t.Fatalf("the newest master key: %v", err)
			}
			t.Cleanup(end)
			newHouse(t, setup{store: h.store, engine: func(cfg *session.Config) { cfg.Keeper, cfg.Blobs = again, h.blobs }}).check(all)
		})
	}
}

// served is what a client made and took back.
type served struct{ ref, kept, redacted string }

// served makes a session with a document, which stays, and one that is redacted.
func (h *house) served(n int) served {
	h.Helper()
	s := served{ref: fmt.Sprintf("customer-%d", n)}
	s.kept = h.create(liveKey, map[string]string{"external_ref": s.ref})
	h.upload(liveKey, s.kept, "selfie").want(201)
	s.redacted = h.create(liveKey, map[string]string{"external_ref": "gone"})
	h.do("DELETE", "/api/v1/sessions/"+s.redacted+"/data", liveKey, nil).want(200)
	h.check([]served{s})
	return s
}

// serveAtOnce has clients do so side by side.
func (h *house) serveAtOnce(clients, times int) (all []served) {
	h.Helper()
	var mu sync.Mutex
	var done sync.WaitGroup
	for client := range clients {
		done.Go(func() {
			for i := range times {
				s := h.served(100 + client*times + i)
				mu.Lock()
				all = append(all, s)
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return all
}

// check reads what was made.
func (h *house) check(all []served) {
	h.Helper()
	for _, s := range all {
		if got := h.do("GET", "/api/v1/sessions/"+s.kept, liveKey, nil); got.status != 200 || got.text("external_ref") != s.ref {
			h.Errorf("%s: got %d %s, want it of %s", got.name, got.status, got.body, s.ref)
		}
		if _, found := h.list(liveKey, "external_ref="+s.ref); len(found) != 1 {
			h.Errorf("%s: found %v by its reference, want it alone", s.ref, found)
		}
		if got := h.do("GET", h.link(s.kept, "selfie"), noKey, nil); got.status != 200 || got.body != picture {
			h.Errorf("%s: got %d %q, want the picture", s.ref, got.status, got.body)
		}
		got := h.do("GET", "/api/v1/sessions/"+s.redacted, liveKey, nil)
		if got.status != 200 || got.text("retention_status") != "redacted" || got.value("external_ref") != nil {
			h.Errorf("%s: got %d %s, want nothing of the person", got.name, got.status, got.body)
		}
	}
}
