// The ways in which a model on a server can be asked, for tests that hold for all of them.
import { createAnthropicBackend } from '../../src/adapters/anthropic';
import type { HttpBackendDeps } from '../../src/adapters/http-deps';
import { createOllamaBackend } from '../../src/adapters/ollama';
import { createOpenAiBackend } from '../../src/adapters/openai';
import type { Backend } from '../../src/router/ports';
import type { Candidate } from '../../src/router/types';
import { candidate } from './adapters';
import type { ModelServer, ServerKind } from './openai-server';

export interface Provider {
  readonly name: string;
  /** The server to start. */
  readonly kind: ServerKind;
  readonly create: (deps: HttpBackendDeps) => Backend;
  readonly chatPath: string;
  /** A model of the server. */
  readonly asked: (server: Pick<ModelServer, 'url' | 'baseUrl'>, model?: string) => Candidate;
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'OpenAI chat completions',
    kind: 'openai',
    create: createOpenAiBackend,
    chatPath: '/v1/chat/completions',
    asked: ({ baseUrl }, model = 'm') => candidate({ provider: 'openai', endpoint: baseUrl, model }),
  },
  {
    name: 'OpenAI Responses',
    kind: 'openai',
    create: createOpenAiBackend,
    chatPath: '/v1/responses',
    asked: ({ baseUrl }, model = 'm') => candidate({ provider: 'openai', endpoint: baseUrl, model, api: 'responses' }),
  },
  {
    name: 'Anthropic',
    kind: 'anthropic',
    create: createAnthropicBackend,
    chatPath: '/v1/messages',
    asked: ({ url }, model = 'm') => candidate({ provider: 'anthropic', endpoint: url, model, family: 'claude' }),
  },
  {
    name: 'Ollama',
    kind: 'ollama',
    create: createOllamaBackend,
    chatPath: '/api/chat',
    asked: ({ url }, model = 'm') => candidate({ provider: 'ollama', endpoint: url, model }),
  },
];
