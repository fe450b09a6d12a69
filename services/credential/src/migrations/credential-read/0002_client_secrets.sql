CREATE TABLE client_secret (
  client_secret_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON client_secret (client_id, client_secret_id);
