package session_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

func TestMetadataAreMerged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, merged, want string }{
		{"into nothing", "", `{"a":1}`, `{"a":1}`},
		{"added", `{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		{"replaced", `{"a":1,"b":2}`, `{"a":{"x":null}}`, `{"a":{"x":null},"b":2}`},
		{"taken away", `{"a":1,"b":2}`, `{"a":null}`, `{"b":2}`},
		{"what was not there is taken away", `{"a":1}`, `{"c":null}`, `{"a":1}`},
		{"keys as they are", `{"first_name":1}`, `{"firstName":2}`, `{"first_name":1,"firstName":2}`},
		{"nothing", `{"a":1}`, `{}`, `{"a":1}`},
		{"numbers as they are", "", `{"n":1e400,"m":9007199254740993}`, `{"n":1e400,"m":9007199254740993}`},
	} {
		b := setUp(t, nil)
		s, err := b.Create(b.ctx, session.Facts{Metadata: json.RawMessage(c.before)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Update(b.ctx, s.ID, session.Update{Metadata: json.RawMessage(c.merged)})
		if err != nil || string(got.Facts.Metadata) != c.want || string(b.get(s.ID).Facts.Metadata) != c.want {
			t.Errorf("%s: got %s and %v, want %s", c.name, got.Facts.Metadata, err, c.want)
		}
	}
}

// TestMergingIsAssignment: of random objects, as a map would have it.
func TestMergingIsAssignment(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		object := func(label string) map[string]any {
			return rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "a_b", "aB", ""}),
				rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any]("x"))).Draw(rt, label)
		}
		before, merged := object("before"), object("merged")
		for k, v := range before {
			if v == nil {
				delete(before, k)
			}
		}
		text, _ := json.Marshal(before)
		change, _ := json.Marshal(merged)
		s, err := b.Create(b.ctx, session.Facts{Metadata: text})
		if err != nil {
			rt.Fatal(err)
		}
		got, err := b.Update(b.ctx, s.ID, session.Update{Metadata: change})
		if err != nil {
			rt.Fatal(err)
		}
		for k, v := range merged {
			if before[k] = v; v == nil {
				delete(before, k)
			}
		}
		want, _ := json.Marshal(before)
		var back map[string]any
		if err := json.Unmarshal(got.Facts.Metadata, &back); err != nil {
			rt.Fatal(err)
		}
		if have, _ := json.Marshal(back); string(have) != string(want) {
			rt.Fatalf("%s merged into %s gives %s, want %s", change, text, have, want)
		}
		b.clock.Add(1e9)
	})
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s, err := b.Create(b.ctx, session.Facts{Metadata: json.RawMessage(`{"k":"` + strings.Repeat("x", 16<<10-20) + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	before := b.get(s.ID)
	for name, u := range map[string]session.Update{
		"a list": {Metadata: json.RawMessage(`[1]`)}, "a text": {Metadata: json.RawMessage(`"x"`)}, "broken": {Metadata: json.RawMessage(`{"a":`)},
		"too much together": {Metadata: json.RawMessage(`{"l":"xxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`)},
		"a long reference":  {ExternalRef: new(new(strings.Repeat("x", 1001)))},
		"no text":           {ExternalRef: new(new("\xff"))},
	} {
		if _, err := b.Update(b.ctx, s.ID, u); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	if after := b.get(s.ID); after.Version != before.Version {
		t.Error("a refused update has had an effect")
	}
}

func TestReferenceIsFound(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("any")
	find := func(ref string) int {
		in, _ := b.Integration(b.ctx)
		list, err := b.List(b.ctx, session.List{Ref: b.RefIndex(in, ref)})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if got := find("customer-17"); got != 1 {
		t.Errorf("found %d, want the session", got)
	}
	if _, err := b.Update(b.ctx, s.ID, session.Update{ExternalRef: new(new("customer-18"))}); err != nil {
		t.Fatal(err)
	}
	if old, now := find("customer-17"), find("customer-18"); old != 0 || now != 1 {
		t.Errorf("found %d by the old and %d by the new reference, want it by the new one", old, now)
	}
	if _, err := b.Update(b.ctx, s.ID, session.Update{ExternalRef: new(*string)}); err != nil {
		t.Fatal(err)
	}
	if now := find("customer-18"); now != 0 || b.get(s.ID).Facts.ExternalRef != nil {
		t.Errorf("found %d without a reference, want none", now)
	}
	if list, err := b.List(b.ctx, session.List{}); err != nil || len(list) != 1 {
		t.Errorf("a list without a reference has %d sessions, want all", len(list))
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	want := func(step string, err error, tags ...string) {
		t.Helper()
		if got := b.get(id).Facts.Tags; err != nil || !slices.Equal(got, tags) {
			t.Errorf("%s: got %q and %v, want %q", step, got, err, tags)
		}
	}
	_, err := b.Tag(b.ctx, id, "a")
	want("added", err, "a")
	before := b.get(id).Version
	_, err = b.Tag(b.ctx, id, "a")
	want("added again", err, "a")
	_, err = b.Untag(b.ctx, id, "b")
	want("one that is not there taken away", err, "a")
	if b.get(id).Version != before {
		t.Error("what changes nothing was written")
	}
	_, err = b.SetTags(b.ctx, id, []string{"c", "b", "c"})
	want("replaced", err, "c", "b")
	_, err = b.Untag(b.ctx, id, "c")
	want("taken away", err, "b")
	_, err = b.SetTags(b.ctx, id, nil)
	want("emptied", err)
	many := make([]string, session.MaxTags)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	if _, err := b.SetTags(b.ctx, id, many); err != nil {
		t.Error(err)
	}
	for name, tag := range map[string]string{"one too many": "y", "empty": "", "long": strings.Repeat("x", 256), "no text": "\x00"} {
		if _, err := b.Tag(b.ctx, id, tag); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	if _, err := b.Invite(b.ctx, b.create("any").ID); !errors.Is(err, session.ErrOff) {
		t.Errorf("of one that was not invited: got %v", err)
	}
	s, err := b.Create(b.ctx, session.Facts{Invite: &session.Invite{Email: "ada@example.com", Sent: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 6; n++ {
		if got, err := b.Invite(b.ctx, s.ID); err != nil || got.Facts.Invite.Sent != n {
			t.Errorf("invitation %d: got %v and %v", n, got, err)
		}
	}
	if _, err := b.Invite(b.ctx, s.ID); !errors.Is(err, session.ErrEnough) {
		t.Errorf("a sixth time again: got %v, want %v", err, session.ErrEnough)
	}
	b.submit(s.ID)
	if _, err := b.Invite(b.ctx, s.ID); !errors.Is(err, session.ErrTransition) {
		t.Errorf("once submitted: got %v, want it refused", err)
	}
}
