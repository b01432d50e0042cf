package storetest

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// lastInstant is the largest time that anybody stores.
var lastInstant = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)

// full is a row of every type, without a field that is zero.
type full struct {
	Session  session.Session
	Attempt  session.Attempt
	Decision session.Decision
	Media    session.Media
	Finding  session.Finding
	Event    session.Event
	Delivery session.Delivery
	Entry    session.Entry
}

// fullSession is a session without a field that is zero.
func (k *kit) fullSession(id uuid.UUID) session.Session {
	at := func(n int) time.Time { return k.in(time.Duration(n)*time.Hour + time.Duration(n)*time.Microsecond) }
	return session.Session{
		ID: id, Tenant: k.tenant, Integration: k.id(), Sandbox: true,
		Status: session.StatusReview, AttemptID: k.id(), AttemptN: math.MaxInt32, Version: 1, Seq: 1,
		CreatedAt: at(1), UpdatedAt: at(2), ActiveAt: at(3), SubmittedAt: at(4), EndedAt: at(5), ExpiresAt: at(6),
		DeletedAt: at(7), RedactedAt: at(8), DecideAt: at(9), EraseAt: at(10), ScreenAt: at(11),
		RetryAt: at(12), Tries: math.MaxInt32 - 1, DueAt: at(13), RedactAt: at(14), HideAt: at(15), HeldAt: at(16),
		Ref: session.BlindIndex{0, 0xff, 0x80}, LinkN: math.MaxInt32 - 3, Receipt: []byte(`{"b":2}`), Head: [32]byte{1},
		Key: []byte("key"), Sealed: []byte("sealed facts"),
	}
}

// fullDelivery is a delivery without a field that is zero.
func (k *kit) fullDelivery() session.Delivery {
	return session.Delivery{
		ID: k.id(), Tenant: k.tenant, Sandbox: true, Session: k.id(), Integration: k.id(), Endpoint: k.id(), Event: k.id(), Seq: 1,
		CreatedAt: k.in(time.Microsecond), DueAt: k.in(2 * time.Hour), Claims: math.MaxInt32 - 2, Tries: math.MaxInt32, State: session.DeliveryHeld,
		Personal: true, Body: []byte(`{"a":1}`), Last: session.Try{At: k.in(-time.Microsecond), Status: 503, Note: "status"},
	}
}

// full gives a row of every type, all of one session, as a store would give them back.
func (k *kit) full() full {
	s := k.fullSession(k.id())
	f := full{
		Session: s,
		Attempt: session.Attempt{
			ID: s.AttemptID, Session: s.ID, N: math.MaxInt32, Status: session.StatusDeclined,
			Submitter: session.ActorPerson, CreatedAt: k.in(21 * time.Microsecond), EndedAt: k.in(22 * time.Microsecond),
		},
		Decision: session.Decision{
			ID: k.id(), Session: s.ID, Attempt: s.AttemptID, N: 3, Outcome: "declined", Code: 539, By: session.ActorReviewer,
			At: k.in(31 * time.Microsecond), Sealed: []byte("sealed decision"),
		},
		Media: session.Media{
			ID: k.id(), Session: s.ID, Attempt: s.AttemptID, Context: "document-front", Type: "image/jpeg", Size: 1<<53 + 1,
			Blob: "2031022823/0123456789abcdef0123456789abcdef", CreatedAt: k.in(41 * time.Microsecond), Sealed: []byte("sealed media"),
		},
		Finding: session.Finding{
			ID: k.id(), Session: s.ID, Attempt: s.AttemptID, Kind: session.FindingDevice, By: session.ActorHost,
			At: k.in(61 * time.Microsecond), Sealed: []byte("sealed finding"),
		},
		Event: session.Event{
			ID: k.id(), Session: s.ID, Change: k.id(), Seq: 1, Kind: session.EventReview, Status: s.Status, Attempt: s.AttemptID,
			By: session.ActorDecider, At: k.in(51 * time.Microsecond), About: []byte(`{"c":3}`), Listed: true, Hash: [32]byte{2},
		},
		Delivery: k.fullDelivery(),
		Entry: session.Entry{
			Kind: session.EntryAnswer, ID: k.id(), Tenant: k.tenant, Sandbox: true, Session: s.ID, Name: "name " + s.ID.String(), Version: 1,
			CreatedAt: k.in(71 * time.Microsecond), UpdatedAt: k.in(72 * time.Microsecond), ExpiresAt: k.in(time.Hour + time.Microsecond),
			Body: []byte("sealed entry"),
		},
	}
	f.Delivery.Session, f.Delivery.Integration, f.Delivery.Event = s.ID, s.Integration, f.Event.ID
	return f
}

