// The fill-in-the-middle cases of a data folder.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { placeOf, type Place } from '../../completion/place';
import { RouterError } from '../../shared/errors';
import { readJsonLines } from '../rows';

export const fimCase = z.object({
  id: z.string(),
  kind: z.string().default('case'),
  language: z.string().default('plaintext'),
  prefix: z.string(),
  middle: z.string(),
  suffix: z.string(),
  problem: z.union([z.number(), z.string()]).optional(),
  entry_point: z.string().optional(),
  test: z.string().optional(),
});
export type FimCase = z.infer<typeof fimCase>;

/** Names that data sets use -> VS Code's language ids. */
const LANGUAGE_IDS: Readonly<Record<string, string>> = {
  js: 'javascript',
  ts: 'typescript',
  py: 'python',
  'c++': 'cpp',
  'c#': 'csharp',
  cs: 'csharp',
  rs: 'rust',
  sh: 'shellscript',
  bash: 'shellscript',
};

export function languageOf({ language }: FimCase): string {
  const name = language.toLowerCase();
  return LANGUAGE_IDS[name] ?? name;
}

export function placeOfCase(row: FimCase): Place {
  return placeOf({ language: languageOf(row), before: row.prefix, after: row.suffix, whole: true });
}

/** All of DIR/fim/*.jsonl(.gz), or of DIR itself where there is no such folder. */
export function readFimCases(data: string | undefined): FimCase[] {
  const inner = data === undefined ? undefined : join(data, 'fim');
  const folder = inner !== undefined && existsSync(inner) ? inner : data;
  const files = folder === undefined || !existsSync(folder) ? [] : readdirSync(folder).filter((file) => /\.jsonl(\.gz)?$/u.test(file));
  if (folder === undefined || files.length === 0) {
    throw new RouterError('bad_file', 'bench completion needs --data DIR with DIR/fim/*.jsonl.gz, or *.jsonl.gz in DIR itself');
  }
  return files.sort().flatMap((file) => readJsonLines(join(folder, file), fimCase));
}
