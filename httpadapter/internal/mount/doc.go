// Package mount is where a handler is mounted: under which address clients reach it, behind which prefix, which paths
// are clean enough for a mux, and which methods a path has. It keeps nothing; all is in the request and in what the
// host has configured.
package mount
