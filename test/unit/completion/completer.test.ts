import { describe, expect, it } from 'vitest';
import { isSkipped, type Completion, type Skipped } from '../../../src/completion/request';
import { isAbort } from '../../../src/shared/abort';
import { candidate } from '../../support/adapters';
import { fakeModel, never, request } from './support';

const textOf = (outcome: Completion | Skipped | undefined): string =>
  outcome === undefined ? 'pending' : isSkipped(outcome) ? `skipped: ${outcome.skipped}` : outcome.insertion.text;

/** Asks, and remembers what came of it. */
function ask({ completer }: ReturnType<typeof fakeModel>, at: Parameters<typeof request>[0], fields = {}, signal = never) {
  const asked: { outcome?: Completion | Skipped; error?: unknown } = {};
  completer.complete(request(at, fields), signal).then(
    (outcome) => (asked.outcome = outcome),
    (error: unknown) => (asked.error = error),
  );
  return asked;
}

const SUM = 'const sum = |\n';

describe('a request for ghost text', () => {
  it('waits for a pause, asks and shows', async () => {
    const model = fakeModel(() => ['a +', ' b;']);
    const asked = ask(model, SUM);
    await model.clock.runUntil(20);
    expect(model.calls).toHaveLength(0);
    await model.clock.runUntil(1000);
    expect(textOf(asked.outcome)).toBe('a + b;');
    expect(model.calls[0]?.call).toMatchObject({ prefix: 'const sum = ', suffix: '\n', path: 'a.ts', language: 'typescript', maxTokens: 128 });
  });

  it('does not wait when asked by hand', async () => {
    const model = fakeModel(() => ['a;']);
    ask(model, SUM, { manual: true });
    await model.clock.runUntil(0);
    expect(model.calls).toHaveLength(1);
  });

  it('is never sent when the next key comes in time', async () => {
    const model = fakeModel(() => ['a;']);
    ask(model, SUM);
    await model.clock.runUntil(20);
    ask(model, 'const sum = x|\n');
    await model.clock.runUntil(1000);
    expect(model.calls.map(({ call }) => call.prefix)).toEqual(['const sum = x']);
  });

  it('is ended at the server as soon as the next key does not fit', async () => {
    const model = fakeModel(() => ['a +', ' b', ' + c;'], {}, 100);
    ask(model, SUM);
    await model.clock.runUntil(200);
    expect(model.calls[0]?.aborted).toBe(false);
    ask(model, 'const sum = x|\n');
    expect(model.calls[0]?.aborted).toBe(true);
  });

  it('goes on when the next key is what the model wrote', async () => {
    const model = fakeModel(() => ['a +', ' b', ' + c;'], {}, 100);
    const controller = new AbortController();
    ask(model, SUM, {}, controller.signal);
    await model.clock.runUntil(200);
    controller.abort();
    const next = ask(model, 'const sum = a|\n');
    await model.clock.runUntil(2000);
    expect(textOf(next.outcome)).toBe(' + b + c;');
    expect(model.calls).toHaveLength(1);
    expect(model.calls[0]?.aborted).toBe(false);
  });

  it('ends at once when its caller goes and nothing was sent', async () => {
    const model = fakeModel(() => ['a'], {}, 500);
    const controller = new AbortController();
    const asked = ask(model, SUM, {}, controller.signal);
    await model.clock.runUntil(20);
    controller.abort();
    await model.clock.runUntil(2000);
    expect(model.calls).toHaveLength(0);
    expect(isAbort(asked.error)).toBe(true);
  });

  it('is read before it is given up when keys come before its first word', async () => {
    const model = fakeModel((call) => (call.prefix.endsWith('x') ? ['y;'] : ['a + b;']), {}, 200);
    ask(model, SUM);
    await model.clock.runUntil(100);
    const typed = ask(model, 'const sum = a|\n');
    await model.clock.runUntil(300);
    expect(textOf(typed.outcome)).toBe(' + b;');
    expect(model.calls).toHaveLength(1);
  });

  it('makes place for the next one as soon as its first word is another', async () => {
    const model = fakeModel((call) => (call.prefix.endsWith('x') ? ['y;'] : ['a + b', ' + c', ' + d']), {}, 200);
    ask(model, SUM);
    await model.clock.runUntil(100);
    const typed = ask(model, 'const sum = x|\n');
    await model.clock.runUntil(250);
    expect(model.calls.map(({ aborted }) => aborted)).toEqual([true, false]);
    await model.clock.runUntil(1000);
    expect(textOf(typed.outcome)).toBe('y;');
  });

  it('ends a little later when its caller goes and nobody follows', async () => {
    const model = fakeModel(() => Array.from({ length: 50 }, () => 'a'), {}, 20);
    const controller = new AbortController();
    ask(model, SUM, {}, controller.signal);
    await model.clock.runUntil(250);
    controller.abort();
    await model.clock.runUntil(260);
    expect(model.calls[0]?.aborted).toBe(false);
    await model.clock.runUntil(600);
    expect(model.calls[0]?.aborted).toBe(true);
  });

  it('shows the first lines while the rest is still coming, and says when more is there', async () => {
    const model = fakeModel(() => ['  a();\n', '  b();\n', '  c();\n'], {}, 300);
    const asked = ask(model, 'function f() {\n|\n}\n');
    await model.clock.runUntil(600);
    expect(textOf(asked.outcome)).toBe('  a();');
    const { more } = asked.outcome as Completion;
    await model.clock.runUntil(2000);
    expect(await more).toBe(true);
    expect(textOf(ask(model, 'function f() {\n|\n}\n').outcome)).toBe('pending');
    const again = await model.completer.complete(request('function f() {\n|\n}\n'), never);
    expect(textOf(again)).toBe('  a();\n  b();\n  c();');
    expect(model.calls).toHaveLength(1);
  });

  it('stops the stream behind the block', async () => {
    const model = fakeModel(() => ['  a();\n', '}\n', '\nfunction g() {\n', ...Array.from({ length: 50 }, () => 'x\n')]);
    const asked = ask(model, 'function f() {\n|');
    await model.clock.runUntil(200);
    // Fifty more pieces would have taken a second.
    expect(textOf(asked.outcome)).toBe('  a();\n}');
  });

  it.each([
    ['with nothing before the cursor', '|\n', 'nothing_to_go_on'],
    ['inside a word', 'const su|m = 1;', 'inside_word'],
    ['on a line of data', `${'x'.repeat(3000)}|`, 'long_line'],
  ])('is not sent %s', async (_, at, skipped) => {
    const model = fakeModel(() => ['a']);
    expect(await model.completer.complete(request(at), never)).toEqual({ skipped });
  });

  it('says why nothing is shown', async () => {
    const nothing = fakeModel(() => ['\n']);
    const asked = ask(nothing, SUM);
    await nothing.clock.runUntil(1000);
    expect(textOf(asked.outcome)).toBe('skipped: nothing_useful');
    const nobody = fakeModel(() => [], { route: async () => ({ decisionId: 'd', models: [], why: 'no model' }) });
    const alone = ask(nobody, SUM);
    await nobody.clock.runUntil(1000);
    expect(alone.outcome).toEqual({ skipped: 'no_model', detail: 'no model' });
  });

  it('goes on to the next model when one fails', async () => {
    const models = ['broken', 'good'].map((id) => candidate({ id, endpoint: 'http://127.0.0.1', model: id }));
    const told: unknown[] = [];
    const model = fakeModel(
      ({ candidate: { id } }) => {
        if (id === 'broken') throw new Error('out of memory');
        return ['a;'];
      },
      { route: async () => ({ decisionId: 'd', models }), asked: ({ id }, state) => told.push([id, state]) },
    );
    const asked = ask(model, SUM);
    await model.clock.runUntil(1000);
    expect(asked.outcome).toMatchObject({ model: 'good', insertion: { text: 'a;' } });
    expect(told).toEqual([['broken', 'asking'], ['broken', { failed: 'out of memory' }], ['good', 'asking'], ['good', 'answered']]);
  });

  it('is made anew when models or rules have changed, or the document was closed', async () => {
    const model = fakeModel(() => ['a;']);
    for (const forget of [() => undefined, () => model.completer.clear(), () => model.completer.clear('file:///a.ts'), () => model.completer.clear('file:///b.ts')]) {
      forget();
      ask(model, SUM);
      await model.clock.runUntil(model.clock.now() + 1000);
    }
    expect(model.calls).toHaveLength(3);
  });

  it('goes on when another document is closed, and ends when its own is', async () => {
    const model = fakeModel(() => ['a + b;'], {}, 100);
    const asked = ask(model, SUM);
    await model.clock.runUntil(100);
    model.completer.clear('file:///b.ts');
    expect(model.calls[0]?.aborted).toBe(false);
    model.completer.clear('file:///a.ts');
    expect(model.calls[0]?.aborted).toBe(true);
    await model.clock.runUntil(1000);
    expect(textOf(asked.outcome)).toBe('skipped: superseded');
  });

  it('is not shown when the filter expects a rejection, unless it was asked for by hand', async () => {
    const model = fakeModel(() => ['a;'], { worthShowing: () => false });
    const asked = ask(model, SUM);
    const byHand = ask(model, 'const other = |\n', { manual: true });
    await model.clock.runUntil(1000);
    const again = ask(model, SUM);
    await model.clock.runUntil(2000);
    expect([textOf(again.outcome), textOf(byHand.outcome)]).toEqual(['skipped: filtered', 'a;']);
    expect(textOf(asked.outcome)).toBe('skipped: superseded');
  });
});

