// What a model's answer is to VS Code: parts of the stream, the usage, and errors with what to do next. Thoughts have no
// part in stable API and stay here.
import * as vscode from 'vscode';
import type { RunEvent } from '../router/running/execute';
import type { Usage } from '../router/ports';
import { RouterError } from '../shared/errors';
import { nextSteps } from './next-steps';

export function toPart(event: RunEvent): vscode.LanguageModelResponsePart | undefined {
  switch (event.type) {
    case 'text':
      return new vscode.LanguageModelTextPart(event.text);
    case 'tool_call':
      return new vscode.LanguageModelToolCallPart(event.id, event.name, event.input ?? {});
    case 'usage':
      return usagePart(event.usage);
    default:
      return undefined;
  }
}

/** VS Code's context-window display reads this MIME type; callers that do not know it skip the part. */
export function usagePart({ inputTokens, outputTokens, cachedInputTokens, estimated }: Usage): vscode.LanguageModelDataPart {
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens ?? 0 },
    ...(estimated === true ? { estimated } : {}),
  };
  return new vscode.LanguageModelDataPart(new TextEncoder().encode(JSON.stringify(usage)), 'usage');
}

export function toVscodeError(error: unknown): Error {
  if (error instanceof vscode.LanguageModelError) return error;
  const { message } = nextSteps(error);
  if (RouterError.is(error, 'unauthorized') || RouterError.is(error, 'no_key')) return vscode.LanguageModelError.NoPermissions(message);
  if (RouterError.is(error, 'quota') || RouterError.is(error, 'rate_limited')) return vscode.LanguageModelError.Blocked(message);
  if (RouterError.is(error, 'not_found')) return vscode.LanguageModelError.NotFound(message);
  return new Error(message, { cause: error });
}
