// Package sqlkeeper keeps the keys of sessions in a second SQL database: a [session.Keeper] for processes on
// many machines, in tables whose names begin with bonafide_keys. It is for SQLite and PostgreSQL.
//
// # Why a second database
//
// To erase a session is to destroy its key, and that is worth what can be said of the key's copies. The
// database of the sessions is copied all the time, by backups, replicas and its log, and these copies are kept:
// that is what they are for. A key that stood there, though wrapped, would stand in each of them, and whoever
// restores one and has the master key would open what was erased. So keys stand in a database of their own,
// which no backup of the sessions takes along; [Migrate] and [New] refuse the database of the sessions with
// [ErrStore]. Being another database it is also never asked on the store's own connections, which are in use
// while the engine asks.
//
// # Opening
//
// The host opens the database with a driver of its choice, calls [Migrate] at each start, and hands the
// database and the master key to [New]:
//
//	db, err := sql.Open("sqlite3", sqlkeeper.SQLiteDSN("keys/keys.db")) // github.com/mattn/go-sqlite3
//	err = sqlkeeper.Migrate(ctx, db, sqlkeeper.SQLite())
//	keeper, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
//
// On PostgreSQL the first line is one of github.com/jackc/pgx/v5/stdlib, and the dialect [Postgres]:
//
//	db, err := sql.Open("pgx", url)
//
// The tables are in the first schema of the search path; that schema has to be there.
//
// The master key is 32 random bytes, and no part of the database: filekeeper.LoadMaster makes one in a file.
// What goes with it are the keys of all sessions, so it is copied once, to where no backup of either database
// goes.
//
// # What is stored
//
// A row for each Make: the session's id, a random name, the name of the master key, a nonce, and the session's
// key, wrapped by AES-256-GCM under the master key and bound to the id and the name. The ref, which the store
// keeps, is the row's number and its name: it opens nothing without the row and the master key. A row that was
// changed, or exchanged with another, is an error that wraps [session.ErrKeeper] and never another key. Make
// answers when the row is committed and synced, whatever the host has set: the Keeper sets that on its
// connections itself. Of PostgreSQL that is synchronous_commit; fsync, which is its server's, must not be off.
//
// A master key that is wrong or lost is an error that wraps session.ErrKeeper, at New already, and never the
// answer that something is erased: the database has the names of the master keys that it is under. A name is
// derived from the key and opens nothing.
//
// # What Destroy leaves
//
// Destroy overwrites the wrapped key, its nonce and the name of its master key with zeros. The row stays, 100
// bytes, so that its ref is told for ever from one that was never given.
//
// On SQLite the zeros go to the very place of what they replace, as rows are only added at the end, never
// moved, and keep their length; secure_delete is on beside. What the write-ahead log held of it goes too:
// Destroy brings all of the log into the file and cuts the log to nothing before it answers nil. Somebody who
// reads the database for long, as a backup does, keeps it from that. Destroy then waits for 10 seconds, or as
// long as ctx lets it, and answers an error: the key is destroyed in its row and Open says so, but a copy may
// be in the log, so Destroy is called again, as the engine does. What the file system, a snapshot or an SSD
// keeps beneath the file is as storage/filekeeper says.
//
// On PostgreSQL less can be promised, and so [Keeper.OnlyWraps] is true there, and receipts of redactions say that
// backups can be read until their own end. Destroy commits the zeros as a new version of the row. The one before
// is a dead row until a vacuum takes it, and its bytes may stay in their page until others come to lie there; the
// write-ahead log holds the row as it was made until its segment is recycled, for ever where it is archived; and
// replicas and base backups hold both. All of that is wrapped, and opens with the master key alone. So the time
// that an erasure takes is the age of the oldest such copy, or the time until a [Keeper.Rotate] has answered nil
// and the previous master key is destroyed, whichever is shorter: rotate as often as that time is to be short.
// Log, replicas and base backups are those of a whole server, of all its databases, so this one should be on
// another server than that of the sessions, one that archives nothing or keeps it for a short time; a Keeper
// cannot see whether it is.
//
// # Changing the master key
//
// Start all processes with the new and the previous master key, and call [Keeper.Rotate] in one of them, while
// all serve:
//
//	keeper, err := sqlkeeper.New(db, sqlkeeper.SQLite(), fresh, master)
//	err = keeper.Rotate(ctx, fresh)
//
// First the database records that fresh takes over, and from then on wraps all that is new, by whichever
// process: Make reads the record in its own transaction. Then the rows are wrapped anew, 500 in a transaction,
// a second or so for each 100,000 on SQLite. At the end the log is emptied, on SQLite, and the record of the
// previous master key removed. What is interrupted goes on with the next Rotate. When it has answered nil the
// previous master key opens no row of the database, and once it is destroyed, no copy of the database from before
// either. That also ends what a log, a replica or a backup of this database has kept of keys that were destroyed.
//
// Nonces are random, so one master key should wrap no more than 2^32 keys.
//
// # What it does not protect against
//
//   - The master key and both databases in one hand open everything that is not destroyed.
//   - A backup of this database still holds the keys that were destroyed since. If there has to be one, against
//     the loss of its disk, keep few, for a short time, in a place of their own.
//   - A new master key is no new key for any session. Whoever had the old master key and the database at one
//     time has the keys that were in it.
//   - Whoever may write to the database can destroy, by overwriting as Destroy does.
//   - A lost database loses every session's personal data, and one that is older than the sessions' loses those
//     of the sessions made since.
package sqlkeeper
