package trial_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// orphansAreSwept says whether the engine removes blobs without rows by itself. Where it does not, a process that is
// killed between a blob and its row leaves the blob.
const orphansAreSwept = false

// everyBlobHasItsRow fails the test for blobs that no session has. It is true when the sweep of orphans has run, which
// is a day after the last upload.
func (p place) everyBlobHasItsRow(t *testing.T, h *house) {
	t.Helper()
	if !orphansAreSwept {
		return
	}
	rows := map[string]bool{}
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
		if name = filepath.ToSlash(name); err == nil && !entry.IsDir() && !strings.HasPrefix(name, "tmp/") && !rows[name] {
			t.Errorf("blob %s has no row", name)
		}
		return err
	}))
}
