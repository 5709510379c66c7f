-- For reports that look for the same contact before and after: who came again, who was called back.
CREATE INDEX visits_contact ON visits (contact, entered);
CREATE INDEX call_records_dialled ON call_records (callee_number, started);
