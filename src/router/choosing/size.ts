// How large a model is, as its server, its file or its name says.
import type { Candidate } from '../types';

/** `30b-a3b`: of all its parameters, those that work on each token. */
const ACTIVE = /(?<![a-z\d.])a(\d+(?:\.\d+)?)b(?![a-z\d])/iu;
const BILLIONS = /(?<![a-z\d.])e?(\d+(?:\.\d+)?)\s?b(?![a-z\d])/iu;
const MILLIONS = /(?<![a-z\d.])(\d+(?:\.\d+)?)\s?m(?![a-z\d])/iu;

/** Billions of parameters that work on each token; undefined when nobody says. */
export function sizeOf({ id, model, parametersB }: Pick<Candidate, 'id' | 'model' | 'parametersB'>): number | undefined {
  const name = model.split(/[/\\]/u).at(-1) ?? model;
  return active(name) ?? parametersB ?? billionsIn(name) ?? billionsIn(id);
}

function active(name: string): number | undefined {
  const found = ACTIVE.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Reads `7B`, `1.5b`, `494.03M`, and names that hold one of these. */
export function billionsIn(text: string): number | undefined {
  const billions = BILLIONS.exec(text)?.[1];
  if (billions !== undefined) return Number(billions);
  const millions = MILLIONS.exec(text)?.[1];
  return millions === undefined ? undefined : Number(millions) / 1000;
}
