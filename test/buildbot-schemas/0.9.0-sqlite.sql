-- The scheduler tables as a Buildbot 0.9.0 master creates them in SQLite.
CREATE TABLE buildrequests (
	id INTEGER NOT NULL,
	buildsetid INTEGER NOT NULL,
	builderid INTEGER NOT NULL,
	priority INTEGER DEFAULT '0' NOT NULL,
	complete INTEGER DEFAULT '0',
	results SMALLINT,
	submitted_at INTEGER NOT NULL,
	complete_at INTEGER,
	waited_for SMALLINT DEFAULT '0',
	PRIMARY KEY (id),
	FOREIGN KEY(buildsetid) REFERENCES buildsets (id),
	FOREIGN KEY(builderid) REFERENCES builders (id)
);
CREATE INDEX buildrequests_builderid ON buildrequests (builderid);
CREATE INDEX buildrequests_complete ON buildrequests (complete);
CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid);
CREATE TABLE buildrequest_claims (
	brid INTEGER NOT NULL,
	masterid INTEGER NOT NULL,
	claimed_at INTEGER NOT NULL,
	FOREIGN KEY(brid) REFERENCES buildrequests (id),
	FOREIGN KEY(masterid) REFERENCES masters (id)
);
CREATE UNIQUE INDEX buildrequest_claims_brids ON buildrequest_claims (brid);
CREATE TABLE builders (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	name_hash VARCHAR(40) NOT NULL,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX builder_name_hash ON builders (name_hash);
CREATE TABLE builder_masters (
	id INTEGER NOT NULL,
	builderid INTEGER NOT NULL,
	masterid INTEGER NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(builderid) REFERENCES builders (id),
	FOREIGN KEY(masterid) REFERENCES masters (id)
);
CREATE INDEX builder_masters_builderid ON builder_masters (builderid);
CREATE INDEX builder_masters_masterid ON builder_masters (masterid);
CREATE UNIQUE INDEX builder_masters_identity ON builder_masters (builderid, masterid);
CREATE TABLE masters (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	name_hash VARCHAR(40) NOT NULL,
	active INTEGER NOT NULL,
	last_active INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX master_name_hashes ON masters (name_hash);
CREATE TABLE workers (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	info TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX workers_name ON workers (name);
CREATE TABLE configured_workers (
	id INTEGER NOT NULL,
	buildermasterid INTEGER NOT NULL,
	workerid INTEGER NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(buildermasterid) REFERENCES builder_masters (id),
	FOREIGN KEY(workerid) REFERENCES workers (id)
);
CREATE INDEX configured_workers_buildmasterid ON configured_workers (buildermasterid);
CREATE UNIQUE INDEX configured_workers_identity ON configured_workers (buildermasterid, workerid);
CREATE INDEX configured_workers_workers ON configured_workers (workerid);
CREATE TABLE connected_workers (
	id INTEGER NOT NULL,
	masterid INTEGER NOT NULL,
	workerid INTEGER NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(masterid) REFERENCES masters (id),
	FOREIGN KEY(workerid) REFERENCES workers (id)
);
CREATE INDEX connected_workers_masterid ON connected_workers (masterid);
CREATE INDEX connected_workers_workers ON connected_workers (workerid);
CREATE UNIQUE INDEX connected_workers_identity ON connected_workers (masterid, workerid);
CREATE TABLE builds (
	id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	builderid INTEGER NOT NULL,
	buildrequestid INTEGER NOT NULL,
	workerid INTEGER,
	masterid INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	complete_at INTEGER,
	state_string TEXT NOT NULL,
	results INTEGER,
	PRIMARY KEY (id),
	FOREIGN KEY(builderid) REFERENCES builders (id),
	CONSTRAINT buildrequestid FOREIGN KEY(buildrequestid) REFERENCES buildrequests (id),
	FOREIGN KEY(workerid) REFERENCES workers (id),
	FOREIGN KEY(masterid) REFERENCES masters (id)
);
CREATE UNIQUE INDEX builds_number ON builds (builderid, number);
CREATE INDEX builds_workerid ON builds (workerid);
CREATE INDEX builds_buildrequestid ON builds (buildrequestid);
CREATE INDEX builds_masterid ON builds (masterid);
CREATE TABLE buildsets (
	id INTEGER NOT NULL,
	external_idstring VARCHAR(256),
	reason VARCHAR(256),
	submitted_at INTEGER NOT NULL,
	complete SMALLINT DEFAULT '0' NOT NULL,
	complete_at INTEGER,
	results SMALLINT,
	parent_buildid INTEGER,
	parent_relationship TEXT,
	PRIMARY KEY (id),
	CONSTRAINT parent_buildid FOREIGN KEY(parent_buildid) REFERENCES builds (id)
);
CREATE INDEX buildsets_complete ON buildsets (complete);
CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at);
