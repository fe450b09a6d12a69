-- The ledger by the day on which it took its records (UTC), a partition each: what is older than the retention goes away
-- whole. Positions rise from day to day. What is here already becomes today's.
CREATE TABLE day (
  day date PRIMARY KEY,
  -- Where its positions start.
  first_position bigint NOT NULL,
  -- Between which its records were decided; null while it has none.
  min_time timestamptz,
  max_time timestamptz
);
-- The one that takes records.
ALTER TABLE ledger_head ADD COLUMN day date;
UPDATE ledger_head SET day = (now() AT TIME ZONE 'UTC')::date;
ALTER TABLE ledger_head ALTER COLUMN day SET NOT NULL;

DO $$
DECLARE
  today date := (SELECT day FROM ledger_head);
  part text := 'decision_' || to_char(today, 'YYYYMMDD');
BEGIN
  EXECUTE format('ALTER TABLE decision RENAME TO %I', part);
  -- A constant: no row is written.
  EXECUTE format('ALTER TABLE %I ADD COLUMN day date NOT NULL DEFAULT %L', part, today);
  EXECUTE format('ALTER TABLE %I ALTER COLUMN day DROP DEFAULT', part);
  EXECUTE format('ALTER INDEX decision_pkey RENAME TO %I', part || '_pkey');
  EXECUTE format('ALTER INDEX decision_node_epoch_sequence_key RENAME TO %I', part || '_node_epoch_sequence_key');
  EXECUTE format('INSERT INTO day SELECT %L::date, 1, min(time), max(time) FROM %I', today, part);
  EXECUTE format('CREATE TABLE decision (LIKE %I) PARTITION BY RANGE (day)', part);
  EXECUTE format('ALTER TABLE decision ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, today, today + 1);
END $$;

-- One for each field of a filter, in the order of the answer. Where a day has it, it is taken as it is. Of reasons, `ok`
-- has none: nearly all are that, and are found by their time.
DROP INDEX decision_reason;
ALTER INDEX decision_time RENAME TO was_time;
ALTER INDEX decision_environment RENAME TO was_environment;
ALTER INDEX decision_api RENAME TO was_api;
ALTER INDEX decision_client RENAME TO was_client;
ALTER INDEX decision_credential RENAME TO was_credential;
ALTER INDEX decision_operation RENAME TO was_operation;
ALTER INDEX decision_request RENAME TO was_request;
CREATE INDEX decision_time ON decision (time, position);
CREATE INDEX decision_environment ON decision (environment_id, time, position) WHERE environment_id IS NOT NULL;
CREATE INDEX decision_api ON decision (api_id, time, position) WHERE api_id IS NOT NULL;
CREATE INDEX decision_client ON decision (client_id, time, position) WHERE client_id IS NOT NULL;
CREATE INDEX decision_credential ON decision (credential_id, time, position) WHERE credential_id IS NOT NULL;
CREATE INDEX decision_operation ON decision (operation_id, time, position) WHERE operation_id IS NOT NULL;
CREATE INDEX decision_reason ON decision (reason, time, position) WHERE reason <> 'ok';
CREATE INDEX decision_request ON decision (request_id, time, position) WHERE request_id IS NOT NULL;
