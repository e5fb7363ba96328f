// Our gateway's session with the scripted agent, as something that can be prompted and followed.
import { bytesOf } from '../sockets.ts';
import { connectTo, type OurGateway } from './ourGateway.ts';

export interface OurStream {
  join(onText: (text: Buffer) => void): Promise<void>;
  /** Resolves when the turn is over. */
  prompt(text: string, sessionId?: string): Promise<void>;
}

export async function streamOf({ socket, control, sessionId }: OurGateway): Promise<OurStream> {
  let isBusy = false;
  let onIdle = (): void => {};
  control.ws.on('message', (data) => {
    const text = bytesOf(data).toString();
    if (!text.includes('"session.changed"')) return;
    const wasBusy = isBusy;
    isBusy = text.includes('"status":"busy"');
    if (wasBusy && !isBusy) onIdle();
  });
  await control.call('session.watch', {});
  return {
    async join(onText) {
      const client = await connectTo(socket, onText);
      await client.call('session.subscribe', { sessionId });
    },
    async prompt(message, to = sessionId) {
      const { promise, resolve } = Promise.withResolvers<void>();
      onIdle = resolve;
      await control.call('session.send', { sessionId: to, message });
      await promise;
    },
  };
}
