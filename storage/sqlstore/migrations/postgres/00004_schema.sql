-- +goose Up

-- Ids are 16 bytes and sort by time. Times are integer Unix microseconds, NULL for never. Columns named
-- key, sealed and body hold ciphertext, but for the body of a delivery that is not personal. Ciphertext does not
-- compress: the wide columns are kept out of line, so that a change of a row does not copy them.

CREATE TABLE bonafide_schema (version BIGINT NOT NULL);
INSERT INTO bonafide_schema (version) VALUES (4);

CREATE TABLE bonafide_sessions (
  id           BYTEA NOT NULL PRIMARY KEY,
  tenant       BYTEA NOT NULL,
  integration  BYTEA NOT NULL,
  sandbox      BIGINT NOT NULL,
  status       TEXT NOT NULL,
  attempt_id   BYTEA NOT NULL,
  attempt_n    BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  created_at   BIGINT,
  updated_at   BIGINT,
  active_at    BIGINT,
  submitted_at BIGINT,
  ended_at     BIGINT,
  expires_at   BIGINT,
  deleted_at   BIGINT,
  redacted_at  BIGINT,
  decide_at    BIGINT,
  erase_at     BIGINT,
  screen_at    BIGINT,
  redact_at    BIGINT,
  held_at      BIGINT,
  hide_at      BIGINT,
  retry_at     BIGINT,
  tries        BIGINT NOT NULL,
  due_at       BIGINT,
  link_n       BIGINT NOT NULL,
  ref          BYTEA, -- a keyed hash, NULL for none
  receipt      BYTEA,
  head         BYTEA, -- the hash of the newest event, NULL before the first that has one
  key          BYTEA,
  sealed       BYTEA
);
CREATE INDEX bonafide_sessions_due ON bonafide_sessions (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX bonafide_sessions_list ON bonafide_sessions (tenant, sandbox, id, integration) WHERE deleted_at IS NULL;
CREATE INDEX bonafide_sessions_ref ON bonafide_sessions (tenant, sandbox, ref, id) WHERE ref IS NOT NULL AND deleted_at IS NULL;
ALTER TABLE bonafide_sessions ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE bonafide_sessions SET (toast_tuple_target = 256, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE bonafide_attempts (
  id         BYTEA NOT NULL PRIMARY KEY,
  session    BYTEA NOT NULL,
  n          BIGINT NOT NULL,
  status     TEXT NOT NULL,
  submitter  TEXT NOT NULL,
  created_at BIGINT,
  ended_at   BIGINT
);
CREATE INDEX bonafide_attempts_session ON bonafide_attempts (session, n);

CREATE TABLE bonafide_decisions (
  session BYTEA NOT NULL,
  id      BYTEA NOT NULL,
  n       BIGINT NOT NULL,
  attempt BYTEA NOT NULL,
  outcome TEXT NOT NULL,
  code    BIGINT NOT NULL,
  by      TEXT NOT NULL,
  at      BIGINT,
  sealed  BYTEA,
  PRIMARY KEY (session, id)
);

CREATE TABLE bonafide_media (
  id         BYTEA NOT NULL PRIMARY KEY,
  session    BYTEA NOT NULL,
  attempt    BYTEA NOT NULL,
  context    TEXT NOT NULL,
  type       TEXT NOT NULL,
  size       BIGINT NOT NULL,
  blob       TEXT NOT NULL,
  created_at BIGINT,
  sealed     BYTEA
);
CREATE INDEX bonafide_media_session ON bonafide_media (session, id);

CREATE TABLE bonafide_findings (
  session BYTEA NOT NULL,
  id      BYTEA NOT NULL,
  attempt BYTEA NOT NULL,
  kind    TEXT NOT NULL,
  by      TEXT NOT NULL,
  at      BIGINT,
  sealed  BYTEA,
  PRIMARY KEY (session, id)
);

-- listed is whose list the event is on, 16 bytes for the tenant and one for sandbox, and NULL for nobody's.
CREATE TABLE bonafide_events (
  session BYTEA NOT NULL,
  id      BYTEA NOT NULL,
  seq     BIGINT NOT NULL,
  change  BYTEA NOT NULL,
  kind    TEXT NOT NULL,
  status  TEXT NOT NULL,
  attempt BYTEA NOT NULL,
  by      TEXT NOT NULL,
  at      BIGINT,
  about   BYTEA,
  listed  BYTEA,
  hash    BYTEA,
  PRIMARY KEY (session, id)
);
CREATE INDEX bonafide_events_listed ON bonafide_events (listed, id) WHERE listed IS NOT NULL;

CREATE TABLE bonafide_deliveries (
  id          BYTEA NOT NULL PRIMARY KEY,
  tenant      BYTEA NOT NULL,
  sandbox     BIGINT NOT NULL,
  session     BYTEA NOT NULL,
  integration BYTEA NOT NULL,
  endpoint    BYTEA NOT NULL,
  event       BYTEA NOT NULL,
  seq         BIGINT NOT NULL,
  created_at  BIGINT,
  due_at      BIGINT,
  claims      BIGINT NOT NULL,
  tries       BIGINT NOT NULL,
  state       TEXT NOT NULL,
  personal    BIGINT NOT NULL,
  last_at     BIGINT,
  last_status BIGINT NOT NULL,
  last_note   TEXT NOT NULL,
  body        BYTEA
);
CREATE INDEX bonafide_deliveries_due ON bonafide_deliveries (due_at, id) WHERE state IN ('due', 'held');
CREATE INDEX bonafide_deliveries_lane ON bonafide_deliveries (session, endpoint, seq) WHERE state IN ('due', 'held');
CREATE INDEX bonafide_deliveries_log ON bonafide_deliveries (tenant, sandbox, id);
CREATE INDEX bonafide_deliveries_session ON bonafide_deliveries (session, tenant, sandbox, id);
ALTER TABLE bonafide_deliveries ALTER body SET STORAGE EXTERNAL;
ALTER TABLE bonafide_deliveries SET (toast_tuple_target = 256, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE bonafide_permit_logs (
  key  TEXT NOT NULL PRIMARY KEY,
  n    BIGINT NOT NULL,
  at   BIGINT NOT NULL,
  most BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE bonafide_permit_pages (
  key   TEXT NOT NULL,
  page  BIGINT NOT NULL,
  times BYTEA NOT NULL,
  PRIMARY KEY (key, page)
) WITH (fillfactor = 50);

CREATE TABLE bonafide_integrations (
  id           BYTEA NOT NULL PRIMARY KEY,
  tenant       BYTEA NOT NULL,
  api_key_hash BYTEA NOT NULL UNIQUE,
  created_at   BIGINT
);

-- What API keys stand for. API keys are public and stand in clear; secrets are sealed by the host's vault,
-- whose key is not in this database.

CREATE TABLE bonafide_credentials (
  integration BYTEA NOT NULL PRIMARY KEY,
  api_key     BYTEA NOT NULL UNIQUE,
  active      BIGINT NOT NULL,
  signing     BYTEA NOT NULL
);

-- All integrations that a key may act for: n is 0 for the credential's own, and counts the flexible ones.
CREATE TABLE bonafide_credential_integrations (
  integration BYTEA NOT NULL PRIMARY KEY,
  credential  BYTEA NOT NULL,
  n           BIGINT NOT NULL
);
CREATE UNIQUE INDEX bonafide_credential_integrations_credential ON bonafide_credential_integrations (credential, n);

-- The live secrets of a credential, oldest first by n.
CREATE TABLE bonafide_secrets (
  id         BYTEA NOT NULL PRIMARY KEY,
  credential BYTEA NOT NULL,
  n          BIGINT NOT NULL,
  sealed     BYTEA NOT NULL
);
CREATE UNIQUE INDEX bonafide_secrets_credential ON bonafide_secrets (credential, n);

-- What a tenant has beside its sessions. Without a name or a session the column is NULL; change is the Change
-- that wrote the version that is there.
CREATE TABLE bonafide_entries (
  id         BYTEA NOT NULL PRIMARY KEY,
  tenant     BYTEA NOT NULL,
  sandbox    BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT,
  session    BYTEA,
  version    BIGINT NOT NULL,
  change     BYTEA NOT NULL,
  created_at BIGINT,
  updated_at BIGINT,
  expires_at BIGINT,
  body       BYTEA
);
CREATE UNIQUE INDEX bonafide_entries_name ON bonafide_entries (tenant, sandbox, kind, name) WHERE name IS NOT NULL;
CREATE INDEX bonafide_entries_list ON bonafide_entries (tenant, sandbox, kind, id);
CREATE INDEX bonafide_entries_session ON bonafide_entries (session, kind, id) WHERE session IS NOT NULL;
CREATE INDEX bonafide_entries_expires ON bonafide_entries (expires_at, id) WHERE expires_at IS NOT NULL;
