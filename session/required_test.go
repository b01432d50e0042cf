package session_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

func TestRequiredDocuments(t *testing.T) {
	t.Parallel()
	front, back, face := media.DocumentFront, media.DocumentBack, media.Face
	rows := []struct {
		choice string
		checks []string
		want   []media.Context
	}{
		{"", nil, []media.Context{front}},
		{"passport", nil, []media.Context{front}},
		{"residence_permit", []string{"document_ocr"}, []media.Context{front}},
		{"drivers_license", nil, []media.Context{front, back}},
		{"national_id", nil, []media.Context{front, back}},
		{"national_id", []string{"document_ocr", "face_match"}, []media.Context{front, back, face}},
		{"", []string{"face_match"}, []media.Context{front, face}},
	}
	for _, row := range rows {
		var choice *session.Choice
		if row.choice != "" {
			choice = &session.Choice{Type: row.choice}
		}
		if got := session.RequiredDocuments(choice, row.checks); !slices.Equal(got, row.want) {
			t.Errorf("%q %v: got %v, want %v", row.choice, row.checks, got, row.want)
		}
	}
}

// TestIncomplete: all that is missing is said at once, as the policy, the session and its workflow have it.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Required, in.Policy.RequiresDocuments, in.Policy.Workflows = []media.Context{media.AddressFront}, true, true
	})
	graph := workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{
		"start": {Type: workflow.NodeStart, Next: "face"},
		"face":  {Type: workflow.NodePolicy, Policy: "face_match", OnPass: "end", OnFail: "end", OnError: "end", OnSkip: "end"},
		"end":   {Type: workflow.NodeTerminal, Outcome: workflow.NeedsReview},
	}}
	w, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "faces", Graph: graph})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		of   session.Facts
		want []media.Context
	}{
		{"no workflow", session.Facts{}, []media.Context{media.AddressFront, media.DocumentFront}},
		{"its check", session.Facts{Checks: []string{"face_match"}}, []media.Context{media.AddressFront, media.DocumentFront, media.Face}},
		{"its workflow", session.Facts{Workflow: &w.ID}, []media.Context{media.AddressFront, media.DocumentFront, media.Face}},
	} {
		s, err := b.Create(b.ctx, row.of)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Submit(b.ctx, s.ID)
		var incomplete *session.IncompleteError
		if !errors.As(err, &incomplete) || !errors.Is(err, session.ErrIncomplete) || !slices.Equal(incomplete.Missing, row.want) || incomplete.Choice {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
		if err != nil && !strings.Contains(err.Error(), "address-front, document-front") {
			t.Errorf("%s: the text is %q", row.name, err)
		}
		for _, shows := range row.want {
			if _, err := b.Upload(b.ctx, s.ID, session.Upload{Context: shows, Content: bytes.NewReader(png)}); err != nil {
				t.Fatal(err)
			}
		}
		b.submit(s.ID)
	}
}

// TestUploadStarts: the first upload starts a session, where the policy has it, in one write.
func TestUploadStarts(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.UploadStarts = on })
		id := b.create("any").ID
		b.upload(id)
		b.upload(id)
		want := session.StatusCreated
		events := []session.EventKind{session.EventCreated, session.EventUploaded, session.EventUploaded}
		if on {
			want, events = session.StatusStarted, slices.Insert(events, 1, session.EventStarted)
		}
		b.settle()
		if s := b.get(id); s.Status != want || s.Attempts[0].Status != want || len(s.Media) != 2 {
			t.Errorf("%t: it is %s, its attempt %s, with %d media", on, s.Status, s.Attempts[0].Status, len(s.Media))
		}
		if got := b.receiver.Kinds(id); !slices.Equal(got, events) {
			t.Errorf("%t: got %v, want %v", on, got, events)
		}
	}
}

