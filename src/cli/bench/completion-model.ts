// The model of the replayed trace: it takes its time, and is right, half right or wrong as often as HELD says.
import type { FimCall } from '../../router/ports';
import { seeded } from './completion-overruns';
import type { VirtualClock } from './virtual-clock';

/**
 * Time of a 1.5B model on a laptop. Such models get about four of five single lines of these cases exactly right
 * (Qwen2.5-Coder, arXiv 2409.12186, fill-in-the-middle); held here is a little less.
 */
export const HELD = { firstTokenMs: 220, tokenMs: 14, charsPerToken: 4, lineRight: 0.75, wrongLineBeginsRight: 0.5 } as const;

export interface TraceModel {
  /** What the person is going to write from here on, and what stands below: for the model to be right about. */
  truth: { readonly rest: string; readonly suffix: string };
  requests: number;
  cancelled: number;
  readonly fill: (call: FimCall, signal: AbortSignal) => AsyncIterable<string>;
}

export function createTraceModel(clock: VirtualClock, wrongTexts: readonly string[]): TraceModel {
  const random = seeded('model');
  const answerTo = ({ rest, suffix }: TraceModel['truth']): string => {
    const wrong = wrongTexts[Math.floor(random() * wrongTexts.length)] ?? 'pass';
    let written = '';
    for (const line of rest.match(/[^\n]*\n?/gu)?.filter((one) => one !== '') ?? []) {
      if (random() < HELD.lineRight) {
        written += line;
        continue;
      }
      const begun = random() < HELD.wrongLineBeginsRight ? line.slice(0, Math.floor(random() * line.length)) : '';
      return written + begun + wrong.trimStart();
    }
    return rest === '' ? wrong : written + suffix.slice(0, 60);
  };
  const model: TraceModel = {
    truth: { rest: '', suffix: '' },
    requests: 0,
    cancelled: 0,
    fill: async function* (_call, signal) {
      model.requests += 1;
      const text = answerTo(model.truth);
      const onAbort = (): void => {
        model.cancelled += 1;
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await clock.sleep(HELD.firstTokenMs * (0.7 + 0.6 * random()), signal);
        for (let at = 0; at < text.length; at += HELD.charsPerToken) {
          yield text.slice(at, at + HELD.charsPerToken);
          await clock.sleep(HELD.tokenMs, signal);
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
  return model;
}
