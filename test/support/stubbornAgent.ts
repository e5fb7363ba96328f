// The demo agent as an agent that is hard to be rid of: it does not notice that its gateway is gone, and has a child.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { runDemoAgent } from '../../gateway/agents/demo.ts';

const [pidFile] = process.argv.slice(2);
const child = spawn('sleep', ['600'], { stdio: 'ignore' });
if (pidFile !== undefined) writeFileSync(pidFile, `${process.pid} ${child.pid}`);

const input = new PassThrough();
process.stdin.on('data', (chunk: Buffer) => input.write(chunk));
process.stdout.on('error', () => {});
await runDemoAgent(input, process.stdout);
