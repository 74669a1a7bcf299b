import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressOf, readCatalog, type CatalogModel } from '../../../../src/adapters/catalog';
import { createModelStore, modelsFolder, type ModelStore } from '../../../../src/adapters/download/model-store';
import type { Progress } from '../../../../src/adapters/download/types';
import { fimFormatFor } from '../../../../src/completion/fim-formats';
import shipped from '../../../../models/catalog.json';
import { recordingLog } from '../../../support/adapters';
import { startFileServer, type FileServer } from '../../../support/file-server';
import { gguf, KB, NEVER, sha256 } from './setup';

const catalog = readCatalog();

describe('the catalogue that ships', () => {
  it('has every model and every file once', () => {
    expect(new Set(catalog.map(({ id }) => id)).size).toBe(catalog.length);
    expect(new Set(catalog.map(({ source }) => source.file)).size).toBe(catalog.length);
  });

  it.each(catalog.map((model) => [model.id, model] as const))('%s says all that its purpose needs', (_id, model) => {
    expect(model.dialect === null).toBe(model.purpose !== 'classifier');
    expect(model.fimFamily === null).toBe(model.purpose !== 'completion');
    if (model.fimFamily !== null) expect(fimFormatFor(model.source.file)?.family).toBe(model.fimFamily);
    if (model.bytes !== null) expect(model.approxBytes).toBe(model.bytes);
  });

  it('takes the pinned revision wherever the hash is known, or the repository’s only one', () => {
    const loose = catalog.filter(({ sha256: hash, source }) => hash !== null && source.revision === 'main');
    expect(loose.map(({ id }) => id)).toEqual(['qwen3-embedding-0.6b-q8-0', 'qwen2.5-coder-0.5b-q8-0']);
  });

  it('has Arch-Router’s weights from their publisher, under their licence', () => {
    const routers = catalog.filter(({ dialect }) => dialect === 'arch-router');
    expect(routers.length).toBeGreaterThan(3);
    for (const { licence, source } of routers) {
      expect(licence).toMatchObject({ id: 'katanemo-research', restricted: true });
      expect(source.repo).toBe('katanemo/Arch-Router-1.5B.gguf');
    }
  });

  it('asks for consent to every licence that is not a free one', () => {
    const free = catalog.filter(({ licence }) => !licence.restricted).map(({ licence }) => licence.id);
    expect([...new Set(free)].sort()).toEqual(['apache-2.0', 'mit']);
  });

  const [entry] = shipped.models;
  it.each<[string, object, string]>([
    ['an unknown licence', { licence: 'none' }, 'unknown licence'],
    ['half a hash', { sha256: 'beef' }, 'sha256'],
    ['a file in another folder', { source: { ...entry!.source, file: '../../x.gguf' } }, 'file'],
    ['a purpose nobody knows', { purpose: 'poetry' }, 'purpose'],
    ['a key nobody knows', { colour: 'blue' }, 'colour'],
  ])('is refused with %s', (_what, change, words) => {
    expect(() => readCatalog({ ...shipped, models: [{ ...entry, ...change }] })).toThrow(words);
  });

  it.each([
    [undefined, 'https://huggingface.co/katanemo/Arch-Router-1.5B.gguf/resolve/main/Arch-Router-1.5B-Q4_K_M.gguf'],
    ['https://hub.example/hf/', 'https://hub.example/hf/katanemo/Arch-Router-1.5B.gguf/resolve/main/Arch-Router-1.5B-Q4_K_M.gguf'],
  ])('with the mirror %s leads to %s', (mirror, address) => {
    expect(addressOf(catalog[0]!, mirror)).toBe(address);
  });
});

describe('where the folder of models is', () => {
  it.each([
    ['', '/own'],
    ['~/models', join(homedir(), 'models')],
    ['/data/models', '/data/models'],
    ['D:\\models', 'D:\\models'],
  ])('for the setting “%s”: %s', (setting, folder) => {
    expect(modelsFolder(setting, '/own')).toBe(folder);
  });
});

