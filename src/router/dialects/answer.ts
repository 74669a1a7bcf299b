// Reads a classifier's free answer tolerantly: other quotes, code fences, thoughts before and text after, one name
// or a list. Names that are not on offer mean `other`.
import { OTHER } from '../types';

/** Names in the answer's order, each on offer; empty when none fits or nothing can be read. */
export function readAnswer(text: string, names: readonly string[]): string[] {
  const answer = text.replace(/<think>[\s\S]*?(?:<\/think>|$)/giu, '');
  const known = knownNames(names);
  const value = valueOf(answer);
  const found = value === undefined ? mentioned(answer, known) : readValue(value, known);
  return [...new Set(found)].filter((name) => name !== OTHER);
}

type Known = ReadonlyMap<string, string>;

/** Spelling without case, quotes and separators -> the name on offer. */
function knownNames(names: readonly string[]): Known {
  return new Map([OTHER, ...names].map((name) => [spelling(name), name]));
}

function spelling(name: string): string {
  return name.toLowerCase().replace(/[\s_\-–.'"`]+/gu, '');
}

/** What follows the last `"route":`, or the last `route:`; models that think aloud decide at the end. */
function valueOf(answer: string): string | undefined {
  const quoted = [...answer.matchAll(/["'“`]routes?["'”`]\s*:\s*/giu)];
  const bare = [...answer.matchAll(/\broutes?\s*[:=]\s*/giu)];
  const last = quoted.at(-1) ?? bare.at(-1);
  return last ? answer.slice(last.index + last[0].length) : undefined;
}

function readValue(value: string, known: Known): string[] {
  if (!value.startsWith('[')) return namesOf([readItem(value).item], known);
  const items: string[] = [];
  let rest = value.slice(1).trimStart();
  while (rest !== '' && !rest.startsWith(']') && items.length < 16) {
    const { item, after } = readItem(rest);
    items.push(item);
    rest = after.replace(/^\s*,?\s*/u, '');
  }
  return namesOf(items, known);
}

interface Item {
  readonly item: string;
  readonly after: string;
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '“': '”' };

/** One string: quoted in some way, or bare up to a delimiter. */
function readItem(text: string): Item {
  const closing = CLOSING[text[0] ?? ''];
  if (closing === undefined) {
    const bare = /^[^,\]}\n]*/u.exec(text)?.[0] ?? '';
    // Progress in any case: a stray delimiter is an empty item.
    return { item: bare.trim(), after: text.slice(Math.max(1, bare.length)) };
  }
  const end = closingIndex(text, closing);
  return { item: unescaped(text.slice(1, end)), after: text.slice(end + 1) };
}

/** An apostrophe inside a name closes nothing: a closing quote has a delimiter behind it, if any has. */
function closingIndex(text: string, closing: string): number {
  let first: number | undefined;
  for (let at = 1; at < text.length; at += text[at] === '\\' ? 2 : 1) {
    if (text[at] !== closing) continue;
    if (/^\s*(?:[,\]}\n;]|$|```)/u.test(text.slice(at + 1, at + 16))) return at;
    first ??= at;
  }
  return first ?? text.length;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text.replaceAll('\\"', '"').replaceAll('"', '\\"')}"`) as string;
  } catch {
    return text.replace(/\\(.)/gu, '$1'); // No JSON after all: take it as it stands.
  }
}

function namesOf(items: readonly string[], known: Known): string[] {
  return items.map((item) => known.get(spelling(item)) ?? OTHER);
}

/** Without a `route` key: the answer is a name, or exactly one name stands in it. */
function mentioned(answer: string, known: Known): string[] {
  const bare = answer.replace(/```\w*/gu, '').trim();
  const whole = known.get(spelling(bare.replace(/[.!"'`]+$/u, '')));
  if (whole !== undefined) return [whole];
  const seen = [...known.values()].filter((name) => name !== OTHER && standsIn(name, bare));
  const [only] = seen;
  return seen.length === 1 && only !== undefined ? [only] : [];
}

function standsIn(name: string, text: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}(?![\\p{L}\\p{N}_-])`, 'iu').test(text);
}
