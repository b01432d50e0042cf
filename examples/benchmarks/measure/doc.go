// Package measure compares one way of doing something with others, in turn and on the same machine, and prints what
// came out of it as one table. Every figure is a ratio of two rates of the same run: what a machine can do, and who else
// is busy on it, is in both.
package measure
