-- +goose Up

-- Which blobs have a row is asked of every blob once.
CREATE INDEX bonafide_media_blob ON bonafide_media (blob);

UPDATE bonafide_schema SET version = 5;
