// Part (b): the pipeline under a person's hands. The middles of the cases are typed key by key on a virtual clock, as
// VS Code would ask while they are; what the pipeline itself takes is measured in real time, waits left out.
import { createCompleter, type Completer } from '../../completion/completer';
import { isSkipped, type Completion, type CompletionRequest } from '../../completion/request';
import { createSnippetIndex } from '../../completion/snippets';
import { isAbort } from '../../shared/abort';
import { percentile } from '../score';
import { languageOf, type FimCase } from './completion-cases';
import { createTraceModel, type TraceModel } from './completion-model';
import { traceRoute } from './completion-route';
import { createTypist, type Typist } from './completion-typist';
import { createVirtualClock, type VirtualClock } from './virtual-clock';

export interface TraceResult {
  /** Keys pressed: characters, line breaks, deletions, and suggestions taken. */
  readonly keystrokes: number;
  /** Share of them that a suggestion from the cache followed, 0..1. */
  readonly cacheShare: number;
  readonly cacheHits: number;
  readonly requests: number;
  readonly cancelled: number;
  readonly shown: number;
  readonly accepted: number;
  /** Real milliseconds from the key to the request, without waiting. */
  readonly ownP50Ms: number;
  readonly ownP95Ms: number;
  /** Real milliseconds from the key to ghost text that the cache had. */
  readonly hitP95Ms: number;
}

/** VS Code waits so long after a key before it asks. */
const CORE_WAIT_MS = 50;
const CASES = 120;
const REPLAYS = 3;
const LEAST_CHARS = 12;
const OPEN_TABS = 8;
const SNIPPET_CHARS = 3000;
/** Pauses between the cases, so that nothing of one is under way in the next. */
const BETWEEN_MS = 5000;

interface Stage {
  readonly clock: VirtualClock;
  readonly completer: Completer;
  readonly model: TraceModel;
  readonly typist: Typist;
  readonly counts: { keystrokes: number; hits: number; shown: number; accepted: number };
  /** Real time at which the last key came, and what passed until its request or its ghost text. */
  readonly real: { keyAt: number; readonly toRequest: number[]; readonly toHit: number[] };
}

export async function runTrace(rows: readonly FimCase[]): Promise<TraceResult> {
  const usable = rows.filter(({ middle }) => middle.trim().length >= LEAST_CHARS);
  const step = Math.max(1, Math.floor(usable.length / CASES));
  const written = usable.filter((_, index) => index % step === 0).slice(0, CASES);
  const replays: Stage[] = [];
  for (let replay = 0; replay < REPLAYS; replay += 1) {
    const stage = createStage(usable);
    for (const row of written) await writeCase(stage, row);
    replays.push(stage);
  }
  const { counts, model } = replays[0] ?? createStage(usable);
  const toRequest = least(replays.map(({ real }) => real.toRequest));
  const toHit = least(replays.map(({ real }) => real.toHit));
  return {
    keystrokes: counts.keystrokes,
    cacheShare: counts.keystrokes === 0 ? 0 : counts.hits / counts.keystrokes,
    cacheHits: counts.hits,
    requests: model.requests,
    cancelled: model.cancelled,
    shown: counts.shown,
    accepted: counts.accepted,
    ownP50Ms: percentile(toRequest, 0.5) ?? 0,
    ownP95Ms: percentile(toRequest, 0.95) ?? 0,
    hitP95Ms: percentile(toHit, 0.95) ?? 0,
  };
}

/** Each time in its fastest replay: every replay does the same, and what differs is other programs' work. */
function least(replays: readonly (readonly number[])[]): number[] {
  return (replays[0] ?? []).map((_, index) => Math.min(...replays.map((times) => times[index] ?? Infinity)));
}

function createStage(rows: readonly FimCase[]): Stage {
  const clock = createVirtualClock();
  const model = createTraceModel(clock, rows.map(({ middle }) => middle));
  const snippets = createSnippetIndex();
  for (const { id, prefix, middle, suffix, ...row } of rows.slice(0, OPEN_TABS)) {
    snippets.put({ path: id, language: languageOf({ id, prefix, middle, suffix, ...row }), text: prefix + middle + suffix });
  }
  const real: Stage['real'] = { keyAt: 0, toRequest: [], toHit: [] };
  let ids = 0;
  const completer = createCompleter({
    now: clock.now,
    sleep: clock.sleep,
    newId: () => String((ids += 1)),
    context: (request) => Promise.resolve(snippets.like(request, SNIPPET_CHARS)),
    route: traceRoute(),
    fill: (call, signal) => {
      if (real.keyAt > 0) real.toRequest.push(performance.now() - real.keyAt);
      real.keyAt = 0;
      return model.fill(call, signal);
    },
    mostWaitMs: () => 150,
    maxTokens: () => 128,
  });
  return { clock, completer, model, typist: createTypist('typist'), counts: { keystrokes: 0, hits: 0, shown: 0, accepted: 0 }, real };
}

