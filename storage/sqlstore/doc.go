// Package sqlstore keeps sessions in an SQL database: a [session.Store] for SQLite and PostgreSQL, in tables whose names
// begin with bonafide_, beside whatever else is in the database. It can keep API keys and their secrets there
// too: an [auth.Keyring].
//
// # Opening
//
// The host opens the database with a driver of its choice, calls [Migrate] at each start, and hands the
// database to [New]:
//
//	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN("bonafide.db")) // github.com/mattn/go-sqlite3
//	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite())
//	store, err := sqlstore.New(db, sqlstore.SQLite())
//
// On PostgreSQL the dialect is [Postgres], and the driver for instance github.com/jackc/pgx/v5/stdlib:
//
//	db, err := sql.Open("pgx", url)
//	err = sqlstore.Migrate(ctx, db, sqlstore.Postgres())
//	store, err := sqlstore.New(db, sqlstore.Postgres())
//
// The tables are in the first schema of the search path. Any number of processes, on any number of machines, share what
// is there: sessions, rates, sweeps and deliveries, each of which one of them has at a time.
//
// Migrate is a call of its own, so that a host may run it from another program or with other rights, or
// run the files of [Migrations] with a tool that it has already. New only looks whether it was done.
//
// The pool is the host's too. A call takes one connection and gives it back, so that a pool of one
// works; with write-ahead logging, as [SQLiteDSN] sets it, more connections let readers read while
// something is written. SQLite has one writer at a time: those of one Store wait in a line, those of
// other processes by SQLite's busy timeout, which ends a wait no earlier when the caller's ctx does. On PostgreSQL
// writers wait only for who writes the same rows, and many rows go there and back as arrays, in one statement for all
// changes of a call: new sessions by that statement alone, others in a transaction of a few. Where the driver
// has arrays of its own, Array of the [Dialect] makes them. A serialization failure, a deadlock, a connection that is lost
// before its commit and a server without room for one more are waited for, by who reads, too, until the caller's ctx ends or
// 10 seconds have passed; of a commit whose answer is
// lost the Store finds out what became of it. Nothing has its effect twice.
//
// # Many at once
//
// Callers of Apply, and of Settle, who come while a transaction is under way wait for it together, and the next one
// serves up to 128 of them: they share its commit, which is most of what a small write costs, and nothing else. Each is
// judged by itself and has an outcome of its own. If a statement of one fails they are done in smaller transactions, and
// in the end that one alone fails. Who comes when nobody is there does not wait, there is no timer, and a caller whose ctx
// ends before the transaction begins leaves the others as they are. On PostgreSQL, who needs a lock that somebody holds for
// longer than a tenth of a second waits for it by himself. In a host's transaction nothing is shared.
//
// What is limited by a rate is judged by the permit log of its key, of which a Store on PostgreSQL keeps a copy:
// while that is right, a new session and its permit are one statement, without a look at the log before it. The
// statement compares the copy with the log, so that the limit is exact all the same. Where several processes take
// from one limit a copy grows old whenever another has taken: that statement has then no effect, and costs one
// round trip more than the transaction that follows it and looks for itself. So after each time in vain the copy is
// not tried for a while, first once, then 3 times, 7 times and so on up to 64, until it was right again. Who wants
// the cheaper way throughout sends all creations of one integration to one process.
//
// # The host's transaction
//
// A session and a row of the host's can be written together or not at all:
//
//	tx, err := db.BeginTx(ctx, nil)
//	_, err = tx.ExecContext(ctx, "INSERT INTO orders …")
//	errs := store.Tx(tx).Apply(ctx, change)
//	err = tx.Commit()
//
// [Store.Tx] says what then is the host's to do.
//
// # API keys
//
// [Store.Keyring] gives an [auth.Keyring] on the same database, for a host that has no tables of its own for it:
//
//	keyring, err := store.Keyring(auth.NewVault(key)) // 32 bytes, kept elsewhere
//	err = keyring.Add(ctx, auth.Credential{APIKey: …, Integration: …, Active: true, Secrets: …})
//	err = keyring.AddSecret(ctx, integration, auth.GenerateSecret())
//
// API keys, which are public, stand in clear, and so do the integrations that each may act for. Secrets are
// sealed by the vault, each for its own row. A look-up is one statement, so that it sees a credential whole and
// as it is now: what one process revokes, adds or closes counts for the next request in every other. That a
// secret was opened before spares only the opening. What store.Tx(tx).Keyring gives works in the host's transaction.
//
// # What is stored
//
// A Change is written in one transaction, which it may share with others that came at the same time; it is there
// wholly or not at all, whatever becomes of those. When Apply returns it is as durable as the database's own
// settings make it. Ids are stored as 16 bytes and, being in the order of time, let the tables and most indexes
// grow at their end; times are integer microseconds since 1970, and NULL where they are zero.
//
// Entries are removed when they have expired, up to ten for each that is added and will expire.
//
// In clear stand only facts that are about no person: identifiers, statuses, reason codes, times, counts,
// sizes, the names of blobs and of entries, keyed hashes of external references, who asked for what, and the
// bodies of webhooks and of entries that have no personal data or secrets in them. What is about a person
// comes here sealed by the engine, under a key that is not in this database, and is gone when that key
// is destroyed, from backups and from the write-ahead log too. That is why nothing here is
// overwritten with zeros. The secrets of a [Keyring] are sealed too, under the vault's key, and a revoked one is
// deleted. Of an API key, for [Store.Integration], only the SHA-256 is kept; a [Keyring] keeps its own in clear.
package sqlstore
