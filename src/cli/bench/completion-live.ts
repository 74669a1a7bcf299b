// Part (c): a real model, where one can be reached: a GGUF file named by --model, or what answers on this machine.
// Exact match, edit similarity, and whether the case's own test passes with what was filled in.
import { createLlamaBackend } from '../../adapters/llama-chat';
import { discoverModels, USUAL_ADDRESSES } from '../../adapters/discovery';
import { createOllamaBackend } from '../../adapters/ollama';
import { createOpenAiBackend } from '../../adapters/openai';
import { callFor, tokenKey } from '../../completion/call';
import { createStop } from '../../completion/stop';
import type { Syntax } from '../../completion/syntax';
import { createTokenRatios, type TokenRatios } from '../../completion/token-budget';
import type { Backend, FimCall } from '../../router/ports';
import type { Candidate } from '../../router/types';
import { withDeadline } from '../../shared/abort';
import { silentLog } from '../../shared/log';
import { openRuntime } from '../classifiers';
import { languageOf, placeOfCase, type FimCase } from './completion-cases';
import { isExact } from './completion-oracle';
import { passesTest } from './completion-test-run';

export interface LiveResult {
  readonly model: string;
  readonly cases: number;
  /** Shares, 0..1. */
  readonly exact: number;
  readonly editSimilarity: number;
  /** Of the cases with a test that can be run here. */
  readonly passAt1: number | null;
  readonly tested: number;
  readonly failed: number;
}

export interface LiveModel {
  readonly candidate: Candidate;
  readonly backend: Backend;
  readonly close: () => Promise<void>;
}

const MOST_CASES = 120;
const MOST_TOKENS = 160;
const CASE_MS = 60_000;

/** The GGUF file, or the first model on this machine that can fill in. `addresses`: the usual ones when left out. */
export async function findLiveModel(model: string | undefined, addresses = USUAL_ADDRESSES): Promise<LiveModel | undefined> {
  if (model?.endsWith('.gguf') === true) return fileModel(model);
  const asked = model?.startsWith('http') === true ? [model] : addresses;
  const deps = { key: () => Promise.resolve(undefined), log: silentLog };
  const found = await discoverModels({ ...deps, endpoints: [], usual: asked }, new AbortController().signal);
  const candidate = found.find(({ capabilities }) => capabilities.includes('fim'));
  if (!candidate) return undefined;
  const backend = candidate.provider === 'ollama' ? createOllamaBackend(deps) : createOpenAiBackend(deps);
  return { candidate, backend, close: () => Promise.resolve() };
}

function fileModel(path: string): LiveModel {
  const runtime = openRuntime();
  const candidate: Candidate = {
    id: path.split(/[\\/]/u).at(-1) ?? path,
    provider: 'llama',
    model: path,
    locality: 'local',
    endpoint: 'llama',
    capabilities: ['fim'],
    capabilitiesKnown: true,
    origin: 'settings',
  };
  return { candidate, backend: createLlamaBackend({ runtime }), close: () => runtime.dispose() };
}

export async function runLive(rows: readonly FimCase[], live: LiveModel, syntax?: Syntax): Promise<LiveResult> {
  const step = Math.max(1, Math.floor(rows.length / MOST_CASES));
  const chosen = rows.filter((_, index) => index % step === 0).slice(0, MOST_CASES);
  const asked = { ...live, ratios: createTokenRatios() };
  const scores = { exact: 0, similarity: 0, passed: 0, tested: 0, failed: 0 };
  for (const row of chosen) {
    const got = await filled(row, asked, syntax).catch(() => undefined);
    if (got === undefined) scores.failed += 1;
    const text = got ?? '';
    if (isExact(row, text)) scores.exact += 1;
    scores.similarity += editSimilarity(row.middle.trimEnd(), text.trimEnd());
    const passes = await passesTest(row, text);
    if (passes !== undefined) scores.tested += 1;
    if (passes === true) scores.passed += 1;
  }
  const cases = chosen.length;
  return {
    model: live.candidate.id,
    cases,
    exact: scores.exact / cases,
    editSimilarity: scores.similarity / cases,
    passAt1: scores.tested === 0 ? null : scores.passed / scores.tested,
    tested: scores.tested,
    failed: scores.failed,
  };
}

async function filled(row: FimCase, { candidate, backend, ratios }: LiveModel & { readonly ratios: TokenRatios }, syntax: Syntax | undefined): Promise<string> {
  const { id, prefix: before, suffix: after } = row;
  const request = { document: id, path: id, language: languageOf(row), before, after, offset: before.length, whole: true, manual: false };
  const call: FimCall = {
    ...callFor({ request, extra: [], maxTokens: MOST_TOKENS, ratios }, candidate),
    note: (note) => {
      if (note.kind === 'counted') ratios.learn(tokenKey(candidate, request.language), note);
    },
  };
  const stop = createStop(placeOfCase(row), syntax);
  await withDeadline(CASE_MS, new AbortController().signal, async (signal) => {
    for await (const piece of backend.fim?.(call, signal) ?? []) if (stop.add(piece)) break;
  });
  return stop.insertion().text;
}

/** 1 less Levenshtein's distance over the length of the longer text. */
export function editSimilarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  let row = Uint32Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let at = 0; at < a.length; at += 1) {
    const next = new Uint32Array(b.length + 1);
    next[0] = at + 1;
    for (let to = 0; to < b.length; to += 1) {
      const replaced = (row[to] ?? 0) + (a[at] === b[to] ? 0 : 1);
      next[to + 1] = Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1);
    }
    row = next;
  }
  return 1 - (row[b.length] ?? 0) / longest;
}
