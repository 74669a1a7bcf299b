// How each family of code models was trained to fill in the middle. Facts about models (notes 2.4 and the model
// cards); used where a server takes only a plain prompt.

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
}

const PIPED = { order: 'prefix_first', prefixMark: '<|fim_prefix|>', suffixMark: '<|fim_suffix|>', middleMark: '<|fim_middle|>' } as const;

const QWEN: FimFormat = {
  family: 'qwen-coder',
  ...PIPED,
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

/** The prompt after which the model writes what belongs between prefix and suffix. */
export function renderFim(format: FimFormat, prefix: string, suffix: string): string {
  const before = format.prefixMark + prefix;
  const after = format.suffixMark + suffix;
  return (format.order === 'prefix_first' ? before + after : after + before) + format.middleMark;
}
