// What this machine is called, and under which addresses others may reach it.
import { hostname, networkInterfaces } from 'node:os';
import { PeerName } from '../protocol/index.ts';

/** Interfaces that lead into containers and virtual machines: nobody outside knows their addresses. */
export const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vnic|cni|flannel|cali|podman|lxc|lxd|utun|tap|awdl|llw|bridge)/;
const MAX_ADDRESSES = 6;

/** host:port for every address that another machine might use; loopback only where there is nothing else. */
export function addressesOf(port: number, interfaces = networkInterfaces()): string[] {
  const all = Object.entries(interfaces).flatMap(([name, list = []]) =>
    list.map(({ address, family, internal }) => ({ name, address, family, internal })),
  );
  const outer = all.filter(
    ({ name, address, internal }) => !internal && !VIRTUAL.test(name) && !/^fe80:/i.test(address),
  );
  const found = outer.length > 0 ? outer : all.filter(({ internal }) => internal);
  // Most networks know IPv4 only.
  return found
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .slice(0, MAX_ADDRESSES)
    .map(({ address }) => hostAndPort(address, port));
}

/** Not one address, but all of this machine. */
export const isAnywhere = (host: string): boolean => host === '::' || host === '0.0.0.0';

/** The two as one writes them together. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** "host" or "host:port" as a person writes it; undefined when it is neither. */
export function readAddress(text: string, defaultPort: number): string | undefined {
  const bare = /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text;
  const [, inBrackets, name, port] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/i.exec(bare) ?? [];
  const host = inBrackets ?? name;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) return undefined;
  return hostAndPort(host, number);
}

const MOST_REMEMBERED = 12;

/**
 * Where a machine can be dialled, after it has said so: what has worked last, or what a person has said, comes first in `known`
 * and stays; what it says now goes before the places where it was once.
 */
export function withNews(known: readonly string[], told: readonly string[]): string[] {
  const half = MOST_REMEMBERED / 2;
  return [...new Set([...known.slice(0, half), ...told, ...known.slice(half)])].slice(0, MOST_REMEMBERED);
}

/** A name from what a machine, or somebody else, calls itself. */
export function nameFrom(text: string): PeerName {
  const [first = ''] = text.toLowerCase().split('.');
  const plain = first
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+/g, '')
    .slice(0, 40)
    .replaceAll(/[^a-z0-9]+$/g, '');
  return PeerName.parse(plain === '' ? 'gateway' : plain);
}

/** What this machine is called. */
export const ownName = (): PeerName => nameFrom(hostname());
