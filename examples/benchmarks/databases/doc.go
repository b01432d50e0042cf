// Package databases makes the databases that are measured: files of SQLite, and schemas of a PostgreSQL server, which it
// starts where none is given, with every guarantee of a server in production.
package databases
