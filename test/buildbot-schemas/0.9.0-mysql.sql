-- The scheduler tables as a Buildbot 0.9.0 master creates them in MySQL, where the site did not choose an engine.
SET FOREIGN_KEY_CHECKS = 0;
CREATE TABLE `buildrequests` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `buildsetid` int(11) NOT NULL,
  `builderid` int(11) NOT NULL,
  `priority` int(11) NOT NULL DEFAULT 0,
  `complete` int(11) DEFAULT 0,
  `results` smallint(6) DEFAULT NULL,
  `submitted_at` int(11) NOT NULL,
  `complete_at` int(11) DEFAULT NULL,
  `waited_for` smallint(6) DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `buildrequests_builderid` (`builderid`),
  KEY `buildrequests_complete` (`complete`),
  KEY `buildrequests_buildsetid` (`buildsetid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `buildrequest_claims` (
  `brid` int(11) NOT NULL,
  `masterid` int(11) NOT NULL,
  `claimed_at` int(11) NOT NULL,
  UNIQUE KEY `buildrequest_claims_brids` (`brid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `builders` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `description` text DEFAULT NULL,
  `name_hash` varchar(40) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builder_name_hash` (`name_hash`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `builder_masters` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `builderid` int(11) NOT NULL,
  `masterid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builder_masters_identity` (`builderid`,`masterid`),
  KEY `builder_masters_builderid` (`builderid`),
  KEY `builder_masters_masterid` (`masterid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `buildsets` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `external_idstring` varchar(256) DEFAULT NULL,
  `reason` varchar(256) DEFAULT NULL,
  `submitted_at` int(11) NOT NULL,
  `complete` smallint(6) NOT NULL DEFAULT 0,
  `complete_at` int(11) DEFAULT NULL,
  `results` smallint(6) DEFAULT NULL,
  `parent_buildid` int(11) DEFAULT NULL,
  `parent_relationship` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `buildsets_complete` (`complete`),
  KEY `buildsets_submitted_at` (`submitted_at`),
  KEY `parent_buildid` (`parent_buildid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(50) NOT NULL,
  `info` text NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `workers_name` (`name`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `configured_workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `buildermasterid` int(11) NOT NULL,
  `workerid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `configured_workers_identity` (`buildermasterid`,`workerid`),
  KEY `configured_workers_buildmasterid` (`buildermasterid`),
  KEY `configured_workers_workers` (`workerid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `connected_workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `masterid` int(11) NOT NULL,
  `workerid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `connected_workers_identity` (`masterid`,`workerid`),
  KEY `connected_workers_masterid` (`masterid`),
  KEY `connected_workers_workers` (`workerid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `builds` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `number` int(11) NOT NULL,
  `builderid` int(11) NOT NULL,
  `buildrequestid` int(11) NOT NULL,
  `workerid` int(11) DEFAULT NULL,
  `masterid` int(11) NOT NULL,
  `started_at` int(11) NOT NULL,
  `complete_at` int(11) DEFAULT NULL,
  `state_string` text NOT NULL,
  `results` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builds_number` (`builderid`,`number`),
  KEY `builds_masterid` (`masterid`),
  KEY `builds_workerid` (`workerid`),
  KEY `builds_buildrequestid` (`buildrequestid`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

CREATE TABLE `masters` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `name_hash` varchar(40) NOT NULL,
  `active` int(11) NOT NULL,
  `last_active` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `master_name_hashes` (`name_hash`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;

