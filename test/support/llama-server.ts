// A real llama-server on loopback with a file that the suite writes itself. scripts/lib/llama-server.mjs builds it.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeGguf, type GgufFile } from './gguf';

export interface LlamaServer {
  readonly url: string;
  /** How many of its slots compute at this moment. */
  busySlots(): Promise<number>;
  close(): Promise<void>;
}

/** Undefined where none could be built; the suite that needs it says so. */
export function llamaServerProgram(): string | undefined {
  const given = process.env['FAIRLEAD_LLAMA_SERVER'];
  if (given !== undefined) return given;
  const [built] = globSync(join(import.meta.dirname, '../../.cache/llama-server@*/llama-server'));
  return built !== undefined && existsSync(built) ? built : undefined;
}

const START_MS = 60_000;

export async function startLlamaServer(program: string, file: GgufFile, options: readonly string[] = []): Promise<LlamaServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-server-'));
  const model = join(folder, 'tiny-writer.gguf');
  writeFileSync(model, writeGguf(file));
  const port = await freePort();
  const args = ['-m', model, '--host', '127.0.0.1', '--port', String(port), '-c', '8192', '-np', '2', '-t', '1', '--no-webui', ...options];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString('utf8')).slice(-8000)));
  const url = `http://127.0.0.1:${String(port)}`;
  const close = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await healthy(url, child);
  } catch (error) {
    await close();
    throw new Error(`llama-server did not start: ${log}`, { cause: error });
  }
  return { url, close, busySlots: () => busySlots(url) };
}

async function busySlots(url: string): Promise<number> {
  const slots = (await (await fetch(`${url}/slots`)).json()) as { is_processing: boolean }[];
  return slots.filter((slot) => slot.is_processing).length;
}

async function healthy(url: string, child: ChildProcess): Promise<void> {
  for (const start = Date.now(); Date.now() - start < START_MS && child.exitCode === null; ) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`exit ${String(child.exitCode)}`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
