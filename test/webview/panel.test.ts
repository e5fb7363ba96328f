// The panel as people meet it: the built program in a real Chromium, under the content policy that it ships with.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToPanel } from '../../extension/chatMessages.ts';
import { SessionId } from '../../gateway/protocol/index.ts';
import { chromium, idle } from './chromium.ts';
import type { PanelPage } from './panelPage.ts';
import { answered, away, connected, permission, turn } from './scenes.ts';
import { happening, ME, SESSION, showing, snapshot, Story } from './story.ts';

const ANSWER =
  'Here is the rule.\n\n- one\n- two\n\n```ts\nconst a = 1;\n\nconst b = `x`;\n```\n\nIt **works** with `429`.';

const told = (): Story => new Story(Date.now() - 5000).prompt('p1', 'Hi');

const other = (): ToPanel => {
  const whole = snapshot({ draft: 'of the other' }, Date.now());
  return showing({ ...whole, session: { ...whole.session, sessionId: SessionId.parse('s2') } });
};

describe('an answer', () => {
  it('is shown as it comes, and what has been read is not drawn again', async () => {
    const panel = await idle();
    const { events } = told().says('m1', ANSWER, 5);
    const half = Math.ceil(events.length / 2);
    await panel.tell(happening(events.slice(0, half)));
    await panel.page.evaluate(() => document.querySelector('.prose')?.setAttribute('data-seen', 'yes'));
    for (const event of events.slice(half)) await panel.tell(happening([event]));

    assert.equal(await panel.page.locator('.prose[data-seen=yes]').innerText(), 'Here is the rule.');
    assert.equal(await panel.page.locator('.code code').textContent(), 'const a = 1;\n\nconst b = `x`;');
    assert.equal(await panel.text('[data-part=text] .prose'), 'It works with 429.');
    assert.equal(await panel.page.locator('.live-text').count(), 1);
    await panel.tell(happening(told().ends('p1').events.slice(2)));
    assert.equal(await panel.page.locator('.live-text').count(), 0);
    panel.close();
  });

  for (const [name, text, last] of [
    ['a paragraph', 'One.\n\nTwo', 'Two'],
    ['a list', 'So:\n\n- one\n- two', 'two'],
    ['a loose list', '- one\n\n- two\n\n- three', 'three'],
    ['a list in a list', '- one\n  - deep\n- two\n  - deeper', 'deeper'],
    ['a quotation', '> one\n>\n> two', 'two'],
    ['a table', '| a | b |\n|---|---|\n| c | d |', 'd'],
  ] as const) {
    it(`has its caret after the last word of ${name}`, async () => {
      const panel = await idle();
      await panel.tell(happening(told().says('m1', text, 1).events));
      const carets = await panel.page
        .locator('.live-text .md *')
        .evaluateAll((all) =>
          all
            .filter((one) => getComputedStyle(one, '::after').content !== 'none')
            .map((one) => one.textContent.trim()),
        );
      assert.deepEqual(carets, [last]);
      panel.close();
    });
  }

  it('is the same text whether it was watched or found after a reload', async () => {
    const watched = await idle();
    const { events } = told().says('m1', ANSWER, 3);
    for (let at = 0; at < events.length; at += 4) await watched.tell(happening(events.slice(at, at + 4)));
    const found = await chromium.panel();
    await found.tell(connected(Date.now()), showing(snapshot({ messages: events }, Date.now())));
    const text = (panel: PanelPage): Promise<string | null> =>
      panel.page.locator('[data-part=text] .md').textContent();
    assert.equal(await found.page.locator('[data-part=text]').count(), 1);
    assert.equal(await text(found), await text(watched));
    watched.close();
    found.close();
  });

  it('gets colours for its code, and gives its code to the clipboard and the editor as the agent wrote it', async () => {
    const panel = await idle();
    await panel.tell(happening(told().says('m1', '```ts\nconst a\u202e = 1;\n```').events));
    await panel.until(() => document.querySelector('.code .tk')?.textContent === 'const');
    assert.match((await panel.page.locator('.code code').textContent()) ?? '', /⟨U\+202E⟩/);
    await panel.page.getByRole('button', { name: 'Copy' }).click();
    await panel.page.getByRole('button', { name: 'Insert at cursor' }).click();
    assert.deepEqual(await panel.posted('copy'), [{ type: 'copy', text: 'const a\u202e = 1;' }]);
    assert.deepEqual(await panel.posted('insertAtCursor'), [
      { type: 'insertAtCursor', text: 'const a\u202e = 1;' },
    ]);
    panel.close();
  });
});