// creation is the change that writes the rows.
func (f full) creation() session.Change {
	return session.Change{
		ID: f.Event.Change, Session: f.Session, Attempts: []session.Attempt{f.Attempt}, Decisions: []session.Decision{f.Decision},
		Media: []session.Media{f.Media}, Findings: []session.Finding{f.Finding}, Events: []session.Event{f.Event}, Deliveries: []session.Delivery{f.Delivery},
		Entries: []session.Entry{f.Entry},
	}
}

// kept is what Load, Deliveries and Entries shall give of the rows.
func (f full) kept() kept {
	c := f.creation()
	c.Session.Head = headAfter(session.Session{}, c.Events)
	return kept{
		Record: session.Record{
			Session: c.Session, Attempts: c.Attempts, Decisions: c.Decisions, Media: c.Media, Findings: c.Findings,
			Events: chained(session.Session{}, c.Events),
		},
		Deliveries: c.Deliveries,
		Entries:    c.Entries,
	}
}

// roundTrip writes the rows, and demands that each way of reading gives them back as they went in.
func (k *kit) roundTrip(what string, f full) {
	k.Helper()
	if errs := k.store.Apply(k.ctx, clone(f.creation())); errs != nil {
		k.Fatalf("%s: Apply: %v", what, errs)
	}
	k.equal(what, k.kept(f.Session.ID), f.kept())
	if f.Session.DeletedAt.IsZero() {
		got, err := k.store.Query(k.ctx, session.Query{Tenant: f.Session.Tenant, Sandbox: f.Session.Sandbox, N: 1})
		k.is(what+": Query", err, nil)
		k.equal(what+", by Query", got, []session.Session{f.kept().Record.Session})
	}
	if f.Event.Listed {
		listed := k.events(session.EventQuery{Session: f.Session.ID, Sandbox: f.Session.Sandbox})
		k.equal(what+", by Events", listed, f.kept().Record.Events)
	}
}

