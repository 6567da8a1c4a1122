-- The scheduler tables as a Buildbot 4.3 master creates them in PostgreSQL.
CREATE TABLE buildrequests (
	id SERIAL NOT NULL,
	buildsetid INTEGER NOT NULL,
	builderid INTEGER NOT NULL,
	priority INTEGER DEFAULT '0' NOT NULL,
	complete INTEGER DEFAULT '0',
	results SMALLINT,
	submitted_at INTEGER NOT NULL,
	complete_at INTEGER,
	waited_for SMALLINT DEFAULT '0',
	PRIMARY KEY (id)
);
CREATE INDEX buildrequests_builderid ON buildrequests (builderid);
CREATE INDEX buildrequests_complete ON buildrequests (complete);
CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid);
CREATE TABLE buildrequest_claims (
	brid INTEGER NOT NULL,
	masterid INTEGER NOT NULL,
	claimed_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX buildrequest_claims_brids ON buildrequest_claims (brid);
CREATE INDEX ix_buildrequest_claims_masterid ON buildrequest_claims (masterid);
CREATE TABLE builders (
	id SERIAL NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	description_format TEXT,
	description_html TEXT,
	projectid INTEGER,
	name_hash VARCHAR(40) NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX builders_projectid ON builders (projectid);
CREATE UNIQUE INDEX builder_name_hash ON builders (name_hash);
CREATE TABLE builder_masters (
	id SERIAL NOT NULL,
	builderid INTEGER NOT NULL,
	masterid INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX builder_masters_builderid ON builder_masters (builderid);
CREATE INDEX builder_masters_masterid ON builder_masters (masterid);
CREATE UNIQUE INDEX builder_masters_identity ON builder_masters (builderid, masterid);
CREATE TABLE masters (
	id SERIAL NOT NULL,
	name TEXT NOT NULL,
	name_hash VARCHAR(40) NOT NULL,
	active INTEGER NOT NULL,
	last_active INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX master_name_hashes ON masters (name_hash);
CREATE TABLE workers (
	id SERIAL NOT NULL,
	name VARCHAR(50) NOT NULL,
	info TEXT NOT NULL,
	paused SMALLINT DEFAULT '0' NOT NULL,
	pause_reason TEXT,
	graceful SMALLINT DEFAULT '0' NOT NULL,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX workers_name ON workers (name);
CREATE TABLE configured_workers (
	id SERIAL NOT NULL,
	buildermasterid INTEGER NOT NULL,
	workerid INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX configured_workers_buildmasterid ON configured_workers (buildermasterid);
CREATE UNIQUE INDEX configured_workers_identity ON configured_workers (buildermasterid, workerid);
CREATE INDEX configured_workers_workers ON configured_workers (workerid);
CREATE TABLE connected_workers (
	id SERIAL NOT NULL,
	masterid INTEGER NOT NULL,
	workerid INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX connected_workers_masterid ON connected_workers (masterid);
CREATE INDEX connected_workers_workers ON connected_workers (workerid);
CREATE UNIQUE INDEX connected_workers_identity ON connected_workers (masterid, workerid);
CREATE TABLE builds (
	id SERIAL NOT NULL,
	number INTEGER NOT NULL,
	builderid INTEGER NOT NULL,
	buildrequestid INTEGER NOT NULL,
	workerid INTEGER,
	masterid INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	complete_at INTEGER,
	locks_duration_s INTEGER DEFAULT '0' NOT NULL,
	state_string TEXT NOT NULL,
	results INTEGER,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX builds_number ON builds (builderid, number);
CREATE INDEX builds_workerid ON builds (workerid);
CREATE INDEX builds_buildrequestid ON builds (buildrequestid);
CREATE INDEX builds_masterid ON builds (masterid);
CREATE TABLE buildsets (
	id SERIAL NOT NULL,
	external_idstring VARCHAR(256),
	reason VARCHAR(256),
	submitted_at INTEGER NOT NULL,
	complete SMALLINT DEFAULT '0' NOT NULL,
	complete_at INTEGER,
	results SMALLINT,
	parent_buildid INTEGER,
	parent_relationship TEXT,
	rebuilt_buildid INTEGER,
	PRIMARY KEY (id)
);
CREATE INDEX buildsets_complete ON buildsets (complete);
CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at);
CREATE TABLE projects (
	id SERIAL NOT NULL,
	name TEXT NOT NULL,
	name_hash VARCHAR(40) NOT NULL,
	slug VARCHAR(50) NOT NULL,
	description TEXT,
	description_format TEXT,
	description_html TEXT,
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX projects_name_hash ON projects (name_hash);
ALTER TABLE buildrequests ADD CONSTRAINT buildrequests_buildsetid_fkey FOREIGN KEY(buildsetid) REFERENCES buildsets (id) ON DELETE CASCADE;
ALTER TABLE buildrequests ADD CONSTRAINT buildrequests_builderid_fkey FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE;
ALTER TABLE buildrequest_claims ADD CONSTRAINT buildrequest_claims_brid_fkey FOREIGN KEY(brid) REFERENCES buildrequests (id) ON DELETE CASCADE;
ALTER TABLE buildrequest_claims ADD CONSTRAINT buildrequest_claims_masterid_fkey FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE;
ALTER TABLE builders ADD CONSTRAINT fk_builders_projectid FOREIGN KEY(projectid) REFERENCES projects (id) ON DELETE SET NULL;
ALTER TABLE builder_masters ADD CONSTRAINT builder_masters_builderid_fkey FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE;
ALTER TABLE builder_masters ADD CONSTRAINT builder_masters_masterid_fkey FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE;
ALTER TABLE configured_workers ADD CONSTRAINT configured_workers_buildermasterid_fkey FOREIGN KEY(buildermasterid) REFERENCES builder_masters (id) ON DELETE CASCADE;
ALTER TABLE configured_workers ADD CONSTRAINT configured_workers_workerid_fkey FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE CASCADE;
ALTER TABLE connected_workers ADD CONSTRAINT connected_workers_masterid_fkey FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE;
ALTER TABLE connected_workers ADD CONSTRAINT connected_workers_workerid_fkey FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE CASCADE;
ALTER TABLE builds ADD CONSTRAINT builds_builderid_fkey FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE;
ALTER TABLE builds ADD CONSTRAINT buildrequestid FOREIGN KEY(buildrequestid) REFERENCES buildrequests (id) ON DELETE CASCADE;
ALTER TABLE builds ADD CONSTRAINT builds_workerid_fkey FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE SET NULL;
ALTER TABLE builds ADD CONSTRAINT builds_masterid_fkey FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE;
ALTER TABLE buildsets ADD CONSTRAINT parent_buildid FOREIGN KEY(parent_buildid) REFERENCES builds (id) ON DELETE SET NULL;
ALTER TABLE buildsets ADD CONSTRAINT rebuilt_buildid FOREIGN KEY(rebuilt_buildid) REFERENCES builds (id) ON DELETE SET NULL;
