-- The scheduler tables as a Buildbot 4.3 master creates them in MySQL.
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
  KEY `buildrequests_buildsetid` (`buildsetid`),
  CONSTRAINT `buildrequests_ibfk_1` FOREIGN KEY (`buildsetid`) REFERENCES `buildsets` (`id`) ON DELETE CASCADE,
  CONSTRAINT `buildrequests_ibfk_2` FOREIGN KEY (`builderid`) REFERENCES `builders` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `buildrequest_claims` (
  `brid` int(11) NOT NULL,
  `masterid` int(11) NOT NULL,
  `claimed_at` int(11) NOT NULL,
  UNIQUE KEY `buildrequest_claims_brids` (`brid`),
  KEY `ix_buildrequest_claims_masterid` (`masterid`),
  CONSTRAINT `buildrequest_claims_ibfk_1` FOREIGN KEY (`brid`) REFERENCES `buildrequests` (`id`) ON DELETE CASCADE,
  CONSTRAINT `buildrequest_claims_ibfk_2` FOREIGN KEY (`masterid`) REFERENCES `masters` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `builders` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `description` text DEFAULT NULL,
  `description_format` text DEFAULT NULL,
  `description_html` text DEFAULT NULL,
  `projectid` int(11) DEFAULT NULL,
  `name_hash` varchar(40) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builder_name_hash` (`name_hash`),
  KEY `builders_projectid` (`projectid`),
  CONSTRAINT `fk_builders_projectid` FOREIGN KEY (`projectid`) REFERENCES `projects` (`id`) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `builder_masters` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `builderid` int(11) NOT NULL,
  `masterid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builder_masters_identity` (`builderid`,`masterid`),
  KEY `builder_masters_builderid` (`builderid`),
  KEY `builder_masters_masterid` (`masterid`),
  CONSTRAINT `builder_masters_ibfk_1` FOREIGN KEY (`builderid`) REFERENCES `builders` (`id`) ON DELETE CASCADE,
  CONSTRAINT `builder_masters_ibfk_2` FOREIGN KEY (`masterid`) REFERENCES `masters` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

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
  `rebuilt_buildid` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `buildsets_complete` (`complete`),
  KEY `buildsets_submitted_at` (`submitted_at`),
  KEY `parent_buildid` (`parent_buildid`),
  CONSTRAINT `parent_buildid` FOREIGN KEY (`parent_buildid`) REFERENCES `builds` (`id`) ON DELETE SET NULL,
  CONSTRAINT `rebuilt_buildid` FOREIGN KEY (`rebuilt_buildid`) REFERENCES `builds` (`id`) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(50) NOT NULL,
  `info` text NOT NULL,
  `paused` smallint(6) NOT NULL DEFAULT 0,
  `pause_reason` text DEFAULT NULL,
  `graceful` smallint(6) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `workers_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `configured_workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `buildermasterid` int(11) NOT NULL,
  `workerid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `configured_workers_identity` (`buildermasterid`,`workerid`),
  KEY `configured_workers_buildmasterid` (`buildermasterid`),
  KEY `configured_workers_workers` (`workerid`),
  CONSTRAINT `configured_workers_ibfk_1` FOREIGN KEY (`buildermasterid`) REFERENCES `builder_masters` (`id`) ON DELETE CASCADE,
  CONSTRAINT `configured_workers_ibfk_2` FOREIGN KEY (`workerid`) REFERENCES `workers` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `connected_workers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `masterid` int(11) NOT NULL,
  `workerid` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `connected_workers_identity` (`masterid`,`workerid`),
  KEY `connected_workers_masterid` (`masterid`),
  KEY `connected_workers_workers` (`workerid`),
  CONSTRAINT `connected_workers_ibfk_1` FOREIGN KEY (`masterid`) REFERENCES `masters` (`id`) ON DELETE CASCADE,
  CONSTRAINT `connected_workers_ibfk_2` FOREIGN KEY (`workerid`) REFERENCES `workers` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `builds` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `number` int(11) NOT NULL,
  `builderid` int(11) NOT NULL,
  `buildrequestid` int(11) NOT NULL,
  `workerid` int(11) DEFAULT NULL,
  `masterid` int(11) NOT NULL,
  `started_at` int(11) NOT NULL,
  `complete_at` int(11) DEFAULT NULL,
  `locks_duration_s` int(11) NOT NULL DEFAULT 0,
  `state_string` text NOT NULL,
  `results` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `builds_number` (`builderid`,`number`),
  KEY `builds_masterid` (`masterid`),
  KEY `builds_workerid` (`workerid`),
  KEY `builds_buildrequestid` (`buildrequestid`),
  CONSTRAINT `buildrequestid` FOREIGN KEY (`buildrequestid`) REFERENCES `buildrequests` (`id`) ON DELETE CASCADE,
  CONSTRAINT `builds_ibfk_1` FOREIGN KEY (`builderid`) REFERENCES `builders` (`id`) ON DELETE CASCADE,
  CONSTRAINT `builds_ibfk_2` FOREIGN KEY (`workerid`) REFERENCES `workers` (`id`) ON DELETE SET NULL,
  CONSTRAINT `builds_ibfk_3` FOREIGN KEY (`masterid`) REFERENCES `masters` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `masters` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `name_hash` varchar(40) NOT NULL,
  `active` int(11) NOT NULL,
  `last_active` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `master_name_hashes` (`name_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE `projects` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `name_hash` varchar(40) NOT NULL,
  `slug` varchar(50) NOT NULL,
  `description` text DEFAULT NULL,
  `description_format` text DEFAULT NULL,
  `description_html` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `projects_name_hash` (`name_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
