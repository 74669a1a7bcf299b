// `score`: figures of a prediction file as JSON.
import { parseArgs } from 'node:util';
import { evalRow, prediction, readJsonLines } from './rows';
import { scorePredictions } from './score';

export function runScore(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { in: { type: 'string' }, pred: { type: 'string' } } });
  if (values.in === undefined || values.pred === undefined) {
    return Promise.reject(new Error('score needs --in ROWS and --pred PREDICTIONS'));
  }
  const score = scorePredictions(readJsonLines(values.in, evalRow), readJsonLines(values.pred, prediction));
  console.log(JSON.stringify(score, null, 2));
  return Promise.resolve();
}
