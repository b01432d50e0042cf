package trial_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// asChild is the environment's variable that has the test be a server at a place.
const asChild = "BONAFIDE_TRIAL_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(asChild); text != "" {
		fmt.Fprintln(os.Stderr, serve(text))
		os.Exit(1)
	}
	goleak.VerifyTestMain(postgrestest.Tests{M: m})
}

// serve is the child: a whole server, which says where it is, and ends with its parent.
func serve(text string) error {
	var p place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	ctx := context.Background()
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	spoken, err := keys()
	if err != nil {
		return err
	}
	api, err := httpadapter.New(h.engine, h.ring, httpadapter.Config{
		PublicURL: "https://trial.example", Verifa: httpadapter.Verifa{Keys: spoken, Plan: verifa.Enterprise()},
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle(verbsPath, hand{h.engine})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	if h.line.Arm(); p.BreaksAt == 0 {
		go func() { failed <- h.engine.Run(ctx) }()
	}
	go func() { failed <- http.Serve(listener, mux) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- fmt.Errorf("the parent has ended: %v", err)
	}()
	fmt.Println(listener.Addr())
	return <-failed
}

// child is a server of another process.
type child struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	in   io.Closer
	says *strings.Builder
}

// start starts a server at a place, and waits until it serves.
func (p place) start(t *testing.T) *child {
	t.Helper()
	text, err := json.Marshal(p)
	ok(t, err)
	c := &child{t: t, cmd: exec.Command(os.Args[0]), says: new(strings.Builder)}
	c.cmd.Env = append(os.Environ(), asChild+"="+string(text))
	c.cmd.Stderr = c.says
	c.in, err = c.cmd.StdinPipe()
	ok(t, err)
	out, err := c.cmd.StdoutPipe()
	ok(t, err)
	ok(t, c.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = c.cmd.Wait()
		t.Fatalf("the server does not start: %v: %s", err, c.says)
	}
	c.url = "http://" + strings.TrimSpace(line)
	return c
}

// kill ends the server by SIGKILL, and returns when it has ended. It is for the test's own goroutine.
func (c *child) kill() {
	c.t.Helper()
	ok(c.t, c.end())
}

// end is kill for any goroutine.
func (c *child) end() error {
	if err := c.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = c.cmd.Wait()
	_ = c.in.Close()
	if strings.Contains(c.says.String(), "panic") || strings.Contains(c.says.String(), "DATA RACE") {
		return fmt.Errorf("the server said: %s", c.says)
	}
	return nil
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
