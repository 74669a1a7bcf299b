import { describe, expect, it } from 'vitest';
import { billionsIn, sizeOf } from '../../../../src/router/choosing/size';

describe('the size of a model', () => {
  it.each([
    ['qwen2.5-coder:7b-base-q4_K_M', 7],
    ['Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF:Q4_K_M', 1.5],
    ['/models/7b/starcoder2-3b.Q8_0.gguf', 3],
    ['C:\\models\\smollm2-135M.gguf', 0.135],
    ['Qwen3-Coder-30B-A3B-Instruct', 3],
    ['gemma-3n-e4b', 4],
    ['llama_8b_4bit', 8],
    ['codestral', undefined],
    ['model-fp16-32k', undefined],
    ['mixtral-8x7b', undefined],
  ])('is read from the name %s', (model, expected) => {
    expect(sizeOf({ id: 'mine', model })).toBe(expected);
  });

  it('is what the server says rather than the name, but for what works on each token', () => {
    expect(sizeOf({ id: 'mine', model: 'coder-7b', parametersB: 7.6 })).toBe(7.6);
    expect(sizeOf({ id: 'mine', model: 'coder-30b-a3b', parametersB: 30.5 })).toBe(3);
  });

  it('is read from what the user calls it when the server’s name is silent', () => {
    expect(sizeOf({ id: 'quick 0.5b', model: 'default' })).toBe(0.5);
  });

  it('is read from what Ollama and file headers say', () => {
    expect(['7.6B', '500.00M', '', 'unknown'].map(billionsIn)).toEqual([7.6, 0.5, undefined, undefined]);
  });
});
