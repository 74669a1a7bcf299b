// The OpenAI-compatible half of the test server, with what LM Studio, llama-server and vLLM add.
import type { ModelFacts, ModelScript, ScriptedToolCall } from './model-script';
import { type Exchange, scriptFor, sendJson } from './exchange';
import { failAtOnce, type Format, streamAnswer } from './streaming';

type Route = (exchange: Exchange) => Promise<void> | void;

export const openAiRoutes: Readonly<Record<string, Route>> = {
  'POST /v1/chat/completions': chat,
  'POST /v1/completions': (exchange) => complete(exchange, 'suffix'),
  'POST /v1/fim/completions': (exchange) => complete(exchange, 'mistral'),
  'GET /v1/models': listModels,
  'GET /props': props,
  'POST /infill': infill,
  'POST /tokenize': tokenize,
  'GET /api/v0/models': lmStudioModels,
};

function unknownModel({ request, response }: Exchange): void {
  const name = String(request.body['model']);
  sendJson(response, 404, { error: { message: `The model '${name}' does not exist.`, type: 'invalid_request_error', code: 'model_not_found' } });
}

async function chat(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const script = scriptFor(exchange);
  if (!script) {
    unknownModel(exchange);
    return;
  }
  if (failAtOnce(response, script.fault)) return;
  if (script.fault?.kind === 'refuse_stream_options' && 'stream_options' in request.body) {
    sendJson(response, 400, { error: { message: 'Unrecognized request argument supplied: stream_options', type: 'invalid_request_error' } });
    return;
  }
  if (refusesOption(exchange, script)) return;
  const text = typeof script.reply === 'function' ? script.reply(request.body) : (script.reply ?? '');
  await streamAnswer(response, script, text, chatFormat(exchange, script));
}

function refusesOption({ request, response }: Exchange, { fault }: ModelScript): boolean {
  const refused = fault?.kind === 'refuse_options' ? fault.names.find((name) => name in request.body) : undefined;
  if (refused === undefined) return false;
  sendJson(response, 400, { error: { message: `Unsupported parameter: '${refused}'.`, type: 'invalid_request_error', param: refused, code: 'unsupported_parameter' } });
  return true;
}

function chatFormat({ request }: Exchange, script: ModelScript): Format {
  const model = script.executed ?? String(request.body['model']);
  const chunk = (choices: readonly object[], more: object = {}) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, choices, ...more });
  const delta = (fields: object, finish: string | null = null) => chunk([{ index: 0, delta: fields, finish_reason: finish }]);
  const event = (payload: unknown): string => `data: ${JSON.stringify(payload)}\n\n`;
  const finish = script.finish ?? (script.toolCalls ? 'tool_calls' : 'stop');
  const wantsUsage = (request.body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
  return {
    contentType: 'text/event-stream',
    event,
    word: (text) => delta({ content: text }),
    thought: (text) => delta(thoughtIn(script.thinksIn, text)),
    broken: 'data: {"choices": [{"delta": {"content": \n\n',
    ending: () => [
      ...(script.toolCalls ?? []).flatMap((call, index) => toolPieces(call, index, script.toolStyle).map((piece) => event(delta({ tool_calls: [piece] })))),
      ...(script.onlyDone ? [] : [event(delta({}, finish))]),
      ...(script.usage && wantsUsage ? [event(chunk([], { usage: usageOf(script.usage) }))] : []),
      'data: [DONE]\n\n',
    ],
  };
}

function thoughtIn(field: ModelScript['thinksIn'] = 'reasoning_content', text: string): object {
  return { [field]: field === 'content' ? [{ type: 'thinking', thinking: [{ type: 'text', text }] }] : text };
}

function usageOf({ input, output, cached }: NonNullable<ModelScript['usage']>): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

function toolPieces(call: ScriptedToolCall, index: number, style: ModelScript['toolStyle']): object[] {
  const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
  const id = call.id === undefined ? {} : { id: call.id };
  if (style === 'whole_without_index') return [{ ...id, type: 'function', function: { name: call.name, arguments: json } }];
  const middle = Math.ceil(json.length / 2);
  return [
    { index, ...id, type: 'function', function: { name: call.name, arguments: '' } },
    { index, function: { arguments: json.slice(0, middle) } },
    { index, function: { arguments: json.slice(middle) } },
  ];
}

/** `/v1/completions` and Mistral's `/v1/fim/completions`. */
async function complete(exchange: Exchange, path: 'suffix' | 'mistral'): Promise<void> {
  const { request, response, options } = exchange;
  const script = scriptFor(exchange);
  if (!script) {
    unknownModel(exchange);
    return;
  }
  if (failAtOnce(response, script.fault) || refusesOption(exchange, script)) return;
  const fim = script.fim ?? 'suffix';
  const wantsFim = 'suffix' in request.body;
  if (fim === 'none' || (path === 'mistral') !== (fim === 'mistral')) {
    sendJson(response, 404, { error: { message: 'Not Found' } });
    return;
  }
  if (wantsFim && fim === 'refuses_suffix') {
    // vLLM answers 400, llama-server 500.
    sendJson(response, options.kind === 'llama.cpp' ? 500 : 400, { error: { message: 'suffix is not currently supported' } });
    return;
  }
  await streamAnswer(response, script, completionText(script, request.body), completionFormat(script, path, request.body));
}

function completionText(script: ModelScript, body: Readonly<Record<string, unknown>>): string {
  return typeof script.reply === 'function' ? script.reply(body) : (script.reply ?? '');
}

