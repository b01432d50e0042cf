package sqlkeeper_test

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

func exec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// rowOf is the number of a key's row.
func rowOf(g given) int64 { return int64(binary.BigEndian.Uint64(g.ref[1:])) }

// column reads one column of a key's row.
func column(t testing.TB, db *sql.DB, name string, g given) (b []byte) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT "+name+" FROM bonafide_keys WHERE n = ?", rowOf(g)).Scan(&b); err != nil {
		t.Fatal(err)
	}
	return b
}

var columns = []string{"session", "ref", "master", "nonce", "wrapped"}

func TestEveryByteOfARowCounts(t *testing.T) {
	t.Parallel()
	db := migrated(t, quick(), newFile(t), 1)
	k := newKeeper(t, db, session.NewKey())
	g, neighbour := makeKey(t, k), makeKey(t, k)
	for _, name := range columns {
		good := column(t, db, name, g)
		put := func(b any) { exec(t, db, "UPDATE bonafide_keys SET "+name+" = ? WHERE n = ?", b, rowOf(g)) }
		for bit := range 8 * len(good) {
			bad := append([]byte(nil), good...)
			bad[bit/8] ^= 1 << (bit % 8)
			put(bad)
			mustRefuse(t, k, g, session.ErrKeeper, fmt.Sprintf("with bit %d of %s changed", bit, name))
		}
		for what, bad := range map[string]any{
			"zeros": make([]byte, len(good)), "nothing": []byte{}, "a byte less": good[1:], "a byte more": append(good[:len(good):len(good)], 0),
			"a number": 1, "a text": "live",
		} {
			put(bad)
			mustRefuse(t, k, g, session.ErrKeeper, name+" is "+what)
		}
		put(good)
	}
	mustOpen(t, k, g, "after all is as it was")
	mustOpen(t, k, neighbour, "of the neighbour")
}

// Between the rows of two sessions, and of two keys of one session, nothing can be exchanged.
func TestRowsDoNotChangePlaces(t *testing.T) {
	t.Parallel()
	db := migrated(t, quick(), newFile(t), 1)
	k := newKeeper(t, db, session.NewKey())
	a := makeKey(t, k)
	b := makeKey(t, k)
	key, ref, err := k.Make(t.Context(), a.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]given{{a, b}, {a, {a.id, key, ref}}} {
		for set := 1; set < 1<<len(columns); set++ {
			var names []string
			for i, name := range columns {
				if set>>i&1 == 1 {
					names = append(names, name)
				}
			}
			exchange(t, db, pair, names)
			for _, g := range pair {
				got, err := k.Open(t.Context(), g.id, g.ref)
				if err == nil && got != g.key || err != nil && !errors.Is(err, session.ErrKeeper) {
					t.Errorf("Open after %v changed places: another key: %v, error %v", names, err == nil, err)
				}
				if moved := set&0b11000 != 0; moved && err == nil {
					t.Errorf("Open after %v changed places: no error", names)
				}
			}
			// Somebody who can write to the other database too gives one session the ref of another.
			if pair[0].id != pair[1].id {
				mustRefuse(t, k, given{id: pair[0].id, ref: pair[1].ref}, session.ErrKeeper, fmt.Sprintf("of another's ref after %v changed places", names))
			}
			exchange(t, db, pair, names)
		}
		mustOpen(t, k, pair[0], "after all is as it was")
		mustOpen(t, k, pair[1], "after all is as it was")
	}
}

func exchange(t *testing.T, db *sql.DB, pair [2]given, names []string) {
	t.Helper()
	for _, name := range names {
		first, second := column(t, db, name, pair[0]), column(t, db, name, pair[1])
		exec(t, db, "UPDATE bonafide_keys SET "+name+" = ? WHERE n = ?", second, rowOf(pair[0]))
		exec(t, db, "UPDATE bonafide_keys SET "+name+" = ? WHERE n = ?", first, rowOf(pair[1]))
	}
}

