import { describe, expect, it } from 'vitest';
import { fimFormatByMarks, fimFormatFor, fimFormatOfFamily, holePrompt, renderFim } from '../../../src/completion/fim-formats';

const FAMILIES: readonly (readonly [string, string | undefined])[] = [
  ['qwen2.5-coder:7b', 'qwen-coder'],
  ['Qwen/Qwen2.5-Coder-1.5B-Instruct', 'qwen-coder'],
  ['qwen3-coder:30b', 'qwen-coder'],
  ['qwen3-coder-next', 'qwen-coder'],
  ['/models/qwen2.5-coder-0.5b-q8_0.gguf', 'qwen-coder'],
  ['codeqwen:7b', 'starcoder'],
  ['starcoder2:3b', 'starcoder'],
  ['stable-code:3b', 'starcoder'],
  ['granite-code:8b', 'starcoder'],
  ['ibm-granite/granite-4.0-h-tiny', 'granite'],
  ['granite4:micro', 'granite'],
  ['codegemma:2b', 'codegemma'],
  ['codellama:7b-code', 'codellama'],
  ['codellama:7b-python', undefined],
  ['deepseek-coder-v2:16b', 'deepseek-coder'],
  ['codestral-latest', 'codestral'],
  ['ByteDance-Seed/Seed-Coder-8B-Base', 'seed-coder'],
  ['qwen2.5:7b', undefined],
  ['gpt-4o', undefined],
  ['llama3.1:8b', undefined],
];

const RENDERED: readonly (readonly [string, string])[] = [
  ['qwen2.5-coder', '<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>'],
  ['codegemma', '<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>'],
  ['starcoder2', '<fim_prefix>A<fim_suffix>B<fim_middle>'],
  ['codellama', '<PRE> A <SUF>B <MID>'],
  ['deepseek-coder', '<｜fim▁begin｜>A<｜fim▁hole｜>B<｜fim▁end｜>'],
  ['codestral', '[SUFFIX]B[PREFIX]A'],
  ['seed-coder', '<[fim-suffix]>B<[fim-prefix]>A<[fim-middle]>'],
];

describe('formats for filling in the middle', () => {
  it.each(FAMILIES)('%s belongs to %s', (model, family) => {
    expect(fimFormatFor(model)?.family).toBe(family);
  });
  it.each(RENDERED)('%s reads %s', (model, prompt) => {
    expect(renderFim(fimFormatFor(model)!, { prefix: 'A', suffix: 'B' })).toBe(prompt);
  });
  it('stops at the end of text of its family', () => {
    expect(fimFormatFor('qwen2.5-coder')?.stop).toContain('<|endoftext|>');
    expect(fimFormatFor('codellama')?.stop).toEqual(['<EOT>']);
  });

  it.each([
    ['starcoder2', '<repo_name>workspace<file_sep>a.py\nx\n<file_sep>b.py\n<fim_prefix>A<fim_suffix>B<fim_middle>'],
    ['codestral', '+++++ a.py\nx\n+++++ b.py\n[SUFFIX]B[PREFIX]A'],
    ['codellama', '<PRE> # a.py\n# x\nA <SUF>B <MID>'],
  ])('%s reads other files as %s', (model, prompt) => {
    const extra = [{ path: 'a.py', text: 'x' }];
    expect(renderFim(fimFormatFor(model)!, { prefix: 'A', suffix: 'B', path: 'b.py', language: 'python', extra })).toBe(prompt);
  });
  it.each([
    ['{{ .Prompt }}', undefined],
    ['<PRE> {{ .Prompt }} <SUF>{{ .Suffix }} <MID>', 'codellama'],
    ['<｜fim▁begin｜>{{ .Prompt }}<｜fim▁hole｜>{{ .Suffix }}<｜fim▁end｜>', 'deepseek-coder'],
  ])('%s has the marks of %s', (template, family) => {
    expect(fimFormatByMarks(template)?.family).toBe(family);
  });
  it('finds a family by its name', () => {
    expect(fimFormatOfFamily('granite')?.stop).toContain('<|end_of_text|>');
    expect(fimFormatOfFamily(undefined)).toBeUndefined();
  });
  it('shows a chat model the hole and the files around', () => {
    const { user } = holePrompt({ prefix: 'A', suffix: 'B', path: 'b.py', language: 'python', extra: [{ path: 'a.py', text: 'x' }] });
    expect(user).toBe('File a.py:\nx\n\nFile b.py (python):\nA<HOLE/>B');
  });
});
