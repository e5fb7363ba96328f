// Runs in the panel's page: an agent's stream at an even rate, and a watch over what each frame costs.

declare global {
  interface Window {
    /** worst: ms of the panel's own work in one frame. over: frames with more than 50. long: tasks over 50 ms. */
    frames50: { worst: number; over: number; long: number };
    ownWork(ms: number): void;
  }
}

/** Own work is what the panel does with messages and in its frames; long tasks hold the browser's layout as well. */
export function watchFrames(): void {
  const frames = { worst: 0, over: 0, long: 0 };
  let sum = 0;
  window.frames50 = frames;
  window.ownWork = (ms) => {
    sum += ms;
  };
  const next = window.requestAnimationFrame.bind(window);
  const begin = (): void => {
    frames.worst = Math.max(frames.worst, sum);
    if (sum > 50) frames.over += 1;
    sum = 0;
    next(begin);
  };
  next(begin);
  window.requestAnimationFrame = (draw) =>
    next((time) => {
      const from = performance.now();
      draw(time);
      window.ownWork(performance.now() - from);
    });
  new PerformanceObserver((list) => {
    frames.long += list.getEntries().length;
  }).observe({ type: 'longtask' });
}

/** Messages of 3,000 characters, eight of them in a turn, each with a tool call before it. */
export async function stream({
  from,
  to,
  perSecond,
}: {
  from: number;
  to: number;
  perSecond: number;
}): Promise<void> {
  const SIZE = 8;
  const PIECES = 375;
  const MESSAGES = 8;
  const TEXT = [
    'The limiter counts requests per address, so a login can share it. ',
    'It gets `429` with **Retry-After**, and the counter is kept.\n\n',
    '- one rule for all addresses\n- another for those that fail\n\n',
    '```ts\nexport const loginRule: Rule = {\n  key: (req) => req.ip,\n  max: 5,\n};\n```\n\n',
  ]
    .join('')
    .repeat(20);
  const tell = (number: number, body: object): void => {
    const event = { seq: 10 * number, ts: new Date().toISOString(), sessionId: 's1', ...body };
    const data = { type: 'events', sessionId: 's1', events: [event], cursor: `log00000:${10 * number}` };
    const begin = performance.now();
    window.dispatchEvent(new MessageEvent('message', { data }));
    window.ownWork(performance.now() - begin);
  };
  const say = (number: number): void => {
    const message = Math.floor(number / PIECES);
    const offset = (number % PIECES) * SIZE;
    const turn = Math.floor(message / MESSAGES);
    if (offset === 0) {
      if (message % MESSAGES === 0) {
        if (turn > 0)
          tell(number, {
            type: 'result',
            promptId: `p${turn - 1}`,
            stopReason: 'end_turn',
            session_id: null,
          });
        const author = { clientId: 'window-me', name: 'window' };
        tell(number, { type: 'prompt', promptId: `p${turn}`, message: `Prompt ${turn}`, from: author });
        tell(number, { type: 'status', status: 'busy' });
      }
      const call = {
        tool: 'Read',
        title: 'Read a file',
        kind: 'read',
        input: {},
        status: 'completed',
        locations: [],
        content: [],
      };
      tell(number, { type: 'tool_use', toolCallId: `t${message}`, ...call });
    }
    const content = TEXT.slice(offset, offset + SIZE);
    tell(number, { type: 'partial', messageId: `m${message}`, offset, content });
  };
  const began = performance.now();
  await new Promise<void>((done) => {
    let said = from;
    const timer = setInterval(() => {
      const due = Math.min(to, from + Math.floor(((performance.now() - began) / 1000) * perSecond));
      for (; said < due; said += 1) say(said);
      if (said < to) return;
      clearInterval(timer);
      done();
    }, 5);
  });
}