// A destroyed row that got a part of its bytes back is neither a key nor erased, and can be destroyed.
func TestARowThatIsHalfDestroyedNeverOpens(t *testing.T) {
	t.Parallel()
	db := migrated(t, quick(), newFile(t), 1)
	k := newKeeper(t, db, session.NewKey())
	for set := range 1 << 3 {
		g := makeKey(t, k)
		for i, name := range []string{"master", "nonce", "wrapped"} {
			if set>>i&1 == 1 {
				exec(t, db, "UPDATE bonafide_keys SET "+name+" = zeroblob(length("+name+")) WHERE n = ?", rowOf(g))
			}
		}
		switch set {
		case 0:
			mustOpen(t, k, g, "before anything is destroyed")
		case 7:
			mustRefuse(t, k, g, session.ErrErased, "after all is destroyed")
		default:
			mustRefuse(t, k, g, session.ErrKeeper, fmt.Sprintf("after the part %03b is destroyed", set))
		}
		mustDestroy(t, k, g)
		mustRefuse(t, k, g, session.ErrErased, "after Destroy")
	}
}

// An older copy of the database put in place of the newer one loses the keys made since, and mistakes none.
func TestARowThatWasMadeAnew(t *testing.T) {
	t.Parallel()
	db := migrated(t, quick(), newFile(t), 1)
	k := newKeeper(t, db, session.NewKey())
	kept, lost := makeKey(t, k), makeKey(t, k)
	exec(t, db, "DELETE FROM bonafide_keys WHERE n = ?", rowOf(lost))
	mustRefuse(t, k, lost, session.ErrKeeper, "of a row that is not there")
	exec(t, db, "UPDATE sqlite_sequence SET seq = ? WHERE name = 'bonafide_keys'", rowOf(kept))
	made := makeKey(t, k)
	if rowOf(made) != rowOf(lost) {
		t.Fatalf("the new row is %d, want the lost one's %d, or this test tests nothing", rowOf(made), rowOf(lost))
	}
	mustRefuse(t, k, lost, session.ErrKeeper, "of a row that was made anew")
	if err := k.Destroy(t.Context(), lost.id, lost.ref); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Destroy of a row that was made anew: %v, want %v", err, session.ErrKeeper)
	}
	mustOpen(t, k, made, "of the new key")
	mustOpen(t, k, kept, "of the key that was kept")
}

func TestTheRecordOfTheMasterKey(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, change, say string }{
		{"is gone", "DELETE FROM bonafide_keys_master", "no record of their master key"},
		{"is another", "UPDATE bonafide_keys_master SET current = zeroblob(16)", "not the one of this database"},
		{"is short", "UPDATE bonafide_keys_master SET current = zeroblob(15)", "damaged"},
		{"is between two", "UPDATE bonafide_keys_master SET previous = zeroblob(15)", "damaged"},
		{"is between two unknown ones", "UPDATE bonafide_keys_master SET previous = x'000102030405060708090a0b0c0d0e0f'", "is not finished"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db, master := migrated(t, quick(), newFile(t), 1), session.NewKey()
			k := newKeeper(t, db, master)
			g := makeKey(t, k)
			exec(t, db, row.change)
			again, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
			if again != nil || !errors.Is(err, session.ErrKeeper) || !contains(err, row.say) {
				t.Errorf("New = %v, %v, want an error that wraps %v and says %q", again, err, session.ErrKeeper, row.say)
			}
			mustOpen(t, k, g, "by one that was there before")
		})
	}
}

func FuzzRef(f *testing.F) {
	good := make([]byte, 25)
	good[0], good[8] = 1, 1
	far := append([]byte{1, 0xff}, good[2:]...)
	for _, seed := range [][]byte{nil, good, good[1:], append(good[:25:25], 0), make([]byte, 25), far} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, ok := sqlkeeper.ReencodeRef(b); ok && string(again) != string(b) {
			t.Errorf("ref %x was read and is written as %x", b, again)
		}
	})
}
