// A session whose agent has just asked something, and waits for the answer.
import assert from 'node:assert/strict';
import type { Mode, Permission, SessionId } from '../../gateway/protocol/index.ts';
import type { Follower, TestClient } from './client.ts';

export interface Asked {
  readonly sessionId: SessionId;
  readonly promptId: string;
  readonly seen: Follower;
  readonly permission: Permission;
}

/** `message` makes the demo agent ask. */
export async function askedFor(client: TestClient, message: string, mode?: Mode): Promise<Asked> {
  const sessionId = await client.newSession(mode === undefined ? {} : { mode });
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message });
  await seen.untilType('permission');
  const { permissions } = await client.call('permission.list', { sessionId });
  const [permission] = permissions;
  assert.ok(permission !== undefined && permissions.length === 1);
  return { sessionId, promptId, seen, permission };
}
