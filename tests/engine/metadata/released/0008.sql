BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE storage_audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	bucket_id TEXT, 
	path TEXT NOT NULL, 
	detail TEXT NOT NULL
, user_id TEXT, role TEXT, bucket TEXT, result TEXT DEFAULT 'done' NOT NULL, request_id TEXT, remote_address TEXT, hash BLOB);
INSERT INTO "storage_audit" VALUES(1,1795733547199003,'holdall','cleanup.set-aside','01a21a0f-6893-7a79-8604-123acb3f52fa','01a21a0f-6893-7a79-8604-123acb3f52fa/2026/old.bin','{"size_bytes": 9}',NULL,NULL,NULL,'done',NULL,NULL,NULL);
CREATE TABLE storage_buckets (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	owner_id TEXT, 
	public BOOLEAN NOT NULL, 
	file_size_limit BIGINT, 
	allowed_mime_types JSON NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, keep_versions INTEGER, keep_days INTEGER, trash_days INTEGER, 
	CONSTRAINT pk_storage_buckets PRIMARY KEY (id), 
	CONSTRAINT uq_storage_buckets_name UNIQUE (name)
);
INSERT INTO "storage_buckets" VALUES('01a21a0f-6893-7a79-8604-123acb3f52fa','photos','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',1,20000000,'["image/*", "text/plain"]',1795733547155821,1795733547155821,5,NULL,30);
INSERT INTO "storage_buckets" VALUES('01a21a0f-689a-7547-b8d2-f910461034db','Akten ü','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',0,NULL,'[]',1795733547162658,1795733547162658,NULL,NULL,NULL);
INSERT INTO "storage_buckets" VALUES('01a21a0f-689f-7ba2-bd10-8c03eb11ee0a','empty','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',0,NULL,'[]',1795733547167757,1795733547167757,NULL,NULL,NULL);
CREATE TABLE storage_commits (
	kind TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	CONSTRAINT pk_storage_commits PRIMARY KEY (kind)
);
INSERT INTO "storage_commits" VALUES('changes',0);
INSERT INTO "storage_commits" VALUES('quiet',0);
CREATE TABLE storage_events (
	id INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_storage_events PRIMARY KEY (id)
);
INSERT INTO "storage_events" VALUES(0,0,0,X'5B5D');
CREATE TABLE storage_journal (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	staging TEXT NOT NULL, 
	items JSON NOT NULL, 
	created_at BIGINT NOT NULL
);
INSERT INTO "storage_journal" VALUES(5,'remove','','["gone/key"]',1);
CREATE TABLE storage_object_versions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	object_id TEXT NOT NULL, 
	bucket_id TEXT NOT NULL, 
	parent TEXT NOT NULL, 
	leaf TEXT NOT NULL, 
	owner_id TEXT, 
	size_bytes BIGINT NOT NULL, 
	mime_type TEXT NOT NULL, 
	checksum TEXT NOT NULL, 
	cache_control TEXT NOT NULL, 
	user_metadata TEXT NOT NULL, 
	version TEXT NOT NULL, 
	physical_path TEXT, 
	journal_id BIGINT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	modified_at BIGINT, 
	valid_from BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	in_trash BOOLEAN NOT NULL, 
	CONSTRAINT fk_storage_object_versions_bucket_id FOREIGN KEY(bucket_id) REFERENCES storage_buckets (id)
);
INSERT INTO "storage_object_versions" VALUES(1,'01a21a0f-68a7-7e44-b66f-8006adb73223','01a21a0f-6893-7a79-8604-123acb3f52fa','2026/','cat.txt','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',3,'text/plain','7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed','max-age=60','{"who": "Minka"}','01a21a0f-0000-7e44-b66f-8006adb73223','.versions/01a21a0f-6893-7a79-8604-123acb3f52fa/2026/cat.txt/01a21a0f-0000-7e44-b66f-8006adb73223',NULL,1795733547177943,1795733547177943,NULL,1795733547177943,1795733547178943,'replaced',0);
CREATE TABLE storage_objects (
	id TEXT NOT NULL, 
	bucket_id TEXT NOT NULL, 
	parent TEXT NOT NULL, 
	leaf TEXT NOT NULL, 
	owner_id TEXT, 
	size_bytes BIGINT NOT NULL, 
	mime_type TEXT NOT NULL, 
	checksum TEXT NOT NULL, 
	cache_control TEXT NOT NULL, 
	user_metadata TEXT NOT NULL, 
	version TEXT NOT NULL, 
	physical_path TEXT NOT NULL, 
	journal_id BIGINT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	modified_at BIGINT, valid_from BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_storage_objects PRIMARY KEY (id), 
	CONSTRAINT fk_storage_objects_bucket_id FOREIGN KEY(bucket_id) REFERENCES storage_buckets (id)
);
INSERT INTO "storage_objects" VALUES('01a21a0f-68a7-7e44-b66f-8006adb73223','01a21a0f-6893-7a79-8604-123acb3f52fa','2026/','cat.txt','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',4,'text/plain','404cdd7bc109c432f8cc2443b45bcfe95980f5107215c645236e577929ac3e52','max-age=60','{"who": "Minka"}','01a21a0f-68a7-7e44-b66f-8006adb73223','01a21a0f-6893-7a79-8604-123acb3f52fa/2026/cat.txt',1,1795733547178943,1795733547178943,NULL,1795733547178943);
INSERT INTO "storage_objects" VALUES('01a21a0f-68b7-789b-a9cd-70d53dc3e94b','01a21a0f-6893-7a79-8604-123acb3f52fa','a//','b','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',11,'text/plain','987f94c13a2ffaf1c7757b7cc01acdf72d68334a808c564273e5b84640850511','no-cache','{}','01a21a0f-68b7-789b-a9cd-70d53dc3e94b','01a21a0f-6893-7a79-8604-123acb3f52fa/a/%/b',2,1795733547199300,1795733547199300,NULL,1795733547199300);
INSERT INTO "storage_objects" VALUES('01a21a0f-68c8-7215-9e44-76015e906464','01a21a0f-689a-7547-b8d2-f910461034db','Übersicht/','100%.txt','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',7,'text/plain','e30af24e0a2fbccccc049b50325be6baaa0fcd76406f2a96c4d28e7773d5c4b1','no-cache','{}','01a21a0f-68c8-7215-9e44-76015e906464','01a21a0f-689a-7547-b8d2-f910461034db/Übersicht/100%25.txt',3,1795733547210207,1795733547210207,NULL,1795733547210207);
INSERT INTO "storage_objects" VALUES('01a21a0f-68ce-7c36-84b8-0ab9823299e8','01a21a0f-689a-7547-b8d2-f910461034db','leer/','','6f28e34e-c8b6-4fc6-8f54-ee61a3859350',0,'application/x-directory','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855','no-cache','{}','01a21a0f-68ce-7c36-84b8-0ab9823299e8','01a21a0f-689a-7547-b8d2-f910461034db/leer/%',4,1795733547216244,1795733547216244,NULL,1795733547216244);
CREATE TABLE storage_orphans (
	"key" TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	since BIGINT NOT NULL, 
	CONSTRAINT pk_storage_orphans PRIMARY KEY ("key")
);
INSERT INTO "storage_orphans" VALUES('01a21a0f-6893-7a79-8604-123acb3f52fa/2026/stray.bin',7,1795733547199001);
CREATE TABLE storage_policies (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	table_name TEXT NOT NULL, 
	bucket_id TEXT, 
	command TEXT NOT NULL, 
	permissive BOOLEAN NOT NULL, 
	roles JSON NOT NULL, 
	using_text TEXT, 
	check_text TEXT, 
	enabled BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_storage_policies PRIMARY KEY (id), 
	CONSTRAINT fk_storage_policies_bucket_id FOREIGN KEY(bucket_id) REFERENCES storage_buckets (id)
);
INSERT INTO "storage_policies" VALUES('b51f07b1-5658-4abd-86a2-eb20d26bd9ec','Owners may do everything with their own objects in photos','objects','01a21a0f-6893-7a79-8604-123acb3f52fa','ALL',1,'["authenticated"]','owner_id = (select auth.uid()::text)','owner_id = (select auth.uid()::text)',1,1795775079333348,1795775079333348);
INSERT INTO "storage_policies" VALUES('77d39c64-c186-487a-bef1-10cdc3c0f07c','Owners may do everything with their own objects in Akten ü','objects','01a21a0f-689a-7547-b8d2-f910461034db','ALL',1,'["authenticated"]','owner_id = (select auth.uid()::text)','owner_id = (select auth.uid()::text)',1,1795775079333348,1795775079333348);
INSERT INTO "storage_policies" VALUES('9ac2d329-ed14-4e34-8ee3-f5255f8bb2c5','Owners may do everything with their own objects in empty','objects','01a21a0f-689f-7ba2-bd10-8c03eb11ee0a','ALL',1,'["authenticated"]','owner_id = (select auth.uid()::text)','owner_id = (select auth.uid()::text)',1,1795775079333348,1795775079333348);
CREATE TABLE storage_quarantine (
	version TEXT NOT NULL, 
	object_id TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_storage_quarantine PRIMARY KEY (version)
);
INSERT INTO "storage_quarantine" VALUES('01a21a0f-68a7-7e44-b66f-8006adb73223','01a21a0f-68a7-7e44-b66f-8006adb73223',1795733547199002,'damaged','its bytes have the SHA-256 0000');
CREATE TABLE storage_resumable_uploads (
	id TEXT NOT NULL, 
	bucket_id TEXT NOT NULL, 
	path TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	size_bytes BIGINT, 
	offset_bytes BIGINT NOT NULL, 
	mime_type TEXT, 
	cache_control TEXT NOT NULL, 
	user_metadata TEXT NOT NULL, 
	modified_at BIGINT, 
	replaces BOOLEAN NOT NULL, 
	note TEXT NOT NULL, 
	object_id TEXT, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_storage_resumable_uploads PRIMARY KEY (id), 
	CONSTRAINT fk_storage_resumable_uploads_bucket_id FOREIGN KEY(bucket_id) REFERENCES storage_buckets (id) ON DELETE CASCADE
);
INSERT INTO "storage_resumable_uploads" VALUES('01a21a0f-6893-7a79-8604-000000000007','01a21a0f-6893-7a79-8604-123acb3f52fa','2026/film.txt','user:a11ce000-0000-4000-8000-000000000001',9000,4096,'text/plain','no-cache','{}',NULL,0,'',NULL,1795733547155821,1795819947155821);
INSERT INTO "storage_resumable_uploads" VALUES('q0TslVbXn2bq1mWcXcEDVyGQDJ8zzk0V','01a21a0f-6893-7a79-8604-123acb3f52fa','2026/film0.bin','["caller", "authenticated", "a11ce000-0000-4000-8000-000000000001"]',5000,0,NULL,'no-cache','{}',NULL,0,'',NULL,1795733547216244,253402300799000000);
INSERT INTO "storage_resumable_uploads" VALUES('xv1m4H9yZ6cUe0oJt2sKqR5dWnPb8LfA','01a21a0f-6893-7a79-8604-123acb3f52fa','2026/film1.bin','["caller", "anon", null]',5000,0,NULL,'no-cache','{}',NULL,0,'',NULL,1795733547216244,253402300799000000);
CREATE TABLE storage_search_stale (
	place INTEGER NOT NULL, 
	leaf TEXT NOT NULL, 
	CONSTRAINT pk_storage_search_stale PRIMARY KEY (place)
);
CREATE TABLE storage_search_state (
	id INTEGER NOT NULL, 
	indexed_to BIGINT NOT NULL, 
	CONSTRAINT pk_storage_search_state PRIMARY KEY (id)
);
INSERT INTO "storage_search_state" VALUES(1,0);
CREATE TABLE storage_settings (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_storage_settings PRIMARY KEY (name)
);
INSERT INTO "storage_settings" VALUES('owner_id','6f28e34e-c8b6-4fc6-8f54-ee61a3859350');
CREATE TABLE storage_signing_keys (
	id TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	secret_name TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	retires_at BIGINT, 
	CONSTRAINT pk_storage_signing_keys PRIMARY KEY (id)
);
CREATE TABLE storage_tokens (
	id TEXT NOT NULL, 
	user_id TEXT, 
	role TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	CONSTRAINT pk_storage_tokens PRIMARY KEY (id)
);
INSERT INTO "storage_tokens" VALUES('01a21a0f-6893-7a79-8604-000000000001','a11ce000-0000-4000-8000-000000000001','authenticated',1795733547155821,NULL,NULL);
CREATE TABLE storage_users (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	claims TEXT NOT NULL, 
	password_hash TEXT, 
	tokens_from BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_storage_users PRIMARY KEY (id), 
	CONSTRAINT uq_storage_users_name UNIQUE (name)
);
INSERT INTO "storage_users" VALUES('a11ce000-0000-4000-8000-000000000001','alice','authenticated','{"team": "blue"}',NULL,0,1795733547155821,1795733547155821);
CREATE UNIQUE INDEX ux_storage_objects_path ON storage_objects (bucket_id, parent, leaf);
CREATE INDEX ix_storage_object_versions_path ON storage_object_versions (bucket_id, parent, leaf, valid_to);
CREATE INDEX ix_storage_object_versions_age ON storage_object_versions (bucket_id, valid_to);
CREATE INDEX ix_storage_object_versions_version ON storage_object_versions (version);
CREATE INDEX ix_storage_audit_at ON storage_audit (at);
CREATE INDEX ix_storage_object_versions_trash ON storage_object_versions (bucket_id, id) WHERE in_trash = 1;
CREATE UNIQUE INDEX ux_storage_policies_name ON storage_policies (table_name, name);
CREATE INDEX ix_storage_policies_bucket_id ON storage_policies (bucket_id);
CREATE INDEX ix_storage_tokens_user_id ON storage_tokens (user_id);
CREATE INDEX ix_storage_audit_refused ON storage_audit (at) WHERE result <> 'done';
CREATE TRIGGER storage_audit_unchanged BEFORE UPDATE ON storage_audit BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER storage_audit_kept BEFORE DELETE ON storage_audit WHEN NOT EXISTS (SELECT 1 FROM storage_settings WHERE name = 'audit_pruning') BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE INDEX ix_storage_objects_owner ON storage_objects (bucket_id, owner_id, parent, leaf);
CREATE TRIGGER storage_search_renamed AFTER UPDATE OF leaf ON storage_objects WHEN OLD.leaf <> NEW.leaf AND OLD.rowid <= (SELECT indexed_to FROM storage_search_state) BEGIN INSERT INTO storage_search_stale SELECT OLD.rowid, OLD.leaf WHERE NOT EXISTS (SELECT 1 FROM storage_search_stale WHERE place = OLD.rowid); END;
CREATE TRIGGER storage_search_deleted AFTER DELETE ON storage_objects WHEN OLD.rowid <= (SELECT indexed_to FROM storage_search_state) BEGIN INSERT INTO storage_search_stale SELECT OLD.rowid, OLD.leaf WHERE NOT EXISTS (SELECT 1 FROM storage_search_stale WHERE place = OLD.rowid); END;
CREATE INDEX ix_storage_resumable_uploads_age ON storage_resumable_uploads (expires_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('storage_journal',5);
INSERT INTO "sqlite_sequence" VALUES('storage_object_versions',1);
INSERT INTO "sqlite_sequence" VALUES('storage_audit',1);
COMMIT;
