// The panel as people meet it: the built program in a real Chromium, under the content policy that it ships with.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PanelTest, type PanelOptions, type PanelPage } from './panelPage.ts';
import { answered, away, back, connected, permission, turn } from './scenes.ts';
import { happening, ME, showing, snapshot, Story } from './story.ts';

const ANSWER =
  'Here is the rule.\n\n- one\n- two\n\n```ts\nconst a = 1;\n\nconst b = `x`;\n```\n\nIt **works** with `429`.';

let chromium: PanelTest;
before(async () => {
  chromium = await PanelTest.open();
});
after(async () => {
  await chromium.close();
});

/** An idle session whose agent has said nothing yet. */
async function idle(options: PanelOptions = {}, draft = ''): Promise<PanelPage> {
  const panel = await chromium.panel(options);
  await panel.tell(connected(Date.now()), showing(snapshot({ draft }, Date.now())));
  return panel;
}

const told = (): Story => new Story(Date.now() - 5000).prompt('p1', 'Hi');

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
    await field.press('Enter');
    const [sent] = await panel.posted('send');
    assert.equal(sent?.['message'], 'Fix it\nnow');
    assert.equal(await field.inputValue(), '');
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
    panel.close();
  });

  it('shows the draft of another window, but never over what is being written here', async () => {
    const panel = await idle({}, 'from before');
    const field = panel.page.getByLabel('Prompt', { exact: true });
    assert.equal(await field.inputValue(), 'from before');
    await field.fill('mine');
    await panel.tell({ type: 'draft', sessionId: 's1', text: 'theirs' });
    assert.equal(await field.inputValue(), 'mine');
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
    const place = await card.locator('.cmdline').boundingBox();

    await card.getByRole('button', { name: 'Reject' }).focus();
    await panel.page.keyboard.press('2');
    assert.deepEqual(await panel.posted('answer'), [
      { type: 'answer', permissionId: 'q1', optionId: 'always', digest: 'd1' },
    ]);
    await panel.tell(happening(answeredHere(now)));
    assert.match(await card.locator('.verdict').innerText(), /^Always allowed here, /);
    assert.equal(await card.locator('.options').count(), 0);
    assert.deepEqual(await card.locator('.cmdline').boundingBox(), place);
    assert.equal(await panel.page.evaluate(() => document.activeElement?.className), 'verdict');
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
    assert.ok(await box.evaluate((out) => out.clientHeight <= 160));
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

describe('a prompt that may not have finished', () => {
  it('is marked and asks; the queue is held until somebody chooses', async () => {
    const panel = await chromium.panel();
    await panel.tell(...back(Date.now()));
    assert.equal(await panel.page.locator('[data-part=prompt]').getAttribute('data-outcome'), 'uncertain');
    assert.match(await panel.text('[data-part=uncertain]'), /May not have finished\. The gateway stopped/);
    assert.match(await panel.text('[data-part=queue]'), /1, held until you choose/);
    assert.equal(await panel.text('[data-part=strip]'), 'Reconnected. Waiting for your choice');
    await panel.page.getByRole('button', { name: 'Run again' }).click();
    await panel.page.getByRole('button', { name: 'Leave it' }).click();
    assert.deepEqual(await panel.posted('retry'), [{ type: 'retry', promptId: 'p1' }]);
    assert.deepEqual(await panel.posted('remove'), [{ type: 'remove', promptId: 'p1' }]);
    panel.close();
  });
});

describe('a reload of the window', () => {
  it('brings back the draft, the folds, and the place where one was reading', async () => {
    const { events } = new Story(Date.now() - 60_000)
      .prompt('p1', 'Tell me all')
      .thinks('m0', 'Where to begin?');
    const long = new Story(Date.now() - 50_000);
    for (let n = 0; n < 60; n++)
      long.says(`m${n + 1}`, `Chapter ${n}. ${'It was a long day. '.repeat(20)}`, 1000);
    const messages = [...events, ...long.events.map((event) => ({ ...event, seq: event.seq + 10 }))];
    const first = await chromium.panel();
    await first.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));
    await first.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: 0 }));
    await first.page.getByRole('button', { name: /Thought/ }).click();
    await first.page
      .locator('[data-key="text:m20"]')
      .evaluate((part) => part.scrollIntoView({ block: 'start' }));
    await first.page.getByLabel('Prompt', { exact: true }).fill('unsent');
    await first.until(() => /"draft":"unsent".*/.test(sessionStorage.getItem('kept') ?? ''));
    await first.until(() => /text:m20/.test(sessionStorage.getItem('kept') ?? ''));
    const place = await first.page.locator('[data-key="text:m20"]').boundingBox();

    const second = await chromium.panel({ kept: await first.kept() });
    await second.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));
    assert.equal(await second.page.getByLabel('Prompt', { exact: true }).inputValue(), 'unsent');
    const restored = await second.page.locator('[data-key="text:m20"]').boundingBox();
    assert.ok(Math.abs((restored?.y ?? 0) - (place?.y ?? -999)) <= 2, `${restored?.y} is not ${place?.y}`);
    assert.equal(await second.page.locator('.thought').textContent(), 'Where to begin?');
    first.close();
    second.close();
  });

  it('sends again, under the same id, what nobody has heard of', async () => {
    const first = await idle();
    await first.page.getByLabel('Prompt', { exact: true }).fill('Do not lose me');
    await first.page.getByLabel('Prompt', { exact: true }).press('Enter');
    const [sent] = await first.posted('send');
    const second = await idle({ kept: await first.kept() });
    assert.deepEqual(await second.posted('send'), [sent]);
    assert.equal(await second.page.locator('[data-outcome=pending] p').innerText(), 'Do not lose me');
    first.close();
    second.close();
  });
});

