-- +goose Up

-- A claim and a settlement each write a row anew, in all of its indexes. One index of all deliveries by session serves
-- who is next in a lane, what a session has to erase, and its log, which is short enough to be sorted.
DROP INDEX bonafide_deliveries_lane;
DROP INDEX bonafide_deliveries_session;
CREATE INDEX bonafide_deliveries_lane ON bonafide_deliveries (session, endpoint, seq);

UPDATE bonafide_schema SET version = 6;
