// The demo agent behind a gate: it hears nothing before a file is there, so that a test says how long its start takes. It
// writes down who it is, and does not end the moment it is told to.
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runDemoAgent } from '../../gateway/agents/demo.ts';

const [gate = '', pidFile = ''] = process.argv.slice(2);
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200));
writeFileSync(pidFile, String(process.pid));
while (!existsSync(gate)) await delay(10);
await runDemoAgent(process.stdin, process.stdout);
