package databases

// Buffers is what the server takes for itself, for the tests.
var Buffers = buffers
