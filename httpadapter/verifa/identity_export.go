package verifa

import (
	"bufio"
	"errors"
	"io"
	"net/http"

	"github.com/bonafide-idv/bonafide/session"
)

// identityExport is what of an identity's export is small, and comes first.
type identityExport struct {
	Identity       *identityView `json:"identity"`
	Links          []any         `json:"identity_links"`
	Relationships  []any         `json:"identity_relationships"`
	FaceEmbeddings int           `json:"face_embeddings_count"`
}

// exportIdentity: https://docs.withverifa.com/api-details/data-access
func exportIdentity(x *exchange) error {
	i, err := x.identity()
	if err != nil {
		return err
	}
	v, err := x.identityOf(i)
	if err != nil {
		return err
	}
	if err := x.engine.RecordAudit(x.r.Context(), "api.identity.export", "identity", i.ID.String()); err != nil {
		return err
	}
	head, err := x.inflected(identityExport{Identity: v, Links: []any{}, Relationships: []any{}})
	if err != nil {
		return err
	}
	x.attach("identity-export.json")
	out := bufio.NewWriterSize(x.w, 32<<10)
	if _, err := out.Write(append(head[:len(head)-1], `,"sessions":[`...)); err != nil {
		return err
	}
	if err := x.exportSessions(out, i); err != nil {
		return err
	}
	if _, err := out.WriteString("]}"); err != nil {
		return err
	}
	return out.Flush()
}

// exportSessions writes the exports of a person's sessions, newest first, one after another.
func (x *exchange) exportSessions(w io.Writer, i session.Identity) error {
	list, ok := i.Sessions()
	list.N = 100
	for first := true; ok; {
		page, err := x.engine.List(x.r.Context(), list)
		if err != nil {
			return err
		}
		for _, s := range page {
			snap, err := x.engine.Export(x.r.Context(), s.ID)
			if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrErased) {
				continue // it went meanwhile
			}
			if err != nil {
				return err
			}
			if !first {
				if _, err := io.WriteString(w, ","); err != nil {
					return err
				}
			}
			first = false
			if err := x.writeExport(w, snap); err != nil {
				return err
			}
		}
		if ok = len(page) == list.N; ok {
			list.After = page[len(page)-1].ID
		}
	}
	return nil
}

// attach begins an answer that is a file.
func (x *exchange) attach(name string) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	x.sent = true
	x.w.WriteHeader(http.StatusOK)
}