var valueTests = []test{
	{"a fully populated value of every row type comes back as it went in", func(k *kit) {
		f := k.full()
		if zero := zeroFields(f); len(zero) > 0 {
			k.Fatalf("the sample has fields that are zero, so nothing is tested of them: %v", zero)
		}
		k.roundTrip("full rows", f)

		var ticked session.Session
		_, _, err := k.store.Sweep(k.ctx, lastInstant, 1, func(s session.Session) (session.Change, bool) {
			ticked = clone(s)
			return session.Change{}, false
		})
		k.is("Sweep", err, nil)
		k.equal("the session as tick sees it", ticked, f.kept().Record.Session)
		got, _ := k.claim(lastInstant, lastInstant, 1)
		f.Delivery.Claims, f.Delivery.DueAt = f.Delivery.Claims+1, lastInstant
		k.equal("the delivery as Claim gives it", got, []session.Delivery{f.Delivery})
	}},
	{"a fully populated change of a session comes back as it went in", func(k *kit) {
		s := k.created()
		c := k.change(s)
		c.Session = k.fullSession(s.ID)
		want := c.Session
		want.Version, want.Seq, want.Head = 2, 2, headAfter(s, c.Events)
		k.equal("session", k.apply(c), want)
	}},
	{"a value with all optional fields zero comes back as it went in", func(k *kit) {
		id, event := k.id(), k.id()
		s := session.Session{ID: id, Tenant: k.tenant, Version: 1, Seq: 1}
		k.roundTrip("empty rows", full{
			Session: s, Attempt: session.Attempt{ID: k.id(), Session: id}, Decision: session.Decision{ID: k.id(), Session: id},
			Media: session.Media{ID: k.id(), Session: id}, Finding: session.Finding{ID: k.id(), Session: id}, Event: session.Event{ID: event, Session: id, Change: k.id(), Seq: 1},
			Delivery: session.Delivery{ID: k.id(), Tenant: k.tenant, Session: id, Event: event, Seq: 1},
			Entry:    session.Entry{ID: k.id(), Tenant: k.tenant, Session: id, Kind: session.EntryAnswer, Version: 1},
		})
	}},
	{"times are whole microseconds, UTC, and come back as they went in", func(k *kit) {
		for name, at := range map[string]time.Time{
			"zero": {}, "a microsecond": k.in(time.Microsecond), "the last of year 9999": lastInstant,
			"a leap day":    time.Date(2032, 2, 29, 23, 59, 59, 999999000, time.UTC),
			"the epoch":     time.Unix(0, 0).UTC(),
			"after epoch":   time.UnixMicro(1).UTC(),
			"before epoch":  time.UnixMicro(-1).UTC(),
			"year 1":        time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
			"year 1900":     time.Date(1900, 1, 1, 0, 0, 0, 999999000, time.UTC),
			"in the summer": time.Date(2031, 7, 1, 2, 30, 0, 1000, time.UTC),
		} {
			f := k.full()
			s := &f.Session
			for _, field := range []*time.Time{
				&s.CreatedAt, &s.UpdatedAt, &s.ActiveAt, &s.SubmittedAt, &s.EndedAt, &s.ExpiresAt, &s.DeletedAt, &s.RedactedAt, &s.DecideAt, &s.EraseAt,
				&s.ScreenAt, &s.RetryAt, &s.DueAt, &s.RedactAt, &s.HideAt, &s.HeldAt, &f.Attempt.CreatedAt, &f.Attempt.EndedAt, &f.Decision.At, &f.Media.CreatedAt, &f.Finding.At, &f.Event.At,
				&f.Delivery.CreatedAt, &f.Delivery.DueAt, &f.Delivery.Last.At, &f.Entry.CreatedAt, &f.Entry.UpdatedAt,
			} {
				*field = at
			}
			f.Entry.ExpiresAt = time.Time{}
			k.roundTrip("time: "+name, f)
			if at.After(k.in(time.Second)) { // or it would not be there
				f = k.full()
				f.Entry.ExpiresAt = at
				k.roundTrip("time when an entry expires: "+name, f)
			}
		}
	}},
	{"numbers come back as they went in", func(k *kit) {
		for _, n := range []int64{0, 1, -1, 1<<31 - 1, 1 << 31, 1<<53 + 1, math.MaxInt64, math.MinInt64} {
			f := k.full()
			f.Media.Size = n
			f.Decision.Code, f.Delivery.Last.Status = int(int32(n)), int(int32(n))
			k.roundTrip("number", f)
		}
	}},
	{"nil and empty bytes are the same", func(k *kit) {
		for name, empty := range map[string][]byte{"nil": nil, "empty": {}} {
			f := k.full()
			f.Session.Key, f.Session.Sealed, f.Decision.Sealed, f.Media.Sealed, f.Finding.Sealed, f.Delivery.Body = empty, empty, empty, empty, empty, empty
			f.Session.Receipt, f.Event.About, f.Entry.Body = empty, empty, empty
			if errs := k.store.Apply(k.ctx, f.creation()); errs != nil {
				k.Fatalf("Apply with %s bytes: %v", name, errs)
			}
			k.equal("rows with "+name+" bytes", k.kept(f.Session.ID), f.kept())
		}
	}},
	{"bytes come back as they went in", func(k *kit) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for name, b := range map[string][]byte{
			"NUL": {0}, "every byte": every, "text in invalid UTF-8": []byte("a\xff\xfe\x80b"), "hexadecimal text": []byte(`\x6162`),
			"quotes": []byte(`';--"`), "a megabyte": bytes.Repeat([]byte("\x00\xff'\\"), 1<<18),
		} {
			f := k.full()
			f.Session.Key, f.Session.Sealed, f.Decision.Sealed, f.Media.Sealed, f.Finding.Sealed, f.Delivery.Body = b, b, b, b, b, b
			f.Session.Receipt, f.Event.About, f.Entry.Body = b, b, b
			k.roundTrip("bytes: "+name, f)
		}
	}},
	{"text is valid UTF-8 without NUL and comes back as it went in", func(k *kit) {
		seen := map[string]bool{}
		for _, text := range hostileTexts {
			if seen[text] || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				k.Fatalf("the text %q is there twice, or is none that a store must keep", text)
			}
			seen[text] = true
			f := k.full()
			f.Session.DeletedAt = time.Time{}
			f.Session.Status = session.Status(text)
			f.Attempt.Status, f.Attempt.Submitter = f.Session.Status, session.Actor(text)
			f.Decision.By = session.Actor(text)
			f.Media.Blob = text
			f.Finding.Kind, f.Finding.By = session.FindingKind(text), session.Actor(text)
			f.Event.Kind, f.Event.Status, f.Event.By = session.EventKind(text), f.Session.Status, session.Actor(text)
			f.Delivery.Last.Note = text
			setText(&f.Decision.Outcome, text)
			setText(&f.Media.Context, text)
			setText(&f.Media.Type, text)
			f.Delivery.State = session.DeliveryState(text)
			f.Delivery.DueAt = time.Time{}
			if len(text) <= 255 {
				f.Entry.Name = text
			}
			k.roundTrip("text "+short(reflect.ValueOf(text)), f)

			got := k.query(session.Query{Sandbox: true, N: many, Status: []session.Status{f.Session.Status}})
			k.equal("sessions by the status "+text, got, []uuid.UUID{f.Session.ID})
			listed := k.log(session.DeliveryQuery{State: f.Delivery.State})
			k.equal("deliveries by the state "+text, ids(listed, deliveryID), []uuid.UUID{f.Delivery.ID})
			happened := k.events(session.EventQuery{Sandbox: true, Kinds: []session.EventKind{f.Event.Kind}})
			k.equal("events of the kind "+text, ids(happened, eventID), []uuid.UUID{f.Event.ID})
			named := k.entries(session.EntryQuery{Sandbox: true, Name: f.Entry.Name})
			k.equal("entries by the name "+text, ids(named, entryID), []uuid.UUID{f.Entry.ID})
			rule := session.Rule{N: 1, Window: time.Hour}
			k.granted(k.permit(text, k.now, rule))
			k.limited(rule, k.in(time.Hour), k.permit(text, k.now, rule))
		}
	}},
}

