-- The Merkle tree over the ledger (RFC 9162): leaf n is the hash of the record at position n + 1. It grows behind the
-- ledger, and is kept when records are dropped.
CREATE TABLE tree (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  size bigint NOT NULL,
  -- The roots of its perfect subtrees, the largest first.
  peaks bytea NOT NULL
);
INSERT INTO tree VALUES (true, 0, '');

-- Up to 256 hashes of level 8 × `level` of the tree, side by side.
CREATE TABLE tile (
  level smallint NOT NULL,
  index bigint NOT NULL,
  hashes bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (level, index)
);
