-- The scheduler tables of Buildbot 0.8.0 to 0.8.4p2 in MySQL, after its migrations 1 to 10.

CREATE TABLE buildsets (
  id                INT NOT NULL AUTO_INCREMENT,
  external_idstring VARCHAR(256) DEFAULT NULL,
  reason            VARCHAR(256) DEFAULT NULL,
  sourcestampid     INT NOT NULL,
  submitted_at      INT NOT NULL,
  complete          SMALLINT NOT NULL DEFAULT 0,
  complete_at       INT DEFAULT NULL,
  results           SMALLINT DEFAULT NULL,
  PRIMARY KEY (id),
  KEY buildsets_complete (complete),
  KEY buildsets_submitted_at (submitted_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE buildrequests (
  id                     INT NOT NULL AUTO_INCREMENT,
  buildsetid             INT NOT NULL,
  buildername            VARCHAR(256) NOT NULL,
  priority               INT NOT NULL DEFAULT 0,
  claimed_at             INT DEFAULT 0,             -- 0 and NULL both mean: nobody has it
  claimed_by_name        VARCHAR(256) DEFAULT NULL, -- host:basedir of the claiming master
  claimed_by_incarnation VARCHAR(256) DEFAULT NULL, -- pid/boot time of that master's run
  complete               INT DEFAULT 0,
  results                SMALLINT DEFAULT NULL,     -- meaningful when complete=1 only
  submitted_at           INT NOT NULL,
  complete_at            INT DEFAULT NULL,
  PRIMARY KEY (id),
  KEY buildrequests_buildsetid (buildsetid),
  KEY buildrequests_buildername (buildername(255)),  -- 256 * 3 bytes passes old InnoDB's 767: a prefix index
  KEY buildrequests_complete (complete),
  KEY buildrequests_claimed_at (claimed_at),
  KEY buildrequests_claimed_by_name (claimed_by_name(255)),
  CONSTRAINT buildrequests_ibfk_1 FOREIGN KEY (buildsetid) REFERENCES buildsets (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE builds (
  id          INT NOT NULL AUTO_INCREMENT,
  number      INT NOT NULL,          -- per builder and master, not unique here
  brid        INT NOT NULL,
  start_time  INT NOT NULL,
  finish_time INT DEFAULT NULL,
  PRIMARY KEY (id),
  KEY builds_number (number),
  KEY builds_brid (brid),
  CONSTRAINT builds_ibfk_1 FOREIGN KEY (brid) REFERENCES buildrequests (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

