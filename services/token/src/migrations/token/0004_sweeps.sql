CREATE INDEX ON "grant" (expire_time);

-- A row that no event names is swept away, and one whose event is still to come is not.
ALTER TABLE password ADD COLUMN create_time timestamptz NOT NULL DEFAULT now();
