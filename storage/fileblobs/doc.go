// Package fileblobs keeps media on disk: a [media.Blobs] in one folder.
//
// A blob is a file under its name, so the folder holds one folder for each hour of uploads:
//
//	2026010223/0f2a…   what was committed
//	tmp/2026010223-0f2a…   what is being written
//
// A blob is written under tmp, synced, linked under its name and its folder synced, and only then is it
// committed: after a crash, a blob that was committed is there with all its bytes, and one that was not
// is not there at all. The file under tmp is also the claim to the name, so of two processes that share the
// folder and create one name, one is refused. A link never replaces a file, so nothing that was committed
// is ever overwritten.
//
// What a crash leaves under tmp is removed by [Open] once nobody has written to it for a day, and by [Blobs.Tidy],
// which the engine calls while it runs, once the hour in which the upload began is past for long. The folders
// of the hours stay when they are empty.
//
// Folders are made for the owner alone (0700), and so are files (0600). The bytes are sealed by the
// engine; but how many there are and when they came can be read from the disk by whoever can read the
// folder.
//
// The folder has to be on one local file system that knows hard links, as those of Linux and macOS do. It
// may be shared by processes of one machine. Over a network it is as good as the network's promises about
// links and syncs, which are often none. Space that Remove freed may keep the old bytes until it is used
// again; they cannot be opened once the session's key is destroyed.
package fileblobs
