package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/bonafide-idv/bonafide/media"
)

// Config is what an [Engine] is made of besides its store. The zero value is ready for use with a store that
// ends with the process; a store that outlives it needs Keeper and Blobs that do too.
type Config struct {
	// Integrations finds policies and endpoints; with it, call [Engine.For] before any verb. Default: one
	// integration, whose id is the nil UUID, with the zero [Policy] and no endpoints.
	Integrations Integrations
	// Clock tells the time. Default: the system's.
	Clock Clock
	// Keeper keeps the keys of the sessions. Default: in memory, for a store that is in memory.
	Keeper Keeper
	// Key is the engine's own: it seals what belongs to no session, such as the secrets of endpoints, signs receipts
	// and checkpoints, and finds sessions by their external references. It must stay the same, be the same in all
	// processes, and not be kept in the store. Default: a random one, for a store that is in memory; else none, and
	// then what needs it answers [ErrNoKey], and sessions are not found by their external references.
	Key Key
	// Blobs keeps the media, and those of this store alone: what no row of the store names is removed in time, and
	// where another store's marker is, nothing is. See [Engine.SweepOrphans] and [ErrSharedBlobs]. Default: in memory, for a store that is in memory.
	Blobs media.Blobs
	// MediaLimits bounds what is uploaded. Default: the limits of [media.Limits].
	MediaLimits media.Limits
	// Decider concludes submitted sessions. Default: [Manual].
	Decider Decider
	// Checks are the host's own for workflows, where [Policy.Workflows] has them, by name. One that has the name of a
	// check of the engine takes its place. Default: those that the engine can make of what it has.
	Checks map[string]Check
	// Screener searches for the people of sessions where [Policy.Screening] has it. Default: none.
	Screener Screener
	// Registry answers [Engine.CheckRegistry] where [Policy.Registry] allows it. Default: none.
	Registry RegistryValidator
	// Renderers write what endpoints are told, by [Endpoint.Format]. Default: none.
	Renderers map[string]Renderer
	// Deliverer sends it. Default: none; deliveries wait in the store.
	Deliverer Deliverer
	// NewID makes all identifiers from the time of the operation. They must be unique and have the form of a
	// UUID version 4; where they are not in the order of time, so are lists and pages. Default: [NewID].
	NewID func(at time.Time) uuid.UUID
	// Log is told of what goes wrong in the background, without personal data. Default: silent.
	Log *slog.Logger
	// MeterProvider measures what the engine does, with the instruments that docs/OBSERVABILITY.md names. Engines
	// of one provider are measured together. A panic of it harms no verb. Default: none, and not OpenTelemetry's global
	// one; then nothing is measured, at no cost.
	MeterProvider metric.MeterProvider
	// TracerProvider traces it: a span for each verb, alarm, delivery and call of a part of this Config, within that of
	// the ctx. It is told ids of sessions and deliveries, and no personal data. A panic of it harms no verb. Default: none.
	TracerProvider trace.TracerProvider
}

// Engine runs sessions: it checks, then makes one write. It is safe for concurrent use and keeps no
// session in memory; any number of engines, in any number of processes, may share a store.
//
// An Engine acts for one integration and as one actor: New gives the integration of the nil UUID and
// [ActorHost]; [Engine.For] and [Engine.As] give the same engine acting otherwise.
//
// Besides what is said at each verb, any verb may answer: what the store answers when it cannot do its work,
// [ErrUnknown] among it; [ErrConflict] when others were faster twenty times; [ErrKeeper] when the session's key
// cannot be opened, and [ErrErased] when it was destroyed; and the error of a ctx that has ended, as a rule
// with no effect.
type Engine struct {
	cfg         *core
	store       Store
	hosted      bool // the store is a host's transaction
	integration uuid.UUID
	actor       Actor
	job         *Session // works for this session's alarm, whatever the integrations say today
	about       *About   // who asks for it; nil: nobody says
	exporting   bool     // shows what is hidden from others
	link        int      // acts for who has the link of this number; 0: for nobody
	visits      bool     // uses that link up
	once        *Once    // what the next verb's answer is remembered by; nil: nothing
	told        *endpointCache
}

