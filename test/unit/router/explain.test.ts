import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/router/choosing/decide';
import { explain, headline, logLine } from '../../../src/router/explain';
import type { Candidate, Classification, Decision } from '../../../src/router/types';

const candidates: Candidate[] = ['team', 'laptop'].map((id) => ({
  id,
  provider: 'openai',
  model: id,
  locality: id === 'laptop' ? 'local' : 'hosted',
  endpoint: 'http://x',
  capabilities: [],
  capabilitiesKnown: true,
  origin: 'settings',
}));

function decided(probabilities: [string, number][], needs: 'vision'[] = []): Decision {
  const classification: Classification = {
    classifier: 'lexical',
    distribution: probabilities.map(([route, probability]) => ({ route, probability })),
    ms: 0.4,
  };
  return decide({
    request: { id: 'd7', surface: 'chat', turns: [{ role: 'user', text: 'SECRET PROMPT' }], inputTokens: 1, needs, paths: [], languages: [] },
    policy: {
      routes: [{ name: 'bug_fixing', description: 'd', examples: [], models: ['team'], origin: 'user' }],
      candidates,
      rules: [],
      defaultModels: ['laptop'],
      matches: () => false,
    },
    evidence: {
      classification,
      degraded: [{ kind: 'late', classifier: 'gguf', deadlineMs: 400, used: 'lexical' }],
    },
    now: 0,
  });
}

describe('a decision in words', () => {
  const sure = decided([['bug_fixing', 0.9], ['other', 0.1]]);
  const unsure = decided([['bug_fixing', 0.45], ['other', 0.4]]);

  it('says model, place, route and confidence in one short line', () => {
    expect(headline(sure, candidates)).toBe('**team** (hosted) · bug\\_fixing 90 % · gguf was late');
  });

  it('names the runner-up when the margin is small', () => {
    expect(headline(unsure, candidates)).toContain('then no route 40 %');
  });

  it('says everything when asked why', () => {
    const words = explain(sure, candidates);
    for (const part of ['`team` (hosted)', '`laptop`', '90 %', 'your models for bug', 'gguf gave no answer within 400 ms']) {
      expect(words.replaceAll('\\', '')).toContain(part);
    }
  });

  it('says why no model can answer', () => {
    const words = explain(decided([['bug_fixing', 0.9]], ['vision']), candidates).replaceAll('\\', '');
    expect(words).toContain('Why no model could answer');
    expect(words).toContain('team: has no vision');
  });

  it('writes one line for the log, without prompt text', () => {
    const line = logLine(sure);
    expect(line).toBe(
      '[d7] chat: bug_fixing 90 % by lexical in 0.4 ms, runner-up other 10 % -> team, then laptop (your models for bug_fixing); gguf gave no answer within 400 ms, lexical was used',
    );
    expect(explain(sure, candidates) + line).not.toContain('SECRET');
  });
});
