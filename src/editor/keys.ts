// API keys in SecretStorage, one per server (scheme, host and port). A key is never given to another server than
// the one it was stored for, never written to settings, never logged.
import * as vscode from 'vscode';
import type { Settings } from '../settings/settings';
import { RouterError } from '../shared/errors';
import type { SettingsStore } from './settings-store';

const PREFIX = 'fairlead.key:';
const USUAL = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com' };

export interface Keys {
  /** The key for the server of a base URL, under a name where it has several. */
  readonly get: (baseUrl: string, name?: string) => Promise<string | undefined>;
  store(baseUrl: string, key: string): Promise<void>;
  readonly onDidChange: vscode.Event<unknown>;
  /** Asks for server and key; resolves to the server's base URL, or undefined when the user gave up. */
  askAndStore(baseUrl?: string): Promise<string | undefined>;
  askAndRemove(): Promise<void>;
}

export interface KeysDeps {
  readonly secrets: vscode.SecretStorage;
  readonly settings: SettingsStore;
}

export function createKeys({ secrets, settings }: KeysDeps): Keys {
  const store = async (baseUrl: string, key: string): Promise<void> => {
    await secrets.store(PREFIX + placeOf(baseUrl), key);
  };
  const stored = async (): Promise<string[]> => {
    const keys = await secrets.keys();
    return keys.flatMap((key) => (key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : []));
  };
  return {
    get: async (baseUrl, name) => secrets.get(PREFIX + placeOf(baseUrl, name)),
    store,
    onDidChange: secrets.onDidChange,
    askAndStore: async (given) => {
      const baseUrl = given ?? (await pickServer(settings, await stored()));
      if (baseUrl === undefined) return undefined;
      const key = await askForKey(baseUrl);
      if (key === undefined) return undefined;
      await store(baseUrl, key);
      void vscode.window.showInformationMessage(`Fairlead: the key for ${placeOf(baseUrl)} is stored.`);
      return baseUrl;
    },
    askAndRemove: async () => {
      const origins = await stored();
      if (origins.length === 0) {
        void vscode.window.showInformationMessage('Fairlead: no key is stored.');
        return;
      }
      const origin = await vscode.window.showQuickPick(origins, { title: 'Remove an API Key', placeHolder: 'Server whose key to remove' });
      if (origin === undefined) return;
      await secrets.delete(PREFIX + origin);
      void vscode.window.showInformationMessage(`Fairlead: the key for ${origin} is removed.`);
    },
  };
}

/** What a key belongs to: a server, and behind `#` its name where the server has several. */
function placeOf(baseUrl: string, name?: string): string {
  return originOf(baseUrl) + (name === undefined ? new URL(baseUrl).hash : `#${encodeURIComponent(name)}`);
}

/** Scheme, host and port. */
export function originOf(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new RouterError('bad_request', `“${baseUrl}” is not an address.`);
  return new URL(baseUrl).origin;
}

interface ServerPick extends vscode.QuickPickItem {
  readonly baseUrl?: string;
}

/** Places that keys belong to, with the models that are served there. */
function serversOf(models: Settings['models']): ReadonlyMap<string, readonly string[]> {
  const servers = new Map<string, readonly string[]>();
  for (const [name, model] of Object.entries(models)) {
    if (model.provider !== 'openai' && model.provider !== 'anthropic') continue;
    const { baseUrl = USUAL[model.provider], endpoints = [{}] } = model;
    for (const endpoint of endpoints) {
      const place = placeOf(endpoint.baseUrl ?? baseUrl, endpoint.keyName);
      servers.set(place, [...(servers.get(place) ?? []), name]);
    }
  }
  return servers;
}

async function pickServer(settings: SettingsStore, stored: readonly string[]): Promise<string | undefined> {
  const servers = serversOf(settings.for().models);
  const items: ServerPick[] = [...servers].map(([origin, names]) => ({
    label: origin,
    description: names.join(', '),
    ...(stored.includes(origin) ? { detail: 'A key is stored and will be replaced.' } : {}),
    baseUrl: origin,
  }));
  const other: ServerPick = { label: '$(plug) Another server…', description: 'by its base address' };
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: 'Store an API Key',
    placeHolder: 'Which server is the key for?',
  });
  return picked === other ? askForAddress() : picked?.baseUrl;
}

export async function askForAddress(): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: 'Base address of the server',
    prompt: 'Such as http://127.0.0.1:8080/v1, https://api.openai.com/v1 or https://api.anthropic.com',
    placeHolder: 'https://…/v1',
    ignoreFocusOut: true,
    validateInput: (value) => (isHttp(value.trim()) ? undefined : 'An address that begins with http:// or https://'),
  });
  return typed?.trim();
}

function isHttp(value: string): boolean {
  return /^https?:\/\//u.test(value) && URL.canParse(value);
}

export async function askForKey(baseUrl: string): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: `API key for ${placeOf(baseUrl)}`,
    prompt: 'Kept in VS Code’s secret storage on this machine and sent to this server only.',
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? 'Paste the key.' : undefined),
  });
  return typed?.trim();
}
