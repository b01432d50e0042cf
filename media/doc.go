// Package media is what was shown: the pictures, films and papers that a person gives during a verification,
// and what was read from the chip of a document.
//
// A medium has a [Context], which says what it shows, and a [Type], which says how its bytes are written.
// The context is the client's word and is checked against the one table of contexts. The type is never the
// client's word: [Sniff] takes it from the first bytes, and what a request calls itself is not looked at.
// [Context.Takes] is the one rule of which types show which context. [Limits] says how many bytes each type
// may have, and [CheckHeader] refuses a picture whose header promises more pixels than any camera gives. What
// comes from a chip is text, which first bytes cannot tell: its context says so, and [ParseChip] reads it.
//
// Pictures, films and papers are kept byte for byte as they came. Nothing is decoded, scaled, turned or
// stripped: what a camera noted of the place, the time and its own position stays inside, as evidence, and is
// personal data to whoever opens it. So is what does harm only to a careless reader, such as a script
// in a PDF or text in a PNG that inflates a thousandfold. Only chip data are written anew.
//
// The bytes themselves, sealed by the engine, are kept by a [Blobs], under names that say nothing of what
// they name. [MemoryBlobs] is the one for tests; storage/fileblobs keeps them on disk. Whoever writes
// another runs the suite of media/mediatest on it.
//
// What stands in the tables here is Veriff's vocabulary, from
// https://devdocs.veriff.com/docs/context-types-image-video-1; other dialects translate into it.
package media
