// What an answer of `@fairlead` carries with it: enough to explain it and to learn from its feedback later.
import type { ChatResult } from 'vscode';

export interface AnswerMetadata {
  readonly decisionId: string;
  readonly route: string | undefined;
  readonly model: string | undefined;
  /** Workspace-relative paths of the files that the model could read: what it said may repeat them. Undefined in old answers. */
  readonly files: readonly string[] | undefined;
  /** Lines of ours inside the answer; they are not the model's words and leave the history. */
  readonly ownText: readonly string[];
}

export function readMetadata(result: ChatResult): AnswerMetadata | undefined {
  const metadata: Readonly<Record<string, unknown>> = result.metadata ?? {};
  const { decisionId, route, model, files, ownText } = metadata;
  if (typeof decisionId !== 'string') return undefined;
  return {
    decisionId,
    route: typeof route === 'string' ? route : undefined,
    model: typeof model === 'string' ? model : undefined,
    files: Array.isArray(files) ? texts(files) : undefined,
    ownText: texts(ownText),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
