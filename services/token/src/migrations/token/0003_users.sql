-- What sign-in, Get and List read of users: a fold of the events, written in the transaction that appends them.
CREATE TABLE "user" (
  user_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  -- As usernames are compared.
  username_key text COLLATE "C" NOT NULL,
  -- Of the hash in `password`; empty: none.
  password_id text COLLATE "C" NOT NULL,
  password_change_time timestamptz,
  message bytea NOT NULL,
  UNIQUE (environment_id, username_key)
);
CREATE INDEX ON "user" (environment_id, user_id);

CREATE TABLE user_link (
  environment_id text COLLATE "C" NOT NULL,
  provider_id text COLLATE "C" NOT NULL,
  provider_subject text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (environment_id, provider_id, provider_subject)
);
CREATE INDEX ON user_link (user_id);

-- Argon2id hashes, in no event. A row counts only when the events of its user name it: one that a crash left is dead.
CREATE TABLE password (
  password_id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  hash text NOT NULL
);
CREATE INDEX ON password (user_id);

-- Sessions that have not ended: a fold of the events.
CREATE TABLE session (
  session_id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  number integer NOT NULL,
  expire_time timestamptz NOT NULL,
  message bytea NOT NULL
);
CREATE INDEX ON session (user_id);
CREATE INDEX ON session (expire_time);

-- Whose sessions are to be ended, and which ended sessions have grants to revoke and clients to tell: written with the
-- event, deleted when done.
CREATE TABLE sign_out_task (
  noun text COLLATE "C" NOT NULL CHECK (noun IN ('user', 'session')),
  id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  environment_id text COLLATE "C" NOT NULL,
  time timestamptz NOT NULL,
  PRIMARY KEY (noun, id)
);

-- Logout tokens to deliver (OpenID Connect Back-Channel Logout): deleted when delivered or given up.
CREATE TABLE logout_delivery (
  session_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  environment_id text COLLATE "C" NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_time timestamptz NOT NULL,
  PRIMARY KEY (session_id, client_id)
);
CREATE INDEX ON logout_delivery (next_time);

-- Failures that slow down guessing, by HMAC of whom and what: no address or name stands here.
CREATE TABLE throttle (
  key bytea PRIMARY KEY,
  failures integer NOT NULL,
  last_time timestamptz NOT NULL
);
CREATE INDEX ON throttle (last_time);

-- Browsers in which a user has signed in before: a flood of guesses at the account does not slow them down.
CREATE TABLE known_browser (
  user_id text COLLATE "C" NOT NULL,
  browser bytea NOT NULL,
  last_time timestamptz NOT NULL,
  PRIMARY KEY (user_id, browser)
);

-- Browsers that are at an identity provider, sealed, under the SHA-256 of their `state`: taken once.
CREATE TABLE federation_state (
  state_digest bytea PRIMARY KEY,
  sealed bytea NOT NULL,
  expire_time timestamptz NOT NULL
);
CREATE INDEX ON federation_state (expire_time);

-- Device authorizations (RFC 8628): a fold of the events, and when each was last polled for.
CREATE TABLE device_authorization (
  device_authorization_id text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  user_code_digest bytea NOT NULL,
  expire_time timestamptz NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
  -- What an approved one gets its tokens from; else empty.
  grant_id text COLLATE "C" NOT NULL,
  message bytea NOT NULL,
  interval_seconds bigint NOT NULL,
  last_poll_time timestamptz
);
CREATE INDEX ON device_authorization (user_code_digest);
CREATE INDEX ON device_authorization (expire_time);
