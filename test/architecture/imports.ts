// Reads what a source file imports, and says which of it no rule allows.
import path from 'node:path';
import { files, folders, type Rule } from './rules.ts';

export interface Import {
  readonly from: string;
  readonly isType: boolean;
}

const STATIC = /^[ \t]*(?:import|export)\b(?<type>\s+type\b)?[^'";]*?\bfrom\s*['"](?<from>[^'"]+)['"]/gm;
const SIDE_EFFECT = /^[ \t]*import\s*['"](?<from>[^'"]+)['"]/gm;
const DYNAMIC = /\b(?:import|require|getBuiltinModule)\s*\(\s*['"`](?<from>[^'"`]+)['"`]/g;

export function withoutComments(source: string): string {
  // Whole-line and block comments: what follows code on its line is left, since it may be the inside of a string.
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^[ \t]*\/\/.*$/gm, '');
}

export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  return [STATIC, SIDE_EFFECT, DYNAMIC].flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ groups }) => ({
      from: groups?.['from'] ?? '',
      isType: groups?.['type'] !== undefined,
    })),
  );
}

/** Every way from a file back to itself, types included: each file of one can only be understood with all of them. */
export function circles(sources: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start !== -1) return void found.push([...way.slice(start), file].join(' -> '));
    const source = sources[file];
    if (source === undefined || done.has(file)) return;
    for (const { from } of importsOf(source)) visit(targetOf(file, from), [...way, file]);
    done.add(file);
  };
  for (const file of Object.keys(sources)) visit(file, []);
  return found;
}

/** The packages that a file brings along as soon as it is loaded: not what it imports when it is needed. */
export function broughtBy(file: string, read: (file: string) => string): ReadonlySet<string> {
  const packages = new Set<string>();
  const seen = new Set([file]);
  // A set is walked with what is added meanwhile.
  for (const one of seen) {
    const code = withoutComments(read(one));
    const now = [STATIC, SIDE_EFFECT].flatMap((pattern) => [...code.matchAll(pattern)]);
    for (const { groups } of now.filter((found) => found.groups?.['type'] === undefined)) {
      const target = targetOf(one, groups?.['from'] ?? '');
      if (target.endsWith('.ts')) seen.add(target);
      else if (!target.startsWith('node:')) packages.add(target);
    }
  }
  return packages;
}

/** A sentence for every import of the file that no rule allows. */
export function violations(file: string, source: string): string[] {
  const rule = folders
    .filter(({ where }) => isWithin(file, where))
    .sort((a, b) => b.where.length - a.where.length)[0];
  if (rule === undefined) return [`${file}: no line of the table is about this folder`];
  const own = files.filter(({ where }) => where === file);
  return importsOf(source)
    .map(({ from, isType }) => ({ target: targetOf(file, from), isType }))
    .filter(({ target, isType }) => ![rule, ...own].some((line) => allows(line, target, isType)))
    .map(({ target }) => sentence(file, target, rule));
}

/** A relative path becomes one from the top; everything else is the name of a package or of a module of Node. */
function targetOf(file: string, from: string): string {
  return from.startsWith('.') ? path.posix.join(path.posix.dirname(file), from) : from;
}

function allows(rule: Rule, target: string, isType: boolean): boolean {
  // A folder may use itself, but not the folders below it that have a line of their own.
  const closest = folders
    .filter(({ where }) => isWithin(target, where))
    .sort((a, b) => b.where.length - a.where.length)[0];
  if (closest === rule) return true;
  if (Object.keys(rule.may).some((name) => isWithin(target, name))) return true;
  return isType && Object.keys(rule.typesOnly ?? {}).some((name) => isWithin(target, name));
}

const isWithin = (target: string, name: string): boolean => target === name || target.startsWith(`${name}/`);

function sentence(file: string, target: string, { where, may, typesOnly = {} }: Rule): string {
  const types = Object.keys(typesOnly).map((name) => `${name} (types)`);
  const list = [...Object.keys(may), ...types].join(', ');
  return `${file} imports ${target}, but ${where} may only import ${list}: see test/architecture/rules.ts for the reasons`;
}
