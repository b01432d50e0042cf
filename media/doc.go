// Package media is what was shown: the pictures, films and papers that a person gives during a verification.
//
// A medium has a [Context], which says what it shows, and a [Type], which says how its bytes are written.
// The context is the client's word and is checked against the one table of contexts. The type is never the
// client's word: [Sniff] takes it from the first bytes, and what a request calls itself is not looked at.
// [Limits] says how many bytes each type may have, and [CheckHeader] refuses a picture whose header
// promises more pixels than any camera gives.
//
// The bytes themselves, sealed by the engine, are kept by a [Blobs], under names that say nothing of what
// they name. [MemoryBlobs] is the one for tests; storage/fileblobs keeps them on disk. Whoever writes
// another runs the suite of media/mediatest on it.
//
// What stands in the tables here is Veriff's vocabulary, from
// https://devdocs.veriff.com/docs/context-types-image-video-1; other dialects translate into it.
package media
