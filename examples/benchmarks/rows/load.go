package rows

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

// request is what a load sends over and over.
type request struct {
	path   string
	header http.Header
	body   []byte
}

// bytes are those of the wire.
func (r request) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n", r.path, len(r.body))
	_ = r.header.Write(&b) // to memory it does not fail
	b.WriteString("\r\n")
	b.Write(r.body)
	return b.Bytes()
}

// connections are how many clients there are at once.
const connections = 32

// load is the side of a server: it is made anew for each turn, on loopback, and asked by as many clients as there are
// connections, each of which waits for its answer. A client costs no more than two system calls and reads no more of an
// answer than it must, and makes no garbage, so that the server has nearly all of the machine.
func load(serve func() (http.Handler, func(answered int) error, error), r request, size *int) measure.Side {
	return func(ctx context.Context, length time.Duration) (t measure.Turn, err error) {
		handler, left, err := serve()
		if err != nil {
			return t, err
		}
		at, stop, err := listen(handler)
		if err != nil {
			return t, err
		}
		defer stop()
		clients := make([]*client, connections)
		for i := range clients {
			if clients[i], err = dial(at, r.bytes()); err != nil {
				return t, err
			}
			defer clients[i].conn.Close()
		}
		t, err = measure.Crowd(connections, func(_ context.Context, who int) error { return clients[who].ask() })(ctx, length)
		if size != nil {
			*size = clients[0].size
		}
		return t, errors.Join(err, left(t.Done))
	}
}

// listen serves a handler on loopback.
func listen(handler http.Handler) (at string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	return listener.Addr().String(), func() {
		_ = server.Close()
		<-ended
	}, nil
}

// client is one connection.
type client struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte
	size    int // of the last answer's body
}

func dial(at string, request []byte) (*client, error) {
	conn, err := net.Dial("tcp", at)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, answers: bufio.NewReader(conn), request: request}, nil
}

var (
	created       = []byte("HTTP/1.1 201 ")
	contentLength = []byte("Content-Length: ")
)

// ask sends the request and reads its answer, which must be 201.
func (c *client) ask() error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	line, err := c.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, created) {
		return fmt.Errorf("the server answers %q", line)
	}
	c.size = -1
	for len(line) > 2 {
		if line, err = c.answers.ReadSlice('\n'); err != nil {
			return err
		}
		if value, ok := bytes.CutPrefix(line, contentLength); ok {
			if c.size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if c.size < 0 {
		return errors.New("an answer does not say its length")
	}
	_, err = c.answers.Discard(c.size)
	return err
}
