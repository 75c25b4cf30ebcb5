-- A row for each version of each picture, whose etag R2 computes from its bytes: what comes twice changes nothing.
CREATE TABLE IF NOT EXISTS results (
  key TEXT NOT NULL,
  etag TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  faces TEXT NOT NULL,
  PRIMARY KEY (key, etag)
);
-- What went wrong last; dead = 1 where nobody tries again.
CREATE TABLE IF NOT EXISTS failures (
  key TEXT NOT NULL,
  etag TEXT NOT NULL,
  error TEXT NOT NULL,
  dead INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (key, etag)
);
