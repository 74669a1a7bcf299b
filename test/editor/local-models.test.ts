import * as assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { addressOf, readCatalog } from '../../src/adapters/catalog';
import { commands } from '../../src/editor/commands-table';
import { createQuarantineNotice } from '../../src/editor/quarantine-notice';
import { offerToResume, type PartsDeps } from '../../src/editor/resume-offer';
import { silentLog } from '../../src/shared/log';
import { startFileServer, type FileServer } from '../support/file-server';
import { auto, pause, replaced, set } from './support';

type Message = typeof vscode.window.showInformationMessage;
type QuickPick = typeof vscode.window.showQuickPick;

interface Shown {
  readonly text: string;
  readonly detail: string | undefined;
  readonly buttons: readonly string[];
}

const catalog = readCatalog();
const model = (id: string): (typeof catalog)[number] => catalog.find((one) => one.id === id) ?? assert.fail(id);
const FREE = model('all-minilm-l6-v2-q8-0');
const RESTRICTED = model('arch-router-1.5b-q2-k');
const SAME_LICENCE = model('arch-router-1.5b-q3-k-m');
const CODE = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(300 * 1024, 7)]);

/** A GGUF header that names its architecture. */
function header(): Buffer {
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(value.length));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const start = Buffer.alloc(24);
  start.write('GGUF', 'latin1');
  start.writeUInt32LE(3, 4);
  start.writeBigUInt64LE(1n, 16);
  return Buffer.concat([start, text('general.architecture'), Buffer.from([8, 0, 0, 0]), text('qwen2')]);
}