describe('the folder of models', () => {
  const body = gguf(200 * KB);
  const model: CatalogModel = { ...catalog[0]!, id: 'small', bytes: null, approxBytes: 200 * KB, sha256: null };
  const path = new URL(addressOf(model, 'http://x')).pathname;
  let server: FileServer;
  let folder: string;
  let store: ModelStore;

  beforeEach(async () => {
    server = await startFileServer();
    folder = join(mkdtempSync(join(tmpdir(), 'fairlead-store-')), 'models');
    store = createModelStore({ folder: () => folder, mirror: () => server.url, log: recordingLog(), download: { timing: { firstRetryMs: 5, failures: 2 } } });
    server.serve(path, { body, etag: '"v1"' });
  });
  afterEach(async () => {
    await server.close();
    rmSync(join(folder, '..'), { recursive: true, force: true });
  });

  const get = (): Promise<string> => store.download(model, () => undefined, NEVER);

  it('knows nothing of a model before, and where it is afterwards', async () => {
    expect(await store.stateOf(model)).toEqual({ kind: 'absent' });
    const file = await get();
    expect(file).toBe(join(folder, 'Arch-Router-1.5B-Q4_K_M.gguf'));
    expect(await store.stateOf(model)).toEqual({ kind: 'present', path: file, bytes: body.length });
  });

  it('knows how far an unfinished download came, and can throw it away', async () => {
    server.script(path, { stallAfter: 100 * KB });
    const controller = new AbortController();
    const onProgress = (progress: Progress): void => {
      if (progress.phase === 'downloading' && progress.bytes >= 100 * KB) controller.abort();
    };
    await expect(store.download(model, onProgress, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await store.stateOf(model)).toEqual({ kind: 'partial', bytes: 100 * KB, totalBytes: body.length, busy: false });
    await store.discard(model);
    expect(await store.stateOf(model)).toEqual({ kind: 'absent' });
  });

  it('knows that a download is under way', async () => {
    server.script(path, { stallAfter: 100 * KB }, { stallAfter: 10 * KB });
    const [first, second] = [new AbortController(), new AbortController()];
    const onProgress = (progress: Progress): void => {
      if (progress.phase === 'downloading' && progress.bytes >= 100 * KB) first.abort();
    };
    await expect(store.download(model, onProgress, first.signal)).rejects.toMatchObject({ name: 'AbortError' });
    const again = store.download(model, () => undefined, second.signal);
    await server.until((requests) => requests.length === 2);
    expect(await store.stateOf(model)).toMatchObject({ kind: 'partial', busy: true });
    second.abort();
    await expect(again).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('holds a promised hash and length against what comes', async () => {
    await expect(store.download({ ...model, sha256: 'b'.repeat(64) }, () => undefined, NEVER)).rejects.toMatchObject({ code: 'hash' });
    await expect(store.download({ ...model, bytes: 5 }, () => undefined, NEVER)).rejects.toMatchObject({ code: 'hash' });
    await expect(store.download({ ...model, sha256: sha256(body), bytes: body.length }, () => undefined, NEVER)).resolves.toBeDefined();
  });

  it('pins what has no published hash, keeps the pin when the file is removed, and can forget it', async () => {
    await get();
    await store.remove(model);
    expect(await store.stateOf(model)).toEqual({ kind: 'absent' });
    expect(await store.isPinned(model)).toBe(true);
    server.serve(path, { body: gguf(200 * KB) });
    await expect(get()).rejects.toMatchObject({ code: 'hash' });
    await store.forgetPin(model);
    expect(await store.isPinned(model)).toBe(false);
    await get();
  });

  it('removes all that a download left', async () => {
    await expect(store.download({ ...model, sha256: 'b'.repeat(64) }, () => undefined, NEVER)).rejects.toMatchObject({ code: 'hash' });
    expect(await store.stateOf(model)).toMatchObject({ kind: 'aside', bytes: body.length });
    await store.remove(model);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a page instead of a model', async () => {
    server.script(path, { page: '<html></html>' });
    await expect(get()).rejects.toMatchObject({ code: 'malformed' });
    expect(existsSync(join(folder, 'pins.json'))).toBe(false);
  });
});
