// Package intake is how the wire languages take in what clients send, whatever it means: [Places] bounds how many
// uploads run at once, [Body] how long one may be and how slowly it may come, [ReadAll] is for what is short, and
// [Linger] lets a client that is refused early read why.
//
// Its errors say what happened and nothing to a client: a wire language has its own words for each.
package intake
