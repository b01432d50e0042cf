package watchlist_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
)

// file is a list to measure by.
type file struct {
	lines   strings.Builder
	text    int // bytes of what the entries say
	entries int
	random  *rand.Rand
}

func (f *file) add(name, aka, born string) {
	f.entries++
	f.text += len(name) + len(aka) + len(born)
	if aka == "" {
		fmt.Fprintf(&f.lines, `{"name":%q}`+"\n", name)
		return
	}
	fmt.Fprintf(&f.lines, `{"name":%q,"aka":[%q],"born":%q}`+"\n", name, aka, born)
}

// word is one of so many kinds, as unevenly spread as names are: few that everybody has, many that few have.
func (f *file) word(kinds int) string {
	syllables := strings.Fields("an be chi do el fa gor hu iv jo ka lem mi nor os pe qui ra ster tov ul van wi xi yu zan")
	spelling := rand.New(rand.NewPCG(uint64(float64(kinds)*f.random.Float64()*f.random.Float64()), uint64(kinds)))
	var text strings.Builder
	for range 2 + spelling.IntN(3) {
		text.WriteString(syllables[spelling.IntN(len(syllables))])
	}
	return text.String()
}

// ordinary has n people with an alias each, and a word for every sixth of them.
func ordinary(n int) *file {
	f := &file{random: rand.New(rand.NewPCG(1, 2))}
	given, middle, last := n/50, n/200, n/6
	for range n {
		name := f.word(given) + " " + f.word(last)
		f.add(name, f.word(given)+" "+f.word(middle)+" "+f.word(last), fmt.Sprint(1930+f.random.IntN(75)))
	}
	return f
}

// unlike has n names of four words each of which there is once.
func unlike(n int) *file {
	f := &file{random: rand.New(rand.NewPCG(1, 2))}
	word := func() string {
		text := make([]byte, 8+f.random.IntN(6))
		for i := range text {
			text[i] = byte('a' + f.random.IntN(26))
		}
		return string(text)
	}
	for range n {
		f.add(word()+" "+word()+" "+word()+" "+word(), "", "")
	}
	return f
}

// BenchmarkParse reads 100,000 entries and indexes them. It measures what stays in memory beyond what the
// entries say.
func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		name string
		file *file
	}{{"ordinary", ordinary(100_000)}, {"unlike", unlike(100_000)}} {
		b.Run(c.name, func(b *testing.B) {
			text := c.file.lines.String()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var kept int
			for b.Loop() {
				before := heap()
				list, err := watchlist.Parse(strings.NewReader(text))
				if err != nil {
					b.Fatal(err)
				}
				kept = heap() - before - c.file.text
				runtime.KeepAlive(list)
			}
			b.ReportMetric(float64(kept)/float64(c.file.entries), "kept-B/entry")
			b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*c.file.entries), "µs/entry")
		})
	}
}

// heap is what is alive, in bytes.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// BenchmarkScreen is one search of 100,000 entries, with the index and without.
func BenchmarkScreen(b *testing.B) {
	for _, c := range []struct {
		name string
		file *file
	}{{"ordinary", ordinary(100_000)}, {"unlike", unlike(100_000)}} {
		list, err := watchlist.Parse(strings.NewReader(c.file.lines.String()))
		if err != nil {
			b.Fatal(err)
		}
		var subjects []decision.Subject
		for range 8 {
			subjects = append(subjects, decision.Subject{Name: c.file.word(2000) + " " + c.file.word(16_666)})
		}
		b.Run(c.name+"/index", func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if _, err := list.Screen(b.Context(), subjects[i%len(subjects)]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/scan", func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if _, err := list.Scan(subjects[i%len(subjects)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
