-- +goose Up

-- What API keys stand for. API keys are public and stand in clear; secrets are sealed by the host's vault,
-- whose key is not in this database.

CREATE TABLE bonafide_credentials (
  integration BLOB NOT NULL PRIMARY KEY,
  api_key     BLOB NOT NULL UNIQUE,
  active      INTEGER NOT NULL,
  signing     BLOB NOT NULL
) WITHOUT ROWID;

-- All integrations that a key may act for: n is 0 for the credential's own, and counts the flexible ones.
CREATE TABLE bonafide_credential_integrations (
  integration BLOB NOT NULL PRIMARY KEY,
  credential  BLOB NOT NULL,
  n           INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX bonafide_credential_integrations_credential ON bonafide_credential_integrations (credential, n);

-- The live secrets of a credential, oldest first by n.
CREATE TABLE bonafide_secrets (
  id         BLOB NOT NULL PRIMARY KEY,
  credential BLOB NOT NULL,
  n          INTEGER NOT NULL,
  sealed     BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX bonafide_secrets_credential ON bonafide_secrets (credential, n);

UPDATE bonafide_schema SET version = 3;
