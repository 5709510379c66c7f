-- Who had sent a call on before it came to the house: a number, when somebody had and wanted to be named.
ALTER TABLE call_records ADD COLUMN diverted_by TEXT;
-- The place of a trunk among those that are tried, smallest first.
ALTER TABLE trunks ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE trunks SET place = id;
