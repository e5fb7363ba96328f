// Requests of agents for input, as questions with forms: whatever an agent makes up, nothing breaks and nothing is agreed to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elicitationReply, readElicitation } from '../../gateway/agents/acpForm.ts';
import { object } from '../../gateway/agents/json.ts';
import { Form, FormContent, misfits, withoutSecrets } from '../../gateway/protocol/index.ts';

const read = (properties: object, rest: object = {}) =>
  readElicitation(
    { mode: 'form', message: 'Say', requestedSchema: { type: 'object', properties, ...rest } },
    () => undefined,
  );

test('every type of the protocol becomes a field, with its bounds and its default', () => {
  const { form } = read(
    {
      mail: { type: 'string', title: 'Mail', format: 'email', minLength: 3, maxLength: null, default: null },
      one: { type: 'string', enum: ['a', 'b'], default: 'b' },
      half: { type: 'number', minimum: 0.5 },
      whole: { type: 'integer', maximum: 5, default: 2 },
      yes: { type: 'boolean', default: true },
      some: { type: 'array', minItems: 1, items: { type: 'string', enum: ['x', 'y'] }, default: ['x', 3] },
    },
    { required: ['mail'] },
  );
  assert.deepEqual(form?.fields, [
    { type: 'text', name: 'mail', title: 'Mail', required: true, format: 'email', minLength: 3 },
    {
      type: 'choice',
      name: 'one',
      title: 'one',
      required: false,
      choices: [
        { value: 'a', title: 'a' },
        { value: 'b', title: 'b' },
      ],
      default: 'b',
    },
    { type: 'number', name: 'half', title: 'half', required: false, isInteger: false, minimum: 0.5 },
    {
      type: 'number',
      name: 'whole',
      title: 'whole',
      required: false,
      isInteger: true,
      maximum: 5,
      default: 2,
    },
    { type: 'boolean', name: 'yes', title: 'yes', required: false, default: true },
    {
      type: 'choices',
      name: 'some',
      title: 'some',
      required: false,
      choices: [
        { value: 'x', title: 'x' },
        { value: 'y', title: 'y' },
      ],
      minItems: 1,
      default: ['x'],
    },
  ]);
  assert.deepEqual(Form.parse(form), form);
});

test('a bound that no text or list can have is none', () => {
  const { form } = read({
    text: { type: 'string', minLength: 1.5, maxLength: 1e300 },
    list: { type: 'array', minItems: 0.1, maxItems: -1e17, items: { enum: ['x'] } },
  });
  assert.deepEqual(
    form?.fields.map((field) => Object.keys(field)),
    [
      ['type', 'name', 'title', 'required'],
      ['type', 'name', 'title', 'required', 'choices'],
    ],
  );
  // As it is read again from the database, by whoever lists questions.
  assert.deepEqual(Form.parse(form), form);
});

test('a field that is marked as a secret is one, and has no default', () => {
  const { form } = read({
    pin: { type: 'string', format: 'password', maxLength: 4, default: '1234' },
    key: { type: 'string', writeOnly: true },
    name: { type: 'string', writeOnly: false },
  });
  assert.deepEqual(form?.fields, [
    { type: 'text', name: 'pin', title: 'pin', required: false, maxLength: 4, secret: true },
    { type: 'text', name: 'key', title: 'key', required: false, secret: true },
    { type: 'text', name: 'name', title: 'name', required: false },
  ]);
  const content = { pin: '9876', key: 'k', name: 'Ada' };
  assert.deepEqual(form && withoutSecrets(form, content), { name: 'Ada' });
});

test('a field of an unknown type is left out; one that is needed leaves only the refusal', () => {
  const odd = { hue: { type: '_colour' }, name: { type: 'string' } };
  assert.deepEqual(
    read(odd).form?.fields.map(({ name }) => name),
    ['name'],
  );
  const question = read(odd, { required: ['hue'] });
  assert.equal(question.form, undefined);
  assert.deepEqual(
    question.options.map(({ kind }) => kind),
    ['reject_once'],
  );
});

test('a mode that nobody here knows, and a page that is none, can only be declined', () => {
  const urls = ['javascript:alert(1)', 'file:///etc/passwd', 'nonsense', 7];
  for (const params of [{ mode: '_dance' }, {}, ...urls.map((url) => ({ mode: 'url', url }))]) {
    const { form, url, options } = readElicitation(params, () => undefined);
    assert.deepEqual([form, url, options.map(({ kind }) => kind)], [undefined, undefined, ['reject_once']]);
  }
});

test('no answer is a cancel, and a refusal carries nothing', () => {
  assert.deepEqual(elicitationReply(undefined), { action: 'cancel' });
  assert.deepEqual(elicitationReply({ optionId: 'decline', content: { a: 'b' } }), { action: 'decline' });
  assert.deepEqual(elicitationReply({ optionId: 'submit' }), { action: 'accept' });
  const content = { a: 'b' };
  assert.deepEqual(elicitationReply({ optionId: 'submit', content }), { action: 'accept', content });
});

test('names that mean something to JavaScript are names like any other', () => {
  // As it comes from an agent: JSON.parse makes such a name a member of its own.
  const { form } = read(
    object(JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"boolean"}}')),
  );
  assert.deepEqual(
    form?.fields.map(({ name }) => name),
    ['__proto__', 'constructor'],
  );
  assert.deepEqual(misfits(Form.parse(form), FormContent.parse({ constructor: true })), []);
});

test('a text has to be of its format and length, whatever else the agent wants of it', () => {
  const { form } = read({
    when: { type: 'string', format: 'date' },
    at: { type: 'string', format: 'date-time' },
    where: { type: 'string', format: 'uri' },
    who: { type: 'string', format: 'email', maxLength: 10 },
    evil: { type: 'string', pattern: '^(a+)+$' },
  });
  const wrong = (content: FormContent): number => misfits(Form.parse(form), content).length;
  assert.equal(
    wrong({ when: '2026-11-21', at: '2026-11-21T08:00:00+01:00', where: 'https://a.b', who: 'a@b.de' }),
    0,
  );
  assert.equal(wrong({ when: 'today', at: 'now', where: 'there', who: 'me' }), 4);
  assert.equal(wrong({ who: 'somebody@example.org' }), 1);
  assert.equal(wrong({ evil: `${'a'.repeat(60)}b` }), 0, 'an endless pattern is not tried');
});
