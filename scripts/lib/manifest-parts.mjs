// The parts of package.json that VS Code reads, made from src/settings/schema.ts and src/editor/commands-table.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import * as z from 'zod';
import { ruleSnippets, modelSnippets, routeSnippets } from './manifest-snippets.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export async function manifestParts() {
  const { settingSpecs, withDefault, commands, CATEGORY } = await loadSources();
  return {
    icon: 'media/icon.png',
    activationEvents: ['onStartupFinished'],
    extensionKind: ['ui', 'workspace'],
    capabilities: capabilities(settingSpecs),
    contributes: {
      chatParticipants: [participant],
      languageModelChatProviders: [{ vendor: 'fairlead', displayName: 'Fairlead' }],
      commands: Object.values(commands)
        .filter(({ internal }) => !internal)
        .map(({ id, title, icon }) => ({ command: id, title, category: CATEGORY, ...(icon ? { icon } : {}) })),
      ...menus(commands),
      keybindings: Object.values(commands).flatMap(({ id, keybinding }) => (keybinding ? [{ command: id, ...keybinding }] : [])),
      configuration: { title: 'Fairlead', properties: properties(settingSpecs, withDefault) },
      walkthroughs: [walkthrough],
    },
  };
}

/** The two sources as they are, bundled for Node. */
async function loadSources() {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-manifest-'));
  const outfile = join(folder, 'sources.mjs');
  try {
    await esbuild.build({
      stdin: {
        contents: `export * from './src/settings/schema'; export * from './src/settings/spec'; export * from './src/editor/commands-table';`,
        resolveDir: ROOT,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
    });
    return { ...(await import(pathToFileURL(outfile).href)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function menus(commands) {
  const limited = Object.values(commands).filter(({ when, internal }) => when && !internal);
  if (limited.length === 0) return {};
  return { menus: { commandPalette: limited.map(({ id, when }) => ({ command: id, when })) } };
}

// ---- settings

const SNIPPETS = {
  models: { defaultSnippets: modelSnippets },
  routes: { items: { defaultSnippets: routeSnippets } },
  rules: { items: { defaultSnippets: ruleSnippets } },
  defaultModels: { items: { defaultSnippets: [{ label: 'Model', description: 'The name of a model', body: '${1:qwen-local}' }] } },
};

function properties(specs, withDefault) {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec], order) => [
      `fairlead.${key}`,
      merge({ markdownDescription: spec.markdown, scope: spec.scope, order: order + 1, ...jsonSchema(withDefault(spec)) }, SNIPPETS[key] ?? {}),
    ]),
  );
}

/** JSON Schema as VS Code wants it: draft 7, without references. */
export function jsonSchema(schema) {
  const made = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', reused: 'inline' });
  delete made.$schema;
  return asMarkdown(made);
}

/** Hovers in settings.json render backticks only from `markdownDescription`. */
export function asMarkdown(node) {
  if (Array.isArray(node)) return node.map(asMarkdown);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === 'default' ? value : asMarkdown(value)]));
  // zod writes JavaScript's largest integer as every integer's maximum.
  if (copy.maximum === Number.MAX_SAFE_INTEGER) delete copy.maximum;
  if (typeof copy.description === 'string' && copy.description.includes('`')) copy.markdownDescription = copy.description;
  return copy;
}

function merge(schema, extra) {
  const { items, ...rest } = extra;
  return { ...schema, ...rest, ...(items ? { items: { ...schema.items, ...items } } : {}) };
}

// ---- trust

function capabilities(specs) {
  // These stay readable: in an untrusted folder what keeps requests and files on this machine counts, and nothing else.
  const restricted = Object.keys(specs).filter((key) => !['rules', 'neverSend'].includes(key) && !key.startsWith('inline.'));
  return {
    untrustedWorkspaces: {
      supported: 'limited',
      description:
        'In a folder you do not trust, Fairlead uses your own models, routes and rules only. Of the folder’s settings, rules that keep requests on this machine and files that are never sent are the only ones that count.',
      restrictedConfigurations: restricted.map((key) => `fairlead.${key}`),
    },
    virtualWorkspaces: {
      supported: true,
      description: 'Files are read through VS Code; models are reached from the machine that the extension runs on.',
    },
  };
}