// TestUploadOfTypes: what the caller does not take is refused, and leaves nothing.
func TestUploadOfTypes(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	for _, row := range []struct {
		name  string
		types []media.Type
		most  int64
		want  error
	}{
		{"any", nil, 0, nil},
		{"pictures", []media.Type{media.JPEG, media.PNG}, 0, nil},
		{"papers", []media.Type{media.PDF}, 0, media.ErrFormat},
		{"none", []media.Type{}, 0, media.ErrFormat},
		{"so many bytes", nil, int64(len(png)), nil},
		{"fewer", nil, int64(len(png)) - 1, media.ErrTooLarge},
		{"more than there may be", nil, 1 << 40, nil},
	} {
		_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png), Types: row.types, Most: row.most})
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
	}
}

// TestProof: what is said of a paper is kept with it, and with nothing else.
func TestProof(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	day := decision.Date{Year: 2026, Month: 2, Day: 28}
	upload := func(shows media.Context, p *session.Proof) (*session.Medium, error) {
		return b.Upload(b.ctx, id, session.Upload{Context: shows, Content: bytes.NewReader(png), Proof: p})
	}
	for _, row := range []struct {
		shows media.Context
		proof *session.Proof
		kept  bool
		fault string
	}{
		{media.AddressFront, &session.Proof{Type: "utility_bill", Date: day}, true, ""},
		{media.AddressFront, nil, false, ""},
		{media.AddressFront, &session.Proof{}, false, ""},
		{media.Face, &session.Proof{Type: "utility_bill"}, false, ""},
		{media.AddressFront, &session.Proof{Type: strings.Repeat("x", 256)}, false, "proof.type"},
		{media.AddressFront, &session.Proof{Type: "a\x00"}, false, "proof.type"},
		{media.AddressFront, &session.Proof{Date: decision.Date{Year: 2026, Month: 2, Day: 30}}, false, "proof.date"},
	} {
		m, err := upload(row.shows, row.proof)
		var fault *session.FactsError
		if row.fault != "" {
			if !errors.As(err, &fault) || fault.Field != row.fault {
				t.Errorf("%+v: got %v, want a fault of %s", row.proof, err, row.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", row.proof, err)
			continue
		}
		s := b.get(id)
		i := slices.IndexFunc(s.Media, func(other session.Medium) bool { return other.ID == m.ID })
		if got := s.Media[i].Proof; (got != nil) != row.kept || row.kept && *got != *row.proof {
			t.Errorf("%+v of %s: got %+v", row.proof, row.shows, got)
		}
	}
}

// onceUpload uploads under a key; what it shows is part of the request.
func (b *bench) onceUpload(id uuid.UUID, key string, u session.Upload) (*session.Medium, error) {
	return b.Once(session.Once{Scope: "uploads", Key: key, Encode: func(result any) ([]byte, error) {
		return []byte(result.(*session.Medium).ID.String()), nil
	}}).Upload(context.WithoutCancel(b.ctx), id, u)
}

// TestUploadOnce: bytes and context are part of the request, also when the session takes no more.
func TestUploadOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	face := func(more string) session.Upload {
		return session.Upload{Context: media.Face, Content: strings.NewReader(string(png) + more)}
	}
	first, err := b.onceUpload(id, "k", face(""))
	if err != nil {
		t.Fatal(err)
	}
	again := func(when string) {
		_, err := b.onceUpload(id, "k", face(""))
		var answered *session.AnsweredError
		if !errors.As(err, &answered) || string(answered.Answer) != first.ID.String() {
			t.Errorf("%s: got %v, want what was answered", when, err)
		}
		if _, err := b.onceUpload(id, "k", face("x")); !errors.Is(err, session.ErrMismatch) {
			t.Errorf("%s, other bytes: got %v", when, err)
		}
		other := face("")
		other.Context = media.DocumentFront
		if _, err := b.onceUpload(id, "k", other); !errors.Is(err, session.ErrMismatch) {
			t.Errorf("%s, another context: got %v", when, err)
		}
	}
	again("at once")
	b.submit(id)
	again("after the submission")
	if _, err := b.onceUpload(id, "other", face("")); !errors.Is(err, session.ErrTransition) {
		t.Errorf("another key after the submission: got %v", err)
	}
	if n := len(b.get(id).Media); n != 1 {
		t.Errorf("%d media", n)
	}
}
