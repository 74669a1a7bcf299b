// Some embedding models were trained with a marker before each text, as their model cards say; without it they
// still work, but worse. Told by the file's name.

export interface EmbeddingPrefixes {
  readonly query: string;
  readonly document: string;
}

const NONE: EmbeddingPrefixes = { query: '', document: '' };

const KNOWN: readonly (readonly [RegExp, EmbeddingPrefixes])[] = [
  [/e5.*instruct/u, { query: 'Instruct: Find the kind of work that a developer asks for\nQuery: ', document: '' }],
  [/\be5\b/u, { query: 'query: ', document: 'passage: ' }],
  [/nomic embed/u, { query: 'search_query: ', document: 'search_document: ' }],
  [/bge .*\ben\b/u, { query: 'Represent this sentence for searching relevant passages: ', document: '' }],
  [/embedding ?gemma/u, { query: 'task: search result | query: ', document: 'title: none | text: ' }],
];

export function embeddingPrefixes(file: string): EmbeddingPrefixes {
  const name = (file.split(/[\\/]/u).at(-1) ?? file).toLowerCase().replace(/[^a-z0-9]+/gu, ' ');
  return KNOWN.find(([pattern]) => pattern.test(name))?.[1] ?? NONE;
}
