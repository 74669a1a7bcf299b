// What belongs between two texts, by node-llama-cpp's LlamaCompletion and the model's own marks. What seldom changes
// stands first and keeps its beginning, so that the next keystroke finds it in the KV cache. Texts never become marks.
import type { LlamaModel, Token } from 'node-llama-cpp';
import { withExtra } from '../../completion/fim-formats';
import { RouterError } from '../../shared/errors';
import { DEFAULT_WINDOW_TOKENS, type Writing } from './host-chat';
import { drawing } from './host-sampling';
import type { Writer } from './host-writers';
import type { FillRequest, WritingEnd } from './runtime';

/** The marks, the first token of all, and one that the library keeps. */
const MARKS = 6;
const ANSWER_TOKENS = 256;
/** A prefix that is too long loses its beginning in steps of so many tokens: the cache survives until the next step. */
const STEP = 256;
/** Of the window, what the suffix may take when not everything fits, and what other files may take at most. */
const SUFFIX_SHARE = 0.25;
const FILES_SHARE = 0.5;

export async function fill(writer: Writer, request: FillRequest, { spec, pace, send }: Writing): Promise<WritingEnd> {
  const { library, model } = writer;
  const { sampling } = request;
  const answerTokens = sampling.maxTokens ?? ANSWER_TOKENS;
  const windowTokens = Math.min(spec.contextTokens ?? DEFAULT_WINDOW_TOKENS, model.trainContextSize);
  const room = windowTokens - answerTokens - MARKS;
  if (room < 1) throw new RouterError('bad_request', `The model's window of ${windowTokens} tokens has no room for an answer of ${answerTokens}.`);
  const { tokens: prompt, counted } = promptOf(model, request, room);
  if (request.count === true) send({ type: 'counted', ...counted });
  const slot = await writer.fill.take({ prompt, answerTokens: answerTokens + MARKS, windowTokens }, pace.signal);
  try {
    const meter = slot.begin(pace);
    const completion = new library.LlamaCompletion({ contextSequence: slot.sequence });
    const { metadata } = await completion.generateCompletionWithMeta(prompt, {
      ...drawing(sampling),
      signal: pace.signal,
      maxTokens: answerTokens,
      contextShiftSize: 1,
      disableContextShift: true,
      onTextChunk: (text) => {
        if (text !== '') send({ type: 'text', text });
      },
    });
    completion.dispose();
    const promptTokens = slot.sequence.nextTokenIndex - Math.max(0, meter.written - 1);
    return {
      promptTokens,
      cachedTokens: Math.max(0, promptTokens - (meter.evaluated ?? promptTokens)),
      writtenTokens: meter.written,
      finish: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
    };
  } finally {
    slot.release();
  }
}

interface Prompt {
  readonly tokens: Token[];
  /** Of the text before the cursor, before anything was cut. */
  readonly counted: { readonly chars: number; readonly tokens: number };
}

/** In the order that the library's own infill has: suffix first where there is no mark for the middle. */
function promptOf(model: LlamaModel, request: FillRequest, room: number): Prompt {
  const { prefix, suffix, middle } = model.tokens.infill;
  if (prefix === null || suffix === null) throw new RouterError('unsupported', 'The model has no marks for filling in the middle.');
  const head = filesBefore(model, request).slice(0, Math.floor(room * FILES_SHARE));
  const text = head.length > 0 ? request.prefix : withExtra(request);
  const textTokens = model.tokenize(text, false, 'trimLeadingSpace');
  const around = fit(textTokens, model.tokenize(request.suffix, false, 'trimLeadingSpace'), room - head.length);
  const [before, after] = [[prefix, ...around.prefix], [suffix, ...around.suffix]];
  const tokens = middle === null ? [...head, ...after, ...before] : [...head, ...before, ...after, middle];
  return { tokens, counted: { chars: text.length, tokens: textTokens.length } };
}

/** Other files by the marks of repository and file that Qwen-Coder and its kin know; empty for all other models. */
function filesBefore(model: LlamaModel, { path = 'untitled', extra = [] }: FillRequest): Token[] {
  const [repository, separator] = ['<|repo_name|>', '<|file_sep|>'].map((mark) => model.tokenize(mark, true));
  if (extra.length === 0 || repository?.length !== 1 || separator?.length !== 1) return [];
  const file = (name: string, text: string): Token[] => [...separator, ...model.tokenize(`${name}\n${text}`, false)];
  return [...repository, ...model.tokenize('workspace\n', false), ...extra.flatMap((one) => file(one.path, `${one.text.trimEnd()}\n`)), ...file(path, '')];
}

function fit(prefix: Token[], suffix: Token[], room: number): { readonly prefix: Token[]; readonly suffix: Token[] } {
  if (prefix.length + suffix.length <= room) return { prefix, suffix };
  const after = suffix.slice(0, Math.max(Math.floor(room * SUFFIX_SHARE), room - prefix.length));
  const tooMany = prefix.length + after.length - room;
  return { prefix: tooMany > 0 ? prefix.slice(Math.ceil(tooMany / STEP) * STEP) : prefix, suffix: after };
}
