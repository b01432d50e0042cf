-- +goose Up

-- What is new in it is for PostgreSQL: SQLite writes an index only when what is in it changes.
UPDATE bonafide_schema SET version = 6;
