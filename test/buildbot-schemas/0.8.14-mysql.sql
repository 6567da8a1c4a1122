-- The scheduler tables of Buildbot 0.8.5 to 0.8.14 in MySQL, after its migrations 11 to 24.

CREATE TABLE objects (
  id         INT NOT NULL AUTO_INCREMENT,
  name       VARCHAR(128) NOT NULL,
  class_name VARCHAR(128) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY object_identity (name, class_name)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE sourcestampsets (
  id INT NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (id)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE buildsets (
  id                INT NOT NULL AUTO_INCREMENT,
  external_idstring VARCHAR(256) DEFAULT NULL,
  reason            VARCHAR(256) DEFAULT NULL,
  submitted_at      INT NOT NULL,
  complete          SMALLINT NOT NULL DEFAULT 0,
  complete_at       INT DEFAULT NULL,
  results           SMALLINT DEFAULT NULL,
  sourcestampsetid  INT DEFAULT NULL,   -- since 018 (0.8.6); 0.8.5 still has sourcestampid
  PRIMARY KEY (id),
  KEY buildsets_complete (complete),
  KEY buildsets_submitted_at (submitted_at),
  KEY buildsets_sourcestampsetid_fkey (sourcestampsetid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE buildrequests (
  id           INT NOT NULL AUTO_INCREMENT,
  buildsetid   INT NOT NULL,
  buildername  VARCHAR(256) NOT NULL,
  priority     INT NOT NULL DEFAULT 0,
  complete     INT DEFAULT 0,
  results      SMALLINT DEFAULT NULL,
  submitted_at INT NOT NULL,
  complete_at  INT DEFAULT NULL,
  PRIMARY KEY (id),
  KEY buildrequests_buildsetid (buildsetid),
  KEY buildrequests_buildername (buildername),       -- 768 bytes: whole column fits MyISAM's 1000
  KEY buildrequests_complete (complete)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE buildrequest_claims (
  brid       INT DEFAULT NULL,
  objectid   INT DEFAULT NULL,
  claimed_at INT NOT NULL,
  UNIQUE KEY ix_buildrequest_claims_brid (brid),
  KEY ix_buildrequest_claims_objectid (objectid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE builds (
  id          INT NOT NULL AUTO_INCREMENT,
  number      INT NOT NULL,
  brid        INT NOT NULL,
  start_time  INT NOT NULL,
  finish_time INT DEFAULT NULL,
  PRIMARY KEY (id),
  KEY builds_number (number),
  KEY builds_brid (brid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;

CREATE TABLE buildslaves (              -- since 024; the only word on workers in any 0.8 database
  id   INT NOT NULL AUTO_INCREMENT,
  name VARCHAR(256) NOT NULL,
  info TEXT NOT NULL,                   -- JSON; says nothing of builders or of being connected
  PRIMARY KEY (id),
  UNIQUE KEY buildslaves_name (name)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3;
