// Takes the text of files that are never sent out of a conversation before it goes to a hosted model, and what models
// on this machine have said after reading one. Remembers who has seen such a text: a hosted model that never did may
// be shown its own later words again; where that is not known, they are left out.
import type { Message, Part } from '../ports';
import { clean, cleanResult, mapStrings, namedInCall, strings, type Cleaned, type PrivateName } from './private-parts';

export interface Withheld {
  readonly messages: readonly Message[];
  /** Names of the files whose text was taken out. */
  readonly files: readonly string[];
  /** A file whose text cannot be told apart from the rest: the conversation must not go. */
  readonly unclear: string | undefined;
}

export interface Withholder {
  /** For a hosted model. */
  withhold(messages: readonly Message[], privateName: PrivateName): Withheld;
  /** A model on this machine gets all of it. */
  shownHere(messages: readonly Message[], privateName: PrivateName): void;
}

const MOST_REMEMBERED = 2000;
/** Longer or of several lines, a string of a tool call may be a file's text. */
const LONG_CHARS = 200;

export function createWithholder(): Withholder {
  /** Private texts by their beginning, end and length: true once a model on this machine has got them. */
  const seenHere = new Map<string, boolean>();
  const remember = (text: string, here: boolean): void => {
    const key = keyOf(text);
    seenHere.set(key, here || seenHere.get(key) === true);
    for (const first of seenHere.keys()) {
      if (seenHere.size <= MOST_REMEMBERED) break;
      seenHere.delete(first);
    }
  };
  return {
    shownHere: (messages, privateName) => {
      for (const { text } of sortOut(messages, privateName).privateTexts) remember(text, true);
    },
    withhold: (messages, privateName) => {
      const { parts, privateTexts, files, unclear } = sortOut(messages, privateName);
      let tainted = Infinity;
      for (const { text, at } of privateTexts) {
        const answered = messages.slice(at + 1).some(({ role }) => role === 'assistant');
        const known = seenHere.get(keyOf(text));
        if (known === true || (known === undefined && answered)) tainted = Math.min(tainted, at);
        else remember(text, false);
      }
      const left = messages.map((message, index) => ({
        role: message.role,
        parts: index > tainted && isModels(message) ? (parts[index] ?? []).flatMap(unsaid) : (parts[index] ?? []),
      }));
      return { messages: left.filter((message) => message.parts.length > 0), files, unclear };
    },
  };
}

function isModels({ role }: Message): boolean {
  return role === 'assistant' || role === 'tool';
}

function keyOf(text: string): string {
  return `${String(text.length)} ${text.slice(0, 64)} ${text.slice(-64)}`;
}

interface Sorted {
  /** What may go, by message. */
  readonly parts: readonly (readonly Part[])[];
  readonly privateTexts: readonly { readonly text: string; readonly at: number }[];
  readonly files: readonly string[];
  readonly unclear: string | undefined;
}

interface Sorting {
  readonly privateName: PrivateName;
  /** Ids of tool calls that name private files. */
  readonly calls: Map<string, string>;
  readonly files: Set<string>;
  readonly privateTexts: { text: string; at: number }[];
  unclear: string | undefined;
}

function sortOut(messages: readonly Message[], privateName: PrivateName): Sorted {
  const sorting: Sorting = { privateName, calls: new Map(), files: new Set(), privateTexts: [], unclear: undefined };
  const parts = messages.map((message, at) => {
    const heldBefore = messages[at - 1]?.parts.some((part) => part.type === 'tool_result' && sorting.calls.has(part.id)) === true;
    return message.parts.flatMap((part) => sortPart(part, { message, at, heldBefore }, sorting));
  });
  return { parts, privateTexts: sorting.privateTexts, files: [...sorting.files], unclear: sorting.unclear };
}

interface Place {
  readonly message: Message;
  readonly at: number;
  /** The message before holds the result of a call about a private file; its images come in this one. */
  readonly heldBefore: boolean;
}

function sortPart(part: Part, place: Place, sorting: Sorting): Part[] {
  const { at } = place;
  switch (part.type) {
    case 'text':
      return sortText(part, place, sorting);
    case 'image':
      return sortImage(part, place, sorting);
    case 'tool_call':
      return [sortCall(part, sorting, at)];
    case 'tool_result':
      return [sortResult(part, sorting, at)];
    case 'thinking':
      return [part];
  }
}