// hostileTexts are valid UTF-8 without NUL, no two of them equal, many of them alike.
var hostileTexts = []string{
	" ", "  ", "\t", "\n", "\r\n", "a", "A", "a ", " a", "'", "''", `"`, "`", `\`, `\\`, `\'`, `\x00`, `\u0000`, "%", "_", "*",
	"'; DROP TABLE sessions; --", `" OR "1"="1`, "') RETURNING *; --", "/* */", "?", "??", ":name", "::text", "$1", "@p1", "#{x}", "{{.}}", "${HOME}",
	"NULL", "null", "true", "0", "-0", "1e400", "0x1F", "9007199254740993", "{}", "[]", `{"a":"b"}`, "{1,2}", "2031-02-28", "infinity",
	"ä", "a\u0308", "\u00df", "\u1e9e", "\u0130", "\u0131", "\ufb03", "\u00c5", "\u212b", "A\u030a", "日本語", "\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af",
	"🙂", "👩‍👩‍👧‍👦", "🇳🇱", "𝄞", "\U0010ffff", "\uffff", "\ufffd",
	"\ufeff", "\u2028", "\u2029", "\u00a0", "\u200b", "\u200e\u202eabc\u202c", "עברית", "العربية", "\u0001\u0007\u001b[31m\u007f", "\u0085",
	"e" + strings.Repeat("\u0301", 50), strings.Repeat("x", 2000), strings.Repeat("🙂", 500),
}
