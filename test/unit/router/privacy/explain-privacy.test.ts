// What kept something here, in words: clear, with what to change, and never the secret.
import { describe, expect, it } from 'vitest';
import { explain, headline, logLine } from '../../../../src/router/explain';
import { heldBackText, privacyAdvice } from '../../../../src/router/privacy/explain-privacy';
import type { Decision } from '../../../../src/router/types';

const decision = (fields: Partial<Decision>): Decision => ({
  id: 'd1',
  at: 0,
  surface: 'chat',
  route: undefined,
  probability: undefined,
  confidence: 'none',
  runnerUp: undefined,
  routes: [],
  model: 'near',
  fallbacks: [],
  reasons: [{ kind: 'unclassified', why: 'no_text' }],
  refused: [],
  degraded: [],
  classifier: undefined,
  classifierMs: undefined,
  localOnly: false,
  notes: [],
  ...fields,
});

describe('a decision that kept something here', () => {
  it('says which file, by which glob, and how to take it out', () => {
    const kept = decision({ localOnly: true, refused: [{ model: 'far', refusals: [{ kind: 'never_sent', path: 'a/.env', glob: '**/.env', ofWorkspace: false }] }] });
    const page = explain(kept, []);
    expect(page).toContain('far: a/.env never leaves this machine');
    expect(page).toContain('## What you can change');
    expect(privacyAdvice(kept)[0]).toBe('“**/.env” is among the files that never leave (fairlead.neverSend); “!**/.env” in your user settings takes it out.');
    expect(headline(kept, [])).toContain('stays on this machine');
  });

  it('says in the line before the answer for which file a model on this machine was taken', () => {
    const first = decision({ reasons: [{ kind: 'never_sent', path: 'a/.env', glob: '.env', ofWorkspace: false }] });
    expect(headline(first, [])).toContain('only models on this machine may read a/.env (.env)');
  });

  it('says which rule', () => {
    const kept = decision({ localOnly: true, refused: [{ model: 'far', refusals: [{ kind: 'not_local', rule: 'client code' }] }] });
    expect(privacyAdvice(kept).join('\n')).toContain('“client code” is a rule in fairlead.rules');
  });

  it('says which kinds of secrets, and what becomes of them', () => {
    const found = [{ kind: 'GitHub token', count: 2 }, { kind: 'private key', count: 1 }];
    const texts = (['replaced', 'sent', 'kept'] as const).map((then) => logLine(decision({ reasons: [{ kind: 'secret', found, then }] })));
    expect(texts[0]).toContain('the request holds 2 × GitHub token, private key: a placeholder goes to the model instead');
    expect(texts[1]).toContain('you let it go as it is');
    expect(texts[2]).toContain('it stays on this machine');
  });

  it('says when nobody could look for secrets', () => {
    const page = explain(decision({ model: undefined, refused: [{ model: 'far', refusals: [{ kind: 'secret', found: [] }] }] }), []);
    expect(page).toContain('could not be searched for secrets, so it stays on this machine');
  });

  it('gives no advice where nothing was kept', () => {
    expect(privacyAdvice(decision({}))).toEqual([]);
    expect(explain(decision({}), [])).not.toContain('What you can change');
  });
});

describe('what a hosted model did not get to see', () => {
  it.each([
    [{ files: ['a/.env'], secrets: [] }, 'a/.env was left out'],
    [{ files: ['a', 'b'], secrets: [{ kind: 'npm token', count: 1 }] }, 'a, b were left out; npm token replaced by a placeholder'],
    [{ files: ['1', '2', '3', '4', '5', '6', '7'], secrets: [] }, '1, 2, 3, 4, 5 and 2 more were left out'],
  ])('%j', (held, text) => {
    expect(heldBackText(held)).toBe(text);
  });
});
