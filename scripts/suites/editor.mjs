// Mocha inside a real extension host: code-server's (plain and strict) where it runs, else a desktop VS Code.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cached, root } from '../lib/paths.mjs';
import { bundleEditorTests } from '../lib/editor-tests.mjs';
import { ENDS_ALONE, ensureWorkbench, throwawayHome, writeUserSettings } from '../lib/workbench.mjs';
import { buildsToRun } from './builds.mjs';

const LIMIT_MS = 600_000;

/** @param {{grep?: string, build?: string, desktop?: boolean}} options */
export async function editorSuite({ grep, build, desktop }) {
  const tests = await bundleEditorTests();
  if (desktop || process.platform === 'win32') return [await runOnDesktop({ tests, grep })];
  const parts = [];
  for (const one of buildsToRun(build)) {
    const name = `editor ${one}`;
    const report = reportFile(name);
    const workbench = await ensureWorkbench({ build: one });
    if ('missing' in workbench) {
      parts.push({ name, passed: 0, failed: 0, skipped: tests.files, missing: workbench.missing });
      continue;
    }
    const outcome = await runInCodeServer({ ...workbench, tests, env: testEnv({ report, grep, build: one }) });
    parts.push({ name, ...readReport(report, outcome) });
  }
  return parts;
}

function emptyWorkspace(home) {
  const folder = path.join(home, 'workspace');
  mkdirSync(folder);
  return folder;
}

function reportFile(name) {
  const report = cached('reports', `${name.replaceAll(/\W+/g, '-')}.jsonl`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  return report;
}

/** test/editor/index.ts reads these. */
function testEnv({ report, grep = '', build }) {
  return { FAIRLEAD_TEST_REPORT: report, FAIRLEAD_TEST_GREP: grep, FAIRLEAD_TEST_BUILD: build };
}

const MARKS = { passed: '\u2713', failed: '\u2717', skipped: '-' };

/** Prints what the tests reported, and counts it. */
function readReport(report, { ended, log }) {
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { title, state, ms, error } of lines.map((line) => JSON.parse(line))) {
    counts[state] += 1;
    console.log(`  ${MARKS[state]} ${title} (${ms} ms)${error ? `\n${error.replaceAll(/^/gm, '      ')}` : ''}`);
  }
  if (ended !== 0 && counts.failed === 0) {
    console.error(`The tests did not come to their end: ${ended}\n${log.slice(-6000)}`);
    counts.failed = 1;
  }
  return counts;
}

async function runInCodeServer({ entry, chromium, tests, env }) {
  const { startServer } = await import('../lib/server.mjs');
  const { openBrowser } = await import('../lib/browser.mjs');
  const { home, dispose } = throwawayHome();
  const folder = emptyWorkspace(home);
  writeUserSettings({ home, settings: {}, manifest: JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) });
  const server = await startServer({
    entry,
    home,
    folder,
    env,
    args: ['--disable-workspace-trust', '--vscode-option', 'enable-smoke-test-driver', ...ENDS_ALONE],
  });
  let context;
  let log = '';
  try {
    context = await openBrowser({ program: chromium, profile: path.join(home, 'browser') });
    const page = context.pages()[0] ?? (await context.newPage());
    const ended = new Promise((resolve) => {
      void page.exposeFunction('codeAutomationLog', (_type, args) => (log += `${args.join(' ')}\n`));
      void page.exposeFunction('codeAutomationExit', resolve);
    });
    await page.goto(testAddress({ server, folder, tests }), { timeout: 120_000 });
    const limit = new Promise((resolve) => setTimeout(() => resolve('no end within ten minutes'), LIMIT_MS).unref());
    return { ended: await Promise.race([ended, limit]), log: log.replaceAll(/^\[(AgentHost|ChatModelSelection)\].*\n/gm, '') };
  } finally {
    await context?.close();
    await server.stop();
    dispose();
  }
}

function testAddress({ server, folder, tests }) {
  const remote = (place) => `vscode-remote://${new URL(server.url).host}${place}`;
  const payload = [
    ['extensionDevelopmentPath', remote(root)],
    ['extensionTestsPath', remote(tests.index)],
  ];
  return `${server.url}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

async function runOnDesktop({ tests, grep }) {
  const { runDesktopTests } = await import('../lib/desktop.mjs');
  const name = 'editor desktop';
  const report = reportFile(name);
  const { home, dispose } = throwawayHome();
  try {
    const result = await runDesktopTests({ home, index: tests.index, folder: emptyWorkspace(home), env: testEnv({ report, grep, build: 'desktop' }) });
    if ('missing' in result) return { name, passed: 0, failed: 0, skipped: tests.files, missing: result.missing };
    return { name, ...readReport(report, { ended: result.code, log: '' }) };
  } finally {
    dispose();
  }
}
