// The house rules that hold the rooms of src apart (ARCHITECTURE.md): directions, no cycles, sizes, and who knows VS Code.
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const MAX_LINES = 250;

/** What each room may import of the others; every room may import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  settings: ['shared'],
  router: ['settings', 'shared'],
  learning: ['router', 'settings', 'shared'],
  completion: ['router', 'settings', 'shared'],
  adapters: ['router', 'learning', 'completion', 'settings', 'shared'],
  editor: ['router', 'learning', 'completion', 'settings', 'shared'],
  cli: ['adapters', 'router', 'learning', 'completion', 'settings', 'shared'],
  assembly: ['adapters', 'editor', 'router', 'learning', 'completion', 'settings', 'shared'],
  extension: ['assembly', 'adapters', 'editor', 'router', 'learning', 'completion', 'settings', 'shared'],
};
const PURE = ['shared', 'settings', 'router', 'learning', 'completion'];
const KNOWS_VSCODE = ['editor', 'assembly', 'extension'];

interface SourceFile {
  readonly name: string;
  readonly room: string;
  /** Other files of src. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly lines: number;
}

const names = globSync('**/*.ts', { cwd: SRC }).map((name) => name.split(path.sep).join('/')).sort();
const sources: readonly SourceFile[] = names.map((name) => {
  const text = readFileSync(path.join(SRC, name), 'utf8');
  const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return {
    name,
    room: roomOf(name),
    files: imported.filter((target) => target.startsWith('.') && !target.endsWith('.json')).map((target) => fileOf(name, target)),
    packages: imported.filter((target) => !target.startsWith('.')),
    lines: text.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length,
  };
});

function roomOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : name.replace(/\.ts$/, '');
}

function fileOf(from: string, target: string): string {
  const plain = path.posix.join(path.posix.dirname(from), target).replace(/\.[jt]s$/, '');
  return names.find((name) => name === `${plain}.ts` || name === `${plain}/index.ts`) ?? plain;
}

/** The first ring of files that import each other, or nothing. */
function ring(): readonly string[] {
  const targets = new Map(sources.map(({ name, files }) => [name, files]));
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): readonly string[] => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const target of targets.get(name) ?? []) {
      const found = visit(target, [...trail, name]);
      if (found.length > 0) return found;
    }
    done.add(name);
    return [];
  };
  return names.map((name) => visit(name, [])).find((found) => found.length > 0) ?? [];
}

describe('the rooms of src', () => {
  it('are the known ones', () => {
    expect(sources.filter(({ room }) => !(room in MAY_IMPORT)).map(({ name }) => name)).toEqual([]);
  });

  it('import inward only', () => {
    const outward = sources.flatMap(({ name, room, files }) =>
      files.filter((file) => roomOf(file) !== room && !MAY_IMPORT[room]?.includes(roomOf(file))).map((file) => `${name} -> ${file}`),
    );
    expect(outward).toEqual([]);
  });

  it('have no ring of imports', () => {
    expect(ring()).toEqual([]);
  });

  it('that are pure import no package but zod', () => {
    const impure = sources
      .filter(({ room }) => PURE.includes(room))
      .flatMap(({ name, packages }) => packages.filter((target) => !/^zod(\/|$)/.test(target)).map((target) => `${name} -> ${target}`));
    expect(impure).toEqual([]);
  });

  it('leave VS Code to editor and to the place where the parts meet', () => {
    const knowing = sources.filter(({ room, packages }) => packages.includes('vscode') && !KNOWS_VSCODE.includes(room));
    expect(knowing.map(({ name }) => name)).toEqual([]);
  });

  it(`hold no file of more than ${String(MAX_LINES)} lines`, () => {
    expect(sources.filter(({ lines }) => lines > MAX_LINES).map(({ name, lines }) => `${name}: ${String(lines)}`)).toEqual([]);
  });

  it('are tested where VS Code cannot be found', () => {
    expect(() => createRequire(import.meta.url).resolve('vscode')).toThrow();
  });
});
