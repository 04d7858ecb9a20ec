CREATE TABLE {p}records (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (collection, key)
);
CREATE INDEX {p}records_order ON {p}records (collection, position);
