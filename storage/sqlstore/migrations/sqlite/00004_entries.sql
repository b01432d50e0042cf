-- +goose Up

-- What a tenant has beside its sessions. Without a name or a session the column is NULL; change is the Change
-- that wrote the version that is there.
CREATE TABLE bonafide_entries (
  id         BLOB NOT NULL PRIMARY KEY,
  tenant     BLOB NOT NULL,
  sandbox    INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT,
  session    BLOB,
  version    INTEGER NOT NULL,
  change     BLOB NOT NULL,
  created_at INTEGER,
  updated_at INTEGER,
  expires_at INTEGER,
  body       BLOB
);
CREATE UNIQUE INDEX bonafide_entries_name ON bonafide_entries (tenant, sandbox, kind, name) WHERE name IS NOT NULL;
CREATE INDEX bonafide_entries_list ON bonafide_entries (tenant, sandbox, kind, id);
CREATE INDEX bonafide_entries_session ON bonafide_entries (session, kind, id) WHERE session IS NOT NULL;
CREATE INDEX bonafide_entries_expires ON bonafide_entries (expires_at, id) WHERE expires_at IS NOT NULL;

-- ref is a keyed hash, NULL for none. head is the hash of the newest event, NULL before the first that has one.
ALTER TABLE bonafide_sessions ADD COLUMN redact_at INTEGER;
ALTER TABLE bonafide_sessions ADD COLUMN held_at INTEGER;
ALTER TABLE bonafide_sessions ADD COLUMN hide_at INTEGER;
ALTER TABLE bonafide_sessions ADD COLUMN ref BLOB;
ALTER TABLE bonafide_sessions ADD COLUMN link_n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bonafide_sessions ADD COLUMN receipt BLOB;
ALTER TABLE bonafide_sessions ADD COLUMN head BLOB;
CREATE INDEX bonafide_sessions_ref ON bonafide_sessions (tenant, sandbox, ref, id)
  WHERE ref IS NOT NULL AND deleted_at IS NULL;

-- The list's index with all that a list of nothing but ids looks at, so that it has no need of the rows.
DROP INDEX bonafide_sessions_list;
CREATE INDEX bonafide_sessions_list ON bonafide_sessions (tenant, sandbox, id, integration, deleted_at)
  WHERE deleted_at IS NULL;

-- listed is whose list the event is on, 16 bytes for the tenant and one for sandbox, and NULL for nobody's.
ALTER TABLE bonafide_events ADD COLUMN about BLOB;
ALTER TABLE bonafide_events ADD COLUMN listed BLOB;
ALTER TABLE bonafide_events ADD COLUMN hash BLOB;
CREATE INDEX bonafide_events_listed ON bonafide_events (listed, id) WHERE listed IS NOT NULL;

UPDATE bonafide_schema SET version = 4;