describe('a suggestion that the user does not want', () => {
  const refused = async (written: (call: { readonly prefix: string }) => readonly string[] = () => ['a + b;']) => {
    const model = fakeModel(written);
    const asked = ask(model, SUM);
    await model.clock.runUntil(1000);
    model.completer.forget((asked.outcome as Completion).id);
    return model;
  };
  const then = async (model: ReturnType<typeof fakeModel>, at: string, fields = {}): Promise<string> => {
    const asked = ask(model, at, fields);
    await model.clock.runUntil(model.clock.now() + 1000);
    return textOf(asked.outcome);
  };
  const rest = ({ prefix }: { readonly prefix: string }): readonly string[] => ['a + b;'.slice(prefix.length - 'const sum = '.length)];

  it('does not come again at its place', async () => {
    expect(await then(await refused(), SUM)).toBe('skipped: unwanted');
  });

  it('nor when its beginning is typed', async () => {
    expect(await then(await refused(rest), 'const sum = a|\n')).toBe('skipped: unwanted');
  });

  it('nor with more lines than before', async () => {
    let times = 0;
    expect(await then(await refused(() => ((times += 1) === 1 ? ['a;'] : ['a;\n', 'b();\n'])), SUM)).toBe('skipped: unwanted');
  });

  it('comes at another place', async () => {
    const model = await refused();
    expect(await then(model, 'let x;\nconst sum = |\n', { document: 'file:///b.ts' })).toBe('a + b;');
    expect(await then(model, 'let x;\nconst sum = |\n')).toBe('a + b;');
  });

  it('makes place for another one', async () => {
    let times = 0;
    expect(await then(await refused(() => ((times += 1) === 1 ? ['a + b;'] : ['c();'])), SUM)).toBe('c();');
  });

  it('comes when asked for by hand', async () => {
    const model = await refused();
    expect(await then(model, SUM, { manual: true })).toBe('a + b;');
  });

  it('is no longer written', async () => {
    const model = fakeModel(() => ['a();\n', ...Array.from({ length: 20 }, (_, line) => `b${String(line)}();\n`)], {}, 300);
    const asked = ask(model, 'function f() {\n|\n}\n');
    await model.clock.runUntil(1500);
    const { id, more } = asked.outcome as Completion;
    model.completer.forget(id);
    expect(model.calls[0]?.aborted).toBe(true);
    expect(await more).toBe(false);
  });
});

