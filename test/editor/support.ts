// What the tests inside VS Code share: settings that are taken back, a model server, and waiting.
import * as vscode from 'vscode';
import { startModelServer, type ModelScript, type ModelServer } from '../support/openai-server';

const SECTION = 'fairlead';

/** Sets user settings; `undefined` takes one back. */
export async function set(values: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [key, value] of Object.entries(values)) {
    await vscode.workspace.getConfiguration(SECTION).update(key, value, vscode.ConfigurationTarget.Global);
  }
}

export async function reset(): Promise<void> {
  await set({ models: undefined, routes: undefined, rules: undefined, defaultModels: undefined });
}

/** A server and settings that name each of its models. */
export async function serve(
  models: Readonly<Record<string, ModelScript>>,
  extra: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<ModelServer> {
  const server = await startModelServer({ models });
  const named = Object.keys(models).map((name): [string, unknown] => [
    name,
    { provider: 'openai', baseUrl: server.baseUrl, model: name, capabilities: ['tools', 'fim'], contextWindow: 32_768, ...extra[name] },
  ]);
  await set({ models: Object.fromEntries(named) });
  return server;
}

export async function auto(): Promise<vscode.LanguageModelChat> {
  await vscode.extensions.getExtension('fairlead.fairlead')?.activate();
  const model = await until(async () => (await vscode.lm.selectChatModels({ vendor: 'fairlead', id: 'auto' }))[0]);
  return model;
}

export async function until<T>(find: () => Promise<T | undefined> | T | undefined, waitMs = 10_000): Promise<T> {
  const end = Date.now() + waitMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`did not happen: ${String(find)}`);
    await pause(50);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

export function ask(text: string): vscode.LanguageModelChatMessage[] {
  return [vscode.LanguageModelChatMessage.User(text)];
}

export async function textOf(response: vscode.LanguageModelChatResponse): Promise<string> {
  let text = '';
  for await (const piece of response.text) text += piece;
  return text;
}

/** Puts a function of VS Code's in place of its own while `work` runs; the extension sees it too. */
export async function replaced<O extends object, K extends keyof O>(
  owner: O,
  key: K,
  fake: O[K],
  work: () => Promise<void>,
): Promise<void> {
  const real = owner[key];
  owner[key] = fake;
  try {
    await work();
  } finally {
    owner[key] = real;
  }
}
