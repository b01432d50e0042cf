package trial_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// everyBlobHasItsRow fails the test for blobs that no session has, a day after the last upload, when those have been
// removed that a process left which was killed between a blob and its row.
func (p place) everyBlobHasItsRow(t *testing.T, h *house) {
	t.Helper()
	later := p
	later.Skew += session.OrphanAge + 2*time.Hour
	swept, err := later.open(t.Context())
	ok(t, err)
	defer swept.close()
	removed, err := swept.engine.SweepOrphans(t.Context())
	ok(t, err)
	t.Logf("%d blobs had no row", removed)
	rows := map[string]bool{}
	marker := media.Hour(time.Time{}) + "/" // says whose the blobs are
	for _, tenant := range []uuid.UUID{veriffID, verifaID} {
		for _, s := range h.all(t, tenant) {
			rec, err := h.store.Load(t.Context(), session.Ref{Tenant: tenant, ID: s.ID}, session.PartMedia)
			ok(t, err)
			for _, m := range rec.Media {
				rows[m.Blob] = true
			}
		}
	}
	root := filepath.Join(p.Dir, "media")
	ok(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if name = filepath.ToSlash(name); err == nil && !entry.IsDir() && !strings.HasPrefix(name, "tmp/") && !strings.HasPrefix(name, marker) && !rows[name] {
			t.Errorf("blob %s has no row", name)
		}
		return err
	}))
}
