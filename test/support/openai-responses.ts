// The Responses half of the OpenAI test server: POST /v1/responses with its events.
import { type Exchange, scriptFor, sendJson } from './exchange';
import type { ModelScript } from './model-script';
import { failAtOnce, type Format, streamAnswer } from './streaming';

export const responsesRoutes: Readonly<Record<string, (exchange: Exchange) => Promise<void> | void>> = {
  'POST /v1/responses': respond,
};

async function respond(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const script = scriptFor(exchange);
  if (!script) {
    sendJson(response, 404, { error: { message: `The model '${String(request.body['model'])}' does not exist.`, type: 'invalid_request_error', code: 'model_not_found' } });
    return;
  }
  const { fault } = script;
  if (failAtOnce(response, fault)) return;
  const refused = fault?.kind === 'refuse_options' ? fault.names.find((name) => name in request.body) : undefined;
  if (refused !== undefined) {
    sendJson(response, 400, { error: { message: `Unsupported parameter: '${refused}'.`, type: 'invalid_request_error', param: refused, code: 'unsupported_parameter' } });
    return;
  }
  const text = typeof script.reply === 'function' ? script.reply(request.body) : (script.reply ?? '');
  await streamAnswer(response, script, text, createFormat(exchange, script));
}

function createFormat({ request }: Exchange, script: ModelScript): Format {
  const base = { id: 'resp_1', object: 'response', model: script.executed ?? request.body['model'], output: [] };
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: script.signature ?? 'sealed' };
  let thinking = false;
  const thoughtsDone = (): object[] => {
    if (!thinking) return [];
    thinking = false;
    return [{ type: 'response.output_item.done', output_index: 0, item: reasoning }];
  };
  return {
    contentType: 'text/event-stream',
    event,
    opening: () => event([{ type: 'response.created', response: { ...base, status: 'in_progress' } }]),
    word: (text) => [...thoughtsDone(), { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, content_index: 0, delta: text }],
    thought: (text) => {
      const begin = thinking ? [] : [{ type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } }];
      thinking = true;
      return [...begin, { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, summary_index: 0, delta: text }];
    },
    broken: 'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", \n\n',
    ending: () => [event([...thoughtsDone(), ...calls(script)]), event(terminal(base, script))],
  };
}

function event(payload: unknown): string {
  const all = Array.isArray(payload) ? (payload as object[]) : [payload as object];
  return all
    .map((one) => ('error' in one && !('type' in one) ? { type: 'error', ...(typeof one.error === 'string' ? { message: one.error } : (one.error as object)) } : one))
    .map((one) => `event: ${String((one as { type?: string }).type)}\ndata: ${JSON.stringify(one)}\n\n`)
    .join('');
}

function calls({ toolCalls = [] }: ModelScript): object[] {
  return toolCalls.flatMap((call, index) => {
    const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    const item = { type: 'function_call', id: `fc_${String(index)}`, call_id: call.id ?? `call_${String(index)}`, name: call.name };
    return [
      { type: 'response.output_item.added', output_index: 2 + index, item: { ...item, arguments: '' } },
      { type: 'response.function_call_arguments.delta', item_id: item.id, output_index: 2 + index, delta: json },
      { type: 'response.function_call_arguments.done', item_id: item.id, output_index: 2 + index, arguments: json },
      { type: 'response.output_item.done', output_index: 2 + index, item: { ...item, arguments: json } },
    ];
  });
}

const INCOMPLETE: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' };

function terminal(base: object, { finish, usage }: ModelScript): object {
  const reason = INCOMPLETE[finish ?? ''];
  const counted = usage && {
    input_tokens: usage.input,
    output_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    input_tokens_details: { cached_tokens: usage.cached ?? 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  const response = { ...base, status: reason ? 'incomplete' : 'completed', ...(reason ? { incomplete_details: { reason } } : {}), ...(counted ? { usage: counted } : {}) };
  return { type: reason ? 'response.incomplete' : 'response.completed', response };
}
