// What a request to an OpenAI-compatible server does without when the server refuses it: options that it or the model
// does not take, usage in the stream, thoughts of an earlier part of the conversation. Remembered for each server and
// model, so that it is refused once.
import { RouterError } from '../shared/errors';
import { refusalBehind } from './errors';

type Body = Readonly<Record<string, unknown>>;

export interface Asking<B extends object, S> {
  /** Endpoint and model. */
  readonly server: string;
  readonly body: B;
  readonly create: (body: B) => Promise<S>;
  readonly explain: (error: unknown) => Error;
}

export interface Concessions {
  /** Resolves with what `create` resolved with; rejects as it did when nothing is left to do without. */
  ask<B extends object, S>(asking: Asking<B, S>): Promise<S>;
}

const MOST = 5;
/** Without these it would be another request. */
const NEEDED = new Set(['model', 'messages', 'input', 'tools', 'tool_choice', 'stream']);

export function createConcessions(): Concessions {
  const refused = new Map<string, Set<string>>();
  return {
    ask: async <B extends object, S>({ server, body, create, explain }: Asking<B, S>): Promise<S> => {
      const known = refused.get(server) ?? new Set();
      let asked = [...known].reduce<Body>(without, body as Body);
      const tried: string[] = [];
      for (;;) {
        try {
          const stream = await create(asked as B);
          if (tried.length > 0) refused.set(server, new Set([...known, ...tried.filter((name) => name !== THOUGHTS)]));
          return stream;
        } catch (error) {
          const culprit = tried.length < MOST ? culpritOf(explain(error), asked) : undefined;
          if (culprit === undefined) throw error;
          tried.push(culprit);
          asked = without(asked, culprit);
        }
      }
    },
  };
}

const THOUGHTS = 'thoughts';

/** The option a refusal names, or what it may mean when it names none; a wrong guess costs one more refused request. */
function culpritOf(error: Error, body: Body): string | undefined {
  if (!RouterError.is(error, 'bad_request') || (error.status !== 400 && error.status !== 422)) return undefined;
  const { param = '', code } = refusalBehind(error);
  if (code === 'context_length_exceeded') return undefined;
  if (hasThoughts(body) && /^(?:input|messages|$)/u.test(param)) return THOUGHTS;
  return param === '' ? ifPresent('stream_options', body) : optionIn(param, body);
}

/** `include[0]` means `include`; of `reasoning.summary` the rest may stay. */
function optionIn(param: string, body: Body): string | undefined {
  const [name = '', inner] = param.split(/[.[]/u);
  if (NEEDED.has(name)) return undefined;
  return ifPresent(name, body) && name === 'reasoning' && inner !== undefined ? `${name}.${inner}` : ifPresent(name, body);
}

function ifPresent(name: string, body: Body): string | undefined {
  return body[name] === undefined ? undefined : name;
}

function without(body: Body, name: string): Body {
  if (name === THOUGHTS) return withoutThoughts(body);
  const [outer = '', inner] = name.split('.');
  const { [outer]: value, ...rest } = body;
  if (value === undefined) return body;
  if (inner !== undefined) return { ...rest, [outer]: { ...(value as object), [inner]: undefined } };
  // The newer name of the same limit.
  return name === 'max_tokens' ? { ...rest, max_completion_tokens: value } : rest;
}

interface Item {
  readonly type?: string;
  readonly reasoning?: unknown;
  readonly reasoning_content?: unknown;
}

function itemsOf(body: Body): readonly Item[] {
  return (body['input'] ?? body['messages'] ?? []) as readonly Item[];
}

function hasThoughts(body: Body): boolean {
  return itemsOf(body).some((item) => item.type === 'reasoning' || item.reasoning !== undefined || item.reasoning_content !== undefined);
}

function withoutThoughts(body: Body): Body {
  const kept = itemsOf(body)
    .filter(({ type }) => type !== 'reasoning')
    .map(({ reasoning: _reasoning, reasoning_content: _content, ...item }) => item);
  return 'input' in body ? { ...body, input: kept } : { ...body, messages: kept };
}