// ---- chat and walkthrough

const participant = {
  id: 'fairlead.router',
  name: 'fairlead',
  fullName: 'Fairlead',
  description: 'Ask the model that fits the question',
  isSticky: true,
  commands: [
    { name: 'why', description: 'Explain the last choice of a model' },
    { name: 'route', description: 'Try a question without asking it: only the decision' },
    { name: 'models', description: 'List your models: where they run, what they cost, what they can do' },
  ],
};

const chatQuery = encodeURIComponent(JSON.stringify({ query: '@fairlead ', isPartialQuery: true }));
const settingsQuery = (key) => encodeURIComponent(JSON.stringify(`@id:fairlead.${key}`));
const settingsJson = (key) => encodeURIComponent(JSON.stringify({ revealSetting: { key: `fairlead.${key}`, edit: true } }));

const walkthrough = {
  id: 'start',
  title: 'Get Started with Fairlead',
  description: 'Every question goes to the model you would have chosen, and the answer says which one and why.',
  steps: [
    {
      id: 'models',
      title: 'Bring your models',
      description:
        'Ollama, LM Studio, llama-server and vLLM on this machine are found by themselves, and so are the models VS Code offers.\n[Find Models on This Machine](command:fairlead.findModels)\nAny OpenAI-compatible server can join. Its key stays in VS Code’s secret storage.\n[Connect a Model Server](command:fairlead.connectServer)',
      media: { svg: 'media/walkthrough-models.svg', altText: 'Three local servers and a hosted one lead into one ring.' },
      completionEvents: ['onCommand:fairlead.findModels', 'onCommand:fairlead.connectServer', 'onCommand:fairlead.storeApiKey'],
    },
    {
      id: 'ask',
      title: 'Ask',
      description: `Type \`@fairlead\` and a question in chat, or choose **Fairlead Auto** in the model picker for agents. The first line of an answer names the model and the reason.\n[Ask @fairlead](command:workbench.action.chat.open?${chatQuery})`,
      media: { svg: 'media/walkthrough-ask.svg', altText: 'A chat answer whose first line names the chosen model and the reason.' },
    },
    {
      id: 'routes',
      title: 'Say what goes where',
      description: `A route is a kind of work in plain language, with the models you prefer for it. Fourteen routes for coding are built in; write your own when you know better. A small model that comes with Fairlead reads them on this machine; a larger one such as Arch-Router reads them better where there is a GPU.\n[Write Routes](command:workbench.action.openSettingsJson?${settingsJson('routes')})\n[Route a Text (Dry Run)](command:fairlead.routeText)\n[Download a Local Model](command:fairlead.downloadModel)`,
      media: { svg: 'media/walkthrough-routes.svg', altText: 'Questions fork into three routes, each with its own model.' },
      completionEvents: ['onCommand:fairlead.routeText', 'onSettingChanged:fairlead.routes'],
    },
    {
      id: 'rules',
      title: 'Keep private code at home',
      description: `A rule by path, language, route, workspace or surface can require that nothing leaves this machine. Files that hold credentials never go to hosted models, and keys in your text are noticed before they do. A workspace may add such limits; it can never widen yours.\n[What May Leave This Machine?](command:fairlead.whatMayLeave)\n[Write Rules](command:workbench.action.openSettingsJson?${settingsJson('rules')})`,
      media: { svg: 'media/walkthrough-rules.svg', altText: 'A folder marked as private leads only to the model on this machine.' },
      completionEvents: ['onSettingChanged:fairlead.rules', 'onCommand:fairlead.whatMayLeave'],
    },
    {
      id: 'inline',
      title: 'Write with ghost text',
      description: `Models that can fill in the middle complete your code while you type; Tab accepts.\n[Completion Settings](command:workbench.action.openSettings?${settingsQuery('inline')})`,
      media: { svg: 'media/walkthrough-inline.svg', altText: 'An editor line continued by grey ghost text.' },
      completionEvents: ['onCommand:fairlead.toggleInline', 'onCommand:fairlead.inlineAccepted'],
    },
  ],
};
