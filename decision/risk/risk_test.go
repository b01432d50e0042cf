package risk_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision/risk"
)

// published are the weights of the vendor's page.
var published = map[string]int{
	"completion_too_fast": 20, "completion_too_slow": 5, "high_hesitation": 10, "high_distraction": 5,
	"copy_paste_name": 15, "mouse_bot_pattern": 25, "keystroke_bot_pattern": 25, "screen_sharing_detected": 15,
	"autofill_then_edit": 10, "bot_detected": 50, "webdriver_evasion_detected": 40, "devtools_open": 30,
	"virtual_camera": 50, "webgl_vm_detected": 30,
}

func TestTheTable(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	var blocking, ours []string
	for _, s := range risk.Signals() {
		if s.Weight < 1 || s.Weight > risk.MaxScore || s.Category == "" {
			t.Errorf("%+v: a weight from 1 to 100 and a category are wanted", s)
		}
		if again, ok := risk.SignalOf(s.Name); !ok || again != s {
			t.Errorf("SignalOf(%s) = %+v, %v; want %+v", s.Name, again, ok, s)
		}
		if s.Published {
			found[s.Name] = s.Weight
		} else {
			ours = append(ours, s.Name)
		}
		if s.MayBlock {
			blocking = append(blocking, s.Name)
		}
	}
	if !reflect.DeepEqual(found, published) {
		t.Errorf("published weights are %v, want %v", found, published)
	}
	slices.Sort(ours)
	if want := []string{"camera_injection_detected", "incognito_detected", "integrity_checksum_mismatch", "vpn_detected"}; !slices.Equal(ours, want) {
		t.Errorf("weights of our own: %v, want %v", ours, want)
	}
	slices.Sort(blocking)
	want := []string{"bot_detected", "camera_injection_detected", "integrity_checksum_mismatch", "virtual_camera"}
	if !slices.Equal(blocking, want) {
		t.Errorf("may block: %v, want %v", blocking, want)
	}
}

func TestTheTableIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	risk.Signals()[0].Weight = 99
	if got := risk.Signals()[0].Weight; got == 99 {
		t.Error("a change of the slice changes the table")
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for score, want := range map[int]risk.Level{
		-1: risk.Low, 0: risk.Low, 20: risk.Low, 21: risk.Medium, 50: risk.Medium, 51: risk.High, 80: risk.High,
		81: risk.Critical, 100: risk.Critical, 101: risk.Critical,
	} {
		if got := risk.LevelOf(score); got != want {
			t.Errorf("LevelOf(%d) = %s, want %s", score, got, want)
		}
	}
}

