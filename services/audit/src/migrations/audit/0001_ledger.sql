-- The head of the ledger. Its row lock puts all appends in one order, which is the order of commits.
CREATE TABLE ledger_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  position bigint NOT NULL,
  note_sequence bigint NOT NULL
);
INSERT INTO ledger_head VALUES (true, 0, 0);

CREATE TABLE decision (
  -- Dense, in the order of commits.
  position bigint PRIMARY KEY,
  node text NOT NULL,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  time timestamptz NOT NULL,
  allowed boolean NOT NULL,
  reason text NOT NULL,
  environment_id text,
  api_id text,
  operation_id text,
  client_id text,
  credential_id text,
  request_id text,
  -- Exactly as the node wrote it.
  json bytea NOT NULL,
  UNIQUE (node, epoch, sequence)
);
-- One for each field of a filter, in the order of the answer: no page is sorted, whatever the statistics say.
CREATE INDEX decision_time ON decision (time, position);
CREATE INDEX decision_environment ON decision (environment_id, time, position) WHERE environment_id IS NOT NULL;
CREATE INDEX decision_api ON decision (api_id, time, position) WHERE api_id IS NOT NULL;
CREATE INDEX decision_client ON decision (client_id, time, position) WHERE client_id IS NOT NULL;
CREATE INDEX decision_credential ON decision (credential_id, time, position) WHERE credential_id IS NOT NULL;
CREATE INDEX decision_operation ON decision (operation_id, time, position) WHERE operation_id IS NOT NULL;
CREATE INDEX decision_reason ON decision (reason, time, position);
CREATE INDEX decision_request ON decision (request_id, time, position) WHERE request_id IS NOT NULL;

CREATE TABLE node_epoch (
  node text NOT NULL,
  epoch bigint NOT NULL,
  last_sequence bigint NOT NULL,
  record_count bigint NOT NULL,
  PRIMARY KEY (node, epoch)
);
CREATE TABLE sequence_hole (
  node text NOT NULL,
  epoch bigint NOT NULL,
  first_missing bigint NOT NULL,
  last_missing bigint NOT NULL,
  PRIMARY KEY (node, epoch, first_missing)
);

CREATE TABLE dead_letter (
  digest bytea PRIMARY KEY,
  -- The sequence of the ledger's own note about it.
  note_sequence bigint NOT NULL,
  receive_time timestamptz NOT NULL,
  source text NOT NULL,
  node text,
  epoch bigint,
  sequence bigint,
  problem text NOT NULL,
  raw bytea NOT NULL
);

CREATE TABLE kafka_offset (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition)
);
