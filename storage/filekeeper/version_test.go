package filekeeper_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// The file in testdata was written by the first version: two slots, the second destroyed. Every later
// version has to open it.
func TestWhatTheFirstVersionWroteOpens(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "version1.slots"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "slots")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, path, firstMaster(), 2)
	checkFirst(t, k)
	if g := makeKey(t, k); numberOf(g) != 2 {
		t.Errorf("the next slot is %d, want 2", numberOf(g))
	}
	if headers, _ := filekeeper.Opens(mustRead(t, path), firstMaster()); headers != 1 {
		t.Errorf("the file has %d headers, want the one that it had", headers)
	}
}

// firstMaster is the master key of the file in testdata.
func firstMaster() (master session.Key) {
	for i := range master {
		master[i] = byte(i + 1)
	}
	return master
}

// checkFirst demands that the keys of the file in testdata are as the first version left them.
func checkFirst(t *testing.T, k *filekeeper.Keeper) {
	t.Helper()
	mustOpen(t, k, given{
		id:  uuid.UUID{0x0f, 15: 0},
		ref: fromHex(t, "01000000000000000070af799a7578d00fc38aa1918bf9a9d5"),
		key: session.Key(fromHex(t, "a1318ba95f8092cad4672d6f22edb02211b1c3daaaa1c67c0483954e41b47832")),
	}, "of the first slot")
	mustRefuse(t, k, given{
		id:  uuid.UUID{0x0f, 15: 1},
		ref: fromHex(t, "010000000000000001c0099eb8dd8650b88e5c67336dfa1e9d"),
	}, session.ErrErased, "of the second slot")
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
