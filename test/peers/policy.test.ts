// What a peer may do here: every method of the contract, under every part of a policy, and nothing that is not said.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { methods, PeerName, type MethodName, type PeerPolicy } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways, type InProcess } from '../support/linked.ts';
import { waitFor } from '../support/waitFor.ts';

const BOX = PeerName.parse('box');
const NOTHING: PeerPolicy = { see: false, mail: 'refuse', prompt: false, interrupt: false, answer: false };

/** All that a policy allows at all, by the part that allows it. Whatever is not here is for no peer. */
const TABLE: Readonly<Record<'see' | 'prompt' | 'interrupt' | 'answer', readonly MethodName[]>> = {
  see: [
    ...(['session.list', 'session.get', 'session.watch', 'session.unwatch', 'session.subscribe'] as const),
    ...(['session.unsubscribe', 'session.reconnect', 'session.history', 'session.search'] as const),
    ...([
      'session.export',
      'session.queue_stats',
      'queue.list',
      'permission.list',
      'session.draft',
      'session.offers',
    ] as const),
  ],
  prompt: [
    ...(['session.create', 'session.import', 'session.send', 'session.resume', 'session.rename'] as const),
    ...(['session.archive', 'session.set_mode', 'session.set_model', 'queue.edit', 'queue.move'] as const),
    ...(['queue.remove', 'queue.retry', 'queue.pause', 'queue.resume', 'session.fork'] as const),
    ...(['session.mark_read', 'agent.list'] as const),
  ],
  interrupt: ['session.interrupt'],
  answer: ['permission.answer'],
};

/** The methods that are not refused to the laptop. */
async function allowed(laptop: InProcess): Promise<string[]> {
  const guest = { actor: laptop.client().actor, push: undefined, keep: () => {} };
  const side = laptop.peering.at(BOX);
  const verdicts = await Promise.all(
    (Object.keys(methods) as MethodName[]).map(async (method) => {
      try {
        await side.call(method, method === 'session.unsubscribe' ? { sessionId: 's' } : {}, guest);
      } catch (error) {
        if ((error as { problem?: string }).problem === 'peer.forbidden') return [];
      }
      return [method];
    }),
  );
  return verdicts.flat().toSorted();
}

