package risk_test

import (
	"fmt"
	"time"

	"github.com/bonafide-idv/bonafide/decision/risk"
)

func ExampleAssess() {
	policy := risk.Policy{Actions: map[string]risk.Action{"virtual_camera": risk.Block}}
	signals := append(risk.FromTiming(9*time.Second), "virtual_camera", "vpn_detected")
	a, err := risk.Assess(policy, signals)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Score, a.Level, a.Blocked, a.BlockedBy)
	// Output: 85 critical true [virtual_camera]
}
