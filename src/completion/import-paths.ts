// Where an imported file may lie, as paths of the workspace folder, likeliest first. Never above that folder.
import type { Import } from './imports';

export interface Importer {
  /** Relative to its workspace folder, with forward slashes. */
  readonly path: string;
  /** VS Code language id. */
  readonly language: string;
}

const SCRIPT_ENDINGS = ['.ts', '.tsx', '.d.ts', '.js', '.jsx', '.mjs'] as const;
/** TypeScript writes the ending of what it will become. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = { js: ['ts', 'tsx', 'js'], jsx: ['tsx', 'jsx'], mjs: ['mts', 'mjs'], cjs: ['cts', 'cjs'] };
const MOST_PATHS = 8;

export function pathsOf(one: Import, { path, language }: Importer): readonly string[] {
  const folder = path.split('/').slice(0, -1);
  const found = (FINDERS[language] ?? scriptPaths)(one.from, folder);
  return found.flatMap((parts) => plain(parts) ?? []).filter((other) => other !== path).slice(0, MOST_PATHS);
}

type Parts = readonly string[];

const FINDERS: Readonly<Record<string, (from: string, folder: Parts) => readonly Parts[]>> = {
  python: pythonPaths,
  c: includePaths,
  cpp: includePaths,
  java: javaPaths,
};

function scriptPaths(from: string, folder: Parts): readonly Parts[] {
  const named = /^(.*)\.([cm]?jsx?)$/u.exec(from);
  if (named) return (WRITTEN_AS[named[2] ?? ''] ?? []).map((ending) => [...folder, ...`${named[1] ?? ''}.${ending}`.split('/')]);
  if (/\.[cm]?tsx?$/u.test(from)) return [[...folder, ...from.split('/')]];
  // Styles, pictures and the like have nothing to say here.
  if (/\.(?:css|scss|less|json|svg|png|html|md)$/u.test(from)) return [];
  const base = [...folder, ...from.replace(/\/$/u, '').split('/')].join('/');
  return [...SCRIPT_ENDINGS.map((ending) => base + ending), `${base}/index.ts`, `${base}/index.js`].map((one) => one.split('/'));
}

function pythonPaths(from: string, folder: Parts): readonly Parts[] {
  const dots = /^\.*/u.exec(from)?.[0].length ?? 0;
  const module = from.slice(dots).split('.').filter((part) => part !== '');
  // Absolute names begin at the root of the project, at `src`, or at any folder above.
  const bases = dots > 0 ? [[...folder, ...Array<string>(dots - 1).fill('..')]] : [[], ['src'], ...folder.map((_, depth) => folder.slice(0, folder.length - depth))];
  return bases.flatMap((base) => [[...base, ...module.slice(0, -1), `${module.at(-1) ?? ''}.py`], [...base, ...module, '__init__.py']]);
}

function includePaths(from: string, folder: Parts): readonly Parts[] {
  const parts = from.split('/');
  return [folder, ['include'], ['src'], []].map((base) => [...base, ...parts]);
}

/** Packages begin where the first part of the name is a folder on the way to the file itself. */
function javaPaths(from: string, folder: Parts): readonly Parts[] {
  const parts = from.split('.');
  const root = folder.lastIndexOf(parts[0] ?? '');
  return root < 0 ? [] : [[...folder.slice(0, root), ...parts.slice(0, -1), `${parts.at(-1) ?? ''}.java`]];
}

/** Without `.` and `..`; undefined where it leads out of the folder. */
function plain(parts: Parts): string | undefined {
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.pop() === undefined) return undefined;
  }
  return kept.join('/');
}
