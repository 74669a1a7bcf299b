// What `bench overhead` asks: a question, a conversation and the steps of an agent, each one turn longer than the last.
import type { Message, ToolDefinition } from '../../router/ports';

export interface OverheadCase {
  readonly name: string;
  readonly requests: number;
  readonly tools: readonly ToolDefinition[];
  /** The messages of the request with this number. */
  readonly messages: (index: number) => readonly Message[];
}

const SENTENCE = 'The parser in src/reader/tokens.ts drops the last token when the line ends with a comment. ';
const CODE = 'export function next(state: State): Token | undefined {\n  return state.tokens[state.at + 1];\n}\n';

const text = (role: 'user' | 'assistant' | 'system', words: string): Message => ({ role, parts: [{ type: 'text', text: words }] });

export const CASES: readonly OverheadCase[] = [
  { name: 'one question', requests: 300, tools: [], messages: (index) => [text('user', `${SENTENCE}Why? (${index})`)] },
  {
    name: 'a conversation of 40 messages, 60 kB',
    requests: 150,
    tools: [],
    messages: (index) => [...turns(39, index), text('user', `${SENTENCE}What now? (${index})`)],
  },
  {
    name: 'an agent’s step: 120 messages with files read, 600 kB, 40 tools',
    requests: 60,
    tools: Array.from({ length: 40 }, (_, tool) => toolNumber(tool)),
    messages: (index) => [text('system', SENTENCE.repeat(60)), text('user', `${SENTENCE}Repair it.`), ...steps(59 + index)],
  },
];

function turns(count: number, request: number): Message[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? text('user', `${SENTENCE.repeat(4)}(${request}, ${index})`) : text('assistant', CODE.repeat(24)),
  );
}

/** What a tool has read stays as it is from step to step, as in an agent's conversation. */
function steps(count: number): Message[] {
  return Array.from({ length: count }, (_, index): Message[] => [
    { role: 'assistant', parts: [{ type: 'tool_call', id: `call${index}`, name: 'tool_1', input: { path: `src/reader/part${index}.ts` } }] },
    { role: 'tool', parts: [{ type: 'tool_result', id: `call${index}`, text: `// ${index}\n${CODE.repeat(100)}` }] },
  ]).flat();
}

function toolNumber(tool: number): ToolDefinition {
  const properties = { path: { type: 'string', description: 'Path of the file, relative to the folder.' }, line: { type: 'number' } };
  return { name: `tool_${tool}`, description: SENTENCE.repeat(3), inputSchema: { type: 'object', properties, required: ['path'] } };
}
