package session

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// label is one attribute of what is measured. Its values are those of a fixed list, so that there is an end of them.
type label struct {
	key   attribute.Key
	value string // empty: it is left out
}

// labels are all that one measurement has.
type labels [4]label

// set is the same as the meter wants it.
type set struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

// meters are the instruments of all engines of one provider. What each counts is said in docs/OBSERVABILITY.md.
type meters struct {
	verbs    metric.Float64Histogram
	refusals metric.Int64Counter

	transitions metric.Int64Counter
	events      metric.Int64Counter
	sessions    metric.Int64UpDownCounter
	uploads     metric.Int64Histogram

	made      metric.Int64Counter
	settled   metric.Int64Counter
	tries     metric.Float64Histogram
	latencies metric.Float64Histogram

	sweeps metric.Float64Histogram
	swept  metric.Int64Counter
	alarms metric.Float64Histogram
	calls  metric.Float64Histogram

	depths                metric.Int64ObservableGauge
	outboxLags, sweepLags metric.Float64ObservableGauge
	meter                 metric.Meter

	mu   sync.Mutex
	sets atomic.Pointer[map[labels]set] // that were ever used
}

// The limits of the histograms' buckets: in seconds, and in bytes.
var (
	shortly = metric.WithExplicitBucketBoundaries(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30)
	inTime  = metric.WithExplicitBucketBoundaries(.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 6*3600, 24*3600, 7*24*3600)
	inSize  = metric.WithExplicitBucketBoundaries(16<<10, 64<<10, 256<<10, 1<<20, 2<<20, 4<<20, 8<<20, 16<<20, 32<<20, 64<<20)
)

// newMeters makes the instruments.
func newMeters(m metric.Meter) (*meters, error) {
	s := &meters{meter: m}
	s.sets.Store(&map[labels]set{})
	var faults []error
	counter := func(into *metric.Int64Counter, name, unit, about string) {
		var err error
		*into, err = m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
		faults = append(faults, err)
	}
	seconds := func(into *metric.Float64Histogram, name, about string, buckets metric.HistogramOption) {
		var err error
		*into, err = m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(about), buckets)
		faults = append(faults, err)
	}
	seconds(&s.verbs, "bonafide.verb.duration", "How long verbs of the engine took, also those that refused.", shortly)
	counter(&s.refusals, "bonafide.limiter.refusals", "{refusal}", "Verbs that a rate rule of the integration's policy refused.")
	counter(&s.transitions, "bonafide.session.transitions", "{transition}", "Steps of sessions from one status to the next.")
	counter(&s.events, "bonafide.session.events", "{event}", "Events that were written to sessions.")
	counter(&s.made, "bonafide.outbox.deliveries", "{delivery}", "Deliveries that were put into the outbox.")
	counter(&s.settled, "bonafide.deliveries", "{delivery}", "Deliveries that were taken up, by what became of them.")
	seconds(&s.tries, "bonafide.delivery.duration", "How long the deliverer took for one try.", shortly)
	seconds(&s.latencies, "bonafide.delivery.latency", "From an event until its delivery was made or given up.", inTime)
	seconds(&s.sweeps, "bonafide.sweep.duration", "How long one batch of a sweep took, also an idle one.", shortly)
	counter(&s.swept, "bonafide.sweep.sessions", "{session}", "Sessions whose alarm was served by a sweep.")
	seconds(&s.alarms, "bonafide.alarm.duration", "How long the work of an alarm took outside the store.", shortly)
	seconds(&s.calls, "bonafide.call.duration", "How long deciders, checks, screeners and registries took.", shortly)
	return s, errors.Join(append(faults, s.rest())...)
}

// rest makes the instruments of which there is one of a kind.
func (s *meters) rest() (err error) {
	var faults [5]error
	s.sessions, faults[0] = s.meter.Int64UpDownCounter("bonafide.sessions", metric.WithUnit("{session}"),
		metric.WithDescription("Sessions that came into a status less those that left it, by what this process wrote since it began."))
	s.uploads, faults[1] = s.meter.Int64Histogram("bonafide.upload.size", metric.WithUnit("By"),
		metric.WithDescription("Size of the media that were taken."), inSize)
	s.depths, faults[2] = s.meter.Int64ObservableGauge("bonafide.outbox.depth", metric.WithUnit("{delivery}"),
		metric.WithDescription("Deliveries that are still to be made; 10000: so many or more."))
	s.outboxLags, faults[3] = s.meter.Float64ObservableGauge("bonafide.outbox.lag", metric.WithUnit("s"),
		metric.WithDescription("For how long the delivery that is due first has been waiting."))
	s.sweepLags, faults[4] = s.meter.Float64ObservableGauge("bonafide.sweep.lag", metric.WithUnit("s"),
		metric.WithDescription("For how long the alarm that is due first has been waiting."))
	return errors.Join(faults[:]...)
}

// set gives what stands for labels, which is made but once.
func (s *meters) set(of ...label) set {
	var key labels
	copy(key[:], of)
	if known, ok := (*s.sets.Load())[key]; ok {
		return known
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []attribute.KeyValue
	for _, l := range of {
		if l.value != "" {
			list = append(list, l.key.String(l.value))
		}
	}
	option := metric.WithAttributeSet(attribute.NewSet(list...))
	made := set{[]metric.AddOption{option}, []metric.RecordOption{option}}
	sets := maps.Clone(*s.sets.Load())
	sets[key] = made
	s.sets.Store(&sets)
	return made
}

// maxDepth is up to where the outbox is counted.
const maxDepth = 10_000

// watch has the engine's outbox and alarms observed, while its Run runs.
func (e *Engine) watch() (stop func()) {
	t, ctx := e.cfg.telemetry, context.Background()
	stop = func() {}
	if t == nil || t.meters == nil {
		return stop
	}
	defer t.survive(ctx)
	registered, err := t.meters.meter.RegisterCallback(e.observeLags, t.meters.depths, t.meters.outboxLags, t.meters.sweepLags)
	if err != nil {
		t.log.ErrorContext(ctx, "the outbox cannot be observed", "error", err)
		return stop
	}
	return func() {
		defer t.survive(ctx)
		if err := registered.Unregister(); err != nil {
			t.log.ErrorContext(ctx, "the outbox is observed longer than it is there", "error", err)
		}
	}
}

// observeLags tells of what waits. How late it is was learned by the sweeps and the relay; so it costs nothing, and grows
// when they stand still.
func (e *Engine) observeLags(ctx context.Context, to metric.Observer) error {
	m, now := e.cfg.telemetry.meters, e.now()
	to.ObserveFloat64(m.sweepLags, e.cfg.sweepDue.lag(now))
	if e.cfg.Deliverer != nil {
		to.ObserveFloat64(m.outboxLags, e.cfg.outboxDue.lag(now))
	}
	store, ok := e.store.(Backlogged)
	if !ok {
		return nil
	}
	n, err := store.Backlog(ctx, maxDepth)
	if err == nil {
		to.ObserveInt64(m.depths, int64(n))
	}
	return err
}

// due is when something is due, as it was last seen.
type due struct{ at atomic.Int64 } // in Unix microseconds; 0: never

func (d *due) note(at time.Time) {
	if at.IsZero() {
		d.at.Store(0)
		return
	}
	d.at.Store(at.UnixMicro())
}

// lag is for how long it has been due.
func (d *due) lag(now time.Time) float64 {
	at := d.at.Load()
	if at == 0 {
		return 0
	}
	return max(now.Sub(time.UnixMicro(at)), 0).Seconds()
}
