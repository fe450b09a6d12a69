-- The digest, base64url: a token is refused before anything else is looked at.
CREATE TABLE initial_access_token (
  initial_access_token_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON initial_access_token (environment_id, initial_access_token_id);
