// config: where the configuration is, how it is read, and what may stand in it.
import { existsSync } from 'node:fs';
import { configSchema, readConfig } from '../config.ts';
import { configFile } from '../rpc/paths.ts';
import type { Verb } from './verb.ts';

export const configVerbs: readonly Verb[] = [
  {
    name: 'config',
    summary: 'Show where the configuration is, and how the gateway reads it',
    options: [['--schema', 'its JSON schema, for editors: what may stand in it, with the reasons']],
    more: 'A gateway reads it when it starts: holdfast down, then holdfast up.',
    run: async (call) => {
      if (call.flag('schema') === true)
        return call.out.answer(configSchema(), JSON.stringify(configSchema(), undefined, 2));
      const file = configFile();
      const isThere = existsSync(file);
      const config = readConfig(file);
      const where = isThere ? file : `${file} (not there: all of it may be left out)`;
      call.out.answer({ file, isThere, config }, [where, JSON.stringify(config, undefined, 2)]);
    },
  },
];
