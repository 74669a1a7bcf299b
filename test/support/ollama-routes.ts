// The Ollama half of the test server.
import type { ModelScript } from './model-script';
import { type Exchange, scriptFor, sendJson } from './exchange';
import { wordByWord } from './openai-routes';
import { failAtOnce, type Format, streamAnswer } from './streaming';

type Route = (exchange: Exchange) => Promise<void> | void;

export const ollamaRoutes: Readonly<Record<string, Route>> = {
  'GET /api/version': ({ response }) => sendJson(response, 200, { version: '0.12.6' }),
  'GET /api/tags': tags,
  'POST /api/show': show,
  'POST /api/chat': (exchange) => generate(exchange, 'chat'),
  'POST /api/generate': (exchange) => generate(exchange, 'generate'),
  'POST /api/pull': pull,
  'GET /v1/models': ({ models, response }) =>
    sendJson(response, 200, { object: 'list', data: Object.keys(models).map((id) => ({ id, object: 'model', owned_by: 'library' })) }),
};

function tags({ models, response }: Exchange): void {
  sendJson(response, 200, {
    models: Object.entries(models).map(([name, { facts = {} }]) => ({
      name,
      model: name,
      modified_at: '2026-01-01T00:00:00Z',
      size: 1,
      digest: 'x',
      details: { format: 'gguf', family: 'test', ...(facts.parametersB === undefined ? {} : { parameter_size: `${String(facts.parametersB)}B` }) },
      ...(facts.remoteHost === undefined ? {} : { remote_host: facts.remoteHost, remote_model: name }),
    })),
  });
}

function show(exchange: Exchange): void {
  const script = scriptFor(exchange);
  if (!script) {
    notFound(exchange);
    return;
  }
  const { facts = {} } = script;
  sendJson(exchange.response, 200, {
    modelfile: '',
    parameters: '',
    template: facts.template ?? '{{ .Prompt }}',
    details: { format: 'gguf', family: 'test' },
    model_info: { 'general.architecture': 'test', ...(facts.file === undefined ? {} : { 'general.basename': facts.file }), ...(facts.contextTokens === undefined ? {} : { 'test.context_length': facts.contextTokens }) },
    ...(facts.capabilities ? { capabilities: facts.capabilities } : {}),
  });
}

/** Two files; the fault of the model's script, if any, comes in the middle of the second. */
async function pull({ models, request, response }: Exchange): Promise<void> {
  const name = String(request.body['model']);
  const fault = models[name]?.fault;
  const file = (digest: string, total: number, completed: number) => ({ status: `pulling ${digest}`, digest, total, completed });
  const steps = [{ status: 'pulling manifest' }, file('a', 100, 50), file('a', 100, 100), file('b', 300, 150)];
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  if (!(name in models)) {
    response.end(`${JSON.stringify({ status: 'pulling manifest' })}\n${JSON.stringify({ error: 'pull model manifest: file does not exist' })}\n`);
    return;
  }
  for (const step of steps) response.write(`${JSON.stringify(step)}\n`);
  if (fault?.kind === 'hang') return;
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (fault?.kind === 'drop') response.destroy();
  else if (fault?.kind === 'no_finish') response.end();
  else response.end([file('b', 300, 300), { status: 'verifying sha256 digest' }, { status: 'success' }].map((step) => `${JSON.stringify(step)}\n`).join(''));
}

function notFound({ request, response }: Exchange): void {
  sendJson(response, 404, { error: `model '${String(request.body['model'])}' not found` });
}

async function generate(exchange: Exchange, kind: 'chat' | 'generate'): Promise<void> {
  const { request, response } = exchange;
  const script = scriptFor(exchange);
  if (!script) {
    notFound(exchange);
    return;
  }
  if (failAtOnce(response, script.fault)) return;
  if ('suffix' in request.body && (script.fim ?? 'suffix') !== 'suffix') {
    sendJson(response, 400, { error: `registry.ollama.ai/library/${String(request.body['model'])} does not support insert` });
    return;
  }
  const text = typeof script.reply === 'function' ? script.reply(request.body) : (script.reply ?? '');
  await streamAnswer(response, script, text, format(request.body, script, kind));
}

function format(body: Readonly<Record<string, unknown>>, script: ModelScript, kind: 'chat' | 'generate'): Format {
  const event = (payload: unknown): string => `${JSON.stringify(payload)}\n`;
  const model = script.executed ?? String(body['model']);
  const line = (fields: object, done = false) => ({ model, created_at: '2026-01-01T00:00:00Z', ...fields, done });
  const piece = (content: string) => (kind === 'chat' ? { message: { role: 'assistant', content } } : { response: content });
  const calls = (script.toolCalls ?? []).map((call) => ({
    ...(call.id === undefined ? {} : { id: call.id }),
    function: { name: call.name, arguments: call.arguments },
  }));
  const next = wordByWord(script, body['logprobs'] === true);
  return {
    contentType: 'application/x-ndjson',
    event,
    word: (text) => line({ ...piece(text), ...next((logprob) => ({ logprobs: [{ token: text, logprob }] })) }),
    thought: (text) => line(kind === 'chat' ? { message: { role: 'assistant', content: '', thinking: text } } : { response: '', thinking: text }),
    broken: '{"model": "x", "message": {\n',
    ending: () => [
      ...(calls.length > 0 ? [event(line({ message: { role: 'assistant', content: '', tool_calls: calls } }))] : []),
      event({
        ...line(piece(''), true),
        done_reason: script.finish ?? 'stop',
        ...(script.usage ? { prompt_eval_count: script.usage.input, eval_count: script.usage.output } : {}),
      }),
    ],
  };
}
