-- The scheduler tables of Buildbot 0.8.5 to 0.8.14 in PostgreSQL.

CREATE TABLE objects (
  id SERIAL NOT NULL,
  name VARCHAR(128) NOT NULL,
  class_name VARCHAR(128) NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE sourcestampsets (
  id SERIAL NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE buildsets (
  id SERIAL NOT NULL,
  external_idstring VARCHAR(256) DEFAULT NULL,
  reason VARCHAR(256) DEFAULT NULL,
  submitted_at INTEGER NOT NULL,
  complete SMALLINT NOT NULL DEFAULT 0,
  complete_at INTEGER DEFAULT NULL,
  results SMALLINT DEFAULT NULL,
  sourcestampsetid INTEGER DEFAULT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE buildrequests (
  id SERIAL NOT NULL,
  buildsetid INTEGER NOT NULL,
  buildername VARCHAR(256) NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  complete INTEGER DEFAULT 0,
  results SMALLINT DEFAULT NULL,
  submitted_at INTEGER NOT NULL,
  complete_at INTEGER DEFAULT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE buildrequest_claims (
  brid INTEGER DEFAULT NULL,
  objectid INTEGER DEFAULT NULL,
  claimed_at INTEGER NOT NULL
);

CREATE TABLE builds (
  id SERIAL NOT NULL,
  number INTEGER NOT NULL,
  brid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  finish_time INTEGER DEFAULT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE buildslaves (
  id SERIAL NOT NULL,
  name VARCHAR(256) NOT NULL,
  info TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX buildsets_complete ON buildsets (complete);
CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at);
CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid);
CREATE INDEX buildrequests_buildername ON buildrequests (buildername);
CREATE INDEX buildrequests_complete ON buildrequests (complete);
CREATE INDEX buildsets_sourcestampsetid ON buildsets (sourcestampsetid);
CREATE UNIQUE INDEX ix_buildrequest_claims_brid ON buildrequest_claims (brid);
CREATE INDEX ix_buildrequest_claims_objectid ON buildrequest_claims (objectid);
CREATE INDEX builds_number ON builds (number);
CREATE INDEX builds_brid ON builds (brid);
CREATE UNIQUE INDEX object_identity ON objects (name, class_name);
CREATE UNIQUE INDEX buildslaves_name ON buildslaves (name);
ALTER TABLE buildsets ADD CONSTRAINT buildsets_sourcestampsetid_fkey FOREIGN KEY(sourcestampsetid) REFERENCES sourcestampsets (id);
ALTER TABLE buildrequests ADD CONSTRAINT buildrequests_buildsetid_fkey FOREIGN KEY(buildsetid) REFERENCES buildsets (id);
ALTER TABLE buildrequest_claims ADD CONSTRAINT buildrequest_claims_brid_fkey FOREIGN KEY(brid) REFERENCES buildrequests (id);
ALTER TABLE buildrequest_claims ADD CONSTRAINT buildrequest_claims_objectid_fkey FOREIGN KEY(objectid) REFERENCES objects (id);
ALTER TABLE builds ADD CONSTRAINT builds_brid_fkey FOREIGN KEY(brid) REFERENCES buildrequests (id);
