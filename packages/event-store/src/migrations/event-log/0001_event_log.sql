-- The head is a row, not a sequence: it rolls back with its transaction, so positions have no holes.
CREATE TABLE log_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  position bigint NOT NULL CHECK (position >= 0)
);
INSERT INTO log_head (position) VALUES (0);

-- The log is its own outbox: positions are dense and in commit order, so what is unpublished is what is after a position.
CREATE TABLE event (
  position bigint PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  type text COLLATE "C" NOT NULL,
  data bytea NOT NULL,
  event_id uuid NOT NULL,
  record_time timestamptz NOT NULL,
  traceparent text NOT NULL,
  UNIQUE (stream, version)
);

-- What may exist once over all streams: `host` `alpha.example` belongs to `environment-alpha`.
CREATE TABLE claim (
  kind text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, value)
);

-- The answers given, to be given again when a request is repeated. Never holds a secret.
CREATE TABLE command (
  caller text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  request_hash bytea NOT NULL,
  reply bytea NOT NULL,
  position bigint NOT NULL,
  complete_time timestamptz NOT NULL,
  PRIMARY KEY (caller, request_id)
);

CREATE TABLE outbox_relay (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  published_position bigint NOT NULL CHECK (published_position >= 0)
);
INSERT INTO outbox_relay (published_position) VALUES (0);
