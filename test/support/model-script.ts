// How a model of the test server behaves: what it says, how fast, and what goes wrong.

/** Wrong on purpose; the answer is right up to that point. */
export type Fault =
  /** Answers with a status. `retryAfter` is the header, `body` the JSON. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: unknown }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends so many words, then nothing more, with the connection open. */
  | { readonly kind: 'stall'; readonly words: number }
  /** Sends so many words, then breaks the connection. */
  | { readonly kind: 'drop'; readonly words: number }
  /** Sends so many words, then ends the stream properly, without saying why. */
  | { readonly kind: 'no_finish'; readonly words: number }
  /** Says so many words, then an event that is no JSON. */
  | { readonly kind: 'malformed'; readonly words: number }
  /** Says so many words, then an event that reports an error. */
  | { readonly kind: 'error_event'; readonly words: number; readonly error: unknown }
  /** An error as one document with status 200. */
  | { readonly kind: 'error_document'; readonly error: unknown }
  /** A proper answer without a word, and an answer without a byte. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'no_body' }
  /** Words without end, each of so many bytes. */
  | { readonly kind: 'oversized'; readonly wordBytes: number }
  /** Sends the request on to another address. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** Refuses `stream_options`, as older servers do. */
  | { readonly kind: 'refuse_stream_options' }
  /** Refuses options by name, as models do that cannot be told a temperature. */
  | { readonly kind: 'refuse_options'; readonly names: readonly string[] };

export interface ScriptedToolCall {
  /** Left out as some servers do. */
  readonly id?: string;
  readonly name: string;
  /** JSON text is sent as it is, so that it may be broken. */
  readonly arguments: object | string;
}

export interface ModelScript {
  /** The answer, or a function of the request's body. Streamed word by word. */
  readonly reply?: string | ((body: Readonly<Record<string, unknown>>) => string);
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** How tool calls are cut up; `openai` (default): id and name first, then the arguments in pieces. */
  readonly toolStyle?: 'openai' | 'whole_without_index';
  /** `input` holds all of the prompt, cached and newly written tokens too. */
  readonly usage?: { readonly input: number; readonly output: number; readonly cached?: number; readonly written?: number };
  /** Name that the answer carries; the model's own when left out. */
  readonly executed?: string;
  readonly finish?: string;
  /** Leaves out the finish reason and ends with `[DONE]` alone. */
  readonly onlyDone?: boolean;
  readonly firstTokenMs?: number;
  readonly tokenMs?: number;
  /** Ends the answer so long after its last event. */
  readonly lateEndMs?: number;
  /** Thinks so many pieces first, in `reasoning_content`, `thinking` or a block of its own. */
  readonly thinks?: number;
  /** Where a chat completion has them; `content` as pieces of its own (Mistral). */
  readonly thinksIn?: 'reasoning_content' | 'reasoning' | 'content';
  /** The seal of those thoughts (Anthropic, Responses). */
  readonly signature?: string;
  readonly fault?: Fault;
  /** What /v1/completions, /infill and /api/generate do with a request to fill in; default `suffix`. */
  readonly fim?: 'suffix' | 'refuses_suffix' | 'mistral' | 'none';
  /** Log-probability of each word, told when a request to fill in asks for it. */
  readonly sure?: readonly number[];
  readonly facts?: ModelFacts;
}

/** What the lists of models say of it. */
export interface ModelFacts {
  readonly contextTokens?: number;
  /** Billions; llama-server and Ollama tell it. */
  readonly parametersB?: number;
  readonly capabilities?: readonly string[];
  /** LM Studio: `llm`, `vlm` or `embeddings`. */
  readonly type?: string;
  /** Ollama: the host that really runs it. */
  readonly remoteHost?: string;
  /** Name of the file, as llama-server's `model_path` and Ollama's `general.basename` tell it. */
  readonly file?: string;
  /** Ollama: the template; llama-server: the chat template. */
  readonly template?: string;
  /** llama-server: its build, such as `b9900-abc`. */
  readonly build?: string;
}

/** `openai` has both of OpenAI's interfaces; `vllm`, `llama.cpp` and `lmstudio` have chat completions alone. */
export type ServerKind = 'anthropic' | 'openai' | 'vllm' | 'llama.cpp' | 'lmstudio' | 'ollama';

/** Words with the space before them, as models stream them. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/gu) ?? [];
}