function completionFormat(script: ModelScript, path: 'suffix' | 'mistral', body: Readonly<Record<string, unknown>>): Format {
  const event = (payload: unknown): string => `data: ${JSON.stringify(payload)}\n\n`;
  const choice = (text: string, finish: string | null) =>
    path === 'mistral' ? { index: 0, delta: { content: text }, finish_reason: finish } : { index: 0, text, finish_reason: finish };
  const next = wordByWord(script, 'logprobs' in body);
  const wantsUsage = (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
  return {
    contentType: 'text/event-stream',
    event,
    word: (text) => ({ choices: [{ ...choice(text, null), ...next((sure) => ({ logprobs: { tokens: [text], token_logprobs: [sure] } })) }] }),
    thought: (text) => ({ choices: [choice(text, null)] }),
    broken: 'data: {"choices": [\n\n',
    ending: () => [
      ...(script.onlyDone ? [] : [event({ choices: [choice('', 'stop')] })]),
      ...(script.usage && wantsUsage ? [event({ choices: [], usage: usageOf(script.usage) })] : []),
      'data: [DONE]\n\n',
    ],
  };
}

/** What is told of each word, where it was asked for. */
export function wordByWord({ sure = [] }: ModelScript, asked: boolean): (told: (sure: number) => object) => object {
  let index = 0;
  return (told) => {
    const one = asked ? sure[index] : undefined;
    index += 1;
    return one === undefined ? {} : told(one);
  };
}

function listModels({ models, response, options }: Exchange): void {
  const owner = options.kind === 'llama.cpp' ? 'llamacpp' : options.kind === 'vllm' ? 'vllm' : 'test';
  const data = Object.entries(models).map(([id, { facts }]) => ({ id, object: 'model', owned_by: owner, ...windowOf(options.kind, facts) }));
  sendJson(response, 200, { object: 'list', data });
}

function windowOf(kind: string, { contextTokens, parametersB }: ModelFacts = {}): object {
  if (contextTokens === undefined) return {};
  return kind === 'vllm' ? { max_model_len: contextTokens } : kind === 'llama.cpp' ? { meta: { n_ctx: contextTokens, ...(parametersB === undefined ? {} : { n_params: parametersB * 1e9 }) } } : {};
}

function notThere({ response }: Exchange): void {
  sendJson(response, 404, { error: { message: 'File Not Found', type: 'not_found_error', code: 404 } });
}

function props(exchange: Exchange): void {
  if (exchange.options.kind !== 'llama.cpp') {
    notThere(exchange);
    return;
  }
  const [[name, { facts = {} }] = ['none', {}]] = Object.entries(exchange.models);
  const tools = facts.capabilities?.includes('tools') === true;
  sendJson(exchange.response, 200, {
    default_generation_settings: { params: {}, n_ctx: facts.contextTokens ?? 0 },
    total_slots: 1,
    model_alias: name,
    model_path: `/models/${facts.file ?? name}.gguf`,
    ...(facts.template === undefined ? {} : { chat_template: facts.template }),
    modalities: { vision: facts.capabilities?.includes('vision') === true, audio: false },
    chat_template_caps: { supports_tools: tools, supports_tool_calls: tools },
    build_info: facts.build ?? 'test',
  });
}

/** As llama-server does: the model is looked at before the form of the request. */
async function infill(exchange: Exchange): Promise<void> {
  const { request, response, options } = exchange;
  const script = scriptFor(exchange);
  if (options.kind !== 'llama.cpp' || !script) {
    notThere(exchange);
    return;
  }
  if (script.fim === 'none' || script.fim === 'refuses_suffix') {
    sendJson(response, 501, { error: { code: 501, message: 'Infill is not supported by this model: prefix token is missing. ', type: 'not_supported_error' } });
    return;
  }
  if (request.body['input_extra'] !== undefined && !Array.isArray(request.body['input_extra'])) {
    sendJson(response, 400, { error: { code: 400, message: '"input_extra" must be an array', type: 'invalid_request_error' } });
    return;
  }
  if (failAtOnce(response, script.fault) || refusesOption(exchange, script)) return;
  const event = (payload: unknown): string => `data: ${JSON.stringify(payload)}\n\n`;
  const next = wordByWord(script, 'n_probs' in request.body);
  await streamAnswer(response, script, completionText(script, request.body), {
    contentType: 'text/event-stream',
    event,
    word: (text) => ({ index: 0, content: text, stop: false, ...next((logprob) => ({ completion_probabilities: [{ id: 1, token: text, logprob }] })) }),
    thought: (text) => ({ index: 0, content: text, stop: false }),
    broken: 'data: {"content": \n\n',
    ending: () => [event({ index: 0, content: '', stop: true, stop_type: 'eos' })],
  });
}

/** A token for each two characters. */
function tokenize({ request, response, options }: Exchange): void {
  const { content } = request.body;
  if (options.kind !== 'llama.cpp' || typeof content !== 'string') sendJson(response, 404, { error: { message: 'File Not Found' } });
  else sendJson(response, 200, { tokens: Array.from({ length: Math.ceil(content.length / 2) }, (_, index) => index) });
}

function lmStudioModels(exchange: Exchange): void {
  if (exchange.options.kind !== 'lmstudio') {
    notThere(exchange);
    return;
  }
  const data = Object.entries(exchange.models).map(([id, { facts = {} }]) => ({
    id,
    object: 'model',
    type: facts.type ?? 'llm',
    publisher: 'test',
    arch: 'test',
    compatibility_type: 'gguf',
    quantization: 'Q4_K_M',
    state: facts.contextTokens === undefined ? 'not-loaded' : 'loaded',
    max_context_length: 32_768,
    ...(facts.contextTokens === undefined ? {} : { loaded_context_length: facts.contextTokens }),
    ...(facts.capabilities ? { capabilities: facts.capabilities } : {}),
  }));
  sendJson(exchange.response, 200, { object: 'list', data });
}
