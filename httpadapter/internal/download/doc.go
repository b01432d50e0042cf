// Package download is how a medium goes out. Its bytes come from a stranger: a browser shall save them and not show
// them, and nobody shall keep them on the way.
package download
