package webhook_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// names is a DNS server in memory. Each name has the answers that it gives one after the other, the last of
// them again and again; an answer is a list of addresses and of aliases, which are written "cname
// other.example".
type names struct {
	answers map[string][][]string

	mu    sync.Mutex
	asked map[string]int // by name and type
}

// always is a name that never changes its mind.
func always(records ...string) [][]string { return [][]string{records} }

// resolver asks the names and nobody else.
func resolver(t *testing.T, answers map[string][][]string) *net.Resolver {
	t.Helper()
	n := &names{answers: answers, asked: map[string]int{}}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go n.serve(server)
			return client, nil
		},
	}
}

// serve answers questions as DNS does over TCP, each after its length in two bytes.
func (n *names) serve(conn net.Conn) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := n.answer(query)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
)

func (n *names) answer(query []byte) []byte {
	const header = 12
	name, end := "", header
	for query[end] != 0 {
		length := int(query[end])
		name += string(query[end+1:end+1+length]) + "."
		end += 1 + length
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	question := query[header : end+5]
	kind := binary.BigEndian.Uint16(query[end+1:])

	records, known := n.records(name, kind)
	flags := uint16(0x8180)
	if !known {
		flags |= 3 // there is no such name
	}
	var body []byte
	count := uint16(0)
	owner := name
	for _, record := range records {
		if target, ok := strings.CutPrefix(record, "cname "); ok {
			body = appendRecord(body, owner, typeCNAME, encodeName(target))
			owner, count = target, count+1
			continue
		}
		addr := netip.MustParseAddr(record)
		if addr.Is4() && kind == typeA || addr.Is6() && kind == typeAAAA {
			body = appendRecord(body, owner, kind, addr.AsSlice())
			count++
		}
	}
	message := append([]byte{}, query[:2]...)
	for _, field := range []uint16{flags, 1, count, 0, 0} {
		message = binary.BigEndian.AppendUint16(message, field)
	}
	return append(append(message, question...), body...)
}

func (n *names) records(name string, kind uint16) (records []string, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers, known := n.answers[name]
	if !known {
		return nil, false
	}
	key := name + "/" + string(rune('A'+kind))
	turn := min(n.asked[key], len(answers)-1)
	n.asked[key]++
	return answers[turn], true
}

func encodeName(name string) (encoded []byte) {
	for label := range strings.SplitSeq(name, ".") {
		encoded = append(append(encoded, byte(len(label))), label...)
	}
	return append(encoded, 0)
}

func appendRecord(to []byte, owner string, kind uint16, data []byte) []byte {
	const internet = 1
	to = append(to, encodeName(owner)...)
	to = binary.BigEndian.AppendUint16(to, kind)
	to = binary.BigEndian.AppendUint16(to, internet)
	to = binary.BigEndian.AppendUint32(to, 0) // seconds to live
	to = binary.BigEndian.AppendUint16(to, uint16(len(data)))
	return append(to, data...)
}
