// The least server with what our gateway is built on: HTTP and WebSocket on a socket, a SQLite database, nothing in them.
// Bundled before it is started, as our gateway is. Its arguments: socket, database.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { WebSocketServer } from 'ws';
import { bytesOf } from '../sockets.ts';

const [socket, file = ''] = process.argv.slice(2);

const db = new DatabaseSync(file);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)');
db.prepare('SELECT max(seq) FROM event').get();

const server = createServer((_request, response) => response.end('{"ok":true}'));
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (client) => {
  client.on('message', (data) => client.send(bytesOf(data)));
});
// A socket is there before it is listened on.
server.listen(socket, () => writeFileSync(`${socket}.ready`, ''));
