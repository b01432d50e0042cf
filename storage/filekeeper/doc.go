// Package filekeeper keeps the keys of sessions in a file beside the database: a [session.Keeper] for the
// processes of one machine.
//
// The file is a header and then slots of 64 bytes, and each slot holds 32 random bytes, sealed by the master
// key. A session is given a slot, and its key is derived from the slot's bytes and the session's id. What the
// database keeps of it is a ref: the slot's number and a code that binds it to the session, which opens nothing
// without the file and the master key. Destroy overwrites the slot and syncs the file.
//
// Slots are made and synced in blocks of 4096, before any of them is given away, so a Make writes nothing; one
// in 4096 makes the next block and waits for the disk. Each process has a block of its own, taken under a lock
// of the file, and takes a new one when it starts: no slot is given away twice, and what a crash leaves unused
// is never used (a block is 256 KiB). Close gives the unused rest back.
//
// No slot is used again, also when its key never was: by what stays of a destroyed one, its ref is told for
// ever from one that was never given. So the file grows by 64 bytes with each Make, 64 MB with a million, and
// does not shrink.
//
//	master, err := filekeeper.LoadMaster("/etc/bonafide/master.key") // made at the first start
//	keeper, err := filekeeper.Open("/var/lib/bonafide/keys/slots", master)
//
// # Changing the master key
//
// Make the new one beside the old one, give both to [Open], and call [Keeper.Rotate] while the keeper serves:
//
//	fresh, err := filekeeper.LoadMaster("/etc/bonafide/master-2.key")
//	keeper, err := filekeeper.Open("/var/lib/bonafide/keys/slots", fresh, master)
//	err = keeper.Rotate(ctx, fresh) // about a second for each million slots
//
// After nil the old one opens nothing of the file; destroy it, and with it go the slots in every older copy of
// the file and in the old cells of its disk. Refs stay as they are: their codes are made with a key that the
// header keeps, sealed by the master key.
//
// The header says which master keys the file is under. It says so for two while the slots are sealed anew,
// block by block, each in its place: a slot then opens with one or the other, whichever it was come to. So a
// crash, a full disk or the end of ctx loses nothing; whatever is left is done by the next Open that has both
// master keys, or by the next Rotate. The header stands twice and is written one copy after the other, so that
// one is whole at any time. It is the one thing without which nothing opens, and so also damage to one copy is
// mended from the other.
//
// A file that was made by the first version of this package is read, and stays as it is until its master key is
// changed. From then on an older program refuses it; one that is at work on it must end before that.
//
// # What it protects against
//
// Whoever has the database, its log, or any of its backups reads ciphertext, and after Destroy it stays
// ciphertext for ever, also for whoever has the master key. Whoever has the slot file alone reads nothing
// either. A slot that was changed, cut off, exchanged or torn by a crash is an error, and so is a header of
// which no copy is whole; neither is ever another key. A master key that is wrong or lost is an error too, at
// Open already, that wraps [session.ErrKeeper], and never the answer that something is erased.
//
// # What it does not protect against
//
//   - The master key, the slot file and the database in one hand open everything that is not destroyed. Keep
//     the three apart, and the master key out of every backup of the other two.
//   - A copy of the slot file that was taken before a Destroy still holds the slot. Never put the slot file
//     into the backups of the database, or a restored pair opens what was erased. If the slot file must be
//     copied, against the loss of its disk, keep few copies, for a short time, in a place of their own, and
//     count the age of the oldest one as the time that an erasure takes. To end it for all copies at once,
//     change the master key and destroy the old one.
//   - Overwriting reaches the file, not every medium beneath it. An SSD writes elsewhere and keeps the old
//     cells for a while; a file system that copies on writing (btrfs, ZFS, APFS), a snapshot, or a disk of a
//     virtual machine does the same. What is left is 32 bytes sealed by the master key, so it opens only in the
//     hand of whoever reads raw cells and has the master key too. To be rid of old cells, change the master key
//     and destroy the old one, or retire the disk.
//   - A new master key is no new key for any session. Whoever had the old master key and the file at one time
//     has the keys that were in it.
//   - Whoever may write to the file can destroy: a slot that is marked as destroyed by another's hand is told
//     as destroyed.
//   - A process that can read the memory of this one.
//
// # Its place
//
// The file has to be on a local disk, which writes a sector whole or not at all. Processes of one machine may
// share it, by flock(2), which is known on Linux, macOS and the BSDs; elsewhere Open fails. Many machines want
// a table in a second database instead: storage/sqlkeeper. A lost slot file loses every session's personal
// data, and a slot file older than the database loses those of the sessions made since.
package filekeeper
