package databases

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// server is a running PostgreSQL server.
type server struct {
	url   string
	admin *sql.DB
	own   *exec.Cmd // nil: somebody else's
	alive io.Closer // the server lives for as long as it is open
	log   string
}

// start starts a server of our own. Its folder stays for the next run, so that what is filled is.
func start(ctx context.Context, dir string) (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, "postgres-"+version(ctx, bin))
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	as, err := nobody(home)
	if err != nil {
		return nil, err
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir, c.SysProcAttr = home, as
		return c
	}
	data := filepath.Join(home, "data")
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		init := command("initdb", "--pgdata="+data, "--username=bonafide", "--auth=trust", "--encoding=UTF8", "--no-locale")
		if out, err := init.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("initdb in %s: %w: %s", home, err, out)
		}
	}
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &server{log: log.Name()}
	s.own = exec.Command("sh", slices.Concat([]string{"-c", keep, filepath.Join(bin, "postgres")}, settings(home, data))...)
	s.own.Dir, s.own.SysProcAttr, s.own.Stdout, s.own.Stderr = home, as, log, log
	if s.alive, err = s.own.StdinPipe(); err != nil {
		return nil, err
	}
	at := url.Values{"host": {home}, "sslmode": {"disable"}}
	s.url = "postgres://bonafide@/postgres?" + at.Encode()
	return s, s.own.Start()
}

// keep runs a server until the process that started it closes the pipe between them, or ends, however it does. Then the
// server is shut down in good order.
const keep = `"$0" "$@" & read -r _; kill -INT $!; wait $!`

// binaries is the folder with the newest PostgreSQL of the machine.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", errors.New("no postgres in the PATH nor under /usr/lib/postgresql")
	}
	newest := slices.MaxFunc(found, func(a, b string) int {
		n, _ := strconv.Atoi(strings.Split(a, "/")[4])
		m, _ := strconv.Atoi(strings.Split(b, "/")[4])
		return cmp.Compare(n, m)
	})
	return filepath.Dir(newest), nil
}

// version is the binaries' first number: a newer server does not read an older one's folder.
func version(ctx context.Context, bin string) string {
	out, _ := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	words := strings.Fields(string(out))
	if len(words) < 3 {
		return "unknown"
	}
	major, _, _ := strings.Cut(words[2], ".")
	return major
}

// settings are those of a small server in production that nobody else can reach: it syncs every commit.
func settings(socket, data string) []string {
	memory, _ := os.ReadFile("/proc/meminfo")
	args := []string{"-D", data, "-k", socket, "-h", ""}
	for _, s := range []string{
		"fsync=on", "synchronous_commit=on", "full_page_writes=on", fmt.Sprintf("shared_buffers=%dMB", buffers(string(memory))),
		"max_wal_size=8GB", "checkpoint_timeout=30min", "max_connections=200", "jit=off",
	} {
		args = append(args, "-c", s)
	}
	return args
}

// buffers is how much memory the server takes for itself, in MB: a quarter of the machine's, as its documentation advises
// (https://www.postgresql.org/docs/current/runtime-config-resource.html), but at most 4 GB; 1 GB where that is not known.
// What the machine has is text in the form of /proc/meminfo.
func buffers(meminfo string) int {
	var kB int
	if _, err := fmt.Sscanf(meminfo, "MemTotal: %d kB", &kB); err != nil {
		return 1024
	}
	return min(max(kB/1024/4, 128), 4096)
}

// await waits until the server answers.
func (s *server) await(ctx context.Context) (err error) {
	if s.admin, err = sql.Open("pgx", s.url); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err = s.admin.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(s.log)
			return fmt.Errorf("postgres does not answer: %w: %.500s", err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends a server of our own, in good order.
func (s *server) stop() {
	if s.admin != nil {
		_ = s.admin.Close()
	}
	if s.own != nil {
		_ = s.alive.Close()
		_ = s.own.Wait()
	}
}
