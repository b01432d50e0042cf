package veriff_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// TestWebhooksOfAnIntegration: kinds of one address share an endpoint, which keeps its id.
func TestWebhooksOfAnIntegration(t *testing.T) {
	t.Parallel()
	in := ours.Integration
	if got := (veriff.Webhooks{}).Endpoints(in); len(got) != 0 {
		t.Errorf("without addresses: %v", got)
	}
	const a, b = "https://a.example/", "https://b.example/"
	one := veriff.Webhooks{Decision: a, Event: a, Watchlist: a, UserStatus: a, FullAuto: a}.Endpoints(in)
	if len(one) != 2 || len(one[0].Kinds) != 10 || one[0].Format != veriff.Format || one[1].Format != veriff.FormatFullAuto {
		t.Errorf("of one address: %+v", one)
	}
	two := veriff.Webhooks{Decision: b, Event: a, Watchlist: b, FullAuto: a}.Endpoints(in)
	if len(two) != 3 || two[0].URL != b || len(two[0].Kinds) != 7 || two[1].URL != a || len(two[1].Kinds) != 2 || two[2].URL != a {
		t.Errorf("of two addresses: %+v", two)
	}
	if two[0].ID != one[0].ID || two[2].ID != one[1].ID {
		t.Error("an endpoint's id changed with its address")
	}
	if veriff.Webhooks.Endpoints(veriff.Webhooks{Decision: a}, theirs.Integration)[0].ID == one[0].ID {
		t.Error("two integrations share an endpoint")
	}
	policy := session.Integration{ID: in, Endpoints: append(one, session.Endpoint{ID: uuid.New()})}
	if faults := policy.Validate(); len(faults) > 0 {
		t.Errorf("not acceptable: %v", faults)
	}
}
