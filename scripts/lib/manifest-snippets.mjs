// What IntelliSense offers in settings.json where a model, a route or a rule is expected.

export const modelSnippets = [
  {
    label: 'Models: local and hosted',
    description: 'An Ollama model and one of an OpenAI-compatible server',
    body: {
      '${1:qwen-local}': { provider: 'ollama', model: '${2:qwen2.5-coder:7b}' },
      '${3:team}': {
        provider: 'openai',
        baseUrl: '${4:https://api.openai.com/v1}',
        model: '${5:model-name}',
        price: { input: '^${6:1.25}', output: '^${7:10}' },
      },
    },
  },
  {
    label: 'Model: server on this machine',
    description: 'llama-server, LM Studio, vLLM …',
    body: { '${1:local}': { provider: 'openai', baseUrl: '${2:http://127.0.0.1:8080/v1}', model: '${3:model-name}' } },
  },
  {
    label: 'Model: offered by VS Code',
    description: 'Such as those of GitHub Copilot',
    body: { '${1:copilot}': { provider: 'vscode', vendor: '${2:copilot}', family: '${3:gpt-4o}' } },
  },
];

export const routeSnippets = [
  {
    label: 'Route',
    description: 'A kind of work and its models',
    body: {
      name: '${1:bug_fixing}',
      description: '${2:finding and fixing errors, crashes and failing tests in existing code}',
      models: ['${3:team}', '${4:qwen-local}'],
      examples: ['${5:why do I get a KeyError here}'],
    },
  },
];

export const ruleSnippets = [
  {
    label: 'Rule: stay on this machine',
    description: 'Files of a path never leave this machine',
    body: { when: { path: ['${1:src/payments/**}'] }, require: 'local', reason: '${2:client code stays here}' },
  },
  {
    label: 'Rule: prefer a model',
    description: 'For a language and a surface',
    body: { when: { language: ['${1:sql}'], surface: ['${2|chat,agent,inline|}'] }, prefer: ['${3:qwen-local}'] },
  },
  {
    label: 'Rule: exclude a model',
    description: 'For a route',
    body: { when: { route: ['${1:security}'] }, exclude: ['${2:model}'], reason: '${3:why}' },
  },
];
