// Package storage says how to write what the engine keeps its data in. It has no code: the interfaces
// are declared by the packages that call them, and below this folder are implementations.
//
//	what                   interface        here                        elsewhere
//	sessions               session.Store    storage/memstore (memory)
//	                                        storage/sqlstore (SQL)
//	keys of sessions       session.Keeper   storage/filekeeper (file)   session.MemoryKeeper (tests)
//	                                        storage/sqlkeeper (SQL)
//	media                  media.Blobs      storage/fileblobs (folder)  media.MemoryBlobs (tests)
//	                                        storage/s3blobs (S3)
//	API keys and secrets   auth.Keyring     storage/sqlstore (Keyring)  auth.Ring (memory)
//
// # A store
//
// A store has ten verbs and no rules. It compares a version, keeps rows, and finds them; what may happen
// to a session was decided before the store is asked. All that is written comes as a session.Change, a
// value that says what the session shall be, at which version it was read, and what is added: parts of the
// session, and entries, which may stand alone. So the shape of Apply is always the same:
//
//	func (s *Store) Apply(ctx context.Context, changes ...session.Change) []error {
//		begin; lock the sessions, entries and permit logs of all changes, each in the order of its id
//		for each change, in order {
//			judge: id taken? not there? version another? a part there?            // reads only
//			       entry there, of another version, its name taken? permits?
//			if refused { remember its error; go on with the next }
//			remember what to write, so that the next change sees it
//		}
//		write it; commit                                                      // once for all of them
//	}
//
// Judging comes before writing, and this is what keeps a refused change from leaving a trace. Permits come
// after versions, and a change takes all of its permits or none: load session.PermitLog under a lock, read
// its pages in a statement that begins after the lock is held, and give Take each permit in turn. Taking
// under a snapshot older than the lock grants too many.
//
// Each event is given the hash that session.Chain makes of it and of the one before it, and the session keeps that of
// the newest. So the hash is made where the number is given, under the same lock, also for a change that keeps the
// version; what stands in the change is not looked at.
//
// An entry that has expired is not there, though its row may be: whoever wants its name gets it, and its row goes
// then. As nobody may ever want it, each entry that is added and will expire pays for a few that have expired.
//
// Then the indexes, one for each question: sessions by tenant, sandbox and id for Query, and by external reference;
// by alarm for Sweep; attempts and media by their id for Load; pending deliveries by alarm for Claim; the log by
// tenant, sandbox and id for Deliveries; listed events, and no others, by the same for Events; entries by tenant,
// sandbox, kind and id, and by name, for Entries, by session for erasure, and by when they expire; media by their blob
// for Blobs. Compare ids and names as bytes, keep times as whole microseconds, and take care that the zero time is not the year 1970:
// time.UnixMicro(t.UnixMicro()).UTC() gives back both.
//
// A store with more than one user at a time must also think of these:
//
//   - Two callers lock two sessions in two orders: sort before you lock.
//   - A caller goes away in the middle: what was begun goes on to its outcome, and the caller waits for it,
//     as the transaction may hold the changes of others.
//   - The connection is lost in the commit: look for Change.ID among the events of the session. It is there
//     when the change was made. A change of no session has no event: look for its entries as they were to be
//     written. Only when this cannot be found out, answer session.ErrUnknown.
//   - Two callers add entries of one name: a unique index lets the second wait, and it is then session.ErrConflict,
//     not an error of the database; and the change's other rows must go with it.
//   - A database may ask that a transaction be run again. Nothing that was given to it may be changed
//     before it is committed, and tick may then be called again.
//
// A store that ends with the process, as storage/memstore does, says so by being a session.Ephemeral: the
// engine then keeps keys and media in memory too, where it is given nothing better. One that can count what is pending
// at a bounded cost is a session.Backlogged, and then the depth of the outbox is measured.
//
// A store is right when storage/storetest says so. The suite runs the sentences of session.Store's
// comment one by one, sends crowds of goroutines of which exactly one may win, and plays random commands on
// the store and on a model of it:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) session.Store { return openEmpty(t) })
//	}
//
//	func TestStoreIsDurable(t *testing.T) {
//		storetest.Durable(t, func(t *testing.T) (session.Store, func() session.Store) {
//			path := filepath.Join(t.TempDir(), "sessions")
//			s := open(t, path)
//			return s, func() session.Store { s.Close(); return open(t, path) }
//		})
//	}
//
// What becomes of a program when the n-th operation of its store, keeper or blobs fails, or ends the process, is seen
// with storage/storetest/faulty, for every n. What no suite can do from outside is yours: lose the connection in the
// commit, kill the process at each write of the store itself, and look at the plan of each query when a million sessions
// are stored.
//
// # A keeper
//
// A session.Keeper makes, opens and destroys the one key that seals a session's personal data. Erasure is
// the destruction of that key, so the one thing that matters is where copies of it go: not into the store,
// not into the store's backups, not into a log. Make returns only when the key would survive a crash;
// Destroy only when no copy within reach can be opened, and once it has begun Open answers
// session.ErrErased for ever. A key that cannot be opened today, because the master key is away, is not an
// erased key: that is session.ErrKeeper, and the difference is what the person is told.
//
// A keeper is called while a transaction of the store is open. One that uses the store's own connections
// waits for itself. A keeper is right when session/keepertest says so: keepertest.Run for the three verbs,
// RunRotation for one whose master key can be replaced while it serves. What no suite can do from outside is
// yours: lose power at each write of that replacement, and search the files for what was destroyed.
//
// Of the two here storage/filekeeper is for the processes of one machine, and makes a key in microseconds, as
// it has some ready; storage/sqlkeeper is for processes that share a database, which must not be the store's.
//
// # A blob store
//
// media.Blobs keeps sealed bytes under names that the engine makes up. A blob is there when Commit has
// returned nil and not before: write under another name, sync, rename, sync the folder; or complete the
// upload. A name that is taken is refused, so that no upload can replace another. Remove is called again
// until it succeeds, and names that are gone already are no error. A name begins with the hour of its
// upload, and List gives those of one hour: so the engine finds what a crash has cut off from its row hour by
// hour, without a list of everything. Where crashes leave more than that behind, which no name tells, be a
// media.Tidier. A blob store belongs to one store of sessions, whose rows say what stays. It is right when
// media/mediatest says so.
//
// # A keyring
//
// An auth.Keyring finds the API key of each request, and the secrets that are live at that moment. It may stand
// beside the host's own tables: two look-ups are all that is asked. Give the whole credential in one read, or
// half of a change is seen; keep no copy that outlives a change, or a revoked secret goes on verifying; and do
// not call a key unknown because the database is away. Secrets are stored sealed, as auth.Vault seals them for
// their own row, under a key that is not in the database. A keyring is right when auth/keyringtest says so:
// keyringtest.Run for the look-ups, RunAdmin for one that also has the verbs by which it is changed.
package storage
