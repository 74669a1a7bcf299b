// What a request to Anthropic can do without when it is refused: models differ in whether they take a temperature, may be
// forced to call a tool, and read thoughts of an earlier part of the conversation.
import type Anthropic from '@anthropic-ai/sdk';
import { type MessagesBody, SAMPLING } from './anthropic-messages';

export interface Concession {
  readonly name: string;
  readonly applies: (body: MessagesBody) => boolean;
  readonly make: (body: MessagesBody) => MessagesBody;
  /** True when the model will refuse it again; false when it was this conversation's matter. */
  readonly forGood: boolean;
}

export const concessions: readonly Concession[] = [
  { name: 'sampling', applies: hasSampling, make: withoutSampling, forGood: true },
  {
    name: 'forced tool',
    applies: ({ tool_choice: choice }) => choice?.type === 'any',
    make: (body) => ({ ...body, tool_choice: { type: 'auto' } }),
    forGood: true,
  },
  { name: 'thoughts', applies: ({ messages }) => messages.some(hasThoughts), make: withoutThoughts, forGood: false },
];

export function hasSampling(body: MessagesBody): boolean {
  return SAMPLING.some((name) => body[name] !== undefined);
}

function withoutSampling({ temperature: _temperature, top_p: _p, top_k: _k, ...body }: MessagesBody): MessagesBody {
  return body;
}

function hasThoughts({ content }: Anthropic.MessageParam): boolean {
  return typeof content !== 'string' && content.some(isThought);
}

function withoutThoughts(body: MessagesBody): MessagesBody {
  const messages = body.messages.map((message) =>
    message.role === 'assistant' && typeof message.content !== 'string' ? { ...message, content: message.content.filter((block) => !isThought(block)) } : message,
  );
  return { ...body, messages };
}

function isThought({ type }: Anthropic.ContentBlockParam): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}
