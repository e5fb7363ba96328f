// What the chat panel costs: a long session opened, an agent's stream shown as it comes, memory meanwhile.
import type { ToPanel } from '../../../extension/chatMessages.ts';
import type { Snapshot } from '../../../gateway/protocol/index.ts';
import { PanelTest, type PanelPage } from '../../webview/panelPage.ts';
import { connected } from '../../webview/scenes.ts';
import { ME, showing, snapshot } from '../../webview/story.ts';
import type { Area, Figures, Settings } from '../area.ts';
import { startOurGateway } from '../contestants/ourGateway.ts';
import { stream, watchFrames } from '../panelStream.ts';
import { microseconds } from '../statistics.ts';

const OPEN = 'a session of 10,000 events is opened';
const STREAM = '200 deltas a second';

const EVENTS = 10_000;
const BATCH = 4000;
const PER_SECOND = 200;

/** From the question to the gateway until the end of the session is drawn. */
async function opened(folder: string, settings: Settings): Promise<Figures> {
  await using gateway = await startOurGateway(settings.bundles.gateway, folder, settings);
  const { control } = gateway;
  const session = { title: 'a long one', path: folder, agent: 'scripted', mode: 'code', model: null };
  let sessionId: string | undefined;
  for (let first = 0; first < EVENTS; first += BATCH) {
    const events = longSession.slice(first, first + BATCH);
    const bundle = { holdfast: 1, session: { ...session, agentSessionId: null }, events };
    const into = sessionId === undefined ? {} : { sessionId };
    // The contract of session.import.
    ({ sessionId } = (await control.call('session.import', { bundle, ...into })) as { sessionId: string });
  }
  const chromium = await PanelTest.open();
  const panel = await chromium.panel();
  await panel.tell(connected(Date.now()));
  const begin = microseconds();
  // The contract of session.subscribe.
  const answer = (await control.call('session.subscribe', { sessionId })) as { snapshot: Snapshot };
  const asked = (microseconds() - begin) / 1000;
  const drawn = await panel.tell(showing(answer.snapshot));
  await chromium.close();
  return { asked, drawn, opened: asked + drawn };
}

const TS = '2026-01-01T00:00:00.000Z';
/** Turns as agents make them: a prompt, three tool calls, an answer. */
const longSession: readonly object[] = Array.from({ length: EVENTS }, (_, index) => {
  const turn = Math.floor(index / 9);
  switch (index % 9) {
    case 0:
      return { type: 'prompt', ts: TS, promptId: `p${turn}`, message: `Prompt ${turn}`, from: ME };
    case 7:
      return {
        type: 'text',
        ts: TS,
        messageId: `m${turn}`,
        content: `Answer ${turn} is **here**.\n\n- one\n- two`,
      };
    case 8:
      return { type: 'result', ts: TS, promptId: `p${turn}`, stopReason: 'end_turn', session_id: null };
    default:
      return {
        type: 'tool_use',
        ts: TS,
        toolCallId: `t${index}`,
        tool: 'Read',
        title: 'Read a file',
        kind: 'read',
        input: {},
        status: 'completed',
        locations: [],
        content: [{ type: 'text', text: 'line\n'.repeat(20) }],
      };
  }
});

/** In real time: frames of the panel's own work, long tasks of the page, and the heap after a collection. */
async function streamed(settings: Settings): Promise<Figures> {
  const chromium = await PanelTest.open();
  const panel = await chromium.panel({ width: 460 });
  const shown: ToPanel[] = [connected(Date.now()), showing(snapshot({}, Date.now()))];
  await panel.tell(...shown);
  await panel.page.evaluate(watchFrames);
  const seconds = settings.quick ? 6 : 60 * settings.minutes;
  const whole = Math.round(seconds * PER_SECOND);
  const early = Math.round(whole / 4);
  await panel.page.evaluate(stream, { from: 0, to: early, perSecond: PER_SECOND });
  const before = await heap(panel);
  await panel.page.evaluate(stream, { from: early, to: whole, perSecond: PER_SECOND });
  const after = await heap(panel);
  const frames = await panel.page.evaluate(() => window.frames50);
  await chromium.close();
  return { ...frames, heap: after.mb, growth: after.mb - before.mb, nodes: after.nodes };
}

async function heap({ page }: PanelPage): Promise<{ mb: number; nodes: number }> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  await devtools.detach();
  return { mb: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes') };
}

export const panel: Area = {
  question: 'What the chat panel costs',
  variants: [OPEN, STREAM],
  rounds: 1,
  contestants: { gateway: 'our panel' },
  metrics: [
    { key: 'opened', title: 'ms to its end on the screen' },
    { key: 'asked', title: 'ms for the gateway' },
    { key: 'drawn', title: 'ms for the panel' },
    { key: 'worst', title: 'ms of own work in the worst frame' },
    { key: 'over', title: 'frames over 50 ms' },
    { key: 'long', title: 'tasks over 50 ms, all of the page' },
    { key: 'heap', title: 'heap MB' },
    { key: 'growth', title: 'MB more than after a quarter' },
    { key: 'nodes', title: 'DOM nodes' },
  ],
  targets: [
    { variant: OPEN, metric: 'opened', atMost: 300 },
    { variant: STREAM, metric: 'over', atMost: 0 },
    { variant: STREAM, metric: 'growth', atMost: 2 },
  ],
  measure(_contestant, variant, folder, settings) {
    return variant === OPEN ? opened(folder, settings) : streamed(settings);
  },
};
