package decision_test

import (
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
)

// TestReasons: each code is there once, in order, with a text and a kind that fits its hundred.
func TestReasons(t *testing.T) {
	t.Parallel()
	last := 0
	for _, r := range decision.Reasons() {
		kind := decision.ReasonDeclined
		if r.Code/100 == 2 || r.Code/100 == 6 {
			kind = decision.ReasonResubmission
		}
		if r.Code <= last || r.Text == "" || r.Kind != kind || r.Granular != (r.Code >= 500 || r.Code == 107 || r.Code == 126) {
			t.Errorf("after %d: got %+v, want a greater code, a text, %s", last, r, kind)
		}
		if got, ok := decision.ReasonOf(r.Code); !ok || got != r || decision.ReasonText(r.Code) != r.Text {
			t.Errorf("ReasonOf(%d) = %+v, %v; want %+v", r.Code, got, ok, r)
		}
		last = r.Code
	}
	decision.Reasons()[0].Text = "changed"
	if got := decision.ReasonText(101); got != "Physical document not used" {
		t.Errorf("a caller changed the table: 101 is %q", got)
	}
}

// TestTheTablesOfReasonsAreWhole: these are the codes of the vendor's two pages of which the text is known.
func TestTheTablesOfReasonsAreWhole(t *testing.T) {
	t.Parallel()
	var want []int
	for _, span := range [][2]int{
		{101, 113}, {120, 124}, {126, 129}, {201, 209}, {501, 511}, {515, 515}, {526, 528}, {530, 537}, {539, 539}, {602, 603},
		{605, 606}, {608, 609}, {614, 615}, {619, 621}, {625, 635}, {641, 642},
	} {
		for code := span[0]; code <= span[1]; code++ {
			want = append(want, code)
		}
	}
	var got []int
	for _, r := range decision.Reasons() {
		got = append(got, r.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, code := range []int{0, -1, 100, 125, 210, 540, 90210} {
		if r, ok := decision.ReasonOf(code); ok || r != (decision.Reason{}) || decision.ReasonText(code) != "" {
			t.Errorf("ReasonOf(%d) = %+v, want none", code, r)
		}
	}
}
