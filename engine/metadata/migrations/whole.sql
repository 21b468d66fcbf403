-- What an empty database gets at once, instead of all migrations one after another. A test holds it to them.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
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
CREATE UNIQUE INDEX ux_storage_objects_path ON storage_objects (bucket_id, parent, leaf);
CREATE TABLE storage_journal (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	staging TEXT NOT NULL, 
	items JSON NOT NULL, 
	created_at BIGINT NOT NULL
);
CREATE TABLE storage_settings (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_storage_settings PRIMARY KEY (name)
);
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
CREATE INDEX ix_storage_object_versions_path ON storage_object_versions (bucket_id, parent, leaf, valid_to);
CREATE INDEX ix_storage_object_versions_age ON storage_object_versions (bucket_id, valid_to);
CREATE INDEX ix_storage_object_versions_version ON storage_object_versions (version);
CREATE TABLE storage_orphans (
	"key" TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	since BIGINT NOT NULL, 
	CONSTRAINT pk_storage_orphans PRIMARY KEY ("key")
);
CREATE TABLE storage_quarantine (
	version TEXT NOT NULL, 
	object_id TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_storage_quarantine PRIMARY KEY (version)
);
CREATE TABLE storage_audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	bucket_id TEXT, 
	path TEXT NOT NULL, 
	detail TEXT NOT NULL
, user_id TEXT, role TEXT, bucket TEXT, result TEXT DEFAULT 'done' NOT NULL, request_id TEXT, remote_address TEXT, hash BLOB);
CREATE INDEX ix_storage_audit_at ON storage_audit (at);
CREATE INDEX ix_storage_object_versions_trash ON storage_object_versions (bucket_id, id) WHERE in_trash = 1;
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
CREATE UNIQUE INDEX ux_storage_policies_name ON storage_policies (table_name, name);
CREATE INDEX ix_storage_policies_bucket_id ON storage_policies (bucket_id);
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
CREATE TABLE storage_tokens (
	id TEXT NOT NULL, 
	user_id TEXT, 
	role TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	CONSTRAINT pk_storage_tokens PRIMARY KEY (id)
);
CREATE INDEX ix_storage_tokens_user_id ON storage_tokens (user_id);
CREATE TABLE storage_signing_keys (
	id TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	secret_name TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	retires_at BIGINT, 
	CONSTRAINT pk_storage_signing_keys PRIMARY KEY (id)
);
CREATE INDEX ix_storage_audit_refused ON storage_audit (at) WHERE result <> 'done';
CREATE TRIGGER storage_audit_unchanged BEFORE UPDATE ON storage_audit BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER storage_audit_kept BEFORE DELETE ON storage_audit WHEN NOT EXISTS (SELECT 1 FROM storage_settings WHERE name = 'audit_pruning') BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TABLE storage_commits (
	kind TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	CONSTRAINT pk_storage_commits PRIMARY KEY (kind)
);
CREATE INDEX ix_storage_objects_owner ON storage_objects (bucket_id, owner_id, parent, leaf);
CREATE TABLE storage_search_state (
	id INTEGER NOT NULL, 
	indexed_to BIGINT NOT NULL, 
	CONSTRAINT pk_storage_search_state PRIMARY KEY (id)
);
CREATE TABLE storage_search_stale (
	place INTEGER NOT NULL, 
	leaf TEXT NOT NULL, 
	CONSTRAINT pk_storage_search_stale PRIMARY KEY (place)
);
CREATE TRIGGER storage_search_renamed AFTER UPDATE OF leaf ON storage_objects WHEN OLD.leaf <> NEW.leaf AND OLD.rowid <= (SELECT indexed_to FROM storage_search_state) BEGIN INSERT INTO storage_search_stale SELECT OLD.rowid, OLD.leaf WHERE NOT EXISTS (SELECT 1 FROM storage_search_stale WHERE place = OLD.rowid); END;
CREATE TRIGGER storage_search_deleted AFTER DELETE ON storage_objects WHEN OLD.rowid <= (SELECT indexed_to FROM storage_search_state) BEGIN INSERT INTO storage_search_stale SELECT OLD.rowid, OLD.leaf WHERE NOT EXISTS (SELECT 1 FROM storage_search_stale WHERE place = OLD.rowid); END;
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
	expires_at BIGINT NOT NULL, counted_for TEXT, finishing TEXT, refusal TEXT, 
	CONSTRAINT pk_storage_resumable_uploads PRIMARY KEY (id), 
	CONSTRAINT fk_storage_resumable_uploads_bucket_id FOREIGN KEY(bucket_id) REFERENCES storage_buckets (id) ON DELETE CASCADE
);
CREATE INDEX ix_storage_resumable_uploads_age ON storage_resumable_uploads (expires_at);
CREATE TABLE storage_events (
	id INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_storage_events PRIMARY KEY (id)
);
CREATE INDEX ix_storage_resumable_uploads_counted ON storage_resumable_uploads (counted_for, expires_at) WHERE counted_for IS NOT NULL;
CREATE INDEX ix_storage_resumable_uploads_finishing ON storage_resumable_uploads (created_at) WHERE finishing IS NOT NULL;
INSERT INTO alembic_version VALUES ('0009');
INSERT INTO storage_commits VALUES ('changes', 0);
INSERT INTO storage_commits VALUES ('quiet', 0);
INSERT INTO storage_search_state VALUES (1, 0);
INSERT INTO storage_events VALUES (0, 0, 0, x'5b5d');
