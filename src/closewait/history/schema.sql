-- The history of closewait, version 2 (PRAGMA user_version). Times are seconds since 1970 by the host's clock unless
-- their names say otherwise; unknown is NULL. Rows are ordered by their numbers, not by their times: a clock can be set.

-- One run of a watch, from its start to its end. A run without an end was killed, or is going on.
CREATE TABLE runs (
    run             INTEGER PRIMARY KEY,
    pid             INTEGER NOT NULL,
    source          TEXT    NOT NULL,      -- what is looked at, as the watch was told it; '' is this host
    boot_id         TEXT,                  -- of the kernel; another one is another boot
    began_unix_s    REAL    NOT NULL,
    ended_unix_s    REAL
);

-- One look. What was seen in it stands in the tables below.
CREATE TABLE looks (
    look            INTEGER PRIMARY KEY,
    run             INTEGER NOT NULL REFERENCES runs,
    at_unix_s       REAL    NOT NULL,
    boottime_s      REAL    NOT NULL,      -- since boot, with the time that the machine slept
    awake_s         REAL    NOT NULL,      -- since boot, without it
    took_s          REAL    NOT NULL,
    sockets         INTEGER NOT NULL,
    appeared        INTEGER,               -- sockets that the look before did not show
    gone            INTEGER,               -- sockets that the look before did show
    sight           INTEGER REFERENCES sights,
    processor_s     REAL                   -- what the watch has spent since the look before, this one included
);

-- What looks could not see, in words; one row for each different text.
CREATE TABLE sights (
    sight           INTEGER PRIMARY KEY,
    says            TEXT    NOT NULL UNIQUE
);

-- A gauge: one measure (closewait.diagnosis.gauges) with the values of its labels, a JSON list.
CREATE TABLE series (
    series          INTEGER PRIMARY KEY,
    measure         TEXT    NOT NULL,
    labels          TEXT    NOT NULL,
    UNIQUE (measure, labels)
);

-- The values of gauges in the newest looks. A value stands until the next one of its series; NULL: from this look on
-- the gauge is not told. Every 360 looks all values are written once, and what was before goes into `courses`.
CREATE TABLE points (
    look            INTEGER NOT NULL,
    series          INTEGER NOT NULL,
    value           REAL,
    wall            REAL,                  -- the limit of the value, where it has one
    PRIMARY KEY (look, series)
) WITHOUT ROWID;

-- The same of older looks: the points of one series in 360 looks, packed (closewait.history.packing).
CREATE TABLE courses (
    series          INTEGER NOT NULL,
    first_look      INTEGER NOT NULL,      -- a multiple of 360
    packed          BLOB    NOT NULL,
    PRIMARY KEY (series, first_look)
) WITHOUT ROWID;

-- What became of the findings.
CREATE TABLE changes (
    change          INTEGER PRIMARY KEY,
    look            INTEGER NOT NULL,      -- with which it was written
    at_unix_s       REAL    NOT NULL,
    since_unix_s    REAL    NOT NULL,      -- when the finding was first seen
    kind            TEXT    NOT NULL,      -- opened, grew, worsened, eased, resolved
    key             TEXT    NOT NULL,      -- the same for all changes of one finding
    rule            TEXT    NOT NULL,
    severity        TEXT    NOT NULL,
    sockets         INTEGER NOT NULL,
    sockets_before  INTEGER,
    finding         TEXT    NOT NULL       -- JSON, as in `closewait --json`
);

-- One socket in one state, of the sockets that stayed a minute or longer (closewait.snapshot.lifelines).
CREATE TABLE lifelines (
    run                 INTEGER NOT NULL REFERENCES runs,
    line                INTEGER NOT NULL,
    look                INTEGER NOT NULL,  -- with which it was last written
    cookie              INTEGER,           -- the kernel's name for the socket, in one boot
    local_address       TEXT,
    local_port          INTEGER,
    remote_address      TEXT,
    remote_port         INTEGER,
    inode               INTEGER,
    pid                 INTEGER,
    process             TEXT,
    state               TEXT,
    came_from           TEXT,
    first_seen_unix_s   REAL NOT NULL,
    began_after_unix_s  REAL,
    seen_from_unix_s    REAL NOT NULL,
    seen_until_unix_s   REAL,
    ended_before_unix_s REAL,
    PRIMARY KEY (run, line)
) WITHOUT ROWID;

-- A look as it was, with everything known then: our own Parquet, which `closewait FILE.parquet` reads.
CREATE TABLE whole_looks (
    look            INTEGER PRIMARY KEY,
    at_unix_s       REAL    NOT NULL,
    parquet         BLOB    NOT NULL
);

-- What kept the watch from looking, or from writing: a restart, a clock that was set, sleep, a full disk.
CREATE TABLE incidents (
    incident        INTEGER PRIMARY KEY,
    look            INTEGER NOT NULL,      -- the first one after it
    kind            TEXT    NOT NULL,
    from_unix_s     REAL    NOT NULL,
    until_unix_s    REAL    NOT NULL,
    seconds         REAL    NOT NULL,      -- how long, or how far the clock was set
    says            TEXT    NOT NULL
);
