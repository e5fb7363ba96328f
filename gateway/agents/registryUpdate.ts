// The ACP registry as it is today: fetched only when somebody asks for it, and kept in the state folder.
import { readFileSync } from 'node:fs';
import { Problem } from '../protocol/index.ts';
import { writeWhole } from '../wholeFile.ts';
import { readRegistry, type Registry } from './registry.ts';
import snapshot from './registry.json' with { type: 'json' };

/** It has some 60 KB. */
const MAX_BYTES = 4 * 1024 * 1024;
const LIMIT_MS = 20_000;

/** What was fetched last, else what this build came with. */
export function keptRegistry(file: string): Registry {
  try {
    const kept = readRegistry(JSON.parse(readFileSync(file, 'utf8')), '');
    if (kept !== undefined) return kept;
  } catch {
    // Nobody has fetched it, or somebody has damaged it: then this build's own will do.
  }
  const own = readRegistry(snapshot, '');
  if (own === undefined) throw new Error('unreachable: the snapshot is a registry');
  return own;
}

/** Fetches the registry and keeps it. Throws the problem registry.unreachable, with what to do. */
export async function updateRegistry(url: string, file: string, today: string): Promise<Registry> {
  const value = parse(url, await download(url));
  const registry = readRegistry(value, today);
  if (registry === undefined) throw unreachable(url, 'it answered with something that is no registry');
  // With the day on which it was fetched.
  writeWhole(file, JSON.stringify({ ...Object(value), date: today }));
  return { ...registry, date: today };
}

async function download(url: string): Promise<string> {
  if (!isSafe(url)) throw unreachable(url, 'its address is not an https one');
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(LIMIT_MS) });
    if (!response.ok) throw unreachable(url, `it answered with HTTP ${response.status}`);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    // The types of the DOM, which Node's follow, say nothing of what a body is made of.
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > MAX_BYTES) throw unreachable(url, `it is larger than ${MAX_BYTES} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8');
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreachable(url, reasonOf(error), error);
  }
}

/** fetch says "fetch failed" and hides why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreachable(url, 'it answered with something that is not JSON', error);
  }
}

/** Plain HTTP only to this machine. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname));
}

const unreachable = (url: string, why: string, cause?: unknown): Problem =>
  new Problem(
    'registry.unreachable',
    `The agents registry at ${url} could not be read: ${why}. The list stays as it is; try again when this machine is online.`,
    { url },
    cause,
  );
