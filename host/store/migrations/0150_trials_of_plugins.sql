-- A version that is tried beside the one in use: JSON of the version, its share of the calls in per cent, and since when.
ALTER TABLE plugins ADD COLUMN trial TEXT NOT NULL DEFAULT 'null';
