package veriff_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// lists finds one person, in every kind of list.
type lists struct{}

func (lists) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	found := decision.Screening{Provider: "lists"}
	if s.Name != "Ivo Madeup" {
		return found, nil
	}
	found.Hits = []decision.Hit{{
		Name: "Ivo Madeup", MatchTypes: []decision.MatchType{decision.MatchNameExact, decision.MatchYearOfBirth}, Score: 0.875,
		DateOfBirth: "1963", Countries: []string{"Nowhere"}, AKA: []string{"I. Madeup"}, Associates: []string{"Eva Madeup"},
		Listings: []decision.Listing{
			{Kind: decision.ListSanctions, SourceName: "A list", SourceURL: "https://lists.example/1", Date: "2020-01-02"},
			{Kind: decision.ListPEP, SourceName: "Another list"}, {Kind: decision.ListWarnings, SourceName: "w"},
			{Kind: decision.ListFitnessProbity, SourceName: "f"}, {Kind: decision.ListAdverseMedia, SourceURL: "https://news.example/"},
		},
	}, {Name: "I. Madeup"}}
	return found, nil
}

func withScreening(p *session.Policy) { p.Screening, p.Monitoring = true, 24*time.Hour }

// TestWatchlist: 402 without it, 202 until the result is there, 200 then, and one webhook for each result that
// is new.
func TestWatchlist(t *testing.T) {
	t.Parallel()
	off := newHouse(t, setup{})
	off.want(off.get(off.create(minimal).ID, "/watchlist-screening"), http.StatusPaymentRequired, "1101")
	onEach(t, setup{policy: withScreening}, func(t *testing.T, h *house) {
		id := h.create(everything).ID
		got := h.get(id, "/watchlist-screening")
		h.want(got, http.StatusAccepted, "")
		h.golden("watchlist-pending", got.body)
		h.submit(id)
		h.webhooks()
		h.decide(id, decision.Verdict{Outcome: decision.Approved})
		told := h.webhooks()
		h.golden("webhook-watchlist-none", told[len(told)-1])
		h.golden("watchlist-none", h.get(id, "/watchlist-screening").body)

		other := h.create(`{"verification":{"person":{"fullName":"Ivo Madeup","dateOfBirth":"1963-01-01"}}}`).ID
		h.submit(other)
		h.decide(other, decision.Verdict{Outcome: decision.Declined, Code: 126})
		told = h.webhooks()
		last := told[len(told)-1]
		h.golden("webhook-watchlist", last)
		body := h.get(other, "/watchlist-screening").body
		h.golden("watchlist", body)
		if body != `{"status":"success","data":`+last+`}` {
			t.Errorf("reading answers\n%s\nand the webhook said\n%s", body, last)
		}
		h.clock.Add(24 * time.Hour)
		if told := h.webhooks(); len(told) > 0 {
			t.Errorf("of what is not new was told %s", told)
		}
		expired := h.create(minimal).ID
		h.clock.Add(7 * 24 * time.Hour)
		h.want(h.get(expired, "/watchlist-screening"), http.StatusNotFound, "1101")
		h.want(h.get(uuid.NewString(), "/watchlist-screening"), http.StatusNotFound, "1101")
	})
}

// TestUpdatedWatchlist: the second result says that it is one.
func TestUpdatedWatchlist(t *testing.T) {
	t.Parallel()
	changing := &changingLists{}
	h := newHouse(t, setup{policy: withScreening, screener: changing})
	id := h.create(`{"verification":{"person":{"fullName":"Ivo Madeup"}}}`).ID
	h.submit(id)
	h.decide(id, decision.Verdict{Outcome: decision.Approved})
	h.webhooks()
	changing.listed = true
	h.clock.Add(24 * time.Hour)
	told := h.webhooks()
	if len(told) != 1 || !strings.Contains(told[0], `"checkType":"updated_result"`) || !strings.Contains(told[0], `"possible_match"`) {
		t.Fatalf("told %s", told)
	}
	h.golden("webhook-watchlist-updated", told[0])
}

type changingLists struct{ listed bool }

func (c *changingLists) Screen(ctx context.Context, s decision.Subject) (decision.Screening, error) {
	if !c.listed {
		return decision.Screening{Provider: "lists"}, nil
	}
	return lists{}.Screen(ctx, s)
}

// TestEveryKindOfListIsTold, under its own name.
func TestEveryKindOfListIsTold(t *testing.T) {
	t.Parallel()
	names := map[decision.ListKind]string{decision.ListFitnessProbity: "fitnessProbity", decision.ListAdverseMedia: "adverseMedia"}
	for _, kind := range decision.ListKinds() {
		h := newHouse(t, setup{policy: withScreening, screener: oneList(kind)})
		id := h.create(everything).ID
		h.submit(id)
		h.decide(id, decision.Verdict{Outcome: decision.Approved})
		h.settle()
		want := fmt.Sprintf(`"%s":[{"sourceName":"the one"`, cmp.Or(names[kind], string(kind)))
		if got := h.get(id, "/watchlist-screening").body; !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
}

// oneList finds everybody, in a list of its kind.
type oneList decision.ListKind

func (l oneList) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	return decision.Screening{Hits: []decision.Hit{{
		Name: s.Name, Listings: []decision.Listing{{Kind: decision.ListKind(l), SourceName: "the one"}},
	}}}, nil
}
