-- +goose Up

CREATE TABLE bonafide_keys_schema (version INTEGER NOT NULL);
INSERT INTO bonafide_keys_schema (version) VALUES (1);

-- Which master key wraps new keys, and which one is being replaced, by the names of the keys. One row.
CREATE TABLE bonafide_keys_master (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  current  BLOB NOT NULL,
  previous BLOB
);

-- Rows are only added, at the end, and overwritten by as many bytes in their place, so that no page of the
-- file keeps a copy of one that moved. In one that is destroyed master, nonce and wrapped are zeros.
CREATE TABLE bonafide_keys (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  session BLOB NOT NULL,
  ref     BLOB NOT NULL,
  master  BLOB NOT NULL,
  nonce   BLOB NOT NULL,
  wrapped BLOB NOT NULL
);
