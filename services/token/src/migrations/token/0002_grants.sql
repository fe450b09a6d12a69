-- What operators and users see of grants, and what a withdrawal or a sign-out revokes: a fold of the events, written in
-- the transaction that appends them. Codes and refresh tokens are decided by the events alone.
CREATE TABLE "grant" (
  grant_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  start_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  revoked boolean NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON "grant" (start_time, grant_id);
CREATE INDEX ON "grant" (client_id, start_time);
CREATE INDEX ON "grant" (user_id, client_id);
CREATE INDEX ON "grant" (session_id) WHERE NOT revoked;

-- What users agreed to: a fold of the events. A consent that was withdrawn has no row.
CREATE TABLE consent (
  environment_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  scopes text[] NOT NULL,
  authorization_details text NOT NULL,
  PRIMARY KEY (environment_id, user_id, client_id)
);

-- Authorization requests that were pushed (RFC 9126), under the SHA-256 of their URI: taken once.
CREATE TABLE pushed_request (
  request_digest bytea PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  parameters bytea NOT NULL,
  expire_time timestamptz NOT NULL
);
CREATE INDEX ON pushed_request (expire_time);
