-- What Get and List answer: for each stream its message, protobuf of gatehouse.credential.v1, and what lists filter by.
-- A fold of the events, written in the transaction that appends them.
CREATE TABLE client (
  client_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON client (environment_id, client_id);

CREATE TABLE subscription (
  subscription_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON subscription (environment_id, subscription_id);
CREATE INDEX ON subscription (client_id, subscription_id);

CREATE TABLE api_key (
  api_key_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  subscription_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON api_key (environment_id, api_key_id);
CREATE INDEX ON api_key (client_id, api_key_id);
CREATE INDEX ON api_key (subscription_id, api_key_id);

-- No event: keys are used at request rate. The audit service tells it every few seconds.
CREATE TABLE api_key_use (
  api_key_id text COLLATE "C" PRIMARY KEY,
  last_use_time timestamptz NOT NULL
);
