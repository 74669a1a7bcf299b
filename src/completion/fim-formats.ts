// How each family of code models was trained to fill in the middle. Facts about models (notes 2.4 and the model
// cards); used where a server takes only a plain prompt.
import type { FimExtra } from '../router/ports';
import { lineComment } from './lexer';

export interface FimFormat {
  readonly family: string;
  /** In the order in which the model reads them. */
  readonly order: 'prefix_first' | 'suffix_first';
  readonly prefixMark: string;
  readonly suffixMark: string;
  /** Stands last; the model goes on from here. */
  readonly middleMark: string;
  /** Where the answer ends, besides the server's own end of text. */
  readonly stop: readonly string[];
  /** How it was shown several files of one repository; left out where it was not. */
  readonly files?: { readonly repo: string; readonly file: (path: string, text: string) => string };
}

const PIPED = { order: 'prefix_first', prefixMark: '<|fim_prefix|>', suffixMark: '<|fim_suffix|>', middleMark: '<|fim_middle|>' } as const;

const QWEN: FimFormat = {
  family: 'qwen-coder',
  ...PIPED,
  // Qwen2.5-Coder, arXiv 2409.12186, section 3.2.2: repository-level pretraining.
  files: { repo: '<|repo_name|>workspace\n', file: (path, text) => `<|file_sep|>${path}\n${text}` },
  stop: ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|fim_pad|>', '<|file_sep|>', '<|repo_name|>'],
};

const GRANITE: FimFormat = { family: 'granite', ...PIPED, stop: ['<|end_of_text|>', '<|fim_pad|>'] };

const CODEGEMMA: FimFormat = { family: 'codegemma', ...PIPED, stop: ['<|file_separator|>', '<end_of_turn>', '<eos>'] };

const STARCODER: FimFormat = {
  family: 'starcoder',
  order: 'prefix_first',
  prefixMark: '<fim_prefix>',
  suffixMark: '<fim_suffix>',
  middleMark: '<fim_middle>',
  stop: ['<|endoftext|>', '<file_sep>', '<fim_prefix>'],
  // StarCoder 2, arXiv 2402.19173, section 5.1.
  files: { repo: '<repo_name>workspace', file: (path, text) => `<file_sep>${path}\n${text}` },
};

const CODELLAMA: FimFormat = {
  family: 'codellama',
  order: 'prefix_first',
  prefixMark: '<PRE> ',
  suffixMark: ' <SUF>',
  middleMark: ' <MID>',
  stop: ['<EOT>'],
};

const DEEPSEEK: FimFormat = {
  family: 'deepseek-coder',
  order: 'prefix_first',
  prefixMark: '<｜fim▁begin｜>',
  suffixMark: '<｜fim▁hole｜>',
  middleMark: '<｜fim▁end｜>',
  stop: ['<｜end▁of▁sentence｜>', '<｜fim▁begin｜>'],
};

const CODESTRAL: FimFormat = {
  family: 'codestral',
  order: 'suffix_first',
  prefixMark: '[PREFIX]',
  suffixMark: '[SUFFIX]',
  middleMark: '',
  stop: ['[PREFIX]', '[SUFFIX]', '\n+++++ '],
  files: { repo: '', file: (path, text) => `+++++ ${path}\n${text}` },
};

// Suffix first: Seed-Coder, arXiv 2506.03524, section on fill-in-the-middle.
const SEED: FimFormat = {
  family: 'seed-coder',
  order: 'suffix_first',
  prefixMark: '<[fim-prefix]>',
  suffixMark: '<[fim-suffix]>',
  middleMark: '<[fim-middle]>',
  stop: ['<[end▁of▁sentence]>', '<[PAD▁TOKEN]>', '<[SEP▁TOKEN]>', '<[fim-suffix]>'],
};

/** The first match counts: `codeqwen` before `qwen`, Granite's old code models before its newer ones. */
const FAMILIES: readonly (readonly [RegExp, FimFormat])[] = [
  [/codestral/u, CODESTRAL],
  [/code-?gemma/u, CODEGEMMA],
  [/code-?llama(?!.*python)/u, CODELLAMA],
  [/deepseek.*coder/u, DEEPSEEK],
  [/seed-?coder/u, SEED],
  [/granite.*code|codeqwen|star-?coder|stable-?code/u, STARCODER],
  [/granite[-_.]?v?4/u, GRANITE],
  [/qwen[\d.]*[-_]?(?:.*[-_])?coder/u, QWEN],
];

/** The format of a model by its name, as servers write it (`qwen2.5-coder:7b`, `Qwen/Qwen2.5-Coder-7B`, a path). */
export function fimFormatFor(modelName: string): FimFormat | undefined {
  const name = modelName.toLowerCase();
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
}

export function fimFormatOfFamily(family: string | undefined): FimFormat | undefined {
  return FAMILIES.find(([, format]) => format.family === family)?.[1];
}

/** The format whose marks stand in a text of the model's own: its template, or the list of its tokens. */
export function fimFormatByMarks(text: string): FimFormat | undefined {
  return FAMILIES.map(([, format]) => format).find(({ prefixMark, suffixMark }) => text.includes(prefixMark.trim()) && text.includes(suffixMark.trim()));
}

export interface FimPrompt {
  readonly prefix: string;
  readonly suffix: string;
  /** The file that is written in. */
  readonly path?: string | undefined;
  readonly language?: string | undefined;
  readonly extra?: readonly FimExtra[] | undefined;
}

/** The prompt after which the model writes what belongs between prefix and suffix. */
export function renderFim(format: FimFormat, { prefix, suffix, path, language, extra = [] }: FimPrompt): string {
  const { files } = format;
  const named = files !== undefined && extra.length > 0;
  const head = named ? files.repo + extra.map((one) => files.file(one.path, endLine(one.text))).join('') + files.file(path ?? 'untitled', '') : '';
  const before = format.prefixMark + (named ? prefix : withExtra({ prefix, language, extra }));
  const after = format.suffixMark + suffix;
  return head + (format.order === 'prefix_first' ? before + after : after + before) + format.middleMark;
}

function endLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Other files as comments above the prefix, where there is no other way to hand them over. */
export function withExtra({ prefix, language, extra = [] }: Pick<FimPrompt, 'prefix' | 'language' | 'extra'>): string {
  if (extra.length === 0) return prefix;
  const mark = lineComment(language ?? '');
  const comment = ({ path, text }: FimExtra): string => [path, ...text.trimEnd().split('\n')].map((line) => `${mark} ${line}`.trimEnd()).join('\n');
  return `${extra.map(comment).join('\n')}\n${prefix}`;
}

/** Models that only chat: the last resort. */
export function holePrompt({ prefix, suffix, path, language, extra = [] }: FimPrompt): { readonly system: string; readonly user: string } {
  const others = extra.map((one) => `File ${one.path}:\n${one.text.trimEnd()}\n`).join('\n');
  return {
    system:
      'You complete code at a hole. Answer with the text that belongs where <HOLE/> stands and with nothing else: no explanation, no code fence, and nothing of the code around it again.',
    user: `${others}${others === '' ? '' : '\n'}File ${path ?? 'untitled'}${language === undefined ? '' : ` (${language})`}:\n${prefix}<HOLE/>${suffix}`,
  };
}