describe('the composer', () => {
  it('sends with Enter, keeps the text in sight until it is heard of, and starts a line with Shift+Enter', async () => {
    const panel = await idle();
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.fill('Fix it');
    await field.press('Shift+Enter');
    await field.pressSequentially('now');
    await panel.composedEnter();
    await field.press('Enter');
    const [sent, again] = await panel.posted('send');
    assert.deepEqual([sent?.['message'], again], ['Fix it\nnow', undefined]);
    assert.equal(await field.inputValue(), '');
    assert.equal((await panel.posted('draft')).at(-1)?.['text'], '');
    const pending = panel.page.locator(`[data-part=prompt][data-prompt-id="${String(sent?.['promptId'])}"]`);
    assert.equal(await pending.getAttribute('data-outcome'), 'pending');
    await panel.tell(
      happening(new Story(Date.now()).prompt(String(sent?.['promptId']), 'Fix it\nnow').events),
    );
    assert.equal(await pending.getAttribute('data-outcome'), 'running');
    assert.equal(await pending.count(), 1);
    panel.close();
  });

  it('gets the text back when it was refused, and says why', async () => {
    const panel = await idle();
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.fill('Fix it');
    await field.press('Enter');
    const [sent] = await panel.posted('send');
    const message = 'The disk is full. Free some space, then send again.';
    await panel.tell({ type: 'refused', promptId: String(sent?.['promptId']), message });
    assert.equal(await field.inputValue(), 'Fix it');
    assert.match(await panel.text('[data-part=composer]'), /The disk is full/);
    assert.equal(await panel.page.locator('[data-outcome=pending]').count(), 0);
    panel.close();
  });

  it('is told as the draft of its own session when another one takes the field at once', async () => {
    const panel = await idle();
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.fill('typed just now');
    await panel.tell(other());
    assert.equal(await field.inputValue(), 'of the other');
    assert.deepEqual(await panel.posted('draft'), [
      { type: 'draft', text: 'typed just now', sessionId: 's1' },
    ]);
    panel.close();
  });

  it('stops a turn when Escape is pressed twice in an empty field, and brings earlier prompts back with Up', async () => {
    const panel = await idle();
    await panel.tell(happening(told().says('m1', 'Hm').events));
    const field = panel.page.getByLabel('Prompt', { exact: true });
    await field.press('Escape');
    await panel.until(() => document.querySelector('.strip')?.textContent?.includes('Escape again to stop'));
    assert.deepEqual(await panel.posted('interrupt'), []);
    await field.press('Escape');
    assert.equal((await panel.posted('interrupt')).length, 1);
    await field.press('ArrowUp');
    assert.equal(await field.inputValue(), 'Hi');
    await field.press('ArrowDown');
    assert.equal(await field.inputValue(), '');
    await field.press('ArrowUp');
    await field.pressSequentially('!');
    await field.press('ArrowUp');
    await field.press('ArrowDown');
    assert.equal(await field.inputValue(), 'Hi!');
    await field.fill('');
    await field.press('ArrowUp');
    await panel.tell(other());
    await field.press('ArrowDown');
    assert.equal(await field.inputValue(), 'of the other');
    panel.close();
  });

  it('sends now with Enter where that was set, and queues with Alt+Enter, while the agent works', async () => {
    const panel = await idle();
    await panel.tell(happening(told().says('m1', 'Hm').events), { type: 'steers', steers: true });
    const field = panel.page.getByLabel('Prompt', { exact: true });
    assert.match((await field.getAttribute('placeholder')) ?? '', /^Ask /);
    await field.fill('At once');
    await panel.until(() => /^\s*Enter\s+send now/.test(document.querySelector('.foot')?.textContent ?? ''));
    await field.press('Enter');
    await field.fill('Later');
    await field.press('Alt+Enter');
    // Keys of one's own say which of the two.
    await field.fill('By a command');
    await panel.tell({ type: 'submit', steer: false });
    await panel.until(() => window.posted.filter(({ type }) => type === 'send').length === 3);
    const sent = await panel.posted('send');
    assert.deepEqual(
      sent.map(({ message, steer }) => [message, steer]),
      [
        ['At once', true],
        ['Later', undefined],
        ['By a command', undefined],
      ],
    );
    panel.close();
  });

  it('stops the turn from the card of a running command', async () => {
    const panel = await chromium.panel();
    await panel.tell(...turn(Date.now()));
    await panel.page.getByRole('button', { name: 'Stop the turn, and this command with it' }).click();
    assert.equal((await panel.posted('interrupt')).length, 1);
    panel.close();
  });

  it('copies the answer of a turn, and forks after the last one where the agent can', async () => {
    const panel = await idle();
    const twice = told()
      .add({ type: 'model', model: 'sonnet' })
      .says('m1', 'Hello *you*')
      .ends('p1')
      .prompt('p2', 'And?')
      .says('m2', 'Bye')
      .ends('p2');
    await panel.tell(happening(twice.events));
    const fork = panel.page.getByRole('button', { name: 'Fork from here' });
    assert.equal(await fork.count(), 0);
    const models = [{ value: 'sonnet', name: 'Sonnet 4.5' }];
    const offers = {
      modes: [],
      models,
      options: [],
      commands: [{ name: 'review', description: '' }],
      fork: true,
    };
    await panel.tell({ type: 'offers', sessionId: SESSION, offers });
    await fork.click();
    assert.equal((await panel.posted('fork')).length, 1);
    await panel.page.getByRole('button', { name: 'Model: Sonnet 4.5' }).waitFor();
    await panel.page.getByRole('button', { name: 'Copy the answer' }).first().click();
    assert.deepEqual(await panel.posted('copy'), [{ type: 'copy', text: 'Hello *you*' }]);
    panel.close();
  });

  it('takes a draft but sends nothing while the link is down', async () => {
    const panel = await chromium.panel();
    await panel.tell(...away(Date.now()));
    const field = panel.page.getByLabel('Prompt', { exact: true });
    assert.equal(await field.getAttribute('placeholder'), 'Write a draft, send when reconnected');
    await field.fill('Later');
    await field.press('Enter');
    assert.deepEqual(await panel.posted('send'), []);
    await panel.until(() => window.posted.some(({ type, text }) => type === 'draft' && text === 'Later'));
    await panel.page.getByRole('button', { name: 'Retry now' }).click();
    assert.equal((await panel.posted('reconnect')).length, 1);
    // The link was down when it was told: it is told again.
    await panel.tell(connected(Date.now()));
    assert.equal((await panel.posted('draft')).length, 2);
    await panel.tell({ type: 'drafted', sessionId: 's1', text: 'Later' }, connected(Date.now()));
    assert.equal((await panel.posted('draft')).length, 2);
    panel.close();
  });
});

