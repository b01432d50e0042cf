// Package openapitest is what the tests of a wire language ask of its OpenAPI document. [Contract.Check] compares every
// answer of the handler, and every request that it takes, with what the document says of them; [Laws] are what each
// document of ours keeps, by itself and beside the code; and [Contract.IsServed] and its neighbours look at how it is
// served.
//
// It is for tests alone. A language's tests keep to themselves what its own document says.
package openapitest
