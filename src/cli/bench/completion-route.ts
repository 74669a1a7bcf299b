// The router's decision of the replayed trace: the real one, with the built-in routes and a few models.
import { createGlobMatcher } from '../../adapters/globs';
import type { FillingPorts } from '../../completion/filling';
import { createConversationMemory } from '../../router/memory';
import { createRouter } from '../../router/route';
import { estimateTokens } from '../../router/tokens';
import type { Candidate } from '../../router/types';
import { parseSettings } from '../../settings/parse';
import { systemClock } from '../classifiers';

const CANDIDATES = Array.from({ length: 8 }, (_, index): Candidate => {
  const local = index < 4;
  return {
    id: `model-${String(index)}`,
    provider: 'openai',
    model: `qwen2.5-coder-${String(index)}`,
    locality: local ? 'local' : 'hosted',
    endpoint: local ? 'http://127.0.0.1:8080/v1' : 'https://models.example/v1',
    contextTokens: 32_768,
    capabilities: ['fim'],
    capabilitiesKnown: true,
    origin: 'discovered',
  };
});

export function traceRoute(): FillingPorts['route'] {
  const { settings } = parseSettings(() => ({ user: undefined, workspace: undefined }));
  const router = createRouter({ classifiers: () => [], memory: createConversationMemory(), clock: systemClock, sink: () => undefined });
  const policy = { ...settings, candidates: CANDIDATES, matches: createGlobMatcher() };
  let ids = 0;
  return ({ path, language, before, after }, extra) => {
    const texts = [before, after, ...extra.map(({ text }) => text)];
    const request = {
      id: String((ids += 1)),
      surface: 'inline' as const,
      turns: [],
      inputTokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0),
      needs: ['fim' as const],
      paths: [path, ...extra.map((one) => one.path)],
      languages: [language],
    };
    const { id, model } = router.routeNow(request, policy);
    return Promise.resolve({ decisionId: id, models: CANDIDATES.filter((candidate) => candidate.id === model) });
  };
}
