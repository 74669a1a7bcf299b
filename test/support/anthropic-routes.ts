// The Anthropic half of the test server: POST /v1/messages as the API's documentation describes its stream.
import { type Exchange, scriptFor, sendJson } from './exchange';
import type { ModelScript } from './model-script';
import { failAtOnce, type Format, streamAnswer } from './streaming';

export const anthropicRoutes: Readonly<Record<string, (exchange: Exchange) => Promise<void> | void>> = {
  'POST /v1/messages': messages,
  'GET /v1/models': listModels,
};

async function messages(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const script = scriptFor(exchange);
  if (!script) {
    refuse(exchange, 404, 'not_found_error', `model: ${String(request.body['model'])}`);
    return;
  }
  const wrong = mistakeIn(exchange, script);
  if (wrong !== undefined) {
    refuse(exchange, 400, 'invalid_request_error', wrong);
    return;
  }
  if (failAtOnce(response, script.fault)) return;
  const text = typeof script.reply === 'function' ? script.reply(request.body) : (script.reply ?? '');
  await streamAnswer(response, script, text, createFormat(exchange, script));
}

function refuse({ response }: Exchange, status: number, type: string, message: string): void {
  sendJson(response, status, { type: 'error', error: { type, message }, request_id: 'req_1' });
}

/** What the real API refuses, as far as the tests rely on it. */
function mistakeIn({ request }: Exchange, { fault }: ModelScript): string | undefined {
  const { body, headers } = request;
  const sampling = ['temperature', 'top_p', 'top_k'].find((name) => name in body);
  if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  if (sampling && headers['anthropic-version'] !== '2023-06-01') return `${sampling}: Extra inputs are not permitted`;
  const refused = fault?.kind === 'refuse_options' ? fault.names : [];
  if (sampling && refused.includes(sampling)) return `\`${sampling}\` is deprecated for this model.`;
  if (refused.includes('any') && (body['tool_choice'] as { type?: string } | undefined)?.type === 'any') return 'tool_choice: forced tool use is not supported';
  if (refused.includes('thinking') && JSON.stringify(body['messages']).includes('"signature"')) return 'Invalid `signature` in `thinking` block';
  return undefined;
}

function createFormat({ request }: Exchange, script: ModelScript): Format {
  const usage = usageOf(script);
  const message = { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: script.executed ?? request.body['model'], stop_reason: null };
  const blocks = createBlocks();
  const closed = (): object[] => {
    const seal = blocks.open === 'thinking' ? [blocks.delta({ type: 'signature_delta', signature: script.signature ?? 'sealed' })] : [];
    return [...seal, ...blocks.close()];
  };
  const into = (kind: string, empty: object, delta: object): object[] => {
    const begin = blocks.open === kind ? [] : [...closed(), blocks.start(kind, empty)];
    return [...begin, blocks.delta(delta)];
  };
  const tools = (script.toolCalls ?? []).flatMap((call, index) => {
    const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    const middle = Math.ceil(json.length / 2);
    const piece = (partial: string) => ({ type: 'input_json_delta', partial_json: partial });
    return { start: { id: call.id ?? `toolu_${String(index)}`, name: call.name, input: {} }, pieces: [piece(''), piece(json.slice(0, middle)), piece(json.slice(middle))] };
  });
  const stop = script.finish ?? (script.toolCalls ? 'tool_use' : 'end_turn');
  return {
    contentType: 'text/event-stream',
    event,
    opening: () => event([{ type: 'message_start', message: { ...message, ...(usage ? { usage: { ...usage, output_tokens: 1 } } : {}) } }, { type: 'ping' }]),
    word: (text) => into('text', { text: '' }, { type: 'text_delta', text }),
    thought: (thinking) => into('thinking', { thinking: '', signature: '' }, { type: 'thinking_delta', thinking }),
    broken: 'event: content_block_delta\ndata: {"type": "content_block_delta", \n\n',
    ending: () => [
      event(closed()),
      ...tools.map(({ start, pieces }) => event([blocks.start('tool_use', start), ...pieces.map((piece) => blocks.delta(piece)), ...blocks.close()])),
      event({ type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, ...(usage ? { usage: { output_tokens: usage.output_tokens } } : {}) }),
      event({ type: 'message_stop' }),
    ],
  };
}

function event(payload: unknown): string {
  const all = Array.isArray(payload) ? (payload as object[]) : [payload as object];
  return all
    .map((one) => ('error' in one ? { type: 'error', ...one } : one))
    .map((one) => `event: ${String((one as { type?: string }).type)}\ndata: ${JSON.stringify(one)}\n\n`)
    .join('');
}

interface Blocks {
  /** Kind of the block that is open. */
  readonly open: string | undefined;
  start(kind: string, empty: object): object;
  delta(delta: object): object;
  close(): object[];
}

function createBlocks(): Blocks {
  let index = -1;
  let open: string | undefined;
  return {
    get open() {
      return open;
    },
    start: (kind, empty) => {
      index += 1;
      open = kind;
      return { type: 'content_block_start', index, content_block: { type: kind, ...empty } };
    },
    delta: (delta) => ({ type: 'content_block_delta', index, delta }),
    close: () => {
      if (open === undefined) return [];
      open = undefined;
      return [{ type: 'content_block_stop', index }];
    },
  };
}

function usageOf({ usage }: ModelScript) {
  if (!usage) return undefined;
  const { input, output, cached = 0, written = 0 } = usage;
  return { input_tokens: input - cached - written, cache_read_input_tokens: cached, cache_creation_input_tokens: written, output_tokens: output };
}

function listModels({ models, response }: Exchange): void {
  sendJson(response, 200, { data: Object.keys(models).map((id) => ({ type: 'model', id, display_name: id })), has_more: false });
}
