// Models that VS Code offers (GitHub Copilot and others) as a backend and as candidates. Their use needs the
// user's consent, so only a chat request of the user's may come here. Own vendor never does: it would call itself.
import * as vscode from 'vscode';
import type { Backend, ChatCall, ChatEvent, Message } from '../router/ports';
import type { Candidate } from '../router/types';
import { withUsage } from '../router/spending/usage';
import { abortError, isAbort, throwIfAborted } from '../shared/abort';
import { messageOf, RouterError, type RouterErrorCode } from '../shared/errors';
import type { OfferedModel } from './pool';
import { toVscodeTools } from './lm-messages';

export const OWN_VENDOR = 'fairlead';

export async function offeredModels(): Promise<OfferedModel[]> {
  const models = await vscode.lm.selectChatModels();
  return models
    .filter((model) => model.vendor !== OWN_VENDOR)
    .map(({ vendor, family, id, name, maxInputTokens }) => ({ vendor, family, id, name, maxInputTokens }));
}

export function createVscodeLmBackend(): Backend {
  return { provider: 'vscode', chat: (call, signal) => withUsage(call, chat(call, signal)) };
}

async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
  throwIfAborted(signal);
  const cancel = new vscode.CancellationTokenSource();
  const stop = (): void => {
    cancel.cancel();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const model = await find(call.candidate);
    const response = await model.sendRequest(call.messages.map(toVscodeMessage), optionsOf(call), cancel.token);
    yield { type: 'executed', model: model.id };
    for await (const part of response.stream) {
      throwIfAborted(signal);
      const event = toEvent(part);
      if (event) yield event;
    }
    yield { type: 'finish', reason: 'unknown' };
  } catch (error) {
    throw signal.aborted ? abortError(signal) : translated(error);
  } finally {
    signal.removeEventListener('abort', stop);
    cancel.dispose();
  }
}

/** The candidate's `endpoint` is the vendor, its `model` the id or the family. */
async function find({ endpoint, model, id }: Candidate): Promise<vscode.LanguageModelChat> {
  const ofVendor = await vscode.lm.selectChatModels(endpoint === '' ? {} : { vendor: endpoint });
  const usable = ofVendor.filter(({ vendor }) => vendor !== OWN_VENDOR);
  const found = usable.find((one) => one.id === model) ?? usable.find((one) => one.family === model) ?? usable.find(() => model === '');
  if (!found) throw new RouterError('not_found', `VS Code offers no model “${id}” now.`);
  return found;
}

function optionsOf({ tools, toolMode, options }: ChatCall): vscode.LanguageModelChatRequestOptions {
  return {
    justification: 'Fairlead routed this request of yours to the model.',
    modelOptions: { ...options },
    ...(tools.length > 0 ? { tools: toVscodeTools(tools) } : {}),
    ...(tools.length > 0
      ? { toolMode: toolMode === 'required' ? vscode.LanguageModelChatToolMode.Required : vscode.LanguageModelChatToolMode.Auto }
      : {}),
  };
}

function toVscodeMessage(message: Message): vscode.LanguageModelChatMessage {
  const content = message.parts.flatMap((part): vscode.LanguageModelInputPart[] => {
    switch (part.type) {
      case 'text':
        return [new vscode.LanguageModelTextPart(part.text)];
      case 'image':
        return [vscode.LanguageModelDataPart.image(part.data, part.mimeType)];
      case 'tool_call':
        return [new vscode.LanguageModelToolCallPart(part.id, part.name, part.input ?? {})];
      case 'tool_result':
        return [new vscode.LanguageModelToolResultPart(part.id, [new vscode.LanguageModelTextPart(part.text)])];
      case 'thinking':
        return []; // Stable API has no part for it.
    }
  });
  // There is no system role in stable API: its text goes as the user's.
  const { User, Assistant } = vscode.LanguageModelChatMessageRole;
  return new vscode.LanguageModelChatMessage(message.role === 'assistant' ? Assistant : User, content);
}

function toEvent(part: unknown): ChatEvent | undefined {
  if (part instanceof vscode.LanguageModelTextPart) return { type: 'text', text: part.value };
  if (part instanceof vscode.LanguageModelToolCallPart) {
    return { type: 'tool_call', id: part.callId, name: part.name, input: part.input };
  }
  return part instanceof vscode.LanguageModelDataPart && part.mimeType === 'usage' ? toUsage(part.data) : undefined;
}

/** Some vendors say what a request took, in the form VS Code's own display reads. */
function toUsage(data: Uint8Array): ChatEvent | undefined {
  const said = parsed(new TextDecoder().decode(data));
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens, prompt_tokens_details: details } = said;
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined;
  const cached = (details as { readonly cached_tokens?: unknown } | undefined)?.cached_tokens;
  return { type: 'usage', usage: { inputTokens, outputTokens, ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}) } };
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(json) ?? {}) as Record<string, unknown>;
  } catch {
    return {}; // Another form than the one known; the tokens are estimated then.
  }
}

const CODES: Readonly<Record<string, RouterErrorCode>> = {
  NoPermissions: 'no_consent',
  Blocked: 'quota',
  NotFound: 'not_found',
};

function translated(error: unknown): unknown {
  if (isAbort(error) || RouterError.is(error)) return error;
  const code = error instanceof vscode.LanguageModelError ? CODES[error.code] : undefined;
  return new RouterError(code ?? 'server', messageOf(error), { cause: error });
}