// ErrHosted: what needs the outcome of a transaction cannot be done on a host's: [Engine.Settle], [Engine.Run]
// and [Engine.AskRegistry].
var ErrHosted = errors.New("session: not within a host's transaction")

// core is what all views of an engine share.
type core struct {
	Config // without its Key

	own     hiddenKey // that Key
	derived sync.Map  // of purpose: a hiddenKey that own was made into

	wake   chan struct{} // something may be due
	asking chan struct{} // a token for each caller that waits for a registry

	telemetry           *telemetry // nil: nobody looks
	sweepDue, outboxDue due

	logging [turns]chan struct{} // who writes to the log of some tenants has it
	audited sync.Map             // of tenantName: whose log is to have checkpoints

	mu      sync.Mutex
	refused map[string]*RateError // by permit key, until Retry
}

// New makes an engine. It checks cfg, answers all faults in one error, and starts nothing: what falls due is
// done by [Engine.Run] or [Engine.Settle].
func New(store Store, cfg Config) (*Engine, error) {
	var faults []string
	if store == nil {
		faults = append(faults, "the store is missing")
	}
	if e, ok := store.(Ephemeral); ok && e.EndsWithProcess() {
		if cfg.Keeper == nil {
			cfg.Keeper = NewMemoryKeeper()
		}
		if cfg.Blobs == nil {
			cfg.Blobs = media.NewMemoryBlobs()
		}
		if cfg.Key == (Key{}) {
			cfg.Key = NewKey()
		}
	}
	if cfg.Keeper == nil {
		faults = append(faults, "Config.Keeper is missing: a store that outlives the process needs keys that do")
	}
	if cfg.Blobs == nil {
		faults = append(faults, "Config.Blobs is missing: a store that outlives the process needs media that do")
	}
	if cfg.Integrations == nil {
		cfg.Integrations = Fixed{{}}
	}
	if fixed, ok := cfg.Integrations.(Fixed); ok {
		faults = append(faults, fixed.faults(cfg)...)
	}
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	if cfg.Decider == nil {
		cfg.Decider = Manual{}
	}
	for name, check := range cfg.Checks {
		if check == nil {
			faults = append(faults, fmt.Sprintf("Config.Checks has nothing for %q", name))
		}
	}
	if cfg.NewID == nil {
		cfg.NewID = NewID
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	observer, err := newTelemetry(cfg)
	if err != nil {
		faults = append(faults, "Config.MeterProvider: "+err.Error())
	}
	if len(faults) > 0 {
		return nil, errors.New("session: " + strings.Join(faults, "; "))
	}
	c := &core{
		Config: cfg, own: hide(cfg.Key), wake: make(chan struct{}, 1), asking: make(chan struct{}, askingAtOnce),
		refused: map[string]*RateError{}, telemetry: observer,
	}
	c.Config.Key = Key{} // where fmt would print it
	for i := range c.logging {
		c.logging[i] = make(chan struct{}, 1)
	}
	return &Engine{cfg: c, store: store, actor: ActorHost, told: newEndpointCache()}, nil
}

// faults says what is wrong with the integrations, as far as it can be seen before they are used.
func (f Fixed) faults(cfg Config) (faults []string) {
	seen := map[uuid.UUID]bool{}
	for _, in := range f {
		if seen[in.ID] {
			faults = append(faults, fmt.Sprintf("integration %s is given twice", in.ID))
		}
		seen[in.ID] = true
		for _, fault := range in.Validate() {
			faults = append(faults, fmt.Sprintf("integration %s: %s", in.ID, fault))
		}
		for _, ep := range in.Endpoints {
			if cfg.Renderers[ep.Format] == nil {
				faults = append(faults, fmt.Sprintf("integration %s: Config.Renderers has nothing for the format %q", in.ID, ep.Format))
			}
		}
		if in.Policy.Screening && cfg.Screener == nil {
			faults = append(faults, fmt.Sprintf("integration %s: Policy.Screening needs Config.Screener", in.ID))
		}
		if in.Policy.Registry && cfg.Registry == nil {
			faults = append(faults, fmt.Sprintf("integration %s: Policy.Registry needs Config.Registry", in.ID))
		}
	}
	return faults
}

// With is the same engine on another store, usually a host's own transaction: there its verbs do not try again
// when somebody else was faster, and leave everything that needs the outcome to Run. An [Engine.Upload] in a
// transaction that is rolled back leaves its sealed blob behind until [Engine.SweepOrphans] finds it.
func (e *Engine) With(store Store) *Engine {
	v := *e
	v.store = store
	v.hosted = true
	v.told = e.told.fork()
	return &v
}

// For is the same engine acting for an integration. It sees the sessions of the integration's tenant
// and no others: they are not found.
func (e *Engine) For(integration uuid.UUID) *Engine {
	v := *e
	v.integration = integration
	return &v
}

// As is the same engine acting as somebody else, such as [ActorPerson] for what is done by a session's link.
func (e *Engine) As(actor Actor) *Engine {
	v := *e
	v.actor = actor
	return &v
}

// Via is the same engine acting on a request, of which the events of its verbs will tell where [Policy.Audit] is on.
func (e *Engine) Via(about About) *Engine {
	v := *e
	v.about = &about
	return &v
}

// MediaLimits are the limits of uploads.
func (e *Engine) MediaLimits() media.Limits { return e.cfg.MediaLimits }

// Integration is the engine's integration, with its defaults in place.
//
// Errors: [ErrNotFound] when there is no such integration.
func (e *Engine) Integration(ctx context.Context) (Integration, error) {
	return e.policyOf(ctx, e.integration)
}

// Now reads the engine's clock.
func (e *Engine) Now() time.Time { return e.now() }

// now reads the clock, once per operation.
func (e *Engine) now() time.Time { return instant(e.cfg.Clock.Now()) }

// policyOf finds an integration, with all defaults in place.
func (e *Engine) policyOf(ctx context.Context, id uuid.UUID) (Integration, error) {
	in, err := e.cfg.Integrations.Integration(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return in, fmt.Errorf("%w: no such integration: Engine.For names the one to act for", err)
	}
	if err != nil {
		return in, err
	}
	if in.Tenant == uuid.Nil {
		in.Tenant = in.ID
	}
	in.Policy = in.Policy.withDefaults()
	e.cfg.audits(in)
	return in, nil
}

// stir wakes Run, because something may be due now.
func (e *Engine) stir() {
	if e.hosted {
		return // nothing is there before the host commits
	}
	select {
	case e.cfg.wake <- struct{}{}:
	default:
	}
}

// permit asks for one permit of rules. A refusal is remembered until it ends, so that a flood of requests costs
// no write: permits are never given back, so nothing can succeed before Retry.
func (e *Engine) permit(now time.Time, key string, rules []Rule) (*Permit, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	e.cfg.mu.Lock()
	defer e.cfg.mu.Unlock()
	if r := e.cfg.refused[key]; r != nil && !e.hosted {
		for _, rule := range rules {
			if rule == r.Rule && now.Before(r.Retry) {
				return nil, &RateError{Key: key, Rule: r.Rule, At: now, Retry: r.Retry}
			}
		}
		delete(e.cfg.refused, key)
	}
	return &Permit{Key: key, Rules: rules, At: now}, nil
}

// maxRefused bounds the refusals that are remembered. A rate is refused for a while and for few keys; what may be
// used once is refused for good, for as many ids as clients think of.
const maxRefused = 10_000

// remember keeps a refusal for permit. A refusal in a host's transaction may rest on permits that are rolled
// back.
func (e *Engine) remember(err error) {
	var limited *RateError
	if e.hosted || !errors.As(err, &limited) {
		return
	}
	e.cfg.mu.Lock()
	defer e.cfg.mu.Unlock()
	if len(e.cfg.refused) >= maxRefused {
		clear(e.cfg.refused) // each is found out again at the cost of one write
	}
	e.cfg.refused[limited.Key] = limited
}
