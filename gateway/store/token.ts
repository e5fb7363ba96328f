// Tokens as rows: their hashes, never themselves.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { Problem, Token } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';

const TokenRow = object(() => ({
  token_id: z.string(),
  name: z.string(),
  scope: z.string(),
  created_at: z.string(),
}));

export class TokenStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert({ tokenId, name, scope, createdAt }: Token, hash: string): void {
    this.#db.run('INSERT INTO token VALUES (?, ?, ?, ?, ?)', tokenId, name, scope, hash, createdAt);
  }

  /** Asked for every request: a token that was revoked a moment ago is not found. */
  findByHash(hash: string): Token | undefined {
    const row = this.#db.get('SELECT token_id, name, scope, created_at FROM token WHERE hash = ?', hash);
    return row && fromRow(row);
  }

  list(): Token[] {
    return this.#db
      .all('SELECT token_id, name, scope, created_at FROM token ORDER BY created_at')
      .map((row) => fromRow(row));
  }

  /** Throws the problem token.unknown. */
  remove(tokenId: string): void {
    const { changes } = this.#db.run('DELETE FROM token WHERE token_id = ?', tokenId);
    if (changes === 0)
      throw new Problem('token.unknown', `No token ${tokenId}. token.list names those there are.`);
  }
}

function fromRow(row: Row): Token {
  const { token_id: tokenId, name, scope, created_at: createdAt } = TokenRow.parse(row);
  return Token.parse({ tokenId, name, scope, createdAt });
}
