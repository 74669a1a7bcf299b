// npm start [-- --browser] [-- --port 8080] [-- FOLDER]: a real VS Code with this extension on the sample workspace.
// A desktop VS Code when one is installed or can be downloaded; else code-server, which prints its address.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './lib/prepare.mjs';
import { run, say } from './lib/run.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const { displayObstacle, ensureDesktop, findCodeCommand } = await import('./lib/desktop.mjs');
const { cached, root } = await import('./lib/paths.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { browser: { type: 'boolean', default: false }, port: { type: 'string', default: '0' } },
});
const folder = path.resolve(positionals[0] ?? path.join(root, 'samples', 'workspace'));

if (values.browser || !(await openDesktop())) await openInBrowser();

/** A window of its own profile, kept in `.cache/`, so that trying the extension leaves the person's own alone. */
async function openDesktop() {
  const noDisplay = displayObstacle();
  if (noDisplay) {
    say(`A desktop VS Code ${noDisplay}.`);
    return false;
  }
  const code = findCodeCommand();
  const desktop = code ? { program: code } : await ensureDesktop();
  if ('missing' in desktop) {
    say(`A desktop window ${desktop.missing}.`);
    return false;
  }
  await build();
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const profile = ['--user-data-dir', cached('desktop', 'user'), '--extensions-dir', cached('desktop', 'extensions')];
  say('Opening VS Code; ask in its chat: @fairlead why does test/cart.test.js fail?');
  await run(desktop.program, [...sandbox, ...profile, '--disable-workspace-trust', `--extensionDevelopmentPath=${root}`, folder]);
  return true;
}

async function openInBrowser() {
  const { codeServerObstacle, ensureCodeServer } = await import('./lib/codeserver.mjs');
  const { installExtension, startServer } = await import('./lib/server.mjs');
  const { packageExtension } = await import('./lib/package.mjs');
  const obstacle = await codeServerObstacle();
  if (obstacle) throw new Error(`VS Code in a browser ${obstacle}.`);
  const entry = await ensureCodeServer('plain');
  const home = cached('browser');
  mkdirSync(home, { recursive: true });
  await installExtension({ entry, home, vsix: await packageExtension() });
  const server = await startServer({ entry, home, folder, port: Number(values.port), args: ['--disable-workspace-trust'] });
  say(`VS Code with Fairlead: ${server.url}/?folder=${encodeURIComponent(folder)}`);
  say('Open this address in a browser; ask in the chat: @fairlead why does test/cart.test.js fail? End with Ctrl+C.');
}
