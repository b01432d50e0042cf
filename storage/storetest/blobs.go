package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// blobNames are the blobs that media of the model's play have. Two media may have the same.
var blobNames = []string{"2031022823/a", "2031022823/b", "2031022900/a", "2031022900/c"}

// withBlob gives a new session with a medium of that blob, and the medium's id.
func (k *kit) withBlob(blob string) (session.Session, uuid.UUID) {
	k.Helper()
	c := k.create()
	id := k.addMedia(&c)
	c.Media[0].Blob = blob
	return k.apply(c), id
}

// there demands which of the names rows have.
func (k *kit) there(what string, names []string, want ...string) {
	k.Helper()
	got, err := k.store.Blobs(k.ctx, names)
	k.is("Blobs "+what, err, nil)
	if !slices.Equal(got, want) {
		k.Errorf("Blobs(%.300q) %s = %.300q, want %.300q", names, what, got, want)
	}
}

var blobTests = []test{
	{"answers which of the names are the Blob of a media row, in the order in which they were given, and as often", func(k *kit) {
		k.withBlob("2031022823/b")
		k.withBlob("2031022823/d")
		k.there("of some", []string{"2031022823/d", "2031022823/a", "2031022823/b", "2031022823/c", "2031022823/b"},
			"2031022823/d", "2031022823/b", "2031022823/b")
		k.there("of none that is there", []string{"2031022823/a", "2031022823", "2031022823/", "", "2031022823/B", "%"})
		k.there("of none", nil)
		k.there("of an empty list", []string{})
	}},
	{"of whatever tenant, live or sandbox", func(k *kit) {
		k.other().withBlob("of another tenant")
		c := k.create()
		c.Session.Sandbox = true
		k.addMedia(&c)
		c.Media[0].Blob = "of a sandbox"
		k.apply(c)
		names := []string{"of a sandbox", "of another tenant"}
		k.there("of all tenants", names, names...)
	}},
	{"of deleted sessions too", func(k *kit) {
		s, _ := k.withBlob("of a deleted session")
		c := k.change(s)
		c.Session.DeletedAt = k.now
		k.apply(c)
		k.there("after a deletion", []string{"of a deleted session"}, "of a deleted session")
	}},
	{"and of what is erased, for as long as the row is there", func(k *kit) {
		s, _ := k.withBlob("erased")
		c := k.change(s)
		c.Erase = session.EraseSealed
		s = k.apply(c)
		k.there("while the row is there", []string{"erased"}, "erased")
		c = k.change(s)
		c.Erase = session.EraseMedia
		k.apply(c)
		k.there("when the row is gone", []string{"erased"})
	}},
	{"not of what was replaced", func(k *kit) {
		s, id := k.withBlob("old")
		c := k.change(s)
		c.Replaced = []uuid.UUID{id}
		k.addMedia(&c)
		c.Media[0].Blob = "new"
		k.apply(c)
		k.there("after a replacement", []string{"old", "new"}, "new")
	}},
	{"for as long as one row has it", func(k *kit) {
		s, id := k.withBlob("shared")
		t, _ := k.withBlob("shared")
		c := k.change(s)
		c.Replaced = []uuid.UUID{id}
		k.apply(c)
		k.there("while one has it", []string{"shared"}, "shared")
		c = k.change(t)
		c.Erase = session.EraseMedia
		k.apply(c)
		k.there("when none has it", []string{"shared"})
	}},
	{"a refused change MUST leave no trace in Blobs", func(k *kit) {
		s, _ := k.withBlob("there")
		c := k.change(s)
		c.Base++
		k.addMedia(&c)
		c.Media[0].Blob = "refused"
		k.is("Apply", firstOf(k.store.Apply(k.ctx, c)), session.ErrConflict)
		k.there("after a refusal", []string{"refused", "there"}, "there")
	}},
	{"of a thousand names at once", func(k *kit) {
		c := k.create()
		var names, want []string
		for i := range 1000 {
			names = append(names, fmt.Sprintf("2031022823/%04d", i))
			if i%7 != 0 {
				continue
			}
			k.addMedia(&c)
			c.Media[len(c.Media)-1].Blob = names[i]
			want = append(want, names[i])
		}
		k.apply(c)
		for _, n := range []int{1, 99, 100, 101, 199, 200, 201, 1000} {
			k.there(fmt.Sprintf("of %d", n), names[:n], want[:(n+6)/7]...)
		}
	}},
	{"what is given and what is answered are the caller's", func(k *kit) {
		k.withBlob("kept")
		names := []string{strings.Clone("kept")}
		got, err := k.store.Blobs(k.ctx, names)
		k.is("Blobs", err, nil)
		names[0], got[0] = "changed", "changed"
		k.there("after that", []string{"kept", "changed"}, "kept")
	}},
}

// blobs asks for some of the names.
func (p *player) blobs(rt *rapid.T) {
	names := rapid.SliceOfN(rapid.SampledFrom(append([]string{"none"}, blobNames...)), 0, 6).Draw(rt, "blobs")
	want := p.model.blobs(names)
	p.on(rt, func(k *kit) { k.there("as the model", names, want...) })
}
