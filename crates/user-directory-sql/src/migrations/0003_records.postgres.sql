CREATE TABLE {p}records (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    UNIQUE (collection, key)
);
CREATE INDEX {p}records_order ON {p}records (collection, position);
