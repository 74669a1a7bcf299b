import { describe, expect, it } from 'vitest';
import { mentionedPaths } from '../../../../src/router/privacy/mentioned-paths';

describe('mentionedPaths', () => {
  it.each([
    ['an attachment', '<attachment filePath="/w/shop/src/pay.ts">', ['src/pay.ts']],
    ['a path with a line', 'see /w/shop/src/pay.ts:12 and', ['src/pay.ts']],
    ['JSON of a tool call', '{"filePath":"/w/shop/src/a.ts","other":"/w/shop/b.md"}', ['src/a.ts', 'b.md']],
    ['an address of a file', 'file:///w/shop/src/pay.ts', ['src/pay.ts']],
    ['the end of a sentence', 'Look at /w/shop/src/pay.ts.', ['src/pay.ts']],
    ['another folder', '/w/other/src/pay.ts', []],
    ['the folder itself', 'cwd: /w/shop', []],
    ['the same file twice', '/w/shop/a.ts /w/shop/a.ts', ['a.ts']],
  ])('finds %s', (_title, text, expected) => {
    expect(mentionedPaths([text], ['/w/shop'])).toEqual(expected);
  });

  it('reads Windows paths, escaped or not', () => {
    const text = String.raw`{"filePath":"C:\\w\\shop\\src\\pay.ts"} and C:\w\shop\b.md`;
    expect(mentionedPaths([text], [String.raw`C:\w\shop`])).toEqual(['src/pay.ts', 'b.md']);
  });
});

describe('paths that are written in another way than the folder', () => {
  it.each([
    ['another case of the drive', String.raw`c:\w\shop\pay.ts`, String.raw`C:\w\shop`, ['pay.ts']],
    ['an encoded address', 'file:///w/my%20shop/client%20data/a.ts', '/w/my shop', ['client data/a.ts']],
    ['a name with spaces, in quotes', '{"filePath":"/w/shop/client data/a b.ts"}', '/w/shop', ['client', 'client data/a b.ts']],
  ])('%s', (_, text, root, expected) => {
    expect(mentionedPaths([text], [root])).toEqual(expected);
  });
});
