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

  // Mail. Senders are named by an identity that outlives their mailbox, so that an id which was used is never free again.
  `
  CREATE TABLE mailbox (
    key INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: the high part of the keys in its inbox
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    session_key INTEGER UNIQUE REFERENCES session(key) ON DELETE CASCADE,
    identity TEXT NOT NULL,                  -- as a sender: session:<id>, or a program's first name
    policy TEXT NOT NULL DEFAULT 'accept',
    profile TEXT NOT NULL DEFAULT '{}',      -- Profile as JSON, without what is as by default
    created_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE topic (
    topic TEXT NOT NULL,
    mailbox_key INTEGER NOT NULL REFERENCES mailbox(key) ON DELETE CASCADE,
    PRIMARY KEY (topic, mailbox_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX topic_mailbox ON topic (mailbox_key);

  CREATE TABLE outbox (
    key INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,                    -- mailbox.identity
    client_message_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL,
    rank INTEGER NOT NULL,                   -- the priority: 0 is first
    lane TEXT NOT NULL,                      -- destination and sender: what waits here waits for nobody else
    mailbox_key INTEGER,                     -- the destination, when it is one mailbox here
    peer TEXT,                               -- the destination's gateway, when it is another
    body TEXT,                               -- MailMessage as JSON; NULL: too long ago, only the id is remembered
    bytes INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    expires_at TEXT,
    last_error TEXT,
    superseded_by TEXT,
    supersedes TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (sender, client_message_id)
  ) STRICT;
  CREATE INDEX outbox_lane ON outbox (lane, rank, key) WHERE status = 'pending';
  CREATE INDEX outbox_status ON outbox (status, key) WHERE status IN ('inflight', 'dead', 'aborted');
  CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL;
  CREATE INDEX outbox_age ON outbox (created_at) WHERE body IS NOT NULL;

  CREATE TABLE inbox (
    key INTEGER PRIMARY KEY,                 -- mailbox.key * 2^32 + n, in the order of arrival
    mailbox_key INTEGER NOT NULL REFERENCES mailbox(key) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,                    -- mailbox.identity, or peer:<key>/<identity there>
    client_message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    rank INTEGER NOT NULL,
    body TEXT,
    bytes INTEGER NOT NULL,
    outbox_key INTEGER,                      -- NULL: it came from a peer
    peer TEXT,                               -- where receipts go, when it came from a peer
    told TEXT,                               -- the state that the peer was last told of
    prompt_id TEXT,                          -- what it became in the queue of its session
    is_parked INTEGER NOT NULL DEFAULT 0,    -- it will become a prompt when the session has time for it
    received_at TEXT NOT NULL,
    read_at TEXT,
    expires_at TEXT,
    UNIQUE (message_id, mailbox_key)
  ) STRICT;
  -- What was sent here is unique by sender and id in the outbox already.
  CREATE UNIQUE INDEX inbox_foreign ON inbox (mailbox_key, sender, client_message_id) WHERE peer IS NOT NULL;
  CREATE INDEX inbox_open ON inbox (state, rank, key) WHERE state IN ('delivered', 'held');
  CREATE INDEX inbox_parked ON inbox (mailbox_key, rank, key) WHERE is_parked = 1;
  CREATE INDEX inbox_told ON inbox (peer, key) WHERE peer IS NOT NULL AND told IS NOT state;
  CREATE INDEX inbox_age ON inbox (received_at) WHERE body IS NOT NULL;

  CREATE TABLE receipt (                     -- of recipients that have no row in an inbox here
    outbox_key INTEGER NOT NULL REFERENCES outbox(key),
    mailbox TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (outbox_key, mailbox)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE mail_event (
    id INTEGER PRIMARY KEY,                  -- the newest row always stays, so no id is given twice
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    inbox_key INTEGER,                       -- its data is what arrived there
    data TEXT                                -- or this
  ) STRICT;

  ALTER TABLE prompt ADD COLUMN origin TEXT; -- Origin as JSON, when it is mail

  INSERT INTO mailbox (name, kind, identity, created_at)
    VALUES ('person', 'person', 'person', strftime('%Y-%m-%dT%H:%M:%fZ'));
  INSERT INTO mailbox (name, kind, session_key, identity, created_at)
    SELECT replace(lower(substr(agent, 1, 50)), ':', '-') || '-' || printf('%04x', key), 'session', key,
      'session:' || session_id, created_at
    FROM session;
  `,

  // Prompts that were given to a peer, or by one.
  `
  CREATE TABLE task (
    task_id TEXT NOT NULL,
    peer_key INTEGER NOT NULL,
    peer TEXT NOT NULL,                      -- what it was called then
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    prompt_id TEXT NOT NULL,                 -- out: the idempotency key. in: the prompt that it became
    prompt TEXT NOT NULL,
    path TEXT,
    agent TEXT,
    session_id TEXT,
    result TEXT,
    error TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (task_id, direction, peer_key)
  ) STRICT;
  CREATE UNIQUE INDEX task_prompt ON task (prompt_id) WHERE direction = 'out';
  CREATE INDEX task_open ON task (direction, session_id) WHERE state IN ('sent', 'running', 'waiting');
  `,

  // Other gateways. A key is pinned: it is all that says who somebody is.
  `
  CREATE TABLE peer (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL UNIQUE,        -- SHA-256 of its public key, in hex
    certificate TEXT NOT NULL,               -- PEM
    next_certificate TEXT,                   -- of a key that it has announced and not used yet
    own TEXT NOT NULL,                       -- the fingerprint by which it knows this gateway
    addresses TEXT NOT NULL,                 -- JSON list of host:port, the one that worked last first
    policy TEXT NOT NULL,                    -- PeerPolicy as JSON
    heard_at TEXT,                           -- when anything was last heard from it
    created_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE invitation (
    invitation_id TEXT PRIMARY KEY,
    proof_key TEXT NOT NULL,                 -- a hash of the secret, which nobody keeps
    policy TEXT NOT NULL,
    wrong INTEGER NOT NULL,                  -- wrong proofs; the third burns it
    used_by TEXT,                            -- the fingerprint that has used it: nobody else can
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT;
  `,

  // A thread is read as one. Most messages begin one, and are found by their id.
  `
  CREATE INDEX outbox_thread ON outbox (body ->> '$.threadId') WHERE body ->> '$.replyTo' IS NOT NULL;
  CREATE INDEX inbox_thread ON inbox (body ->> '$.threadId') WHERE body ->> '$.replyTo' IS NOT NULL;
  `,

  // What peers told of their sessions last.
  `
  CREATE TABLE peer_news (
    peer_key INTEGER PRIMARY KEY,
    sessions TEXT NOT NULL                   -- Session[] as JSON
  ) STRICT;
  `,

  // What the first event of a prompt says need not stand in its row as well.
  `
  CREATE TABLE new_prompt (
    id INTEGER PRIMARY KEY,                  -- that of its first event
    prompt_id TEXT NOT NULL UNIQUE,
    session_key INTEGER NOT NULL,
    place REAL NOT NULL,                     -- order in the queue
    state TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0,       -- set, synced, before the agent gets it
    digest TEXT,                             -- of what was sent, when it says something else by now
    message TEXT,                            -- NULL, like the next two: as its first event says
    sender TEXT,                             -- Actor as JSON
    created_at TEXT,
    expires_at TEXT,                         -- taken out when it has not started by then
    origin TEXT                              -- Origin as JSON, when it is mail
  ) STRICT;
  INSERT INTO new_prompt
    SELECT id, prompt_id, session_key, place, state, handed, digest, message, sender, created_at, expires_at, origin FROM prompt;
  DROP TABLE prompt;
  ALTER TABLE new_prompt RENAME TO prompt;
  CREATE INDEX prompt_state ON prompt (session_key, state, place) WHERE state IN ('queued', 'running', 'uncertain');
  CREATE INDEX prompt_expiry ON prompt (session_key, expires_at) WHERE state = 'queued' AND expires_at IS NOT NULL;
  `,

  // A message that was sent here has its content in the outbox alone; an inbox has that of messages from peers, and of
  // older ones. Threads and authors are columns, so that no index has to read JSON.
  `
  ALTER TABLE outbox ADD COLUMN thread TEXT;   -- of an answer: the first message of its thread
  ALTER TABLE inbox ADD COLUMN thread TEXT;    -- the same, where the content is here
  ALTER TABLE inbox ADD COLUMN author TEXT;    -- the name from which it came; NULL: only its content says so
  UPDATE outbox SET thread = body ->> '$.threadId' WHERE body ->> '$.replyTo' IS NOT NULL;
  UPDATE inbox SET thread = body ->> '$.threadId' WHERE body ->> '$.replyTo' IS NOT NULL;
  DROP INDEX outbox_thread;
  DROP INDEX inbox_thread;
  CREATE INDEX outbox_thread ON outbox (thread) WHERE thread IS NOT NULL;
  CREATE INDEX inbox_thread ON inbox (thread) WHERE thread IS NOT NULL;
  `,

  // Where the running turn is in its plan.
  `
  ALTER TABLE session ADD COLUMN step TEXT;    -- Step as JSON
  `,

  // A peer that has removed this gateway is not dialled any more, also after a restart.
  `
  ALTER TABLE peer ADD COLUMN removed_us INTEGER NOT NULL DEFAULT 0;
  `,

  // What peers have not been told yet of their mail in a mailbox that is gone.
  `
  CREATE TABLE last_receipt (
    key INTEGER PRIMARY KEY,
    peer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    mailbox TEXT NOT NULL,                   -- its name
    state TEXT NOT NULL,                     -- as in an inbox
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX last_receipt_peer ON last_receipt (peer, key);
  `,

  // A question outlives its gateway with the prompt that it was asked for, and so does an answer that no agent has heard yet.
  `
  ALTER TABLE permission ADD COLUMN prompt_id TEXT;
  ALTER TABLE permission ADD COLUMN is_unheard INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX permission_unheard ON permission (session_key) WHERE is_unheard = 1;
  `,

  // A task can be stopped while its peer is away.
  `
  ALTER TABLE task ADD COLUMN offered INTEGER NOT NULL DEFAULT 1;  -- out: the peer may have it; set, synced, before that
  ALTER TABLE task ADD COLUMN stopping INTEGER NOT NULL DEFAULT 0; -- out: the peer is told to stop it, not offered it
  `,

  // What earlier versions could not find: answers that came in one piece, and parts of Chinese and Japanese sentences.
  `
  INSERT OR REPLACE INTO search (rowid, text)
    SELECT id, text FROM (
      SELECT id, unfound_words(json, EXISTS (SELECT 1 FROM search WHERE rowid = event.id)) AS text
      FROM event WHERE type IN ('prompt', 'text')
    ) WHERE text IS NOT NULL;
  `,
];
