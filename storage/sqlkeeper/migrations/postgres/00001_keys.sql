-- +goose Up

CREATE TABLE bonafide_keys_schema (version BIGINT NOT NULL);
INSERT INTO bonafide_keys_schema (version) VALUES (1);

-- Which master key wraps new keys, and which one is being replaced, by the names of the keys. One row.
CREATE TABLE bonafide_keys_master (
  one      BIGINT PRIMARY KEY CHECK (one = 1),
  current  BYTEA NOT NULL,
  previous BYTEA
);

-- Rows are added and overwritten by as many bytes. What they were before stays in the file as a dead row, at least
-- until a vacuum. In one that is destroyed master, nonce and wrapped are zeros.
CREATE TABLE bonafide_keys (
  n       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session BYTEA NOT NULL,
  ref     BYTEA NOT NULL,
  master  BYTEA NOT NULL,
  nonce   BYTEA NOT NULL,
  wrapped BYTEA NOT NULL
);
