-- Whether further calls ring while one is up.
ALTER TABLE extensions ADD COLUMN call_waiting INTEGER NOT NULL DEFAULT 1;
