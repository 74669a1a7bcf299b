// Newline-delimited JSON from an HTTP answer. A line that is no JSON is an error, never skipped.

export async function* readJsonLines<T>(response: Response): AsyncGenerator<T, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  for await (const bytes of body ?? []) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
  }
  const last = rest + decoder.decode();
  if (last.trim() !== '') yield JSON.parse(last) as T;
}
