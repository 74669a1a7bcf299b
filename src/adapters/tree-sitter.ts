// Grammars of tree-sitter, as WebAssembly (the ones VS Code itself uses). The parser is loaded with the first file
// that has a grammar, each grammar with its first file, all in the background; parsing gives up after a few milliseconds.
import { join } from 'node:path';
import type * as TreeSitter from '@vscode/tree-sitter-wasm';
import type { Syntax, SyntaxQuestion } from '../completion/syntax';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';

export interface SyntaxOptions {
  /** Folder of tree-sitter.wasm and the grammars. */
  readonly folder: string;
  readonly log: Log;
  /** Parsing gives up after this; 6 ms when left out. */
  readonly budgetMs?: number;
}

export interface LoadedSyntax extends Syntax {
  /** Resolves when the grammar is loaded, or cannot be. */
  ready(language: string): Promise<void>;
}

type Api = typeof TreeSitter;

/** VS Code's language id -> the grammar's file. Those with brackets: where indentation is the grammar, none is needed. */
const GRAMMARS: Readonly<Record<string, string>> = {
  javascript: 'javascript',
  javascriptreact: 'javascript',
  typescript: 'typescript',
  typescriptreact: 'tsx',
  go: 'go',
  java: 'java',
  rust: 'rust',
  c: 'cpp',
  cpp: 'cpp',
  csharp: 'c-sharp',
};
const FUNCTION = /function|method|constructor|arrow|lambda|closure|func_literal/u;
const CLASS = /^(?:class|interface|struct|enum|trait|impl|namespace|module|object|extension|record)(?:_|$)/u;
const BUDGET_MS = 6;

export function createSyntax(options: SyntaxOptions): LoadedSyntax {
  const { folder, log, budgetMs = BUDGET_MS } = options;
  const parsers = new Map<string, TreeSitter.Parser | undefined>();
  const loading = new Map<string, Promise<void>>();
  let api: Promise<Api> | undefined;

  async function load(grammar: string): Promise<void> {
    try {
      const { Parser, Language } = await (api ??= loadApi(folder));
      const language = await Language.load(join(folder, `tree-sitter-${grammar}.wasm`));
      const parser = new Parser();
      parser.setLanguage(language);
      parsers.set(grammar, parser);
    } catch (error) {
      log.debug(`no grammar for ${grammar}: ${messageOf(error)}`);
    }
  }

  const ready = (language: string): Promise<void> => {
    const grammar = GRAMMARS[language];
    if (grammar === undefined) return Promise.resolve();
    const known = loading.get(grammar) ?? load(grammar);
    loading.set(grammar, known);
    return known;
  };

  return {
    ready,
    prepare: (language) => void ready(language),
    functionStart: (question) => {
      const parser = parsers.get(GRAMMARS[question.language] ?? '');
      return parser && findFunction(parser, question, budgetMs);
    },
  };
}

async function loadApi(folder: string): Promise<Api> {
  const loaded = (await import('@vscode/tree-sitter-wasm')) as Api & { readonly default?: Api };
  const api = loaded.default ?? loaded;
  await api.Parser.init({ locateFile: (file) => join(folder, file) });
  return api;
}

function findFunction(parser: TreeSitter.Parser, { text, cursor }: SyntaxQuestion, budgetMs: number): number | undefined {
  const end = performance.now() + budgetMs;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > end });
  if (!tree) {
    parser.reset(); // Else the next text would be read as the rest of this one.
    return undefined;
  }
  try {
    const root = tree.rootNode;
    let found: number | undefined;
    // Behind the last thing written: the cursor itself may stand in white space that belongs to no node.
    for (let node: TreeSitter.Node | null = root.descendantForIndex(lastInk(text, cursor)); node; node = node.parent) {
      if (CLASS.test(node.type)) break;
      if (FUNCTION.test(node.type) && node.endIndex >= cursor) found = node.startIndex;
    }
    return found;
  } finally {
    tree.delete();
  }
}

function lastInk(text: string, cursor: number): number {
  return Math.max(0, text.slice(0, cursor).trimEnd().length - 1);
}
