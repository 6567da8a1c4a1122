-- The scheduler tables of Buildbot 0.8.0 to 0.8.4p2 in SQLite, without their indexes.

CREATE TABLE buildsets (
  id INTEGER NOT NULL,
  external_idstring VARCHAR(256) DEFAULT NULL,
  reason VARCHAR(256) DEFAULT NULL,
  sourcestampid INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL,
  complete SMALLINT NOT NULL DEFAULT 0,
  complete_at INTEGER DEFAULT NULL,
  results SMALLINT DEFAULT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE buildrequests (
  id INTEGER NOT NULL,
  buildsetid INTEGER NOT NULL,
  buildername VARCHAR(256) NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  claimed_at INTEGER DEFAULT 0,
  claimed_by_name VARCHAR(256) DEFAULT NULL,
  claimed_by_incarnation VARCHAR(256) DEFAULT NULL,
  complete INTEGER DEFAULT 0,
  results SMALLINT DEFAULT NULL,
  submitted_at INTEGER NOT NULL,
  complete_at INTEGER DEFAULT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE builds (
  id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  brid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  finish_time INTEGER DEFAULT NULL,
  PRIMARY KEY (id)
);

