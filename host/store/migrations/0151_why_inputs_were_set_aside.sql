-- Why an input was set aside; empty for all others.
ALTER TABLE plugin_inputs ADD COLUMN reason TEXT NOT NULL DEFAULT '';
