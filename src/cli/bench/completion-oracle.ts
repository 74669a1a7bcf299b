// Part (a): does stop + trim give back the true middle, whatever the model wrote behind it?
import { createStop } from '../../completion/stop';
import type { Syntax } from '../../completion/syntax';
import { placeOfCase, languageOf, type FimCase } from './completion-cases';
import { overrunsOf, seeded, type OverrunKind } from './completion-overruns';

export interface OracleCount {
  readonly cases: number;
  /** Share that is exact, 0..1. */
  readonly exact: number;
}

export interface WrongCut {
  readonly id: string;
  readonly kind: OverrunKind;
  readonly wanted: string;
  readonly got: string;
}

export interface OracleResult extends OracleCount {
  readonly byKind: Readonly<Record<string, OracleCount>>;
  readonly wrong: readonly WrongCut[];
}

export function runOracle(rows: readonly FimCase[], syntax?: Syntax): OracleResult {
  const ofLanguage = (language: string): FimCase[] => rows.filter((row) => languageOf(row) === language);
  const byLanguage = new Map([...new Set(rows.map(languageOf))].map((language) => [language, ofLanguage(language)]));
  const counts = new Map<string, { cases: number; exact: number }>();
  const wrong: WrongCut[] = [];
  for (const row of rows) {
    for (const { kind, text } of overrunsOf(row, byLanguage.get(languageOf(row)) ?? [])) {
      const count = counts.get(kind) ?? { cases: 0, exact: 0 };
      counts.set(kind, count);
      const got = shownFor(row, text, syntax);
      count.cases += 1;
      if (isExact(row, got)) count.exact += 1;
      else wrong.push({ id: row.id, kind, wanted: row.middle, got });
    }
  }
  const cases = sum([...counts.values()].map((count) => count.cases));
  return {
    cases,
    exact: cases === 0 ? 0 : sum([...counts.values()].map(({ exact }) => exact)) / cases,
    byKind: Object.fromEntries([...counts].map(([kind, count]) => [kind, { cases: count.cases, exact: count.exact / count.cases }])),
    wrong,
  };
}

/** The text as a server streams it, in pieces of a few characters, through the stop and the trimming. */
function shownFor(row: FimCase, text: string, syntax: Syntax | undefined): string {
  const stop = createStop(placeOfCase(row), syntax);
  const random = seeded(`${row.id} pieces`);
  for (let at = 0; at < text.length; ) {
    const size = 1 + Math.floor(random() * 7);
    if (stop.add(text.slice(at, at + size))) break;
    at += size;
  }
  return stop.insertion().text;
}

/** Character by character. White space at the very end counts only where text follows on the cursor's line. */
export function isExact({ middle, suffix }: FimCase, got: string): boolean {
  const lineGoesOn = /^[^\n]*\S/u.test(suffix);
  return lineGoesOn ? got === middle : got.trimEnd() === middle.trimEnd();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
