CREATE TABLE {p}users (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    external_id TEXT,
    username TEXT,
    first_name TEXT,
    last_name TEXT,
    primary_email_address TEXT,
    primary_phone_number TEXT,
    banned INTEGER NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    last_active_at INTEGER,
    last_sign_in_at INTEGER,
    password_hasher TEXT,
    password_digest TEXT,
    secrets_key_id TEXT,
    secrets BLOB,
    document TEXT NOT NULL
);

CREATE TABLE {p}identifiers (
    user_id TEXT NOT NULL REFERENCES {p}users (user_id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    exclusive INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, value)
) WITHOUT ROWID;
CREATE UNIQUE INDEX {p}identifiers_exclusive ON {p}identifiers (kind, value) WHERE exclusive;
CREATE INDEX {p}identifiers_shared ON {p}identifiers (kind, value) WHERE NOT exclusive;

CREATE TABLE {p}memberships (
    user_id TEXT NOT NULL REFERENCES {p}users (user_id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    PRIMARY KEY (user_id, organization_id)
) WITHOUT ROWID;
CREATE INDEX {p}memberships_organization ON {p}memberships (organization_id, user_id);

CREATE TABLE {p}search (
    sequence INTEGER PRIMARY KEY REFERENCES {p}users (sequence) ON DELETE CASCADE,
    creation_order INTEGER NOT NULL,
    banned INTEGER NOT NULL,
    updated_at INTEGER,
    last_active_at INTEGER,
    last_sign_in_at INTEGER,
    first_name TEXT,
    last_name TEXT,
    username TEXT,
    email_address TEXT,
    phone_number TEXT,
    web3_wallet TEXT,
    email_address_text TEXT NOT NULL,
    phone_number_text TEXT NOT NULL,
    name_text TEXT NOT NULL,
    search_text TEXT NOT NULL
);
CREATE INDEX {p}search_creation ON {p}search (creation_order, sequence);
CREATE INDEX {p}search_banned ON {p}search (creation_order, sequence) WHERE banned;
CREATE INDEX {p}search_updated ON {p}search (updated_at, creation_order, sequence);
CREATE INDEX {p}search_active ON {p}search (last_active_at, creation_order, sequence);
CREATE INDEX {p}search_sign_in ON {p}search (last_sign_in_at, creation_order, sequence);

-- The texts are folded already, so the index compares case-sensitively. Positions are not stored: matches are verified.
CREATE VIRTUAL TABLE {p}search_trigrams USING fts5 (
    search_text,
    content = '{p}search',
    content_rowid = 'sequence',
    tokenize = 'trigram case_sensitive 1',
    detail = 'none',
    columnsize = 0
);
CREATE TRIGGER {p}search_after_insert AFTER INSERT ON {p}search BEGIN
    INSERT INTO {p}search_trigrams (rowid, search_text) VALUES (new.sequence, new.search_text);
END;
CREATE TRIGGER {p}search_after_delete AFTER DELETE ON {p}search BEGIN
    INSERT INTO {p}search_trigrams ({p}search_trigrams, rowid, search_text)
    VALUES ('delete', old.sequence, old.search_text);
END;
CREATE TRIGGER {p}search_after_update AFTER UPDATE OF search_text ON {p}search
WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO {p}search_trigrams ({p}search_trigrams, rowid, search_text)
    VALUES ('delete', old.sequence, old.search_text);
    INSERT INTO {p}search_trigrams (rowid, search_text) VALUES (new.sequence, new.search_text);
END;