describe('a long session', () => {
  const whole = (count: number): Story['events'] => {
    const long = new Story(Date.now() - count * 10);
    for (let n = 0; long.events.length < count; n++) {
      long
        .prompt(`p${n}`, `Prompt ${n}`)
        .tool(`t${n}`)
        .add({ type: 'tool_update', toolCallId: `t${n}`, status: 'completed' });
      long.says(`m${n}`, `Answer ${n} is **here**.`, 1000).wait(10).ends(`p${n}`);
    }
    return long.events;
  };

  it('of 10,000 events shows its end at once, and more when one scrolls up, without moving what one reads', async () => {
    const panel = await chromium.panel();
    const messages = whole(10_000);
    const took = await panel.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));

    // Half a second on a machine that does nothing else.
    assert.ok(took < 5000, `shown after ${took} ms`);
    assert.equal(await panel.page.locator('[data-part=text]').last().isVisible(), true);
    const parts = panel.page.locator('.transcript > [data-key]');
    const atFirst = await parts.count();
    assert.ok(atFirst < 200, `${atFirst} parts in the page`);

    const moved = await panel.page.locator('.scroller').evaluate(async (box) => {
      const frames = (count: number): Promise<void> =>
        new Promise((done) => {
          const next = (left: number): void =>
            void requestAnimationFrame(() => (left > 0 ? next(left - 1) : done()));
          next(count);
        });
      box.scrollTop = 500;
      const seen = [...box.querySelectorAll('[data-key]')].find(
        (part) => part.getBoundingClientRect().top > 50,
      );
      const before = seen?.getBoundingClientRect().top ?? 0;
      await frames(4);
      return (seen?.getBoundingClientRect().top ?? 999) - before;
    });
    assert.ok((await parts.count()) > atFirst);
    assert.ok(Math.abs(moved) <= 1, `moved by ${moved} px`);
    panel.close();
  });

  it('asks for the page before when what is here is at its end', async () => {
    const all = whole(400);
    const panel = await chromium.panel();
    await panel.tell(
      connected(Date.now()),
      showing(snapshot({ messages: all.slice(300), before: 301 }, Date.now())),
    );
    await panel.page.locator('.scroller').evaluate((box) => box.scrollTo({ top: 10 }));
    await panel.until(() => window.posted.some(({ type, before }) => type === 'earlier' && before === 301));
    const first = panel.page.locator('[data-part=prompt]').first();
    const id = await first.getAttribute('data-prompt-id');
    const place = await first.boundingBox();
    await panel.tell({ type: 'earlier', sessionId: 's1', messages: all.slice(200, 300), before: 201 });
    const still = await panel.page.locator(`[data-prompt-id="${id}"]`).boundingBox();
    assert.ok(Math.abs((still?.y ?? 0) - (place?.y ?? -999)) <= 1, `${still?.y} is not ${place?.y}`);
    panel.close();
  });

  it('does not move under somebody who reads; it says that there is more below, and goes there when asked', async () => {
    const panel = await idle();
    const long = new Story(Date.now() - 1000).prompt('p1', 'Hi');
    long.says('m1', 'A paragraph of some length that fills a line or two.\n\n'.repeat(30), 400);
    await panel.tell(happening(long.events));
    const scroller = panel.page.locator('.scroller');
    const isAtEnd = (): Promise<boolean> =>
      scroller.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2);
    assert.ok(await isAtEnd());
    await scroller.evaluate((box) => box.scrollTo({ top: box.scrollTop - 300 }));
    await panel.tell();
    const top = await scroller.evaluate((box) => box.scrollTop);
    const known = long.events.length;
    await panel.tell(happening(long.says('m2', 'And on.\n\n'.repeat(50), 90).events.slice(known)));
    assert.equal(await scroller.evaluate((box) => box.scrollTop), top);
    await panel.page.getByRole('button', { name: 'New below' }).click();
    await panel.tell();
    assert.ok(await isAtEnd());
    assert.equal(await panel.page.getByRole('button', { name: 'New below' }).count(), 0);
    panel.close();
  });
});

