package keepertest_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keepertest"
)

func TestMemoryKeeper(t *testing.T) {
	t.Parallel()
	keepertest.Run(t, func(*testing.T) session.Keeper { return session.NewMemoryKeeper() })
}
