// Package rows has the rows of the table, one in each file or a family of them. What is ours is called as any host calls
// it; a peer is set up as its own documentation would have it where speed matters, which the row's note tells.
package rows