describe('what an agent writes', () => {
  const HOSTILE = [
    '![x](https://evil.example/?q=1) ![y][r] ![z](data:image/svg+xml;base64,AAAA)',
    '[r]: https://evil.example/ref',
    '<img src=https://evil.example/img onerror="executed.push(1)">',
    '<svg onload="executed.push(2)"><script>executed.push(3)</script></svg>',
    '<iframe src="https://evil.example/frame"></iframe><meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<style>@import "https://evil.example/css"; * { display: none }</style><base href="https://evil.example">',
    '<form action="https://evil.example/form"><button>Go</button></form>',
    '[a](command:workbench.action.quit) [b](vscode://x.y/z) [c](file:///etc/passwd) [d](javascript:executed.push(4))',
    '[e](data:text/html,<script>executed.push(5)</script>) [f](//evil.example) [g](\\\\evil\\share) [h](command%3Ax)',
    '<https://evil.example/auto> [ok](https://good.example/page) [mail](mailto:a@good.example) https://evil.example/bare',
    '| a | b |\n|:--|--:|\n| <b onclick=executed.push(6)>x</b> | y |',
    '```mermaid\ngraph TD; A-->B; click A "javascript:executed.push(7)"\n```',
    'A\u202eB \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u{e0041}',
  ].join('\n\n');

  it('does nothing by itself: no request, no script, no navigation', async () => {
    const panel = await idle();
    await panel.tell(
      happening(
        told()
          .says('m1', HOSTILE, 50)
          .thinks('m2', HOSTILE)
          .tool('t1', { title: HOSTILE, content: [{ type: 'text', text: HOSTILE }] }).events,
      ),
    );
    await panel.page.getByRole('button', { name: /Thought|Thinking/ }).click();
    const text = panel.page.locator('[data-part=text]');
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      assert.equal(
        await text.locator('a', { hasText: new RegExp(`^${word}$`) }).count(),
        0,
        `link ${word} is alive`,
      );
    }
    assert.equal(
      await text.locator('[href], [src], img, svg, iframe, form, style, script, base, meta').count(),
      0,
    );
    assert.match(await text.innerText(), /⟨U\+202E⟩/);
    await text.locator('a', { hasText: 'ok' }).click();
    assert.deepEqual(await panel.posted('openLink'), [
      { type: 'openLink', url: 'https://good.example/page' },
    ]);
    assert.deepEqual(await panel.page.evaluate(() => [window.executed, window.violations]), [[], []]);
    assert.deepEqual(chromium.strangers, []);
    assert.equal(new URL(panel.page.url()).hostname, '127.0.0.1');
    panel.close();
  });

  for (const [name, text] of [
    ['a megabyte of brackets', '['.repeat(1_000_000)],
    ['emphasis without end', '*a '.repeat(50_000)],
    ['images in images', '![['.repeat(100_000)],
    ['a line of 200,000 characters', 'x'.repeat(200_000)],
    ['a table of 20,000 rows', `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(20_000)}`],
    [
      'a list a thousand deep',
      Array.from({ length: 1000 }, (_, depth) => `${'  '.repeat(depth)}- x`).join('\n'),
    ],
    ['code of 20,000 lines', `\`\`\`ts\n${'const a = [1, 2, 3];\n'.repeat(20_000)}\`\`\``],
  ] as const) {
    it(`does not hold the panel up: ${name}`, async () => {
      const panel = await idle();
      const took = await panel.tell(happening(told().says('m1', text, 2_000_000).events));
      assert.ok(took < 2000, `drawn after ${took} ms`);
      assert.equal(await panel.page.locator('[data-part=text]').count(), 1);
      panel.close();
    });
  }
});

