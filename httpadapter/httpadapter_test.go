package httpadapter_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func TestRenderers(t *testing.T) {
	t.Parallel()
	renderers := httpadapter.Renderers()
	if len(renderers) != 2 || renderers["veriff"] == nil || renderers["veriff-fullauto"] == nil {
		t.Errorf("got %v, want those of veriff", renderers)
	}
	delete(renderers, "veriff")
	if len(httpadapter.Renderers()) != 2 {
		t.Error("the map is shared, want one for each caller")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if handler, err := httpadapter.New(nil, nil, httpadapter.Config{PublicURL: "x"}); err == nil || handler != nil {
		t.Errorf("got %v, %v, want an error", handler, err)
	}
}

type noKeys struct{}

var errKeys = errors.New("the keys are away")

func (noKeys) ByKey(context.Context, uuid.UUID) (auth.Credential, error) {
	return auth.Credential{}, errKeys
}
func (noKeys) ByIntegration(context.Context, uuid.UUID) (auth.Credential, error) {
	return auth.Credential{}, errKeys
}

// TestConfigIsPassedOn: what goes wrong is told to the log that was given.
func TestConfigIsPassedOn(t *testing.T) {
	t.Parallel()
	engine, err := session.New(memstore.New(), session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	handler, err := httpadapter.New(engine, noKeys{}, httpadapter.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/sessions", strings.NewReader(`{"verification":{}}`))
	r.Header.Set("X-Auth-Client", uuid.NewString())
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != 500 || !strings.Contains(log.String(), errKeys.Error()) {
		t.Errorf("got %d and the log %q, want 500 and the cause", w.Code, log.String())
	}
}
