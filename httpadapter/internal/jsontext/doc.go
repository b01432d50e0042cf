// Package jsontext is JSON as text: written as JavaScript writes it, by [Stringify] and [Normal], and read without
// being decoded, as a [Value].
//
// What a value should be, and how it is refused when it is not, is for each wire language to say.
package jsontext
