-- +goose Up

-- Ids are 16 bytes and sort by time. Times are integer Unix microseconds, NULL for never. Columns named
-- key, sealed and body hold ciphertext, but for the body of a delivery that is not personal.

CREATE TABLE bonafide_schema (version INTEGER NOT NULL);
INSERT INTO bonafide_schema (version) VALUES (1);

CREATE TABLE bonafide_sessions (
  id           BLOB NOT NULL PRIMARY KEY,
  tenant       BLOB NOT NULL,
  integration  BLOB NOT NULL,
  sandbox      INTEGER NOT NULL,
  status       TEXT NOT NULL,
  attempt_id   BLOB NOT NULL,
  attempt_n    INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  created_at   INTEGER,
  updated_at   INTEGER,
  active_at    INTEGER,
  submitted_at INTEGER,
  ended_at     INTEGER,
  expires_at   INTEGER,
  deleted_at   INTEGER,
  redacted_at  INTEGER,
  decide_at    INTEGER,
  erase_at     INTEGER,
  retry_at     INTEGER,
  tries        INTEGER NOT NULL,
  due_at       INTEGER,
  key          BLOB,
  sealed       BLOB
);
CREATE INDEX bonafide_sessions_due ON bonafide_sessions (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX bonafide_sessions_list ON bonafide_sessions (tenant, sandbox, id) WHERE deleted_at IS NULL;

CREATE TABLE bonafide_attempts (
  id         BLOB NOT NULL PRIMARY KEY,
  session    BLOB NOT NULL,
  n          INTEGER NOT NULL,
  status     TEXT NOT NULL,
  submitter  TEXT NOT NULL,
  created_at INTEGER,
  ended_at   INTEGER
) WITHOUT ROWID;
CREATE INDEX bonafide_attempts_session ON bonafide_attempts (session, n);

CREATE TABLE bonafide_decisions (
  session BLOB NOT NULL,
  id      BLOB NOT NULL,
  n       INTEGER NOT NULL,
  attempt BLOB NOT NULL,
  outcome TEXT NOT NULL,
  code    INTEGER NOT NULL,
  by      TEXT NOT NULL,
  at      INTEGER,
  sealed  BLOB,
  PRIMARY KEY (session, id)
) WITHOUT ROWID;

CREATE TABLE bonafide_media (
  id         BLOB NOT NULL PRIMARY KEY,
  session    BLOB NOT NULL,
  attempt    BLOB NOT NULL,
  context    TEXT NOT NULL,
  type       TEXT NOT NULL,
  size       INTEGER NOT NULL,
  blob       TEXT NOT NULL,
  created_at INTEGER,
  sealed     BLOB
);
CREATE INDEX bonafide_media_session ON bonafide_media (session, id);

CREATE TABLE bonafide_events (
  session BLOB NOT NULL,
  id      BLOB NOT NULL,
  seq     INTEGER NOT NULL,
  change  BLOB NOT NULL,
  kind    TEXT NOT NULL,
  status  TEXT NOT NULL,
  attempt BLOB NOT NULL,
  by      TEXT NOT NULL,
  at      INTEGER,
  PRIMARY KEY (session, id)
) WITHOUT ROWID;

CREATE TABLE bonafide_deliveries (
  id          BLOB NOT NULL PRIMARY KEY,
  tenant      BLOB NOT NULL,
  sandbox     INTEGER NOT NULL,
  session     BLOB NOT NULL,
  integration BLOB NOT NULL,
  endpoint    BLOB NOT NULL,
  event       BLOB NOT NULL,
  seq         INTEGER NOT NULL,
  created_at  INTEGER,
  due_at      INTEGER,
  claims      INTEGER NOT NULL,
  tries       INTEGER NOT NULL,
  state       TEXT NOT NULL,
  personal    INTEGER NOT NULL,
  last_at     INTEGER,
  last_status INTEGER NOT NULL,
  last_note   TEXT NOT NULL,
  body        BLOB
);
CREATE INDEX bonafide_deliveries_due ON bonafide_deliveries (due_at, id, session, endpoint, seq, state) WHERE state IN ('due', 'held');
CREATE INDEX bonafide_deliveries_lane ON bonafide_deliveries (session, endpoint, seq, last_at, state) WHERE state IN ('due', 'held');
CREATE INDEX bonafide_deliveries_log ON bonafide_deliveries (tenant, sandbox, id);
CREATE INDEX bonafide_deliveries_session ON bonafide_deliveries (session, tenant, sandbox, id);

CREATE TABLE bonafide_permit_logs (
  key  TEXT NOT NULL PRIMARY KEY,
  n    INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  most INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE bonafide_permit_pages (
  key   TEXT NOT NULL,
  page  INTEGER NOT NULL,
  times BLOB NOT NULL,
  PRIMARY KEY (key, page)
) WITHOUT ROWID;

CREATE TABLE bonafide_integrations (
  id           BLOB NOT NULL PRIMARY KEY,
  tenant       BLOB NOT NULL,
  api_key_hash BLOB NOT NULL UNIQUE,
  created_at   INTEGER
) WITHOUT ROWID;
