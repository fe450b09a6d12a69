-- What ListSigningKeys answers and rotation looks at: a fold of the events, written in the transaction that appends them.
CREATE TABLE signing_key (
  key_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON signing_key (environment_id);

-- Private keys, sealed under the key-encryption key: in no event, no topic, no other table.
CREATE TABLE sealed_key (
  key_id text COLLATE "C" PRIMARY KEY,
  sealed bytea NOT NULL
);

-- Phantom and split tokens, for gateways that do not have the event yet. A partition a day, dropped when all is dead.
CREATE TABLE reference_token (
  token_id text COLLATE "C" NOT NULL,
  environment_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL,
  expire_time timestamptz NOT NULL
) PARTITION BY RANGE (expire_time);
CREATE INDEX ON reference_token (token_id);

-- Client assertions are used once (RFC 7523 section 3).
CREATE TABLE used_assertion (
  client_id text COLLATE "C" NOT NULL,
  assertion_id text COLLATE "C" NOT NULL,
  expire_time timestamptz NOT NULL,
  PRIMARY KEY (client_id, assertion_id)
);
CREATE INDEX ON used_assertion (expire_time);
