import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildCandidates } from '../../../src/adapters/candidates';
import { createLlamaModels, type LlamaModelsDeps } from '../../../src/adapters/llama-models';
import { silentLog } from '../../../src/shared/log';
import { tinyBert, tinyQwen2, writeGguf, type GgufFile, text } from '../../support/gguf';

let folder: string;
let look: (deps?: Partial<LlamaModelsDeps>) => ReturnType<ReturnType<typeof createLlamaModels>>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-gguf-'));
  const models = createLlamaModels();
  look = (deps = {}) => models({ folder, named: [], others: [], setAside: [], log: silentLog, ...deps });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, file: GgufFile | string = tinyQwen2()): string {
  const path = join(folder, name);
  writeFileSync(path, typeof file === 'string' ? file : writeGguf(file));
  return path;
}

describe('a GGUF file in the folder of downloads', () => {
  it('is a model on this machine, as its header says', async () => {
    const path = put('Qwen-Tiny-Q4.gguf', tinyQwen2({ fim: true, contextTokens: 8192 }));
    expect(await look()).toEqual([
      {
        id: 'llama/Qwen-Tiny-Q4',
        provider: 'llama',
        model: path,
        locality: 'local',
        endpoint: 'this machine',
        contextTokens: 8192,
        capabilities: ['fim'],
        capabilitiesKnown: true,
        origin: 'discovered',
      },
    ]);
  });

  it.each([
    ['places tools in its template', { template: '{% if tools %}{{ tools }}{% endif %}' }, ['tools']],
    ['places thoughts in its template', { template: '{{ "<think>" }}' }, ['thinking']],
    ['has marks for filling in the middle', { fim: true }, ['fim']],
    ['has nothing of that', {}, []],
  ])('that %s can do that', async (_what, options, capabilities) => {
    put('a.gguf', tinyQwen2(options));
    expect(await look()).toMatchObject([{ capabilities }]);
  });

  it('is as large as its header says', async () => {
    const { metadata, tensors } = tinyQwen2();
    put('a.gguf', { metadata: { ...metadata, 'general.size_label': text('1.5B') }, tensors });
    expect(await look()).toMatchObject([{ parametersB: 1.5 }]);
  });

  it('without a chat template is for ghost text alone', async () => {
    put('base.gguf', tinyQwen2({ fim: true, template: null }));
    expect(await look()).toMatchObject([{ capabilities: ['fim'], completesOnly: true }]);
  });

  it('with a very large window is taken with one that fits into memory', async () => {
    put('long.gguf', tinyQwen2({ contextTokens: 1_000_000 }));
    expect(await look()).toMatchObject([{ contextTokens: 32_768 }]);
  });

  it.each([
    ['embeds', 'bert.gguf', tinyBert()],
    ['was trained to read routes', 'Arch-Router-1.5B-Q4_K_M.gguf', tinyQwen2()],
    ['can neither chat nor fill in', 'base.gguf', tinyQwen2({ template: null })],
    ['is damaged', 'damaged.gguf', 'GGUF and nothing more'],
    ['is a later part of another', 'big-00002-of-00003.gguf', tinyQwen2()],
    ['is no GGUF by its name', 'notes.txt', 'x'],
    ['is not yet there as a whole', 'a.gguf.part', tinyQwen2()],
  ])('that %s is left out', async (_what, name, file) => {
    put(name, file);
    expect(await look()).toEqual([]);
  });

  it('that does other work is left out, by name or path', async () => {
    const path = put('reads-routes.gguf');
    put('embeds.gguf');
    expect(await look({ others: [path, 'embeds.gguf'] })).toEqual([]);
  });

  it('is read again only when it has changed', async () => {
    const path = put('a.gguf', tinyQwen2({ contextTokens: 4096 }));
    utimesSync(path, 1, 1);
    await look();
    const changed = writeGguf(tinyQwen2({ contextTokens: 8192 }));
    writeFileSync(path, changed);
    utimesSync(path, 1, 1);
    expect(await look()).toMatchObject([{ contextTokens: 4096 }]);
    utimesSync(path, 2, 2);
    expect(await look()).toMatchObject([{ contextTokens: 8192 }]);
  });

  it('that stopped the runtime says so', async () => {
    const path = put('crashes.gguf');
    expect(await look({ setAside: [{ path, what: 'exit SIGABRT' }] })).toMatchObject([{ unavailable: expect.stringContaining('SIGABRT') as string }]);
  });

  it('is no matter when the folder is not there', async () => {
    expect(await look({ folder: join(folder, 'nowhere') })).toEqual([]);
  });
});

describe('a GGUF file that the settings name', () => {
  const named = async (file: string, more: object = {}) => {
    const discovered = await look({ named: [file] });
    return buildCandidates({ models: { mine: { provider: 'llama', file, ...more } }, discovered, vscode: [] });
  };

  it('has the facts of its header under the name of the user, once', async () => {
    const path = put('a.gguf', tinyQwen2({ fim: true, contextTokens: 4096 }));
    expect(await named(path)).toMatchObject([{ id: 'mine', provider: 'llama', model: path, contextTokens: 4096, capabilities: ['fim'], capabilitiesKnown: true, origin: 'settings' }]);
  });

  it('may lie anywhere, do other work too, and have another window', async () => {
    mkdirSync(join(folder, 'else'));
    const path = put('else/Arch-Router.gguf');
    expect(await named(path, { contextWindow: 65_536 })).toMatchObject([{ id: 'mine', contextTokens: 65_536 }]);
  });

  it('that is not there says so', async () => {
    expect(await named(join(folder, 'gone.gguf'))).toMatchObject([{ id: 'mine', unavailable: expect.stringContaining('gone.gguf') as string }]);
  });

  it('that is no GGUF says so', async () => {
    expect(await named(put('page.gguf', '<!doctype html>'))).toMatchObject([{ unavailable: expect.stringContaining('not a GGUF model') as string }]);
  });

  it('without a chat template stays for ghost text alone', async () => {
    expect(await named(put('base.gguf', tinyQwen2({ fim: true, template: null })))).toMatchObject([{ id: 'mine', completesOnly: true }]);
  });
});
