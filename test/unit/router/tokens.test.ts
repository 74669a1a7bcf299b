import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/router/ports';
import { countTokens, estimateTokens } from '../../../src/router/tokens';

const user = (...parts: Message['parts']): Message => ({ role: 'user', parts });

describe('an estimate of tokens', () => {
  it.each([
    // Counted with cl100k_base and o200k_base (gpt-tokenizer 4.0.0).
    ['English', 'The quick brown fox jumps over the lazy dog and runs away.', 13, 13],
    ['code', 'export function add(a: number, b: number): number {\n  return a + b;\n}\n', 20, 20],
    ['SQL', 'SELECT u.id, u.name FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > 100 ORDER BY u.name;\n'.repeat(10), 300, 300],
    ['a log', '2026-11-23T15:41:20.123Z ERROR [worker-3] Failed to connect to 10.0.0.5:5432 (ECONNREFUSED)\n'.repeat(20), 840, 860],
    ['numbers', '3.14159 2.71828 1234567890 '.repeat(50), 750, 750],
    ['paths', '/home/user/projects/fairlead/src/adapters/openai-messages.ts\n'.repeat(10), 140, 150],
    ['ids', '550e8400-e29b-41d4-a716-446655440000\n'.repeat(10), 190, 190],
    ['indented code', '\t\t\tif (x) {\n\t\t\t\treturn y;\n\t\t\t}\n'.repeat(10), 130, 130],
    ['Japanese', '吾輩は猫である。名前はまだ無い。', 21, 14],
    ['Russian', 'Почему этот тест не проходит? Исправьте его, пожалуйста.', 27, 13],
  ])('of %s is near the count of two tokenizers', (_what, text, cl100k, o200k) => {
    expect(estimateTokens(text)).toBeGreaterThan(0.8 * Math.max(cl100k, o200k));
    expect(estimateTokens(text)).toBeLessThan(1.9 * Math.min(cl100k, o200k));
  });

  it('of a long text is the same when it comes again, and another’s own where that is as long', () => {
    const [words, digits] = ['word '.repeat(4000), '12345'.repeat(4000)];
    const first = [words, digits].map((text) => estimateTokens(text));
    for (let index = 0; index < 300; index += 1) estimateTokens(`${String(index)} ${words}`);
    expect([words, digits].map((text) => estimateTokens(text))).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });

  it('of nothing is nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });
});

describe('the size of a prompt', () => {
  const bare = countTokens([user({ type: 'text', text: 'hello' })]);

  it.each([
    ['an image', user({ type: 'text', text: 'hello' }, { type: 'image', mimeType: 'image/png', data: new Uint8Array(5_000_000) }), 1024, 1024],
    ['a tool call', user({ type: 'text', text: 'hello' }, { type: 'tool_call', id: 'c', name: 'read', input: { path: 'word '.repeat(100) } }), 100, 130],
    ['a tool result', user({ type: 'text', text: 'hello' }, { type: 'tool_result', id: 'c', text: 'word '.repeat(100) }), 100, 120],
    ['a thought that goes along', user({ type: 'text', text: 'hello' }, { type: 'thinking', text: 'word '.repeat(100) }), 100, 120],
  ])('grows with %s', (_what, message, least, most) => {
    const by = countTokens([message]) - bare;
    expect(by).toBeGreaterThanOrEqual(least);
    expect(by).toBeLessThanOrEqual(most);
  });

  it('grows with each message and with the tools on offer', () => {
    expect(countTokens([user({ type: 'text', text: 'hello' }), user()])).toBeGreaterThan(bare);
    expect(countTokens([], [{ name: 'read', description: 'Reads a file.', inputSchema: { type: 'object' } }])).toBeGreaterThan(10);
  });
});
