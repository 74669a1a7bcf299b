// A hosted model of an OpenAI-compatible server, as tests of the router need one.
import type { Candidate } from '../../src/router/types';

export const hostedModel = (id: string, fields: Partial<Candidate> = {}): Candidate => ({
  id,
  provider: 'openai',
  model: id,
  locality: 'hosted',
  endpoint: 'https://x',
  capabilities: [],
  capabilitiesKnown: true,
  origin: 'settings',
  ...fields,
});
