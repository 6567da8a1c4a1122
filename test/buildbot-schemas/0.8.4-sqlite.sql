-- The scheduler tables of Buildbot 0.8.0 to 0.8.4p2 in SQLite.

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
  PRIMARY KEY (id),
  FOREIGN KEY(buildsetid) REFERENCES buildsets (id)
);

CREATE TABLE builds (
  id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  brid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  finish_time INTEGER DEFAULT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(brid) REFERENCES buildrequests (id)
);

CREATE INDEX buildsets_complete ON buildsets (complete);
CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at);
CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid);
CREATE INDEX buildrequests_buildername ON buildrequests (buildername);
CREATE INDEX buildrequests_complete ON buildrequests (complete);
CREATE INDEX buildrequests_claimed_at ON buildrequests (claimed_at);
CREATE INDEX buildrequests_claimed_by_name ON buildrequests (claimed_by_name);
CREATE INDEX builds_number ON builds (number);
CREATE INDEX builds_brid ON builds (brid);