describe('a permission', () => {
  it('is shown in full and answered by its key, and its verdict takes the place of the options', async () => {
    const panel = await chromium.panel();
    const now = Date.now();
    await panel.tell(...permission(now));
    const card = panel.page.locator('[data-part=permission]');
    const title = card.locator('.what');
    assert.equal(await title.innerText(), 'Claude Code asks to run a command');
    assert.match(await card.innerText(), /< keys\/signing-2026\.pem/);
    assert.equal(await panel.text('[role=alert]'), 'Claude Code asks to run a command');
    const others = 'Also shown in window docs-site and in a terminal. The first answer counts.';
    assert.ok((await card.innerText()).includes(others));
    assert.match(await panel.text('[data-part=footer]'), /3 open$/);
    const place = await card.locator('.cmdline').boundingBox();

    await card.getByRole('button', { name: 'Reject' }).focus();
    await panel.page.keyboard.press('2');
    assert.deepEqual(await panel.posted('answer'), [
      { type: 'answer', sessionId: 's1', permissionId: 'q1', optionId: 'always', digest: 'd1' },
    ]);
    await panel.tell(happening(answeredHere(now)));
    assert.match(await card.locator('.verdict').innerText(), /^Always allowed here, /);
    assert.equal(await card.locator('.options').count(), 0);
    assert.deepEqual(await card.locator('.cmdline').boundingBox(), place);
    assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'verdict');
    await panel.page.keyboard.press('1');
    assert.equal((await panel.posted('answer')).length, 1);
    panel.close();
  });

  it('that another window answered says so', async () => {
    const panel = await chromium.panel();
    await panel.tell(...answered(Date.now()));
    assert.match(await panel.text('.verdict'), /^Allowed once in window docs-site, \d+\ss\sago$/);
    panel.close();
  });

  it('that was refused can be answered again, and says why it was refused', async () => {
    const panel = await chromium.panel();
    await panel.tell(...permission(Date.now()));
    await panel.page.getByRole('button', { name: 'Allow once' }).dblclick({ force: true });
    assert.equal((await panel.posted('answer')).length, 1);
    await panel.tell({ type: 'refused', permissionId: 'q1', message: 'The disk is full.' });
    assert.match(await panel.text('[data-part=permission]'), /The disk is full/);
    await panel.page.getByRole('button', { name: 'Allow once' }).click();
    assert.equal((await panel.posted('answer')).length, 2);
    panel.close();
  });

  it('waits on when the gateway has ended, and says what becomes of the answer', async () => {
    const panel = await idle();
    const story = told().add(hiddenQuestion('make')).add({ type: 'status', status: 'stopped' });
    story.add({ type: 'uncertain', promptId: 'p1' });
    await panel.tell(happening(story.events));
    assert.match(await panel.text('[data-part=permission]'), /Your answer counts when its prompt runs again/);
    await panel.page.getByRole('button', { name: 'Yes' }).click();
    assert.equal((await panel.posted('answer')).length, 1);
    panel.close();
  });

  it('hides nothing: a command of any length, and characters that are not seen', async () => {
    const panel = await idle();
    const command = `echo ${'long '.repeat(2000)}\u202e\u200bgnp.sh\u001b[8m && rm -rf ~`;
    const question = told().add(hiddenQuestion(command));
    await panel.tell(happening(question.events));
    const shown = panel.page.locator('.cmdline');
    assert.match((await shown.textContent()) ?? '', /⟨U\+202E⟩⟨U\+200B⟩gnp\.sh⟨U\+001B⟩\[8m && rm -rf ~$/);
    const isWhole = await shown.evaluate(
      (box) => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth,
    );
    assert.ok(isWhole);
    panel.close();
  });
});

