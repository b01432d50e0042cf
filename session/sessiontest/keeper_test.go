package sessiontest_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

func TestMemoryKeeper(t *testing.T) {
	t.Parallel()
	sessiontest.Keeper(t, func(*testing.T) session.Keeper { return session.NewMemoryKeeper() })
}
