// Makes a conversation's history one that the next model's server accepts, whoever wrote it so far: foreign thoughts
// go, ids of tool calls get the form the server wants, calls and results pair up, and roles alternate where they must.
// Works from the front, so that a growing conversation keeps its beginning and with it the server's cache.
import type { Backend, Message, Part } from '../ports';
import type { Candidate } from '../types';

type ToolCall = Extract<Part, { type: 'tool_call' }>;
type ToolResult = Extract<Part, { type: 'tool_result' }>;

const NOT_CARRIED_OUT = 'No result: this call was not carried out.';
const ORPHAN = 'Result of an earlier tool call:';

/**
 * What servers refuse. Mistral: ids of 9 letters and digits (mistral-common, tokens/instruct), and a user's word right
 * after a tool's result. Anthropic: ids of other than `[a-zA-Z0-9_-]`. OpenAI: ids over 40 characters. Chat templates of
 * open models: two messages of one role in a row.
 */
interface Form {
  readonly id: RegExp;
  readonly makeId: (seed: string) => string;
  readonly alternates: boolean;
  readonly answersTools: boolean;
}

const USUAL: Form = { id: /^[\w-]{1,40}$/u, makeId: (seed) => `call_${digest(seed)}`, alternates: true, answersTools: false };
const TAKES_ROLES_AS_THEY_COME: Form = { ...USUAL, alternates: false };
const FORMS: Readonly<Record<string, Form>> = {
  claude: { ...TAKES_ROLES_AS_THEY_COME, id: /^[\w-]{1,64}$/u },
  gpt: TAKES_ROLES_AS_THEY_COME,
  gemini: TAKES_ROLES_AS_THEY_COME,
  mistral: { id: /^[a-z\d]{9}$/iu, makeId: (seed) => digest(seed).slice(0, 9), alternates: true, answersTools: true },
};

/** The backend, with every history made to fit the model it goes to. */
export function withFittingHistory(backend: Backend): Backend {
  return { ...backend, chat: (call, signal) => backend.chat({ ...call, messages: fittingHistory(call.messages, call.candidate) }, signal) };
}

export function fittingHistory(messages: readonly Message[], { family }: Pick<Candidate, 'family'>): Message[] {
  const form = FORMS[family ?? ''] ?? USUAL;
  const kept = messages.flatMap((message) => withoutForeign(message, family));
  const paired = pairTools(kept, form);
  const answered = form.answersTools ? answerTools(paired) : paired;
  return form.alternates ? startWithUser(joinRoles(answered)) : answered;
}

/** Empty texts and the thoughts of other models' families; a message that held nothing else goes. */
function withoutForeign({ role, parts }: Message, family: string | undefined): Message[] {
  const kept = parts.filter((part) => {
    if (part.type === 'text') return part.text !== '';
    return part.type !== 'thinking' || part.family === undefined || part.family === family;
  });
  return kept.some(({ type }) => type !== 'thinking') ? [{ role, parts: kept }] : [];
}

interface OpenCall {
  readonly original: string;
  readonly id: string;
}

/** Each call gets an id of its own that fits, its result the same one; what lacks its other half is mended. */
function pairTools(messages: readonly Message[], form: Form): Message[] {
  const out: Message[] = [];
  const taken = new Set<string>();
  let open: OpenCall[] = [];
  const close = (): void => {
    if (open.length > 0) out.push({ role: 'tool', parts: open.map(({ id }): Part => ({ type: 'tool_result', id, text: NOT_CARRIED_OUT, isError: true })) });
    open = [];
  };
  for (const { role, parts } of messages) {
    const results = parts.filter((part): part is ToolResult => part.type === 'tool_result');
    const others = parts.filter((part) => part.type !== 'tool_result');
    const orphans: Part[] = [];
    const matched = results.flatMap((result): Part[] => {
      const at = open.findIndex(({ original }) => original === result.id);
      const [call] = at < 0 ? [] : open.splice(at, 1);
      if (call) return [{ ...result, id: call.id }];
      orphans.push({ type: 'text', text: `${ORPHAN}\n${result.text}` });
      return [];
    });
    if (matched.length > 0) out.push({ role: 'tool', parts: matched });
    if (orphans.length + others.length > 0) close();
    if (orphans.length > 0) out.push({ role: 'user', parts: orphans });
    if (others.length === 0) continue;
    const fitted = others.map((part) => (part.type === 'tool_call' ? fittedCall(part, taken, form) : part));
    open = others.flatMap((part, index) => openCall(part, fitted[index]));
    out.push({ role: role === 'tool' ? 'user' : role, parts: fitted });
  }
  close();
  return out;
}

function openCall(original: Part, fitted: Part | undefined): OpenCall[] {
  return original.type === 'tool_call' && fitted?.type === 'tool_call' ? [{ original: original.id, id: fitted.id }] : [];
}

/** Some servers number the calls of each answer anew, so an id may come twice in a conversation. */
function fittedCall(call: ToolCall, taken: Set<string>, form: Form): ToolCall {
  let id = form.id.test(call.id) ? call.id : form.makeId(call.id);
  for (let again = 2; taken.has(id); again += 1) id = form.makeId(`${call.id} ${String(again)}`);
  taken.add(id);
  return { ...call, id };
}

function answerTools(messages: readonly Message[]): Message[] {
  return messages.flatMap((message, index) => {
    const answers = message.role === 'user' && messages[index - 1]?.role === 'tool';
    return answers ? [{ role: 'assistant' as const, parts: [{ type: 'text' as const, text: 'OK.' }] }, message] : [message];
  });
}

/** Neighbours of one role become one message, with a blank line between their texts. */
function joinRoles(messages: readonly Message[]): Message[] {
  const out: Message[] = [];
  for (const message of messages) {
    const last = out.at(-1);
    if (last?.role !== message.role) out.push(message);
    else out.splice(-1, 1, { role: last.role, parts: [...last.parts, ...gapBetween(last, message), ...message.parts] });
  }
  return out;
}

function gapBetween(before: Message, after: Message): Part[] {
  return before.parts.at(-1)?.type === 'text' && after.parts[0]?.type === 'text' ? [{ type: 'text', text: '\n\n' }] : [];
}

function startWithUser(messages: readonly Message[]): Message[] {
  const first = messages.findIndex(({ role }) => role !== 'system');
  if (messages[first]?.role !== 'assistant') return [...messages];
  return [...messages.slice(0, first), { role: 'user', parts: [{ type: 'text', text: '(The beginning of this conversation was left out.)' }] }, ...messages.slice(first)];
}

/** 18 letters and digits of two 32-bit FNV-1a hashes with different starts; the same text gives the same ones. */
function digest(text: string): string {
  return hash(text, 0x811c9dc5) + hash(text, 0x01000193);
}

function hash(text: string, start: number): string {
  let sum = start;
  for (let index = 0; index < text.length; index += 1) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return (sum >>> 0).toString(36).padStart(9, '0');
}