function sortText(part: Extract<Part, { type: 'text' }>, { message, at }: Place, sorting: Sorting): Part[] {
  const { privateName } = sorting;
  const named = part.files?.flatMap((file) => privateName(file) ?? []) ?? [];
  if (named.length > 0) {
    hold(sorting, { text: part.text, at }, named);
    // What was said of such a file earlier goes without a word; a file that is attached now is missed.
    return message.role === 'assistant' ? [] : [{ type: 'text', text: `[${named.join(', ')} was left out: it stays on the user’s machine]\n\n` }];
  }
  if (part.files !== undefined || message.role === 'assistant') return [{ type: 'text', text: part.text }];
  const cleaned = remembered(clean, part.text, privateName);
  note(sorting, cleaned, at);
  if (cleaned.unclear) sorting.unclear ??= cleaned.files[0];
  return [{ type: 'text', text: cleaned.text }];
}

function sortImage(part: Extract<Part, { type: 'image' }>, { at, heldBefore }: Place, sorting: Sorting): Part[] {
  const named = part.files?.flatMap((file) => sorting.privateName(file) ?? []) ?? [];
  if (named.length > 0) hold(sorting, { text: `image of ${named.join()}`, at }, named);
  return named.length > 0 || heldBefore ? [] : [{ type: 'image', mimeType: part.mimeType, data: part.data }];
}

function sortCall(part: Extract<Part, { type: 'tool_call' }>, sorting: Sorting, at: number): Part {
  const named = namedInCall(part.input, sorting.privateName);
  const [first] = named;
  if (first === undefined) return part;
  sorting.calls.set(part.id, first);
  const long = strings(part.input).filter(isLong);
  if (long.length === 0) return part;
  hold(sorting, { text: long.join('\n'), at }, named);
  return { ...part, input: mapStrings(part.input, (text) => (isLong(text) ? `[text of ${first}, left out]` : text)) };
}

const read = new WeakMap<PrivateName, Map<string, Cleaned>>();
const MOST_READ = 1000;

/** An agent sends the whole conversation with each step: what was read once is not read again. */
function remembered(reader: typeof clean, text: string, privateName: PrivateName): Cleaned {
  const known = read.get(privateName) ?? new Map<string, Cleaned>();
  read.set(privateName, known);
  const key = `${reader.name} ${text}`;
  const cleaned = known.get(key) ?? reader(text, privateName);
  known.delete(key);
  known.set(key, cleaned);
  const oldest = known.keys().next();
  if (known.size > MOST_READ && oldest.done !== true) known.delete(oldest.value);
  return cleaned;
}

function isLong(text: string): boolean {
  return text.length > LONG_CHARS || text.trim().includes('\n');
}

function sortResult(part: Extract<Part, { type: 'tool_result' }>, sorting: Sorting, at: number): Part {
  const named = sorting.calls.get(part.id);
  const cleaned: Cleaned = named === undefined ? remembered(cleanResult, part.text, sorting.privateName) : { text: '', files: [named], held: [part.text], unclear: true };
  note(sorting, cleaned, at);
  if (!cleaned.unclear) return { ...part, text: cleaned.text };
  return { ...part, text: `[The text of ${cleaned.files.join(', ')} stays on the user’s machine and was left out. Go on without it.]` };
}

function note({ files, privateTexts }: Sorting, cleaned: Cleaned, at: number): void {
  for (const name of cleaned.files) files.add(name);
  for (const text of cleaned.held) privateTexts.push({ text, at });
}

function hold({ files, privateTexts }: Sorting, held: { text: string; at: number }, named: readonly string[]): void {
  for (const name of named) files.add(name);
  privateTexts.push(held);
}

/** What a model says once it may have read a private text: only the frame of its tool calls may go. */
function unsaid(part: Part): Part[] {
  const left = '[left out: it may repeat a file that stays on the user’s machine]';
  switch (part.type) {
    case 'tool_call':
      return [{ ...part, input: mapStrings(part.input, () => left) }];
    case 'tool_result':
      return [{ ...part, text: left }];
    default:
      return [];
  }
}
