// The demo agent as a program, for tests: what `<gateway> demo-agent` runs.
import { runDemoAgent } from '../../gateway/agents/demo.ts';

await runDemoAgent(process.stdin, process.stdout);
process.exit(0);
