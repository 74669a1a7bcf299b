// The models that write, inside the child, within the memory they may use: whoever has not been used for longest
// makes room.
import { unlessAborted } from './give-up';
import { nativeStep, tooLarge, weightOf, type LoadedFile, type Loader } from './host-load';
import { createSlots, type Slots } from './host-slots';
import type { HostOptions } from './protocol';

export interface Writer extends LoadedFile {
  /** Two, so that a short question in between does not cost a long conversation its cache. */
  readonly chat: Slots;
  readonly fill: Slots;
}

export interface WriterShelf {
  /** Loads what is needed. The model stays at least until `work` ends. */
  use<T>(path: string, signal: AbortSignal, work: (writer: Writer) => Promise<T>): Promise<T>;
}

interface Entry {
  readonly path: string;
  readonly loading: Promise<Writer>;
  writer: Writer | undefined;
  weight: number;
  users: number;
  usedAt: number;
}

const CHAT_SLOTS = 2;

export function createWriterShelf(options: HostOptions, loader: Loader): WriterShelf {
  const shelf = new Map<string, Entry>();
  const used = (): number => {
    let sum = 0;
    for (const { weight, writer } of shelf.values()) sum += weight + (writer ? writer.chat.bytes + writer.fill.bytes : 0);
    return sum;
  };
  const room = async (bytes: number): Promise<void> => {
    while (used() + bytes > options.memoryBytes) {
      const [oldest] = [...shelf.values()].filter(({ users, writer }) => users === 0 && writer).sort((a, b) => a.usedAt - b.usedAt);
      if (!oldest) throw tooLarge(used() + bytes, options.memoryBytes);
      shelf.delete(oldest.path);
      await oldest.writer?.model.dispose();
    }
  };
  const open = (path: string): Entry => {
    const slots = (file: LoadedFile, most: number): Slots =>
      createSlots({ model: file.model, options, most, room, free: () => options.memoryBytes - used() });
    const loading = loader.load(
      path,
      async (bytes) => {
        await room(weightOf(bytes));
        entry.weight = weightOf(bytes);
      },
      (file) => nativeStep(() => Promise.resolve({ ...file, chat: slots(file, CHAT_SLOTS), fill: slots(file, 1) })),
    );
    const entry: Entry = { path, loading, writer: undefined, weight: 0, users: 0, usedAt: 0 };
    shelf.set(path, entry);
    loading.then(
      (writer) => (entry.writer = writer),
      () => shelf.delete(path),
    );
    return entry;
  };
  return {
    use: async (path, signal, work) => {
      const entry = shelf.get(path) ?? open(path);
      entry.users += 1;
      try {
        const writer = await unlessAborted(entry.loading, signal);
        return await work(writer);
      } finally {
        entry.users -= 1;
        entry.usedAt = performance.now();
      }
    },
  };
}
