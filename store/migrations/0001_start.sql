-- Everything the first version keeps. Types and statements are those that
-- SQLite and PostgreSQL both accept. Times are milliseconds since 1970 unless a
-- column says minutes; 0 means never. Ids that are numbers are given out by the
-- program and never used twice.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE sources (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    rate_limit BIGINT NOT NULL,
    from_file  BOOLEAN NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE write_keys (
    write_key TEXT PRIMARY KEY,
    source    TEXT NOT NULL REFERENCES sources (id),
    place     BIGINT NOT NULL -- in the source's list, from 0
);
CREATE INDEX write_keys_source ON write_keys (source);

CREATE TABLE destinations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    source     TEXT NOT NULL REFERENCES sources (id),
    type       TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    settings   BYTEA NOT NULL, -- encrypted JSON
    from_file  BOOLEAN NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX destinations_source ON destinations (source);

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE, -- lower case
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    password   TEXT NOT NULL, -- argon2id with its parameters
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY, -- SHA-256 of the cookie
    user_id    TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE, -- SHA-256 of the secret
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id         BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_role TEXT NOT NULL,
    action     TEXT NOT NULL,
    target     TEXT NOT NULL,
    detail     TEXT NOT NULL -- JSON, never a secret
);
CREATE INDEX audit_target ON audit (target, id);

-- What is counted has a number, so that a count is three numbers and a second's
-- worth of them touches few pages.
CREATE TABLE count_keys (
    id          BIGINT PRIMARY KEY,
    source      TEXT NOT NULL,
    type        TEXT NOT NULL,
    name        TEXT NOT NULL,
    destination TEXT NOT NULL,
    reason      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    UNIQUE (source, destination, type, name, reason, outcome)
);

-- Counts are added to their minute and to their hour at once; hours become days
-- when they are old. "at" is minutes since 1970.
CREATE TABLE count_minutes (
    at     BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (at, key_id)
);
CREATE TABLE count_hours (
    at     BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (at, key_id)
);
CREATE TABLE count_days (
    at     BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (at, key_id)
);

CREATE TABLE source_activity (
    source        TEXT PRIMARY KEY,
    last_event_at BIGINT NOT NULL
);

-- The newest events of each source, for the debugger. Ids sort by time.
CREATE TABLE debugger_events (
    id           TEXT PRIMARY KEY,
    source       TEXT NOT NULL,
    received_at  BIGINT NOT NULL,
    part         BIGINT NOT NULL, -- part, seq, idx: position in the raw log
    seq          BIGINT NOT NULL,
    idx          BIGINT NOT NULL,
    type         TEXT NOT NULL,
    name         TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    anonymous_id TEXT NOT NULL,
    reason       TEXT NOT NULL,
    note         TEXT NOT NULL,
    json         BYTEA NOT NULL
);
CREATE INDEX debugger_events_source ON debugger_events (source, id);

-- Up to where in the raw log the counts and the debugger have seen everything.
CREATE TABLE observed (
    part BIGINT PRIMARY KEY,
    seq  BIGINT NOT NULL
);

CREATE TABLE cursors (
    destination TEXT NOT NULL,
    part        BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    idx         BIGINT NOT NULL,
    PRIMARY KEY (destination, part)
);

CREATE TABLE parked (
    destination TEXT NOT NULL,
    id          TEXT NOT NULL,
    source      TEXT NOT NULL,
    type        TEXT NOT NULL,
    name        TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    lane        BIGINT NOT NULL,
    part        BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    idx         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    json        BYTEA NOT NULL,
    attempts    BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    error       TEXT NOT NULL,
    exchange    TEXT NOT NULL, -- JSON of the last exchange, or empty
    PRIMARY KEY (destination, id)
);
CREATE INDEX parked_due ON parked (destination, due_at, part, seq, idx);

CREATE TABLE dead_letters (
    destination TEXT NOT NULL,
    id          TEXT NOT NULL,
    source      TEXT NOT NULL,
    type        TEXT NOT NULL,
    name        TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    lane        BIGINT NOT NULL,
    part        BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    idx         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    json        BYTEA NOT NULL,
    attempts    BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    error       TEXT NOT NULL,
    exchange    TEXT NOT NULL,
    failed_at   BIGINT NOT NULL,
    PRIMARY KEY (destination, id)
);
CREATE INDEX dead_letters_failed ON dead_letters (destination, failed_at, id);
