package keycase

import (
	"bytes"
	"hash/maphash"
)

// member remembers a key of an open object.
type member struct {
	hash uint64 // of its name, under the process's own seed
	at   int    // where its opening quote stands
}

// open is an object that is being read.
type open struct {
	first int      // its members are scanner.members[first:]
	table []uint32 // once there are many: their places, counted from 1, by hash
}

// few is how many members are compared one by one, without a table.
const few = 64

// The seed is the process's secret, so no sender can choose keys whose hashes
// meet.
var seed = maphash.MakeSeed()

func (s *scanner) object(i int) (int, error) {
	if err := s.enter(i); err != nil {
		return 0, err
	}
	o := open{first: len(s.members)}
	i = space(s.src, i+1)
	closed := i < len(s.src) && s.src[i] == '}'
	if closed {
		i++
	}
	for !closed {
		var err error
		if i, err = s.member(i, &o); err != nil {
			return 0, err
		}
		if i, closed, err = s.next(i, '}'); err != nil {
			return 0, err
		}
	}
	s.members = s.members[:o.first]
	s.depth--
	return i, nil
}

// member reads a key and its value. Below a key that is kept nothing is
// renamed, and then keys collide only when they are the same.
func (s *scanner) member(i int, o *open) (int, error) {
	name, end, err := s.key(i)
	if err != nil {
		return 0, err
	}
	if err := s.remember(o, member{maphash.Bytes(seed, name), i}); err != nil {
		return 0, err
	}
	kept := s.renaming && s.keep.has(name)
	i = space(s.src, end+1)
	if i == len(s.src) {
		return 0, &SyntaxError{i, reasonEnd}
	}
	if s.src[i] != ':' {
		return 0, &SyntaxError{i, reasonCharacter}
	}
	i = space(s.src, i+1)
	if !kept {
		return s.value(i)
	}
	s.renaming = false
	i, err = s.value(i)
	s.renaming = true
	return i, err
}

// key reads the key at i, writes it when keys are renamed, and returns its
// name and the index of its closing quote. The name is good until the next
// key is read.
func (s *scanner) key(i int) (name []byte, end int, err error) {
	if i == len(s.src) {
		return nil, 0, &SyntaxError{i, reasonEnd}
	}
	if s.src[i] != '"' {
		return nil, 0, &SyntaxError{i, reasonCharacter}
	}
	end, escaped, err := s.text(i + 1)
	if err != nil {
		return nil, 0, err
	}
	name = s.src[i+1 : end]
	if escaped {
		s.scratch = appendUnescaped(s.scratch[:0], name)
		name = s.scratch
	}
	if !s.renaming {
		return name, end, nil
	}
	s.dst = append(s.dst, s.src[s.copied:i+1]...)
	s.copied = end
	start := len(s.dst)
	s.dst = appendKey(s.dst, name, s.to)
	name = s.dst[start:]
	if escaped {
		s.scratch = append(s.scratch[:0], name...)
		name = s.scratch
		s.dst = appendEscaped(s.dst[:start], name)
	}
	return name, end, nil
}

// remember adds a member to its object, unless one of the same name is there.
func (s *scanner) remember(o *open, m member) error {
	s.members = append(s.members, m)
	peers := s.members[o.first:]
	if len(peers) <= few {
		for _, p := range peers[:len(peers)-1] {
			if p.hash == m.hash && s.same(p, m) {
				return s.collision(p, m)
			}
		}
		return nil
	}
	if 2*len(peers) > len(o.table) {
		o.grow(peers[:len(peers)-1])
	}
	slot := m.hash & uint64(len(o.table)-1)
	for o.table[slot] != 0 {
		if p := peers[o.table[slot]-1]; p.hash == m.hash && s.same(p, m) {
			return s.collision(p, m)
		}
		slot = (slot + 1) & uint64(len(o.table)-1)
	}
	o.table[slot] = uint32(len(peers))
	return nil
}

// grow makes a table of at least four times as many slots as there are
// members, a power of two, and enters them.
func (o *open) grow(peers []member) {
	size := 4 * few
	for size < 4*len(peers) {
		size *= 2
	}
	o.table = make([]uint32, size)
	for k, p := range peers {
		slot := p.hash & uint64(size-1)
		for o.table[slot] != 0 {
			slot = (slot + 1) & uint64(size-1)
		}
		o.table[slot] = uint32(k + 1)
	}
}

// same makes sure of what two equal hashes suggest.
func (s *scanner) same(a, b member) bool {
	return bytes.Equal(s.name(a), s.name(b))
}

func (s *scanner) name(m member) []byte {
	name := appendUnescaped(nil, s.written(m))
	if s.renaming {
		return appendKey(nil, name, s.to)
	}
	return name
}

// written is the key between its quotes.
func (s *scanner) written(m member) []byte {
	end := m.at + 1
	for s.src[end] != '"' {
		if s.src[end] == '\\' {
			end++
		}
		end++
	}
	return s.src[m.at+1 : end]
}

func (s *scanner) collision(first, second member) error {
	return &CollisionError{second.at, string(s.written(first)), string(s.written(second))}
}
