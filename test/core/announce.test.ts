// One window tells of a question: the one that has the folder, where somebody is; none where somebody looks already.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elect, type Window } from '../../gateway/core/announce.ts';
import { SessionId } from '../../gateway/protocol/index.ts';

const session = { sessionId: SessionId.parse('s1'), path: '/code/harbor/api' };
const at = (seen: number, presence: Partial<Window['presence']> = {}): Window => ({
  seen,
  presence: { folders: [], focused: false, showing: [], notifies: true, ...presence },
});

test('the window of the folder comes before the one in front', () => {
  const here = at(1, { folders: ['/code/harbor'] });
  const front = at(2, { folders: ['/code/docs'], focused: true });
  assert.equal(elect([front, here], session, undefined), here);
  const likeNamed = at(3, { folders: ['/code/harbor/ap'] });
  assert.equal(elect([likeNamed, here], session, undefined), here);
});

test('of two windows of the folder the one in front; of none, the one in front; else the last in front', () => {
  const [one, two] = [at(5, { folders: ['/code'] }), at(4, { folders: ['/code'], focused: true })];
  assert.equal(elect([one, two], session, one), two);
  const [far, near] = [at(9), at(8, { focused: true })];
  assert.equal(elect([far, near], session, undefined), near);
  assert.equal(elect([at(1), far], session, undefined), far);
});

test('whoever tells goes on when another one is no better', () => {
  const [telling, later] = [at(1, { folders: ['/code/harbor/'] }), at(2, { folders: ['/code'] })];
  assert.equal(elect([later, telling], session, telling), telling);
});

test('nobody tells while somebody looks at the session, and nobody who does not want to', () => {
  const looking = at(1, { focused: true, showing: [session.sessionId] });
  assert.equal(elect([at(2, { folders: ['/code'] }), looking], session, undefined), undefined);
  const hidden = at(1, { showing: [session.sessionId] });
  assert.equal(elect([hidden], session, undefined), hidden, 'shown, but nobody is there');
  const [silent, other] = [at(9, { folders: ['/code'], notifies: false }), at(1)];
  assert.equal(elect([silent, other], session, undefined), other);
  assert.equal(elect([silent], session, undefined), undefined);
  assert.equal(elect([], session, undefined), undefined);
});
