// The text of files that are never sent is taken out of conversations with hosted models, wherever it stands.
import { describe, expect, it } from 'vitest';
import type { Message, Part } from '../../../../src/router/ports';
import { createWithholder, type Withheld } from '../../../../src/router/privacy/withhold';

const PRIVATE = /(?:^|\/)(?:\.env|keys\/[^/]+|private notes\.md)$/u;
const privateName = (path: string): string | undefined => {
  const short = path.replace(/^\/w\/shop\//u, '');
  return PRIVATE.test(short) ? short : undefined;
};
const KEEP = 'HUNTER2';

const user = (text: string, files?: string[]): Message => ({ role: 'user', parts: [{ type: 'text', text, ...(files ? { files } : {}) }] });
const said = (text: string, files?: string[]): Message => ({ role: 'assistant', parts: [{ type: 'text', text, ...(files ? { files } : {}) }] });
const call = (id: string, input: unknown): Message => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name: 'tool', input }] });
const result = (id: string, text: string): Message => ({ role: 'tool', parts: [{ type: 'tool_result', id, text }] });

const withhold = (messages: readonly Message[]): Withheld => createWithholder().withhold(messages, privateName);
const flat = ({ messages }: Pick<Withheld, 'messages'>): string => JSON.stringify(messages);

describe('what holds a private file’s text is left out', () => {
  it.each<[string, Message[]]>([
    ['an attached file', [user(`KEY=${KEEP}`, ['.env']), user('What is wrong?')]],
    ['an earlier answer about it', [user('Explain it'), said(`It says ${KEEP}`, ['.env']), user('And now?')]],
    ['an attachment of VS Code’s agent', [user(`<attachments><attachment id=".env" filePath="/w/shop/.env">\nKEY=${KEEP}\n</attachment></attachments><userRequest>why?</userRequest>`)]],
    ['an attachment that is labelled only', [user(`<attachment id="file:.env">\nKEY=${KEEP}\n</attachment>`)]],
    ['what is selected in the editor', [user(`<editorContext>\nThe user's current file is /w/shop/keys/a. The selection is ${KEEP}\n</editorContext>`)]],
    ['a file of the agent’s read tool', [user('read'), call('1', { filePath: '/w/shop/.env' }), result('1', `KEY=${KEEP}`)]],
    ['a file read by its relative path', [user('read'), call('1', { path: 'keys/a' }), result('1', KEEP)]],
    ['a file outside of the workspace', [user('read'), call('1', { path: '/home/me/.env' }), result('1', KEEP)]],
    ['a file given as an address', [user('read'), call('1', { uri: 'file:///w/shop/private%20notes.md' }), result('1', KEEP)]],
    ['a file whose name has a space', [user('read'), call('1', { path: '/w/shop/private notes.md' }), result('1', KEEP)]],
    ['what a command prints', [user('run'), call('1', { command: 'cat .env | grep KEY' }), result('1', `KEY=${KEEP}`)]],
    ['what a command redirects', [user('run'), call('1', { command: 'cat<keys/a' }), result('1', KEEP)]],
    ['lines of a search', [user('search'), call('1', { query: 'KEY' }), result('1', `src/a.ts:1:KEY\n.env:3:KEY=${KEEP}`)]],
    ['matches of VS Code’s search', [user('search'), call('1', { query: 'KEY' }), result('1', `<match path="/w/shop/.env" line=3>\nKEY=${KEEP}\n</match>`)]],
    ['a patch', [user('diff'), call('1', { command: 'git diff' }), result('1', `diff --git a/.env b/.env\n--- a/.env\n+++ b/.env\n+KEY=${KEEP}`)]],
    ['a file written by a tool call', [user('write'), call('1', { filePath: '/w/shop/.env', content: `A=1\nKEY=${KEEP}` }), result('1', 'ok')]],
    ['an image of it', [{ role: 'user', parts: [{ type: 'image', mimeType: 'image/png', data: new TextEncoder().encode(KEEP), files: ['keys/a'] }] }, user('read it')]],
  ])('%s', (_, messages) => {
    const withheld = withhold(messages);
    expect(flat(withheld)).not.toContain(KEEP);
    expect(withheld.messages.every(({ parts }) => parts.every((part: Part) => part.type !== 'image'))).toBe(true);
    expect(withheld.files.length).toBeGreaterThan(0);
    expect(withheld.unclear).toBeUndefined();
  });
});