describe('a peer', () => {
  for (const part of ['see', 'prompt', 'interrupt', 'answer'] as const) {
    it(`that may ${part}, and nothing else, can make these calls only`, async () => {
      await using both = linkedGateways({ ...NOTHING, [part]: true });
      assert.deepEqual(await allowed(both.laptop), TABLE[part].toSorted());
    });
  }

  it('sees sessions and exchanges mail by default, and controls nothing', async () => {
    await using both = linkedGateways();
    assert.deepEqual(await allowed(both.laptop), TABLE.see.toSorted());
  });

  it('that may do nothing can make no call, and is told of no session and no mailbox', async () => {
    await using both = linkedGateways(NOTHING);
    await both.box.client().call('session.create', { path: newFolder('work'), agent: 'demo' });
    assert.deepEqual(await allowed(both.laptop), []);
    assert.deepEqual((await both.laptop.client().call('session.list', {})).sessions, []);
    const { mailboxes } = await both.laptop.client().call('mailbox.list', {});
    assert.deepEqual(
      mailboxes.filter(({ peer }) => peer !== undefined),
      [],
    );
  });

  it('that may not see is told of no session by its mailbox, and nobody of what is hidden', async () => {
    await using both = linkedGateways({ ...NOTHING, mail: 'accept' });
    await both.cut();
    const there = both.box.client();
    await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
    for (const name of ['hidden', 'open']) await there.call('mailbox.create', { name });
    await there.call('profile.set', { mailbox: 'hidden', visible: false });
    both.link();
    const told = await waitFor('mailboxes', () => {
      const mailboxes = both.laptop.peering.mailboxes();
      return mailboxes.length > 0 && mailboxes;
    });
    assert.deepEqual(
      told.map(({ name }) => name),
      ['open', 'person'],
    );
  });

  it('learns from no refusal whether a session is there', async () => {
    await using both = linkedGateways({ ...NOTHING, interrupt: true });
    const { sessionId } = await both.box
      .client()
      .call('session.create', { path: newFolder('work'), agent: 'demo' });
    const here = both.laptop.client();
    const refusal = (id: string): Promise<unknown> =>
      here.call('session.get', { peer: 'box', sessionId: id }).catch((error: unknown) => String(error));
    assert.equal(await refusal(sessionId), await refusal('not-there'));
  });

  it('cannot have its permissions answered in advance by a mode that asks nothing', async () => {
    await using both = linkedGateways({ ...EVERYTHING, answer: false, interrupt: false });
    const here = both.laptop.client();
    const path = newFolder('work');
    const forbidden = { problem: 'peer.forbidden' };
    await assert.rejects(
      here.call('session.create', { peer: 'box', path, agent: 'demo', mode: 'auto' }),
      forbidden,
    );
    const { sessionId } = await here.call('session.create', { peer: 'box', path, agent: 'demo' });
    await assert.rejects(here.call('session.set_mode', { peer: 'box', sessionId, mode: 'code' }), forbidden);
    await here.call('session.set_mode', { peer: 'box', sessionId, mode: 'plan' });
    await assert.rejects(
      here.call('session.send', { peer: 'box', sessionId, message: 'now', steer: true }),
      forbidden,
    );
  });

  it('reaches the sessions of this gateway, and not those of its other peers', async () => {
    await using both = linkedGateways(EVERYTHING);
    both.laptop.permit(EVERYTHING);
    await both.laptop.client().call('session.create', { path: newFolder('work'), agent: 'demo' });
    const there = both.box.client();
    await waitFor(
      'the session of the laptop',
      async () => (await there.call('session.list', {})).sessions.length === 1,
    );
    const { sessions } = await both.laptop.client().call('session.list', { peer: 'box' });
    assert.deepEqual(sessions, []);
    const guest = { actor: there.actor, push: undefined, keep: () => {} };
    const twice = both.laptop.peering.at(BOX).call('session.list', { peer: 'laptop' }, guest);
    await assert.rejects(twice, { problem: 'peer.forbidden' });
  });

  it('edits its own waiting prompts, and not the words of somebody who sits here', async () => {
    await using both = linkedGateways(EVERYTHING);
    const there = both.box.client();
    const here = both.laptop.client();
    const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
    await there.call('queue.pause', { sessionId });
    const theirs = await there.call('session.send', { sessionId, message: 'theirs' });
    const ours = await here.call('session.send', { peer: 'box', sessionId, message: 'ours' });
    const edit = (promptId: string): Promise<unknown> =>
      here.call('queue.edit', { peer: 'box', sessionId, promptId, message: 'edited' });
    await edit(ours.promptId);
    await assert.rejects(edit(theirs.promptId), { problem: 'peer.forbidden' });
    const { prompts } = await there.call('queue.list', { sessionId });
    assert.deepEqual(
      prompts.map(({ message }) => message),
      ['theirs', 'edited'],
    );
  });

  it('loses at once what it follows when it may not see any more', async () => {
    await using both = linkedGateways();
    const { sessionId } = await both.box
      .client()
      .call('session.create', { path: newFolder('work'), agent: 'demo' });
    const here = both.laptop.client();
    await here.call('session.watch', {});
    await here.call('session.subscribe', { peer: 'box', sessionId });
    const followed = async (): Promise<boolean> =>
      (await both.box.client().call('session.queue_stats', { sessionId })).clientConnected;
    assert.ok(await followed());
    both.box.permit({ see: false });
    assert.ok(!(await followed()), 'nothing is sent any more, whether it would be read or not');
    await here.until('the end', () => here.frames.some(({ method }) => method === 'session.removed'));
    assert.deepEqual((await here.call('session.list', {})).sessions, []);
  });
});