describe('asking ahead', () => {
  const lines = (call: { readonly prefix: string }) => (call.prefix.endsWith('= ') ? ['a + b;'] : ['\n', 'c();']);
  const shown = async (model: ReturnType<typeof fakeModel>) => {
    const asked = ask(model, SUM);
    await model.clock.runUntil(500);
    model.completer.askAhead(asked.outcome as Completion, request(SUM));
    return asked.outcome as Completion;
  };

  it('has what follows a suggestion ready when it is accepted', async () => {
    const model = fakeModel((call) => (call.prefix.endsWith('= ') ? ['a + b;'] : ['\n  .c();']));
    await shown(model);
    await model.clock.runUntil(1000);
    expect(model.calls).toHaveLength(2);
    expect(textOf(await model.completer.complete(request('const sum = a + b;|\n'), never))).toBe('\n  .c();');
    expect(model.calls).toHaveLength(2);
  });

  it('goes on while the suggestion is typed over, and ends when something else is typed', async () => {
    const model = fakeModel(lines, {}, 100);
    await shown(model);
    await model.clock.runUntil(520);
    await model.completer.complete(request('const sum = a|\n'), never);
    expect(model.calls[1]?.aborted).toBe(false);
    ask(model, 'const sum = x|\n');
    expect(model.calls[1]?.aborted).toBe(true);
  });

  it('asks no model that is not on this machine', async () => {
    const hosted = candidate({ id: 'hosted', locality: 'hosted', endpoint: 'https://a.example', model: 'm' });
    const model = fakeModel(lines, { route: async () => ({ decisionId: 'd', models: [hosted] }) });
    await shown(model);
    await model.clock.runUntil(2000);
    expect(model.calls).toHaveLength(1);
  });

  it('never happens twice at once', async () => {
    const model = fakeModel(lines, {}, 100);
    const first = await shown(model);
    model.completer.askAhead(first, request(SUM));
    await model.clock.runUntil(2000);
    expect(model.calls).toHaveLength(2);
  });
});
