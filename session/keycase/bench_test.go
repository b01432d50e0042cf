package keycase_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

// against runs ours and each peer in turn within one benchmark, so that both
// meet the same machine, and reports how many times ours a peer takes.
func against(b *testing.B, ours func(), peers map[string]func()) {
	const batch = 16
	taken := map[string]time.Duration{}
	timed := func(name string, work func()) {
		begun := time.Now()
		for range batch {
			work()
		}
		taken[name] += time.Since(begun)
	}
	b.ReportAllocs()
	for b.Loop() {
		ours()
	}
	b.StopTimer()
	for range max(b.N/batch/4, 20) {
		timed("", ours)
		for name, peer := range peers {
			timed(name, peer)
		}
	}
	for name := range peers {
		b.ReportMetric(float64(taken[name])/float64(taken[""]), name+"/ours")
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, to := range cases {
		b.Run(to.String(), func(b *testing.B) {
			dst := make([]byte, 0, 2*len(document))
			b.SetBytes(int64(len(document)))
			against(b, func() {
				if _, err := keycase.Append(dst, document, to, "metadata"); err != nil {
					b.Fatal(err)
				}
			}, map[string]func(){
				"json.Valid":           func() { json.Valid(document) },
				"keycase.Valid":        func() { _ = keycase.Valid(document) },
				"decode-rename-encode": func() { throughAny(b, document, to) },
			})
		})
	}
}

func BenchmarkValid(b *testing.B) {
	b.SetBytes(int64(len(document)))
	against(b, func() {
		if err := keycase.Valid(document); err != nil {
			b.Fatal(err)
		}
	}, map[string]func(){"json.Valid": func() { json.Valid(document) }})
}

func BenchmarkAppendManyKeys(b *testing.B) {
	src := manyKeys(100_000)
	dst := make([]byte, 0, 2*len(src))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keycase.Append(dst, src, keycase.Camel); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendKey(b *testing.B) {
	for _, key := range []string{"firstName", "first_name", "userID", "decisionScoreOfTheLastAttempt"} {
		b.Run(key, func(b *testing.B) {
			dst := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				dst = keycase.AppendKey(dst[:0], key, keycase.Snake)
			}
		})
	}
}

// throughAny is how keys are renamed without this package.
func throughAny(b *testing.B, src []byte, to keycase.Case) {
	var value any
	if err := json.Unmarshal(src, &value); err != nil {
		b.Fatal(err)
	}
	if _, err := json.Marshal(renamed(value, to)); err != nil {
		b.Fatal(err)
	}
}

func renamed(value any, to keycase.Case) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for key, inner := range value {
			members[convert(key, to)] = renamed(inner, to)
		}
		return members
	case []any:
		for i, inner := range value {
			value[i] = renamed(inner, to)
		}
	}
	return value
}
