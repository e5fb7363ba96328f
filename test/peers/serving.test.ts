// Calls of a peer, as they are worked on here: so many at once, whatever it sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../gateway/peers/messages.ts';
import { Serving, type Outcome } from '../../gateway/peers/serving.ts';
import { PeerName } from '../../gateway/protocol/index.ts';
import { newDispatcher } from '../support/dispatcher.ts';
import { EVERYTHING } from '../support/linked.ts';
import { linkPair } from '../support/linkPair.ts';
import { waitFor } from '../support/waitFor.ts';

const MOST = 128;

test('a peer that asks more at once than is worked on is told to wait, and may ask again after an answer', async () => {
  const underWay: PromiseWithResolvers<Outcome>[] = [];
  const serving = new Serving({
    name: () => PeerName.parse('box'),
    policy: () => EVERYTHING,
    dispatcher: newDispatcher({}).dispatcher,
    between: () => {
      const call = Promise.withResolvers<Outcome>();
      underWay.push(call);
      return call.promise;
    },
  });
  const [box, here] = linkPair('box', 'here');
  const answers: unknown[] = [];
  new Messages(box, (answer) => answers.push(answer));
  const messages = new Messages(here, () => {});
  const ask = (id: string): void =>
    serving.receive({ jsonrpc: '2.0', id, method: 'peer.task', params: {} }, messages);
  for (let count = 0; count <= MOST; count += 1) ask(`call ${count}`);
  await waitFor('the refusal', () => answers.length === 1);
  assert.equal(underWay.length, MOST);
  assert.match(JSON.stringify(answers[0]), new RegExp(`"call ${MOST}".*wait for answers`));
  underWay[0]?.resolve({ result: {} });
  await waitFor('an answer', () => answers.length === 2);
  ask('one more');
  assert.equal(underWay.length, MOST + 1);
});