describe('the page', () => {
  it('holds at 300 px: nothing is cut off at the side', async () => {
    for (const scene of [turn, permission, back]) {
      const panel = await chromium.panel({ width: 300 });
      await panel.tell(...scene(Date.now()));
      const wide = await panel.page.evaluate(() =>
        [...document.querySelectorAll('.hf *:not(.sr, .sr *, pre *)')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
          .map((element) => element.className),
      );
      assert.deepEqual(wide, []);
      panel.close();
    }
  });

  for (const theme of ['dark-modern', 'light-modern'] as const) {
    it(`has nothing that axe calls serious (${theme})`, async () => {
      for (const [name, scene] of Object.entries({ turn, permission, answered, away, back })) {
        const panel = await chromium.panel({ theme, scale: 2 });
        await panel.tell(...scene(Date.now()));
        assert.deepEqual(await panel.axe(), [], name);
        await panel.shoot(`${name}-${theme}-320`);
        panel.close();
      }
    });
  }

  it('keeps most of a low view for the conversation: first the plan folds, then the queue', async () => {
    const panel = await chromium.panel({ height: 560 });
    await panel.tell(...turn(Date.now()));
    assert.equal(await panel.text('[data-part=plan]'), 'Plan\nstep 3 of 4: Run the tests');
    assert.match(await panel.text('[data-part=queue]'), /Check the docs for the old limit/);
    await panel.page.setViewportSize({ width: 320, height: 400 });
    await panel.tell();
    assert.equal(await panel.text('[data-part=queue]'), 'Queued\n2');
    await panel.page.getByRole('button', { name: 'Plan' }).click();
    await panel.tell();
    assert.match(await panel.text('[data-part=plan]'), /Update the changelog/);
    panel.close();
  });

  it('is empty in words: no session, no gateway, nothing said', async () => {
    const panel = await chromium.panel();
    await panel.tell(connected(Date.now()), { type: 'nothing' });
    await panel.page.getByRole('button', { name: 'Start a session' }).click();
    assert.equal((await panel.posted('newSession')).length, 1);
    await panel.tell({
      type: 'link',
      link: { state: 'offline', since: Date.now(), reason: 'It stopped 2m ago.' },
    });
    assert.match(
      await panel.text('[data-part=offline]'),
      /The gateway does not answer\. It stopped 2m ago\./,
    );
    await panel.tell(connected(Date.now()), showing(snapshot({}, Date.now())));
    assert.match(
      await panel.text('[data-part=nothing-said]'),
      /Claude Code works in \/home\/ann\/code\/harbor-api/,
    );
    panel.close();
  });
});
