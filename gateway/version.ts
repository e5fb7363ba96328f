// The version of this build: said to clients, in the log and by the command line.
import manifest from '../package.json' with { type: 'json' };

export const VERSION = manifest.version;
