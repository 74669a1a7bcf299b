// Between VS Code's language-model messages and the router's. Nothing of a request is dropped silently except the
// markers that VS Code's own agent puts in for other providers (cache control, stateful marker, usage).
import * as vscode from 'vscode';
import type { Message, Part, ToolDefinition } from '../router/ports';
import type { Capability } from '../router/types';

export { countTokens } from '../router/tokens';

export function fromVscodeMessages(messages: readonly vscode.LanguageModelChatRequestMessage[]): Message[] {
  return messages.flatMap(fromVscodeMessage);
}

function fromVscodeMessage({ role, content }: vscode.LanguageModelChatRequestMessage): Message[] {
  const results: Part[] = [];
  const others: Part[] = [];
  for (const part of content) {
    if (part instanceof vscode.LanguageModelToolResultPart) {
      const { text, images } = readToolResult(part);
      results.push({ type: 'tool_result', id: part.callId, text });
      others.push(...images);
    } else {
      others.push(...fromVscodePart(part));
    }
  }
  // Tool results come before what else the user's message says: servers want them right after the call.
  return [
    ...(results.length > 0 ? [{ role: 'tool' as const, parts: results }] : []),
    ...(others.length > 0 ? [{ role: roleOf(role), parts: others }] : []),
  ];
}

function roleOf(role: vscode.LanguageModelChatMessageRole): Message['role'] {
  switch (role) {
    case vscode.LanguageModelChatMessageRole.User:
      return 'user';
    case vscode.LanguageModelChatMessageRole.Assistant:
      return 'assistant';
    default:
      // `System` of the proposed API, which VS Code's own agent sends.
      return 'system';
  }
}

function fromVscodePart(part: unknown): Part[] {
  if (part instanceof vscode.LanguageModelTextPart) return [{ type: 'text', text: part.value }];
  if (part instanceof vscode.LanguageModelToolCallPart) {
    return [{ type: 'tool_call', id: part.callId, name: part.name, input: part.input }];
  }
  if (part instanceof vscode.LanguageModelPromptTsxPart) return [{ type: 'text', text: promptTsxText(part.value) }];
  return part instanceof vscode.LanguageModelDataPart ? fromData(part) : [];
}

function fromData({ mimeType, data }: vscode.LanguageModelDataPart): Part[] {
  if (mimeType.startsWith('image/')) return [{ type: 'image', mimeType, data }];
  if (mimeType.startsWith('text/') || mimeType === 'application/json') {
    return [{ type: 'text', text: new TextDecoder().decode(data) }];
  }
  return [];
}

function readToolResult(part: vscode.LanguageModelToolResultPart): { text: string; images: Part[] } {
  const parts = part.content.flatMap(fromVscodePart);
  return {
    text: parts.map((one) => (one.type === 'text' ? one.text : '')).join(''),
    images: parts.filter((one) => one.type === 'image'),
  };
}

/** A prompt-tsx tree is opaque by contract; its text nodes are what a model would have read. */
function promptTsxText(value: unknown): string {
  if (typeof value === 'string') return value;
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { text, children, node: root } = node as { text?: unknown; children?: unknown; node?: unknown };
    if (typeof text === 'string') texts.push(text);
    if (root !== undefined) visit(root);
    if (Array.isArray(children)) children.forEach(visit);
  };
  visit(value);
  return texts.length > 0 ? texts.join('\n') : JSON.stringify(value);
}

export function toVscodeTools(tools: readonly ToolDefinition[]): vscode.LanguageModelChatTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    ...(inputSchema === undefined ? {} : { inputSchema }),
  }));
}

export function fromVscodeTools(tools: readonly vscode.LanguageModelChatTool[] | undefined): ToolDefinition[] {
  return (tools ?? []).map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
}

/** What the request asks of a model. */
export function needsOf(messages: readonly Message[], tools: readonly ToolDefinition[]): Capability[] {
  const images = messages.some(({ parts }) => parts.some(({ type }) => type === 'image'));
  return [...(tools.length > 0 ? (['tools'] as const) : []), ...(images ? (['vision'] as const) : [])];
}
