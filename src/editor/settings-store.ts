// Reads VS Code's configuration in layers and keeps the parsed settings per workspace folder. Decides which layer
// a value came from; what the values mean is settings/parse.ts's business.
import * as vscode from 'vscode';
import { parseSettings, type ParsedSettings } from '../settings/parse';
import { settingSpecs, type SettingKey } from '../settings/schema';
import type { SettingSpec } from '../settings/spec';
import type { RawSetting, Settings } from '../settings/settings';
import type { Log } from '../shared/log';
import type { Ending } from './ending';
import { createProblemTeller } from './problems';

const SECTION = 'fairlead';

export interface SettingsStore extends Ending {
  /** Settings that hold for a resource; for the first workspace folder when none is given. */
  for(resource?: vscode.Uri): Settings;
  /** `fairlead.inline.enabled` for a document, language overrides included. */
  inlineEnabled(document: vscode.TextDocument): boolean;
  readonly onDidChange: vscode.Event<void>;
}

export function createSettingsStore({ log }: { readonly log: Log }): SettingsStore {
  const byFolder = new Map<string, ParsedSettings>();
  const changed = new vscode.EventEmitter<void>();
  const teller = createProblemTeller({ log });

  function parsedFor(resource: vscode.Uri | undefined): ParsedSettings {
    const folder = folderOf(resource);
    const key = folder?.toString() ?? '';
    const known = byFolder.get(key);
    if (known) return known;
    const configuration = vscode.workspace.getConfiguration(SECTION, folder ?? null);
    const parsed = parseSettings((setting) => readRaw(setting, configuration));
    byFolder.set(key, parsed);
    teller.tell(parsed.problems);
    return parsed;
  }

  function reread(): void {
    byFolder.clear();
    teller.keepOnly(parsedFor(undefined).problems);
    changed.fire();
  }

  const listening = vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) reread();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(reread),
    vscode.workspace.onDidChangeWorkspaceFolders(reread),
  );

  return {
    for: (resource) => parsedFor(resource).settings,
    inlineEnabled: (document) => {
      const scoped = vscode.workspace.getConfiguration(SECTION, { uri: document.uri, languageId: document.languageId });
      return scoped.get<unknown>('inline.enabled') !== false;
    },
    onDidChange: changed.event,
    dispose: () => {
      listening.dispose();
    },
  };
}

function folderOf(resource: vscode.Uri | undefined): vscode.Uri | undefined {
  const folders = vscode.workspace.workspaceFolders;
  const own = resource && vscode.workspace.getWorkspaceFolder(resource)?.uri;
  return own ?? folders?.[0]?.uri;
}

/** User and workspace layer of one key. */
function readRaw(key: SettingKey, configuration: vscode.WorkspaceConfiguration): RawSetting {
  const inspected = configuration.inspect<unknown>(key);
  const spec: SettingSpec = settingSpecs[key];
  // Without a workspace file both of these are the folder's one file.
  const folders = vscode.workspace.workspaceFile === undefined ? [] : [inspected?.workspaceFolderValue];
  const layers = [inspected?.workspaceValue, ...folders].filter((value) => value !== undefined);
  const workspace = spec.additive === true ? joined(layers) : layers.at(-1);
  return { user: inspected?.globalValue, workspace: vscode.workspace.isTrusted ? workspace : untrusted(key, workspace) };
}

function joined(layers: readonly unknown[]): unknown {
  if (layers.length === 0) return undefined;
  if (layers.length === 1) return layers[0];
  return layers.flatMap((layer) => (Array.isArray(layer) ? (layer as unknown[]) : [layer]));
}

/** A folder that is not trusted may keep requests on this machine, and nothing else. */
function untrusted(key: SettingKey, value: unknown): unknown {
  if (key === 'neverSend') return value;
  if (key !== 'rules' || !Array.isArray(value)) return undefined;
  return value.flatMap((rule: unknown): unknown[] => {
    const { when, require, exclude, reason } = (rule ?? {}) as Record<string, unknown>;
    const why = reason === undefined ? {} : { reason };
    if (require === 'local') return [{ when, require, ...why }];
    return exclude === 'hosted' ? [{ when, exclude, ...why }] : [];
  });
}
