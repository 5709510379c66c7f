-- Whether sound to and from the phones of an extension is encrypted: house, off, offered, required or dtls.
ALTER TABLE extensions ADD COLUMN encryption TEXT NOT NULL DEFAULT 'house';
