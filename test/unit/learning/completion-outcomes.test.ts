import { describe, expect, it } from 'vitest';
import { createOutcomeTracker, keptShare, type Offer, type Outcome } from '../../../src/learning/completion-outcomes';

const offer = (fields: Partial<Offer> = {}): Offer => ({ id: 's1', decisionId: 'd1', model: 'm', document: 'a.ts', offset: 10, text: 'a + b;', ...fields });

function start(near: () => string | undefined = () => undefined) {
  const outcomes: Outcome[] = [];
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  const tracker = createOutcomeTracker({
    record: (outcome) => outcomes.push(outcome),
    after: (ms, then) => {
      const timer = { at: now + ms, then };
      timers.push(timer);
      return () => (timers = timers.filter((one) => one !== timer));
    },
    textNear: near,
  });
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { then } of due) then();
  };
  const said = () => outcomes.map(({ kind, value, certainty }) => `${kind} ${value.toFixed(2)} ${String(certainty)}`);
  return { tracker, outcomes, pass, said, waiting: () => timers.length };
}

describe('a suggestion', () => {
  it('was seen after 750 ms on screen, not before', () => {
    const { tracker, pass, said } = start();
    tracker.offered(offer());
    pass(749);
    expect(said()).toEqual([]);
    pass(1);
    expect(said()).toEqual(['shown 1.00 0.9']);
  });

  it('that was accepted is sure', () => {
    const { tracker, said } = start();
    tracker.offered(offer());
    tracker.inserted('a.ts', 10, 'a + b;');
    tracker.accepted('s1');
    expect(said()).toEqual(['accept 1.00 1']);
  });

  it('that was seen and left is rejected, which is less sure', () => {
    const { tracker, pass, said } = start();
    tracker.offered(offer());
    pass(800);
    tracker.inserted('a.ts', 10, 'x');
    expect(said()).toEqual(['shown 1.00 0.9', 'rejected 0.00 0.7']);
  });

  it('that nobody had time to see says nothing', () => {
    const { tracker, pass, said } = start();
    tracker.offered(offer());
    pass(100);
    tracker.inserted('a.ts', 10, 'x');
    expect(said()).toEqual([]);
  });

  it('that was typed over is taken in part, less sure', () => {
    const { tracker, said } = start();
    tracker.offered(offer());
    tracker.inserted('a.ts', 10, 'a');
    tracker.offered(offer({ offset: 11, text: ' + b;' }));
    tracker.inserted('a.ts', 11, ' +');
    tracker.dismissed();
    expect(said()).toEqual(['partial_accept 0.50 0.6']);
  });

  it('whose first letter alone was typed is rejected', () => {
    const { tracker, pass, said } = start();
    tracker.offered(offer());
    pass(800);
    tracker.inserted('a.ts', 10, 'a');
    tracker.dismissed();
    expect(said().at(-1)).toBe('rejected 0.00 0.7');
  });

  it('of which a word was taken by command is sure in part', () => {
    const { tracker, said } = start();
    tracker.offered(offer());
    tracker.took('s1', 2);
    tracker.inserted('a.ts', 10, 'a ');
    tracker.dismissed();
    expect(said()).toEqual(['partial_accept 0.33 1']);
  });

  it('makes place for the next one', () => {
    const { tracker, pass, said } = start();
    tracker.offered(offer());
    pass(800);
    tracker.offered(offer({ id: 's2', text: 'c;' }));
    expect(said()).toEqual(['shown 1.00 0.9', 'rejected 0.00 0.7']);
    expect(tracker.current()?.id).toBe('s2');
  });

  it('is not touched by what happens in another document', () => {
    const { tracker, said } = start();
    tracker.offered(offer());
    tracker.inserted('b.ts', 10, 'x');
    tracker.accepted('other');
    tracker.took('other', 3);
    expect([said(), tracker.current()?.id]).toEqual([[], 's1']);
  });
});

describe('an accepted suggestion', () => {
  it('is looked at again after 30 s, 2, 5 and 10 min', () => {
    let near: string | undefined = 'const sum = a + b;';
    const { tracker, outcomes, pass } = start(() => near);
    tracker.offered(offer());
    tracker.accepted('s1');
    pass(30_000);
    near = 'const sum = c;';
    pass(90_000);
    near = undefined;
    pass(480_000);
    const kept = outcomes.filter(({ kind }) => kind === 'kept');
    expect(kept.map(({ afterSeconds, value }) => [afterSeconds, value])).toEqual([[30, 1], [120, 0.25]]);
  });

  it('is forgotten when the window closes', () => {
    const { tracker, waiting } = start();
    tracker.offered(offer());
    tracker.accepted('s1');
    tracker.dispose();
    expect(waiting()).toBe(0);
  });
});

describe('keptShare', () => {
  it.each([
    ['a + b;', 'let x = a + b; y', 1],
    ['a + b;', 'let x = a - b;', 0.75],
    ['a + b;', 'nothing', 0],
    ['', 'x', 1],
  ])('of %j in %j is %d', (inserted, near, share) => {
    expect(keptShare(inserted, near)).toBe(share);
  });
});