/** One document, its middle being written. */
interface Writing {
  readonly stage: Stage;
  readonly row: FimCase;
  /** What of the middle stands there, slips included. */
  typed: string;
  asking?: AbortController;
  /** On screen, and when it is going to be accepted. */
  ghost?: { readonly id: string; readonly text: string; readonly acceptAt: number } | undefined;
}

async function writeCase(stage: Stage, row: FimCase): Promise<void> {
  const { clock, typist, completer } = stage;
  const writing: Writing = { stage, row, typed: '' };
  while (writing.typed !== row.middle) {
    const next = nextKey(writing);
    const keyAt = clock.now() + typist.pauseBefore(next, writing.typed);
    const acceptAt = writing.ghost?.acceptAt ?? Infinity;
    if (acceptAt < keyAt) {
      await clock.runUntil(acceptAt);
      accept(writing);
    } else {
      await clock.runUntil(keyAt);
      press(writing, next);
    }
    await change(writing);
  }
  completer.cancel();
  await clock.runUntil(clock.now() + BETWEEN_MS);
}

/** The next character, a line break with the indentation that the editor adds, or a deletion. */
function nextKey({ row, typed, stage }: Writing): string {
  if (!row.middle.startsWith(typed)) return '\b';
  const rest = row.middle.slice(typed.length);
  const key = /^\n[ \t]*/u.exec(rest)?.[0] ?? rest.charAt(0);
  return /\w/u.test(key) && stage.typist.slips() ? 'q' : key;
}

function press(writing: Writing, key: string): void {
  const { ghost } = writing;
  writing.typed = key === '\b' ? writing.typed.slice(0, -1) : writing.typed + key;
  // VS Code leaves ghost text on screen while it is typed over.
  writing.ghost = ghost?.text.startsWith(key) === true && ghost.text !== key ? { ...ghost, text: ghost.text.slice(key.length) } : undefined;
}

function accept(writing: Writing): void {
  const { stage, ghost } = writing;
  if (!ghost) return;
  const word = /^\s*\S+\s?/u.exec(ghost.text)?.[0] ?? ghost.text;
  writing.typed += stage.typist.byWord() ? word : ghost.text;
  writing.ghost = undefined;
  stage.counts.accepted += 1;
}

/** What follows a key: VS Code cancels what it had asked, and asks anew when no other key comes in time. */
async function change(writing: Writing): Promise<void> {
  const { stage } = writing;
  const { clock, counts } = stage;
  counts.keystrokes += 1;
  writing.asking?.abort();
  const asking = new AbortController();
  writing.asking = asking;
  void clock
    .sleep(CORE_WAIT_MS, asking.signal)
    .then(() => ask(writing, asking.signal))
    .catch((error: unknown) => {
      if (!isAbort(error)) throw error;
    });
  await clock.runUntil(clock.now());
}

async function ask(writing: Writing, signal: AbortSignal): Promise<void> {
  const { stage, row } = writing;
  const { completer, counts, model, real } = stage;
  const request = requestOf(writing);
  const rest = row.middle.startsWith(writing.typed) ? row.middle.slice(writing.typed.length) : '';
  model.truth = { rest, suffix: row.suffix };
  const keyAt = performance.now();
  real.keyAt = keyAt;
  const outcome = await completer.complete(request, signal);
  if (isSkipped(outcome)) return;
  if (outcome.from === 'cache') {
    counts.hits += 1;
    real.toHit.push(performance.now() - keyAt);
    real.keyAt = 0;
  }
  show(writing, outcome, request);
}

function show(writing: Writing, completion: Completion, at: CompletionRequest): void {
  const { stage, row, ghost, typed } = writing;
  const { id, insertion } = completion;
  stage.completer.askAhead(completion, at);
  const right = row.middle.startsWith(typed + insertion.text);
  if (ghost?.id !== id) stage.counts.shown += 1;
  const reaction = right ? stage.typist.reaction() : undefined;
  const acceptAt = ghost?.id === id ? ghost.acceptAt : stage.clock.now() + (reaction ?? Infinity);
  writing.ghost = { id, text: insertion.text, acceptAt };
}

function requestOf({ row, typed }: Writing): CompletionRequest {
  const before = row.prefix + typed;
  return { document: row.id, path: row.id, language: languageOf(row), before, after: row.suffix, offset: before.length, whole: true, manual: false };
}
