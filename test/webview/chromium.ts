// The panels of a test file: one browser for all of its tests, and the session that most of them begin with.
import { after, before } from 'node:test';
import { PanelTest, type PanelOptions, type PanelPage } from './panelPage.ts';
import { connected } from './scenes.ts';
import { showing, snapshot } from './story.ts';

export let chromium: PanelTest;
before(async () => {
  chromium = await PanelTest.open();
});
after(() => chromium.close());

/** An idle session whose agent has said nothing yet. */
export async function idle(options: PanelOptions = {}, draft = ''): Promise<PanelPage> {
  const panel = await chromium.panel(options);
  await panel.tell(connected(Date.now()), showing(snapshot({ draft }, Date.now())));
  return panel;
}