const answeredHere = (now: number): ReturnType<typeof told>['events'] =>
  new Story(now).add({ type: 'permission_resolved', permissionId: 'q1', optionId: 'always', by: ME }).events;

const hiddenQuestion = (command: string): Parameters<Story['add']>[0] => ({
  type: 'permission',
  permissionId: 'q9',
  title: 'Tidy up',
  toolCall: {
    toolCallId: 't9',
    tool: 'Bash',
    title: 'Tidy up',
    kind: 'execute',
    input: { command },
    status: 'pending',
    locations: [],
    content: [],
  },
  options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }],
  digest: 'd9',
});

describe('tool calls', () => {
  const read = (story: Story, ids: readonly string[]): Story =>
    ids.reduce(
      (so, id) =>
        so.tool(id, { kind: 'read', title: `Read ${id}.ts`, status: 'completed', input: { path: id } }),
      story,
    );

  it('of a kind that are done become one line, which opens into all of them', async () => {
    const panel = await idle();
    const story = read(told(), ['a', 'b']);
    await panel.tell(happening(story.events));
    assert.equal(await panel.page.locator('[data-part=tool]').count(), 2);
    const known = story.events.length;
    await panel.tell(happening(read(story, ['c']).events.slice(known)));
    assert.equal(await panel.page.locator('[data-part=tool]').count(), 0);
    const line = panel.page.getByRole('button', { name: 'Read 3 files' });
    await line.click();
    await panel.tell();
    assert.equal(await line.getAttribute('aria-expanded'), 'true');
    assert.deepEqual(await panel.page.locator('[data-part=tool] .what').allInnerTexts(), [
      'Read a.ts',
      'Read b.ts',
      'Read c.ts',
    ]);
    panel.close();
  });

  it('show what they put out, follow its end, and stay as somebody left them', async () => {
    const panel = await idle();
    const output = (lines: number): string => Array.from({ length: lines }, (_, n) => `line ${n}`).join('\n');
    const story = told().tool('t1', { content: [{ type: 'text', text: output(30) }] });
    await panel.tell(happening(story.events));
    const box = panel.page.locator('.out');
    assert.match(await panel.text('[data-part=tool]'), /30 lines, still running/);
    assert.ok(await box.evaluate((out) => out.scrollHeight - out.scrollTop - out.clientHeight < 2));
    assert.equal(await box.evaluate((out) => out.clientHeight), 9 * 16, 'whole lines');
    await panel.page.getByRole('button', { name: 'Open in a terminal' }).click();
    const [opened] = await panel.posted('openOutput');
    assert.deepEqual(
      [opened?.['toolCallId'], opened?.['isRunning'], opened?.['text']],
      ['t1', true, output(30)],
    );
    const known = story.events.length;
    story.add({ type: 'tool_update', toolCallId: 't1', status: 'completed' });
    await panel.tell(happening(story.events.slice(known)));
    assert.equal(await box.count(), 0, 'a finished call folds itself');
    await panel.page.getByRole('button', { name: 'Run tests' }).click();
    await panel.page.getByRole('button', { name: 'Copy output' }).click();
    assert.deepEqual(await panel.posted('copy'), [{ type: 'copy', text: output(30) }]);
    panel.close();
  });
});
