-- What the log says now, for Get and List: environments (environment_id empty), APIs and plans.
CREATE TABLE resource (
  kind text NOT NULL,
  environment_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  message bytea NOT NULL,
  PRIMARY KEY (kind, environment_id, id)
);
