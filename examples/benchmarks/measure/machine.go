package measure

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
)

// Machine is where the table was made.
type Machine struct {
	Cores            int
	CPU, System, Go  string
	SQLite, Postgres string
	Filesystem       string // of the databases
}

// Here is this machine, without its databases. dir is where they are.
func Here(dir string) Machine {
	m := Machine{
		Cores: runtime.NumCPU(), CPU: runtime.GOARCH, System: runtime.GOOS, Go: runtime.Version(),
		Filesystem: Filesystem(read("/proc/mounts"), dir),
	}
	collector := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(collector)
	m.Go += fmt.Sprintf(" with GOGC=%d", collector[0].Value.Uint64())
	if model := valueOf(read("/proc/cpuinfo"), "model name", ":"); model != "" {
		m.CPU = model
	}
	if name := valueOf(read("/etc/os-release"), "PRETTY_NAME", "="); name != "" {
		m.System = name
	}
	if kernel := strings.TrimSpace(read("/proc/sys/kernel/osrelease")); kernel != "" {
		m.System += ", Linux " + kernel
	}
	return m
}

// String says it in one line.
func (m Machine) String() string {
	return fmt.Sprintf("%d cores (%s), %s, %s, SQLite %s, PostgreSQL %s, databases on %s",
		m.Cores, m.CPU, m.System, m.Go, m.SQLite, m.Postgres, m.Filesystem)
}

func read(file string) string {
	text, _ := os.ReadFile(file)
	return string(text)
}

// valueOf finds the first line with a key, and gives what stands behind it.
func valueOf(text, key, separator string) string {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, separator)
		if ok && strings.TrimSpace(name) == key {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// Filesystem is the kind of the one that a folder is on, as a table of mounts in the form of /proc/mounts says it;
// "unknown" where it does not.
func Filesystem(mounts, dir string) string {
	kind, longest := "unknown", -1
	lines := bufio.NewScanner(strings.NewReader(mounts))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || !filepath.IsAbs(fields[1]) {
			continue
		}
		at := strings.ReplaceAll(fields[1], `\040`, " ")
		if rel, err := filepath.Rel(at, dir); err == nil && filepath.IsLocal(rel) && len(at) >= longest {
			kind, longest = fields[2], len(at)
		}
	}
	return kind
}
