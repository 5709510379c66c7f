-- The trunk that a call came or went by.
ALTER TABLE call_records ADD COLUMN trunk TEXT;
