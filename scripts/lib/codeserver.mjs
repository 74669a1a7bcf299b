// A real VS Code that npm can bring: code-server is the same workbench and extension host in a browser.
// The plain copy lets every extension use proposed API; the strict copy allows what a Marketplace extension may use.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installByApt, onPath } from './system.mjs';
import { cached, hardLinkCopy, makeFolder } from './paths.mjs';
import { npm, step } from './run.mjs';

export const CODE_SERVER = 'code-server@4.139.1';

/** Native parts that the server cannot start without, or that a person at `npm start` would miss (terminal). */
const NATIVE = ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty'];

/** @returns {Promise<string | undefined>} why code-server cannot run here, and how to change that */
export async function codeServerObstacle() {
  if (process.platform === 'win32') return 'needs code-server, which does not run on Windows: use WSL';
  if (existsSync(cached(CODE_SERVER))) return undefined;
  const tools = ['make', 'g++', 'python3'];
  if (tools.every(onPath)) return undefined;
  await installByApt(['build-essential', 'python3'], 'A compiler for code-server\'s native parts');
  const absent = tools.filter((tool) => !onPath(tool));
  return absent.length > 0 ? `needs ${absent.join(', ')} to build code-server's native parts (Debian: \`apt-get install build-essential python3\`)` : undefined;
}

/**
 * @param {'plain' | 'strict'} build
 * @returns {Promise<string>} the script that starts the server
 */
export async function ensureCodeServer(build) {
  const plain = cached(CODE_SERVER);
  if (!existsSync(plain)) {
    await step(`${CODE_SERVER} from npm`, () => makeFolder(plain, installCodeServer));
  }
  if (build === 'plain') return entry(plain);
  const strict = cached(`${CODE_SERVER}-strict`);
  if (!existsSync(strict)) {
    await step('A copy of it that allows stable API only', () =>
      makeFolder(strict, async (draft) => {
        hardLinkCopy(plain, draft);
        refuseProposedApi(path.join(draft, 'node_modules/code-server/lib/vscode/out/vs'));
      }),
    );
  }
  return entry(strict);
}

function entry(home) {
  return path.join(home, 'node_modules/code-server/out/node/entry.js');
}

/** Skips the install script, which would compile eight native modules of which three are needed here. */
async function installCodeServer(draft) {
  const options = (cwd) => ({ cwd, quiet: true, env: { npm_config_nodedir: process.env.FAIRLEAD_NODE_FOLDER } });
  const quick = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  await npm(['install', '--prefix', draft, '--no-save', '--no-package-lock', ...quick, CODE_SERVER], options(draft));
  const vscode = path.join(draft, 'node_modules/code-server/lib/vscode');
  await npm(['install', ...quick], options(vscode));
  await npm(['install', ...quick], options(path.join(vscode, 'extensions')));
  await npm(['rebuild', ...NATIVE], options(vscode));
}

/** The files that hold the question "may this extension use this proposal?", always answered yes by code-server. */
const GATES = [
  'workbench/api/node/extensionHostProcess.js',
  'workbench/api/worker/extensionHostWorkerMain.js',
  'code/browser/workbench/workbench.js',
];

function refuseProposedApi(folder) {
  for (const file of GATES) {
    const target = path.join(folder, file);
    const source = readFileSync(target, 'utf8');
    const asked = source.matchAll(/([\w$]+)\([^()]*,"(?:inlineCompletionsAdditions|defaultChatParticipant)"\)/g);
    let gates = 0;
    let strict = source;
    for (const name of new Set(Array.from(asked, (match) => match[1]))) {
      const always = new RegExp(`function ${name.replaceAll('$', '\\$')}\\((\\w+),(\\w+)\\)\\{return!0\\}`);
      strict = strict.replace(always, (_all, extension, proposal) => {
        gates += 1;
        return `function ${name}(${extension},${proposal}){return!!${extension}.enabledApiProposals?.includes(${proposal})}`;
      });
    }
    if (gates !== 1) throw new Error(`Expected one gate for proposed API in ${file}, found ${gates}; is ${CODE_SERVER} a new version?`);
    rmSync(target); // the plain copy shares this file by a hard link, so it must not be written through
    writeFileSync(target, strict);
  }
}
