// What belongs between two texts, by node-llama-cpp's LlamaCompletion and the model's own marks. The prefix stands
// first and keeps its beginning, so that the next keystroke finds it in the KV cache.
import type { Token } from 'node-llama-cpp';
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
/** Of the window, what the suffix may take when not everything fits. */
const SUFFIX_SHARE = 0.25;

export async function fill(writer: Writer, { prefix, suffix, sampling }: FillRequest, { spec, pace, send }: Writing): Promise<WritingEnd> {
  const { library, model } = writer;
  const { prefix: prefixMark, suffix: suffixMark } = model.tokens.infill;
  if (prefixMark === null || suffixMark === null) {
    throw new RouterError('unsupported', 'The model has no marks for filling in the middle.');
  }
  const answerTokens = sampling.maxTokens ?? ANSWER_TOKENS;
  const windowTokens = Math.min(spec.contextTokens ?? DEFAULT_WINDOW_TOKENS, model.trainContextSize);
  const room = windowTokens - answerTokens - MARKS;
  if (room < 1) throw new RouterError('bad_request', `The model's window of ${windowTokens} tokens has no room for an answer of ${answerTokens}.`);
  const around = fit(model.tokenize(prefix, false, 'trimLeadingSpace'), model.tokenize(suffix, false, 'trimLeadingSpace'), room);
  const prompt = [prefixMark, ...around.prefix, suffixMark, ...around.suffix];
  const slot = await writer.fill.take({ prompt, answerTokens: answerTokens + MARKS, windowTokens }, pace.signal);
  try {
    const meter = slot.begin(pace);
    const completion = new library.LlamaCompletion({ contextSequence: slot.sequence });
    const { metadata } = await completion.generateInfillCompletionWithMeta(around.prefix, around.suffix, {
      ...drawing(sampling),
      signal: pace.signal,
      maxTokens: answerTokens,
      contextShiftSize: 1,
      disableContextShift: true,
      minPrefixKeepTokens: around.prefix.length,
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

function fit(prefix: Token[], suffix: Token[], room: number): { readonly prefix: Token[]; readonly suffix: Token[] } {
  if (prefix.length + suffix.length <= room) return { prefix, suffix };
  const after = suffix.slice(0, Math.max(Math.floor(room * SUFFIX_SHARE), room - prefix.length));
  const tooMany = prefix.length + after.length - room;
  return { prefix: tooMany > 0 ? prefix.slice(Math.ceil(tooMany / STEP) * STEP) : prefix, suffix: after };
}
