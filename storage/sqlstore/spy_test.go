package sqlstore_test

import (
	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
)

// newSpy is a driver before SQLite, which records statements and lets a test fail them.
func newSpy() *sqlspy.Spy { return sqlspy.New(&sqlite3.SQLiteDriver{}) }