describe('local models', () => {
  let server: FileServer;
  let folder: string;
  const shown: Shown[] = [];

  /** Answers each message with the first of `choices` that it offers. */
  const answering = (choices: readonly string[]): Message =>
    (text: string, ...rest: readonly unknown[]) => {
      const buttons = rest.filter((one) => typeof one === 'string');
      const options = rest.find((one) => typeof one === 'object') as vscode.MessageOptions | undefined;
      shown.push({ text, detail: options?.detail, buttons });
      return Promise.resolve(choices.find((choice) => buttons.includes(choice)));
    };

  const picking = (label: string): QuickPick =>
    ((items: readonly vscode.QuickPickItem[]) => Promise.resolve(items.find((item) => item.label.includes(label)))) as unknown as QuickPick;

  async function run(command: string, label: string, choices: readonly string[]): Promise<void> {
    const answers = answering(choices);
    const { window } = vscode;
    await replaced(window, 'showQuickPick', picking(label), () =>
      replaced(window, 'showInformationMessage', answers, () =>
        replaced(window, 'showWarningMessage', answers, () =>
          replaced(window, 'showErrorMessage', answers, async () => {
            await vscode.commands.executeCommand(command);
          }),
        ),
      ),
    );
  }

  const setting = (key: string): unknown => vscode.workspace.getConfiguration('fairlead').inspect(key)?.globalValue;
  const serve = (one: typeof FREE, body = CODE): void => server.serve(new URL(addressOf(one, server.url)).pathname, { body, etag: '"v1"' });
  const fileOf = (one: typeof FREE): string => join(folder, one.source.file);

  beforeEach(async () => {
    await auto();
    server = await startFileServer();
    folder = mkdtempSync(join(tmpdir(), 'fairlead-models-'));
    shown.splice(0);
    await set({ 'localModels.mirror': server.url, 'localModels.folder': folder });
  });

  afterEach(async () => {
    await set({ 'localModels.mirror': undefined, 'localModels.folder': undefined, 'classifier.file': undefined, 'classifier.dialect': undefined, 'classifier.use': undefined });
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('under a free licence come without a question and can be used', async () => {
    serve(FREE);
    await run(commands.downloadModel.id, FREE.title, ['Use It']);
    assert.ok(readFileSync(fileOf(FREE)).equals(CODE));
    assert.equal(setting('classifier.file'), fileOf(FREE));
    assert.deepEqual(shown.map(({ buttons }) => buttons), [['Use It', 'Not Now']]);
  });

  it('under a restricted licence come only once it is accepted, and it is asked for once', async () => {
    serve(RESTRICTED);
    serve(SAME_LICENCE);
    await run(commands.downloadModel.id, RESTRICTED.title, []);
    assert.equal(server.requests.length, 0);
    assert.equal(shown[0]?.text, RESTRICTED.licence.name);
    const { url, summary } = RESTRICTED.licence;
    for (const part of [url, summary]) assert.ok(shown.some(({ detail }) => detail?.includes(part)), part);
    await run(commands.downloadModel.id, RESTRICTED.title, ['Accept and Download', 'Use It']);
    assert.ok(existsSync(fileOf(RESTRICTED)));
    assert.equal(setting('classifier.dialect'), 'arch-router');
    shown.splice(0);
    await run(commands.downloadModel.id, SAME_LICENCE.title, ['Not Now']);
    assert.ok(existsSync(fileOf(SAME_LICENCE)));
    assert.ok(!shown.some(({ text }) => text === RESTRICTED.licence.name));
    assert.equal(setting('classifier.file'), fileOf(RESTRICTED));
  });

  it('can be stopped, are kept, and go on from there', async () => {
    serve(FREE);
    server.script(new URL(addressOf(FREE, server.url)).pathname, { stallAfter: 100 * 1024 });
    const reports: { message?: string; increment?: number }[] = [];
    const stopping = ((_options: unknown, task: (progress: unknown, token: vscode.CancellationToken) => Promise<unknown>) => {
      const source = new vscode.CancellationTokenSource();
      const report = (value: { message?: string }): void => {
        reports.push(value);
        setTimeout(() => source.cancel(), 300);
      };
      return task({ report }, source.token);
    }) as unknown as typeof vscode.window.withProgress;
    await replaced(vscode.window, 'withProgress', stopping, () => run(commands.downloadModel.id, FREE.title, []));
    assert.ok(reports[0]?.message?.includes('kB'), JSON.stringify(reports));
    assert.deepEqual(shown[0]?.buttons, ['Go On', 'Throw It Away']);
    await run(commands.downloadModel.id, FREE.title, ['Not Now']);
    assert.match(server.requests.at(-1)?.range ?? '', /^bytes=\d+-$/u);
    assert.ok(readFileSync(fileOf(FREE)).equals(CODE));
  });

  it('that cannot be had show a way round, which leads to a file of the user’s', async () => {
    const own = join(folder, 'own.gguf');
    writeFileSync(own, header());
    const dialog = (() => Promise.resolve([vscode.Uri.file(own)])) as unknown as typeof vscode.window.showOpenDialog;
    await replaced(vscode.window, 'showOpenDialog', dialog, () => run(commands.downloadModel.id, FREE.title, ['Use a File I Have…', 'Use It']));
    assert.match(shown[0]?.text ?? '', /no such file/u);
    assert.deepEqual(shown.map(({ buttons }) => buttons)[0], ['Open the Model’s Page', 'Use a File I Have…', 'Show Output']);
    assert.ok(shown[1]?.text.includes('qwen2'));
    assert.equal(setting('classifier.file'), own);
  });

  it('are not taken from a file that is none', async () => {
    const own = join(folder, 'own.gguf');
    writeFileSync(own, 'some text that is no model at all');
    const dialog = (() => Promise.resolve([vscode.Uri.file(own)])) as unknown as typeof vscode.window.showOpenDialog;
    await replaced(vscode.window, 'showOpenDialog', dialog, () => run(commands.downloadModel.id, 'Use a File I Have', ['Use It']));
    assert.ok(shown[0]?.text.includes('not a GGUF model'), JSON.stringify(shown));
    assert.equal(setting('classifier.file'), undefined);
  });

  it('that were replaced by their publisher are taken only when the user says so', async () => {
    serve(FREE);
    await run(commands.downloadModel.id, FREE.title, ['Not Now']);
    rmSync(fileOf(FREE));
    const fresh = Buffer.concat([CODE, Buffer.from('new')]);
    serve(FREE, fresh);
    shown.splice(0);
    await run(commands.downloadModel.id, FREE.title, []);
    assert.equal(shown[0]?.buttons[0], 'Take the New File');
    assert.ok(!existsSync(fileOf(FREE)));
    await run(commands.downloadModel.id, FREE.title, ['Take the New File', 'Not Now']);
    assert.ok(readFileSync(fileOf(FREE)).equals(fresh));
  });

  describe('that a restart interrupted', () => {
    const memory = new Map<string, unknown>();
    const actions: string[] = [];
    const parts = (bytes: number, busy = false): PartsDeps => ({
      catalog: [FREE],
      underWay: new Set<string>(),
      download: (one) => Promise.resolve(void actions.push(`download ${one.id}`)),
      memory: {
        keys: () => [...memory.keys()],
        get: <T>(key: string, otherwise?: T) => (memory.get(key) ?? otherwise) as T,
        update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
      },
      store: {
        stateOf: () => Promise.resolve({ kind: 'partial', bytes, totalBytes: 25_000_000, busy }),
        discard: (one) => Promise.resolve(void actions.push(`discard ${one.id}`)),
        download: () => assert.fail(),
        remove: () => assert.fail(),
        isPinned: () => assert.fail(),
        forgetPin: () => assert.fail(),
      },
    });
    const offer = (deps: PartsDeps, choices: readonly string[]): Promise<void> =>
      replaced(vscode.window, 'showInformationMessage', answering(choices), () => offerToResume(deps));

    beforeEach(() => {
      memory.clear();
      actions.splice(0);
    });

    it('are offered to go on', async () => {
      await offer(parts(10_000_000), ['Go On']);
      assert.match(shown[0]?.text ?? '', /interrupted at 10 of 25 MB/u);
      assert.deepEqual(actions, [`download ${FREE.id}`]);
    });

    it('can be thrown away', async () => {
      await offer(parts(10_000_000), ['Throw It Away']);
      assert.deepEqual(actions, [`discard ${FREE.id}`]);
    });

    it('are offered once, and once more when more of them is there', async () => {
      await offer(parts(10_000_000), []);
      await offer(parts(10_000_000), []);
      assert.equal(shown.length, 1);
      await offer(parts(12_000_000), []);
      assert.equal(shown.length, 2);
    });

    it('are left alone while another window downloads them', async () => {
      await offer(parts(10_000_000, true), ['Go On']);
      assert.deepEqual([shown.length, actions.length], [0, 0]);
    });
  });

  it('that crashed the runtime are told once per crash, and again after Try Again', async () => {
    const tried: string[] = [];
    const outputs: string[] = [];
    const notice = createQuarantineNotice({ tryAgain: (path) => void tried.push(path), showOutput: () => void outputs.push('shown'), log: silentLog });
    const crash = { path: '/models/bad.gguf', what: 'SIGABRT' };
    const tell = (choices: readonly string[]): Promise<void> =>
      replaced(vscode.window, 'showWarningMessage', answering(choices), async () => {
        notice(crash);
        notice(crash);
        await pause(20);
      });
    await tell(['Try Again']);
    assert.match(shown.map(({ text }) => text).join('\n'), /^[^\n]*bad\.gguf[^\n]*SIGABRT[^\n]*$/u);
    assert.deepEqual(tried, [crash.path]);
    await tell(['Show Output']);
    assert.deepEqual([shown.length, outputs.length], [2, 1]);
    await tell(['Show Output']);
    assert.deepEqual([shown.length, outputs.length], [2, 1]);
  });

  it('come through the proxy of VS Code’s settings', async () => {
    serve(FREE);
    const asked: string[] = [];
    const target = new URL(server.url);
    const proxy = createServer((incoming, response) => {
      asked.push(incoming.url ?? '');
      const { pathname } = new URL(incoming.url ?? '/', server.url);
      incoming.pipe(request(`${server.url}${pathname}`, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers))));
    });
    proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
      asked.push(incoming.url ?? '');
      const through = connect(Number(target.port), target.hostname, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    const http = vscode.workspace.getConfiguration('http');
    try {
      await http.update('proxy', `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`, vscode.ConfigurationTarget.Global);
      await set({ 'localModels.mirror': 'http://models.example' });
      await run(commands.downloadModel.id, FREE.title, ['Not Now']);
    } finally {
      await http.update('proxy', undefined, vscode.ConfigurationTarget.Global);
      proxy.closeAllConnections();
      proxy.close();
    }
    assert.ok(asked[0]?.includes('models.example'), JSON.stringify(asked));
    assert.ok(readFileSync(fileOf(FREE)).equals(CODE));
  });

  it('that are in use can be removed; the setting then names them no more', async () => {
    serve(FREE);
    await run(commands.downloadModel.id, FREE.title, ['Use It']);
    await run(commands.removeModel.id, FREE.title, []);
    assert.ok(existsSync(fileOf(FREE)));
    await run(commands.removeModel.id, FREE.title, ['Remove']);
    assert.ok(!existsSync(fileOf(FREE)));
    assert.equal(setting('classifier.file'), undefined);
  });
});
