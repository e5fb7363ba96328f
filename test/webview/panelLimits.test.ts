// The panel at its limits: long sessions, hostile text, narrow and low views, screen readers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chromium, idle } from './chromium.ts';
import { answered, away, back, changed, composing, connected, mail, permission, turn } from './scenes.ts';
import { asking, happening, showing, snapshot, Story } from './story.ts';

const told = (): Story => new Story(Date.now() - 5000).prompt('p1', 'Hi');

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
    assert.ok(took < 10_000, `shown after ${took} ms`);
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

  it('asks for it again when nobody answered, and not while nobody could', async () => {
    const all = whole(400);
    const panel = await chromium.panel();
    await panel.tell(
      connected(Date.now()),
      showing(snapshot({ messages: all.slice(300), before: 301 }, Date.now())),
    );
    const asked = async (top: number): Promise<number> => {
      await panel.page.locator('.scroller').evaluate((box, to) => box.scrollTo({ top: to }), top);
      await panel.tell();
      return (await panel.posted('earlier')).length;
    };
    assert.equal(await asked(10), 1);
    assert.equal(await asked(20), 1, 'it is on its way');
    const away = { state: 'connecting', since: Date.now(), attempt: 1 } as const;
    await panel.tell(
      { type: 'refused', message: 'The gateway does not answer.' },
      { type: 'link', link: away },
    );
    assert.equal(await panel.page.getByText('Earlier messages').count(), 0);
    assert.equal(await asked(10), 1);
    await panel.tell(connected(Date.now()));
    assert.equal(await asked(20), 2);
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

  it('ends with a question that has no room: it is read from its beginning, where its keys answer too', async () => {
    const panel = await idle();
    const told = new Story(Date.now() - 1000)
      .prompt('p1', 'Hi')
      .add(asking('q1', 't1', 'ls &&\n'.repeat(60)));
    await panel.tell(happening(told.events));
    const head = panel.page.locator('[data-part=permission] .tool-head');
    const isInView = (): Promise<boolean> => head.evaluate((box) => box.getBoundingClientRect().top >= 0);
    assert.ok(await isInView());
    // Whoever has gone to its options stays there.
    await panel.page.getByRole('button', { name: 'New below' }).click();
    await panel.tell(happening(told.says('m1', 'Yes').events.slice(-1)));
    assert.ok(!(await isInView()));
    await panel.tell({ type: 'focusPart', part: 'permission' });
    assert.ok(await isInView());
    await panel.page.keyboard.press('1');
    assert.equal((await panel.posted('answer')).length, 1);
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
    '<https://evil.example/auto> [ok](https://good.example/page) [mail](mailto:a@good.example) https://evil.example/bare [in](src/a.ts#L3)',
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
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'mail']) {
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
    // The host opens it, if it is a file of the session's folder.
    await text.locator('a', { hasText: /^in$/ }).click();
    assert.deepEqual(await panel.posted('openFile'), [{ type: 'openFile', path: 'src/a.ts', line: 3 }]);
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
      // What holds it up takes minutes; a busy machine takes its time.
      assert.ok(took < 30_000, `drawn after ${took} ms`);
      assert.equal(await panel.page.locator('[data-part=text]').count(), 1);
      panel.close();
    });
  }
});

describe('the page', () => {
  for (const [language, word] of [
    ['de', 'Arbeitet'],
    ['zh-cn', '正在工作'],
  ] as const) {
    it(`speaks the language of VS Code, and nothing is cut off (${language})`, async () => {
      const panel = await chromium.panel({ width: 300, language, height: 900, scale: 2 });
      await panel.tell(...turn(Date.now()));
      assert.equal(await panel.text('[data-part=strip] [role=status]'), word);
      const wide = await panel.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide`);
      await panel.shoot(`turn.${language}.300`);
      panel.close();
    });
  }

  it('reads each paragraph in the direction of its language, and code from left to right', async () => {
    const panel = await chromium.panel();
    const messages = new Story(Date.now())
      .prompt('p1', 'שלום!')
      .says('m1', 'שלום `f()` עולם!\n\nHello!\n\n- שלום\n\n1. One').events;
    await panel.tell(connected(Date.now()), showing(snapshot({ messages }, Date.now())));
    /** Where the first and the last letter stand. */
    const ends = (selector: string): Promise<readonly [number, number]> =>
      panel.page.locator(selector).evaluate((element) => {
        const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        const letters: Range[] = [];
        for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
          const { length } = text.textContent ?? '';
          for (let index = 0; index < length; index++) {
            if (text.textContent?.[index]?.trim() === '') continue;
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + 1);
            letters.push(range);
          }
        }
        const [first, last] = [letters[0], letters.at(-1)];
        return [first?.getBoundingClientRect().left ?? 0, last?.getBoundingClientRect().left ?? 0];
      });
    const isLeftToRight = async (selector: string): Promise<boolean> => {
      const [first, last] = await ends(selector);
      return first < last;
    };
    assert.equal(await isLeftToRight('.prompt p'), false);
    assert.equal(await isLeftToRight('.prose p >> nth=0'), false);
    assert.equal(await isLeftToRight('.prose code'), true);
    assert.equal(await isLeftToRight('.prose p >> nth=1'), true);
    const marksStand = (list: string): Promise<string> =>
      panel.page.locator(list).evaluate((element) => getComputedStyle(element).direction);
    assert.deepEqual([await marksStand('.prose ul'), await marksStand('.prose ol')], ['rtl', 'ltr']);
    panel.close();
  });

  it('holds at 300 px: nothing is cut off at the side', async () => {
    for (const scene of [turn, permission, back, changed, mail, composing]) {
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

  for (const theme of ['dark-modern', 'light-modern', 'hc-dark', 'hc-light'] as const) {
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

  it('keeps the composer whole in a view that has room for little else', async () => {
    const panel = await chromium.panel({ height: 190 });
    await panel.tell(...turn(Date.now()), { type: 'refused', message: 'That machine does not allow this.' });
    const below = (): Promise<number> =>
      panel.page.evaluate(
        () => (document.querySelector('.foot')?.getBoundingClientRect().bottom ?? 0) - innerHeight,
      );
    assert.equal(await below(), 0);
    for (const list of ['Plan', 'Queued']) await panel.page.getByRole('button', { name: list }).click();
    await panel.tell();
    assert.equal(await below(), 0);
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
      /Claude Code works in this folder\..*\s\/home\/ann\/code\/harbor-api/,
    );
    panel.close();
  });
});
