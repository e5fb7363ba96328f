// One gateway for all tests of a file: there before the first of them, ended after the last.
import { after } from 'node:test';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';

export async function sharedGateway(options?: GatewayOptions): Promise<TestGateway> {
  const gateway = await startGateway(options);
  after(() => gateway[Symbol.asyncDispose]());
  // A file that fails before its first test comes to no `after`.
  process.once('exit', () => void gateway.kill9());
  return gateway;
}
