// A real VS Code window for a test: code-server with the packaged extension in a fresh profile, shown in Chromium.
// `npm test -- e2e` tells it by FAIRLEAD_E2E_* where these are.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { openBrowser } from '../../scripts/lib/browser.mjs';
import { installExtension, startServer } from '../../scripts/lib/server.mjs';
import { ENDS_ALONE, sampleWorkspace, throwawayHome, writeUserSettings } from '../../scripts/lib/workbench.mjs';
import { createChat, type Chat } from './harness-chat';
import { createEditor, type Editor } from './harness-editor';
import { createWindow, waitFor, type Window } from './harness-window';

export { waitFor } from './harness-window';

export interface WorkbenchOptions {
  /** User settings, keys in full; each goes to the file in which VS Code looks for its scope. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Workspace files by relative path, settings among them (`.vscode/settings.json`); without it, a copy of samples/workspace. */
  readonly files?: Readonly<Record<string, string>>;
  /** `false` opens the folder in restricted mode; default: trusted, without a question. */
  readonly trusted?: boolean;
  /** `false` leaves our extension out. */
  readonly install?: boolean;
  /** More VSIX files to install. */
  readonly otherExtensions?: readonly string[];
}

export interface Workbench {
  readonly page: Page;
  /** The workspace folder, to read and write files in. */
  readonly folder: string;
  /** `plain` or `strict` (stable API only). */
  readonly build: string;
  readonly window: Window;
  readonly chat: Chat;
  readonly editor: Editor;
  /** What our output channel holds, from its log file; `waitForOutput` for a line that is still to come. */
  output(channel?: string): string;
  waitForOutput(pattern: RegExp, waitMs?: number): Promise<string>;
  /** Adds or replaces user settings while the window runs. */
  setSettings(settings: Readonly<Record<string, unknown>>): void;
  /** The user settings as they are written now, by VS Code too. */
  userSettings(): string;
  /** Saves the window as a picture; returns its path. */
  screenshot(name: string): Promise<string>;
  /** Loads the window again, as "Reload Window" does, and waits for it. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

const EXTENSION = 'fairlead.fairlead';
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  contributes: { configuration: { properties: Record<string, { scope?: string }> } };
};

function given(name: string): string {
  const value = process.env[`FAIRLEAD_E2E_${name}`];
  if (!value) throw new Error('These tests need a workbench: run them with `npm test -- e2e`.');
  return value;
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

async function install(home: string, options: WorkbenchOptions): Promise<void> {
  const own = options.install === false ? [] : [given('VSIX')];
  for (const vsix of [...own, ...(options.otherExtensions ?? [])]) {
    await installExtension({ entry: given('ENTRY'), home, vsix });
  }
}

async function goTo(page: Page, address: string): Promise<void> {
  await page.goto(address, { timeout: 120_000 });
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 120_000 });
}

/** Opens a window and waits until our extension is active. Close it. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const { home, dispose } = throwawayHome();
  const folder = options.files ? writeFiles(path.join(home, 'workspace'), options.files) : sampleWorkspace(home);
  let settings = options.settings ?? {};
  writeUserSettings({ home, settings, manifest });
  await install(home, options);
  const args = [...ENDS_ALONE, ...(options.trusted === false ? [] : ['--disable-workspace-trust'])];
  const server = await startServer({ entry: given('ENTRY'), home, folder, args });
  let context: BrowserContext | undefined;
  const close = async (): Promise<void> => {
    await context?.close();
    await server.stop();
    dispose();
  };
  try {
    context = await openBrowser({ program: given('CHROMIUM'), profile: path.join(home, 'browser') });
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(60_000);
    const address = `${server.url}/?folder=${encodeURIComponent(folder)}`;
    await goTo(page, address);

    const log = (name: string): string =>
      globSync(`user/logs/*/exthost*/${name}`, { cwd: home })
        .sort()
        .map((file) => readFileSync(path.join(home, file), 'utf8'))
        .join('');
    const output = (channel = 'Fairlead'): string => log(`${EXTENSION}/${channel}.log`);
    const active = (): boolean => log('remoteexthost.log').includes(`_doActivateExtension ${EXTENSION}`);
    if (options.install !== false) await waitFor(active, { what: 'the extension to activate', waitMs: 120_000 });

    const window = createWindow(page);
    return {
      page,
      folder,
      build: given('BUILD'),
      window,
      chat: createChat({ page, window }),
      editor: createEditor({ page, window, folder }),
      output,
      waitForOutput: async (pattern, waitMs) => {
        await waitFor(() => pattern.test(output()), { what: `${String(pattern)} in the output channel`, waitMs, seen: output });
        return output();
      },
      setSettings: (more) => {
        settings = { ...settings, ...more };
        writeUserSettings({ home, settings, manifest });
      },
      userSettings: () => readFileSync(path.join(home, 'user', 'User', 'settings.json'), 'utf8'),
      screenshot: async (name) => {
        const file = path.join(given('SCREENSHOTS'), `${name}.png`);
        mkdirSync(path.dirname(file), { recursive: true });
        await page.screenshot({ path: file });
        return file;
      },
      reload: () => goTo(page, address),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * One window for all tests of a `describe`: opened before the first, closed after the last, a picture of it kept
 * when a test fails. Options may be made late, when a test's own server has its address.
 */
export function useWorkbench(options: () => WorkbenchOptions | Promise<WorkbenchOptions>): () => Workbench {
  let workbench: Workbench | undefined;
  beforeAll(async () => {
    workbench = await openWorkbench(await options());
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await workbench?.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`);
  });
  afterAll(async () => {
    await workbench?.close();
  });
  return () => {
    if (!workbench) throw new Error('The workbench is not open yet.');
    return workbench;
  };
}
