-- +goose Up

ALTER TABLE bonafide_sessions ADD COLUMN screen_at INTEGER;

CREATE TABLE bonafide_findings (
  session BLOB NOT NULL,
  id      BLOB NOT NULL,
  attempt BLOB NOT NULL,
  kind    TEXT NOT NULL,
  by      TEXT NOT NULL,
  at      INTEGER,
  sealed  BLOB,
  PRIMARY KEY (session, id)
) WITHOUT ROWID;

UPDATE bonafide_schema SET version = 2;
