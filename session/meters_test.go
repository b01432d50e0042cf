package session_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// TestMeters: what is measured of each verb, and that what is refused is measured as nothing but that.
func TestMeters(t *testing.T) {
	t.Parallel()
	create := func(b *bench) (uuid.UUID, error) {
		s, err := b.Create(b.ctx, session.Facts{})
		if err != nil {
			return uuid.Nil, err
		}
		return s.ID, nil
	}
	none := func(*bench) uuid.UUID { return uuid.Nil }
	made := func(b *bench) uuid.UUID { return b.create("Approve").ID }
	tests := []struct {
		name  string
		given func(*bench) uuid.UUID
		do    func(*bench, uuid.UUID) error
		want  []string
	}{
		{"create", none, func(b *bench, _ uuid.UUID) error { _, err := create(b); return err }, []string{
			"bonafide.outbox.deliveries +1", "bonafide.session.events{created} +1", "bonafide.session.transitions{host,created} +1",
			"bonafide.sessions{created} +1", "bonafide.verb.duration{create} +1",
		}},
		{"create beyond the rate", func(b *bench) uuid.UUID {
			for range 5 {
				b.create("any")
			}
			return uuid.Nil
		}, func(b *bench, _ uuid.UUID) error { _, err := create(b); return err }, []string{
			"bonafide.limiter.refusals{create} +1", "bonafide.verb.duration{create,rate_limited} +1",
		}},
		{"create with facts that are not acceptable", none, func(b *bench, _ uuid.UUID) error {
			_, err := b.Create(b.ctx, session.Facts{ExternalRef: new(strings.Repeat("x", 10_000))})
			return err
		}, []string{"bonafide.verb.duration{create,facts} +1"}},
		{"start", made, func(b *bench, id uuid.UUID) error { _, err := b.Start(b.ctx, id); return err }, []string{
			"bonafide.outbox.deliveries +1", "bonafide.session.events{started} +1", "bonafide.session.transitions{host,created,started} +1",
			"bonafide.sessions{created} is 0", "bonafide.sessions{started} +1", "bonafide.verb.duration{start} +1",
		}},
		{"start of what is submitted", func(b *bench) uuid.UUID { id := made(b); b.submit(id); return id },
			func(b *bench, id uuid.UUID) error { _, err := b.Start(b.ctx, id); return err },
			[]string{"bonafide.verb.duration{start,transition} +1"}},
		{"get", made, func(b *bench, id uuid.UUID) error { _, err := b.Get(b.ctx, id); return err },
			[]string{"bonafide.verb.duration{get} +1"}},
		{"get of what is not there", none, func(b *bench, id uuid.UUID) error { _, err := b.Get(b.ctx, uuid.New()); return err },
			[]string{"bonafide.verb.duration{get,not_found} +1"}},
		{"upload", made, func(b *bench, id uuid.UUID) error {
			_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
			return err
		}, []string{
			"bonafide.outbox.deliveries +1", "bonafide.session.events{uploaded} +1", "bonafide.upload.size +1",
			"bonafide.upload.size sum +69", "bonafide.verb.duration{upload} +1",
		}},
		{"upload of something else", made, func(b *bench, id uuid.UUID) error {
			_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: strings.NewReader("text")})
			return err
		}, []string{"bonafide.verb.duration{upload,format} +1"}},
		{"delete", made, func(b *bench, id uuid.UUID) error { _, err := b.Delete(b.ctx, id); return err }, []string{
			"bonafide.outbox.deliveries +2", "bonafide.session.events{deleted} +1", "bonafide.session.events{expired} +1",
			"bonafide.session.transitions{engine,created,expired} +1", "bonafide.sessions{created} is 0", "bonafide.verb.duration{delete} +1",
		}},
		{"an approval", func(b *bench) uuid.UUID { id := made(b); b.submit(id); return id },
			func(b *bench, _ uuid.UUID) error { _, err := b.Settle(b.ctx); return err },
			[]string{
				"bonafide.alarm.duration{deciding} +1", "bonafide.call.duration{decider} +1",
				"bonafide.deliveries{delivered} +4", "bonafide.delivery.duration{delivered} +4", "bonafide.delivery.latency{delivered} +4",
				"bonafide.outbox.deliveries +2", "bonafide.session.events{approved} +1", "bonafide.session.events{deciding} +1",
				"bonafide.session.transitions{decider,submitted,approved} +1", "bonafide.sessions{approved} +1",
				"bonafide.sessions{submitted} is 0", "bonafide.sweep.sessions +1",
			}},
		{"a decider that fails", func(b *bench) uuid.UUID {
			id := b.create("Fail").ID
			b.submit(id)
			return id
		}, func(b *bench, _ uuid.UUID) error { _, err := b.Settle(b.ctx); return err }, []string{
			"bonafide.alarm.duration{deciding,_OTHER} +1", "bonafide.call.duration{decider,failed} +1",
			"bonafide.deliveries{delivered} +3", "bonafide.delivery.duration{delivered} +3", "bonafide.delivery.latency{delivered} +3",
			"bonafide.outbox.deliveries +1", "bonafide.session.events{deciding} +1", "bonafide.session.events{put_off} +1",
			"bonafide.sweep.sessions +1",
		}},
		{"an end by the alarm", func(b *bench) uuid.UUID { id := made(b); b.settle(); b.clock.Add(week); return id },
			func(b *bench, _ uuid.UUID) error { _, err := b.Settle(b.ctx); return err },
			[]string{
				"bonafide.deliveries{delivered} +1", "bonafide.delivery.duration{delivered} +1", "bonafide.delivery.latency{delivered} +1",
				"bonafide.outbox.deliveries +1", "bonafide.session.events{expired} +1",
				"bonafide.session.transitions{timer,created,expired} +1", "bonafide.sessions{created} is 0",
				"bonafide.sessions{expired} +1", "bonafide.sweep.sessions +1",
			}},
		{"an end that a list writes", func(b *bench) uuid.UUID { id := made(b); b.settle(); b.clock.Add(week); return id },
			func(b *bench, _ uuid.UUID) error { _, err := b.List(b.ctx, session.List{}); return err },
			[]string{
				"bonafide.outbox.deliveries +1", "bonafide.session.events{expired} +1",
				"bonafide.session.transitions{timer,created,expired} +1", "bonafide.sessions{created} is 0",
				"bonafide.sessions{expired} +1", "bonafide.verb.duration{list} +1",
			}},
		{"a delivery that fails", func(b *bench) uuid.UUID { b.receiver.Answer(500); return made(b) },
			func(b *bench, _ uuid.UUID) error { _, err := b.Settle(b.ctx); return err },
			[]string{"bonafide.deliveries{retried} +1", "bonafide.delivery.duration{failed} +1"}},
		{"a host's transaction", made, func(b *bench, id uuid.UUID) error {
			_, err := b.With(b.store).Start(b.ctx, id)
			return err
		}, []string{
			"bonafide.outbox.deliveries{true} +1", "bonafide.session.events{started,true} +1",
			"bonafide.session.transitions{host,true,created,started} +1",
			"bonafide.sessions{true,created} -1", "bonafide.sessions{true,started} +1", "bonafide.verb.duration{start} +1",
		}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, m := metered(t, func(in *session.Integration, cfg *session.Config) {
				cfg.Decider = unlessFail{}
				in.Policy.Create = []session.Rule{{N: 5, Window: time.Hour}}
			})
			id := c.given(b)
			before := m.read(t)
			_ = c.do(b, id)
			if got := since(before, m.read(t)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestMetersBegin: what alerts wait for to grow is there, as 0, before anything has happened.
func TestMetersBegin(t *testing.T) {
	t.Parallel()
	_, m := metered(t, nil)
	want := map[string]float64{
		"bonafide.deliveries{delivered}": 0, "bonafide.deliveries{retried}": 0, "bonafide.deliveries{dead}": 0,
		"bonafide.deliveries{put_off}": 0, "bonafide.deliveries{erased}": 0, "bonafide.deliveries{withdrawn}": 0,
		"bonafide.limiter.refusals{create}": 0, "bonafide.limiter.refusals{submit}": 0, "bonafide.limiter.refusals{delete}": 0,
	}
	if got := m.all(t); !maps.Equal(got, want) {
		t.Errorf("before anything has happened there is\n%v\nwant\n%v", got, want)
	}
}

// TestMetersOfDeliveries: what becomes of one delivery after another.
func TestMetersOfDeliveries(t *testing.T) {
	t.Parallel()
	m := newMeter()
	b, p := setUpPost(t, func(_ *session.Integration, cfg *session.Config) { cfg.MeterProvider = m })
	ep := wanted()
	ep.Retry = session.Retry{After: []time.Duration{time.Minute}, Tries: 2}
	added, err := b.AddEndpoint(b.ctx, ep, "whsec_of_the_test")
	if err != nil {
		t.Fatal(err)
	}
	b.create("any")
	steps := []struct {
		enabled bool
		answer  int
		want    []string
	}{
		{true, 401, []string{"bonafide.deliveries{retried} +1", "bonafide.delivery.duration{failed} +1"}},
		{false, 200, []string{"bonafide.deliveries{put_off} +1"}},
		{true, 500, []string{"bonafide.deliveries{dead} +1", "bonafide.delivery.duration{failed} +1", "bonafide.delivery.latency{dead} +1"}},
	}
	for _, step := range steps {
		p.Answer(step.answer)
		_, err := b.ChangeEndpoint(b.ctx, added.ID, func(ep *session.StoredEndpoint) error { ep.Enabled = step.enabled; return nil })
		if err != nil {
			t.Fatal(err)
		}
		b.clock.Add(time.Hour)
		before := m.read(t)
		b.settle()
		if got := since(before, m.read(t)); !slices.Equal(got, step.want) {
			t.Errorf("enabled %t, answered with %d: got %v, want %v", step.enabled, step.answer, got, step.want)
		}
	}
}

// unlessFail is [session.Sandbox], but fails of somebody of that name.
type unlessFail struct{ session.Sandbox }

func (u unlessFail) Decide(ctx context.Context, c session.Case) (decision.Verdict, error) {
	if c.Facts.Person.FirstName == "Fail" {
		return decision.Verdict{}, errors.New("it does")
	}
	return u.Sandbox.Decide(ctx, c)
}