func TestAssess(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		policy  risk.Policy
		signals []string
		want    string
	}{
		{"nothing", risk.Policy{}, nil, `{"score":0,"level":"low","signals":[],"blocked":false,"blocked_by":[]}`},
		{"the table's order and weights, each once", risk.Policy{}, []string{"devtools_open", "copy_paste_name", "devtools_open"},
			`{"score":45,"level":"medium","signals":[
				{"name":"copy_paste_name","category":"behavioural","weight":15,"action":"score"},
				{"name":"devtools_open","category":"device","weight":30,"action":"score"}],"blocked":false,"blocked_by":[]}`},
		{"blocking is not the default", risk.Policy{}, []string{"virtual_camera"},
			`{"score":50,"level":"medium","signals":[{"name":"virtual_camera","category":"device","weight":50,"action":"score"}],
				"blocked":false,"blocked_by":[]}`},
		{"blocking whatever the score", risk.Policy{Actions: map[string]risk.Action{"virtual_camera": risk.Block}, Weights: map[string]int{"virtual_camera": 0}},
			[]string{"virtual_camera"},
			`{"score":0,"level":"low","signals":[{"name":"virtual_camera","category":"device","weight":0,"action":"block"}],
				"blocked":true,"blocked_by":["virtual_camera"]}`},
		{"what is ignored is told and adds nothing", risk.Policy{Actions: map[string]risk.Action{"vpn_detected": risk.Ignore}, Weights: map[string]int{"vpn_detected": 90}},
			[]string{"vpn_detected"},
			`{"score":0,"level":"low","signals":[{"name":"vpn_detected","category":"network","weight":0,"action":"ignore"}],
				"blocked":false,"blocked_by":[]}`},
		{"capped", risk.Policy{Weights: map[string]int{"devtools_open": 60}}, []string{"bot_detected", "devtools_open"},
			`{"score":100,"level":"critical","signals":[
				{"name":"bot_detected","category":"device","weight":50,"action":"score"},
				{"name":"devtools_open","category":"device","weight":60,"action":"score"}],"blocked":false,"blocked_by":[]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := risk.Assess(test.policy, test.signals)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(a)
			if want := strings.NewReplacer("\n", "", "\t", "").Replace(test.want); err != nil || string(got) != want {
				t.Errorf("Assess(%+v, %v) = %s, %v; want %s", test.policy, test.signals, got, err, want)
			}
		})
	}
}

func TestUnknownSignals(t *testing.T) {
	t.Parallel()
	_, err := risk.Assess(risk.Policy{}, []string{"ada@example.org", "bot_detected", "Bot_Detected", "ada@example.org", ""})
	var unknown *risk.UnknownError
	if want := []string{"ada@example.org", "Bot_Detected", ""}; !errors.As(err, &unknown) || !slices.Equal(unknown.Signals, want) {
		t.Fatalf("got %v, want an UnknownError of %q", err, want)
	}
	if text := err.Error(); strings.Contains(text, "ada") || !strings.Contains(text, "3") {
		t.Errorf("the text is %q; it should say how many, and not which", text)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		policy risk.Policy
		says   []string // in order; none: it is good
	}{
		{"zero", risk.Policy{}, nil},
		{"every action", risk.Policy{Actions: map[string]risk.Action{"bot_detected": risk.Block, "vpn_detected": risk.Ignore, "devtools_open": risk.Score}}, nil},
		{"weights at the edges", risk.Policy{Weights: map[string]int{"bot_detected": 100, "vpn_detected": 0}}, nil},
		{"may not block", risk.Policy{Actions: map[string]risk.Action{"devtools_open": risk.Block}}, []string{"devtools_open may not block"}},
		{"all at once", risk.Policy{
			Weights: map[string]int{"no_such": 1, "bot_detected": 101, "vpn_detected": -1},
			Actions: map[string]risk.Action{"no_such": risk.Ignore, "bot_detected": "explode"},
		}, []string{"bot_detected is 101", `"no_such" is not known`, "vpn_detected is -1", "bot_detected is neither", `"no_such" is not known`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.policy.Validate()
			if _, assessed := risk.Assess(test.policy, nil); (assessed == nil) != (err == nil) {
				t.Errorf("Validate says %v, Assess says %v", err, assessed)
			}
			if len(test.says) == 0 {
				if err != nil {
					t.Errorf("%+v is refused: %v", test.policy, err)
				}
				return
			}
			if !errors.Is(err, risk.ErrPolicy) {
				t.Fatalf("%+v: %v, want ErrPolicy", test.policy, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if !slices.EqualFunc(lines, test.says, strings.Contains) {
				t.Errorf("%+v: %q, want lines with %q", test.policy, lines, test.says)
			}
		})
	}
}

func TestFromTiming(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration][]string{
		-time.Second: nil, 0: nil,
		time.Nanosecond: {"completion_too_fast"}, 15*time.Second - 1: {"completion_too_fast"}, 15 * time.Second: nil,
		15 * time.Minute: nil, 15*time.Minute + 1: {"completion_too_slow"}, 1 << 62: {"completion_too_slow"},
	} {
		if got := risk.FromTiming(took); !slices.Equal(got, want) {
			t.Errorf("FromTiming(%s) = %v, want %v", took, got, want)
		}
	}
}

// TestOneMoreIsNeverLess: neither order nor repetition matters, and one signal more never makes the score less.
func TestOneMoreIsNeverLess(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range risk.Signals() {
		names = append(names, s.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		policy := risk.Policy{
			Weights: rapid.MapOf(rapid.SampledFrom(names), rapid.IntRange(0, 100)).Draw(t, "weights"),
			Actions: rapid.MapOf(rapid.SampledFrom(names), rapid.SampledFrom([]risk.Action{risk.Ignore, risk.Score})).Draw(t, "actions"),
		}
		signals := rapid.SliceOf(rapid.SampledFrom(names)).Draw(t, "signals")
		assess := func(signals []string) risk.Assessment {
			a, err := risk.Assess(policy, signals)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := assess(signals)
		sum := 0
		for _, s := range a.Signals {
			sum += s.Weight
		}
		if a.Score != min(sum, 100) || a.Level != risk.LevelOf(a.Score) {
			t.Errorf("score %d, level %s of weights that sum up to %d", a.Score, a.Level, sum)
		}
		other := append(rapid.Permutation(signals).Draw(t, "permutation"), signals...)
		if again := assess(other); !reflect.DeepEqual(again, a) {
			t.Errorf("%v: %+v, but %v: %+v", signals, a, other, again)
		}
		if more := assess(append(other, rapid.SampledFrom(names).Draw(t, "more"))); more.Score < a.Score {
			t.Errorf("one signal more: %d, before: %d", more.Score, a.Score)
		}
	})
}

func BenchmarkAssess(b *testing.B) {
	b.ReportAllocs()
	signals := []string{"devtools_open", "copy_paste_name", "vpn_detected"}
	policy := risk.Policy{Actions: map[string]risk.Action{"vpn_detected": risk.Ignore}}
	for b.Loop() {
		if _, err := risk.Assess(policy, signals); err != nil {
			b.Fatal(err)
		}
	}
}
