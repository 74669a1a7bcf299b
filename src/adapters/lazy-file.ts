// A data file that is opened with its first use, so that activation does not wait for the disk. Failing is told once
// and never thrown: what it would have kept is lost, the editor goes on.

export interface LazyFile<File> {
  /** Resolves to `otherwise` when the file cannot be opened or the work fails, and after `close`. */
  use<T>(otherwise: T, work: (file: File) => T): Promise<T>;
  /** Resolves when everything before has been done. */
  close(): Promise<void>;
}

export function createLazyFile<File extends { close(): void }>(open: () => Promise<File>, onFailure: (error: unknown) => void): LazyFile<File> {
  let opening: Promise<File | undefined> | undefined;
  let told = false;
  const use = async <T>(otherwise: T, work: (file: File) => T): Promise<T> => {
    try {
      opening ??= open();
      const file = await opening;
      return file ? work(file) : otherwise;
    } catch (error) {
      if (!told) onFailure(error);
      told = true;
      return otherwise;
    }
  };
  return {
    use,
    close: async () => {
      if (opening) await use(undefined, (file) => file.close());
      opening = Promise.resolve(undefined);
    },
  };
}
