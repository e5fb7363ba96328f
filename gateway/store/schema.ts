// The tables, as the list of steps that led to them. A step that was released is never changed, only followed.

/** Step n brings the database from user_version n to n + 1, in one transaction. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE session (
    key INTEGER PRIMARY KEY AUTOINCREMENT,   -- small, never used again: the high part of its events' ids
    session_id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    titled_by TEXT NOT NULL,                 -- nobody, prompt, agent or person: the later in this list wins
    mode TEXT NOT NULL,
    model TEXT,
    status TEXT NOT NULL,
    agent_session_id TEXT,
    trimmed_to INTEGER NOT NULL DEFAULT 0,   -- events up to this seq are gone; a gap event says so
    held INTEGER NOT NULL DEFAULT 0,         -- the queue waits for a person
    archived INTEGER NOT NULL DEFAULT 0,
    draft TEXT NOT NULL DEFAULT '',
    usage TEXT,
    created_at TEXT NOT NULL,
    last_activity_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE prompt (
    prompt_id TEXT PRIMARY KEY,
    session_key INTEGER NOT NULL REFERENCES session(key) ON DELETE CASCADE,
    place REAL NOT NULL,                     -- order in the queue
    state TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0,       -- set, synced, before the agent gets it
    digest TEXT NOT NULL,
    message TEXT NOT NULL,
    sender TEXT NOT NULL,                    -- Actor as JSON
    created_at TEXT NOT NULL,
    expires_at TEXT                          -- taken out when it has not started by then
  ) STRICT;
  CREATE INDEX prompt_queue ON prompt (session_key, place) WHERE state IN ('queued', 'running', 'uncertain');
  CREATE INDEX prompt_session ON prompt (session_key);

  CREATE TABLE event (
    id INTEGER PRIMARY KEY,                  -- session.key * 2^32 + seq: one b-tree, in log order
    type TEXT NOT NULL,
    json TEXT NOT NULL,                      -- the event exactly as it goes over the wire
    crc INTEGER NOT NULL                     -- CRC-32 over id and json: SQLite has no checksum of its own
  ) STRICT;

  CREATE TABLE permission (
    permission_id TEXT PRIMARY KEY,
    session_key INTEGER NOT NULL REFERENCES session(key) ON DELETE CASCADE,
    request TEXT NOT NULL,                   -- Permission as JSON
    state TEXT NOT NULL,                     -- PermissionState as JSON
    is_open INTEGER NOT NULL,
    resolved_at TEXT
  ) STRICT;
  CREATE INDEX permission_open ON permission (session_key) WHERE is_open = 1;

  CREATE TABLE client (                      -- how far a client has confirmed to have read, for session.reconnect
    client_id TEXT NOT NULL,
    session_key INTEGER NOT NULL REFERENCES session(key) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    PRIMARY KEY (client_id, session_key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE token (
    token_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,               -- SHA-256 of the token, which nobody keeps
    created_at TEXT NOT NULL
  ) STRICT;

  -- The words of prompts and whole messages, by event id. The text itself is in the event.
  CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1);

  CREATE TABLE process (                     -- agents that run, to be reaped if the gateway dies before they do
    pid INTEGER PRIMARY KEY,
    start_time TEXT NOT NULL,
    session_key INTEGER NOT NULL
  ) STRICT;
  `,

  // What is asked at each send must not cost more with every prompt that waits, or that ever was.
  `
  DROP INDEX prompt_queue;
  DROP INDEX prompt_session;
  CREATE INDEX prompt_session ON prompt (session_key, place);
  CREATE INDEX prompt_state ON prompt (session_key, state, place) WHERE state IN ('queued', 'running', 'uncertain');
  CREATE INDEX prompt_expiry ON prompt (session_key, expires_at) WHERE state = 'queued' AND expires_at IS NOT NULL;
  `,

  // What is new in a session since somebody has read it, in whatever window.
  `
  ALTER TABLE session ADD COLUMN news_seq INTEGER NOT NULL DEFAULT 0;  -- where its last turn ended
  ALTER TABLE session ADD COLUMN read_seq INTEGER NOT NULL DEFAULT 0;
  `,

  // A prompt's id is that of the event which said that it came: one b-tree in log order, and nothing to count.
  `
  CREATE TABLE accepted (                    -- prompts that came together, until they are in queue and log
    id INTEGER PRIMARY KEY,
    texts TEXT NOT NULL                      -- their queued events, one a line
  ) STRICT;

  CREATE TABLE new_prompt (
    id INTEGER PRIMARY KEY,
    prompt_id TEXT NOT NULL UNIQUE,
    session_key INTEGER NOT NULL,
    place REAL NOT NULL,
    state TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0,
    digest TEXT NOT NULL,
    message TEXT NOT NULL,
    sender TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT
  ) STRICT;
  INSERT INTO new_prompt
    SELECT session_key * 4294967296 + row_number() OVER (PARTITION BY session_key ORDER BY place), prompt_id, session_key,
      place, state, handed, digest, message, sender, created_at, expires_at
    FROM prompt;
  DROP TABLE prompt;
  ALTER TABLE new_prompt RENAME TO prompt;
  CREATE INDEX prompt_state ON prompt (session_key, state, place) WHERE state IN ('queued', 'running', 'uncertain');
  CREATE INDEX prompt_expiry ON prompt (session_key, expires_at) WHERE state = 'queued' AND expires_at IS NOT NULL;
  `,

  // What the agent offers, and what of it was chosen, for when no agent runs.
  `
  ALTER TABLE session ADD COLUMN offers TEXT;                          -- Offers as JSON
  ALTER TABLE session ADD COLUMN options TEXT NOT NULL DEFAULT '{}';   -- what a person has set, by the agent's ids
  `,
];
