CREATE TABLE {p}users (
    sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    user_id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    external_id text COLLATE "C",
    username text COLLATE "C",
    first_name text COLLATE "C",
    last_name text COLLATE "C",
    primary_email_address text COLLATE "C",
    primary_phone_number text COLLATE "C",
    banned boolean NOT NULL,
    created_at bigint,
    updated_at bigint,
    last_active_at bigint,
    last_sign_in_at bigint,
    password_hasher text COLLATE "C",
    password_digest text COLLATE "C",
    secrets_key_id text COLLATE "C",
    secrets bytea,
    document text COLLATE "C" NOT NULL
);

CREATE TABLE {p}identifiers (
    user_id text COLLATE "C" NOT NULL REFERENCES {p}users (user_id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    exclusive boolean NOT NULL,
    PRIMARY KEY (user_id, kind, value)
);
CREATE UNIQUE INDEX {p}identifiers_exclusive ON {p}identifiers (kind, value) WHERE exclusive;
CREATE INDEX {p}identifiers_shared ON {p}identifiers (kind, value) WHERE NOT exclusive;

CREATE TABLE {p}memberships (
    user_id text COLLATE "C" NOT NULL REFERENCES {p}users (user_id) ON DELETE CASCADE,
    organization_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, organization_id)
);
CREATE INDEX {p}memberships_organization ON {p}memberships (organization_id, user_id);

CREATE TABLE {p}search (
    sequence bigint PRIMARY KEY REFERENCES {p}users (sequence) ON DELETE CASCADE,
    creation_order bigint NOT NULL,
    banned boolean NOT NULL,
    updated_at bigint,
    last_active_at bigint,
    last_sign_in_at bigint,
    first_name text COLLATE "C",
    last_name text COLLATE "C",
    username text COLLATE "C",
    email_address text COLLATE "C",
    phone_number text COLLATE "C",
    web3_wallet text COLLATE "C",
    email_address_text text COLLATE "C" NOT NULL,
    phone_number_text text COLLATE "C" NOT NULL,
    name_text text COLLATE "C" NOT NULL,
    search_text text COLLATE "C" NOT NULL
);
CREATE INDEX {p}search_creation ON {p}search (creation_order, sequence);
CREATE INDEX {p}search_banned ON {p}search (creation_order, sequence) WHERE banned;
CREATE INDEX {p}search_updated ON {p}search (updated_at DESC NULLS LAST, creation_order DESC, sequence DESC);
CREATE INDEX {p}search_active ON {p}search (last_active_at DESC NULLS LAST, creation_order DESC, sequence DESC);
CREATE INDEX {p}search_sign_in ON {p}search (last_sign_in_at DESC NULLS LAST, creation_order DESC, sequence DESC);

-- The extension `pg_trgm` is created before the first migration.
CREATE INDEX {p}search_trigrams ON {p}search USING gin (search_text gin_trgm_ops);