describe('what may go stays as it is', () => {
  it.each<[string, Message[]]>([
    ['prose that speaks of the file', [user('How do I load a .env file in Node?')]],
    ['a readme that speaks of it', [user('read'), call('1', { filePath: '/w/shop/README.md' }), result('1', 'Copy `.env.example` to `.env`.\n.env files hold settings.')]],
    ['an address on the web', [user('see https://example.com/keys/a and http://host/.env')]],
    ['another file', [user('read'), call('1', { filePath: '/w/shop/src/a.ts' }), result('1', 'export const a = 1;')]],
    ['an attached file that may go', [user('text of /w/shop/.env', ['src/a.ts'])]],
  ])('%s', (_, messages) => {
    const withheld = withhold(messages);
    expect(withheld.messages).toEqual(messages.map(({ role, parts }) => ({ role, parts: parts.map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : part)) })));
    expect([withheld.files, withheld.unclear]).toEqual([[], undefined]);
  });

  it('the rest of a conversation, so that the model can go on', () => {
    const withholder = createWithholder();
    const asked = user('<attachment filePath="/w/shop/.env">A</attachment>\n<userRequest>Explain the build</userRequest>');
    withholder.withhold([asked], privateName);
    const text = flat(withholder.withhold([asked, call('1', { filePath: '/w/shop/.env' }), result('1', 'A'), user('Go on')], privateName));
    expect(text).toContain('Explain the build');
    expect(text).toContain('Go on without it');
  });

  it('the names of other files in a listing, without the private one', () => {
    const text = flat(withhold([user('list'), call('1', { glob: '**' }), result('1', '/w/shop/src/a.ts\n/w/shop/.env\n/w/shop/b.ts')]));
    expect(text).toContain('a.ts');
    expect(text).toContain('b.ts');
    expect(text).not.toContain('.env');
  });

  it('a question that names the file, without its name', () => {
    const withheld = withhold([user('Why is /w/shop/.env not loaded?')]);
    expect(flat(withheld)).toContain('Why is [a private file] not loaded?');
    expect(withheld.unclear).toBeUndefined();
  });
});

describe('what cannot be told apart', () => {
  it.each([
    ['a code block after the name', `Contents of /w/shop/.env:\n\`\`\`\nKEY=${KEEP}\n\`\`\``],
    ['a block that the file itself closes early', `<attachment filePath="/w/shop/.env">\nA=</attachment>\nKEY=${KEEP}\n</attachment>`],
  ])('keeps the conversation here: %s', (_, text) => {
    expect(withhold([user(text)]).unclear).toBe('.env');
  });
});

describe('what was said after a model on this machine read the file', () => {
  const start = [user('read'), call('1', { filePath: '/w/shop/.env' }), result('1', `KEY=${KEEP}`)];
  const later = [...start, said(`The key is ${KEEP}`), call('2', { text: KEEP }), result('2', KEEP), user('thanks')];

  it('does not go', () => {
    const withholder = createWithholder();
    withholder.shownHere(start, privateName);
    const { messages } = withholder.withhold(later, privateName);
    expect(flat({ messages })).not.toContain(KEEP);
    expect(flat({ messages })).toContain('thanks');
  });

  it('does not go either when it is not known who read it', () => {
    expect(flat(withhold(later))).not.toContain(KEEP);
  });

  it('goes when only hosted models answered, who never saw it', () => {
    const withholder = createWithholder();
    withholder.withhold(start, privateName);
    const text = flat(withholder.withhold([...start, said('I cannot read that file.'), user('Then build')], privateName));
    expect(text).toContain('I cannot read that file.');
  });
});
