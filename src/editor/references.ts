// What the user attached to a chat request: files, selections, symbols, folders, strings, images.
import * as vscode from 'vscode';
import type { Part } from '../router/ports';
import { messageOf } from '../shared/errors';

/** A file larger than this is not read; the answer's progress says so. */
const MOST_BYTES = 1024 * 1024;
const MOST_ENTRIES = 200;

export interface Attachment {
  /** What the model and the user see as its name. */
  readonly title: string;
  readonly text: string;
  readonly language: string;
  readonly uri?: vscode.Uri;
  /** Shown to the user as a used reference. */
  readonly shown?: vscode.Uri | vscode.Location;
  /** Workspace-relative path, when it is a file. */
  readonly path?: string;
}

type Image = Extract<Part, { type: 'image' }>;

export interface ReadReferences {
  readonly attachments: readonly Attachment[];
  readonly images: readonly Image[];
  /** What could not be read, in words. */
  readonly left: readonly string[];
}

export async function readReferences(references: readonly vscode.ChatPromptReference[]): Promise<ReadReferences> {
  const attachments: Attachment[] = [];
  const images: Image[] = [];
  const left: string[] = [];
  for (const reference of references) {
    try {
      const image = await imageOf(reference.value);
      if (image) images.push(image);
      else attachments.push(await attachmentOf(reference));
    } catch (error) {
      left.push(`${nameOf(reference)}: ${messageOf(error)}`);
    }
  }
  return { attachments: distinct(attachments), images, left };
}

/** Files that earlier questions attached: what the models said of them goes along with each follow-up. */
export function earlierPaths(history: readonly (vscode.ChatRequestTurn | vscode.ChatResponseTurn)[]): string[] {
  const references = history.flatMap((turn) => (turn instanceof vscode.ChatRequestTurn ? turn.references : []));
  return references.flatMap(({ value }) => {
    const uri = value instanceof vscode.Uri ? value : locationOf(value)?.uri;
    return uri ? [relative(uri)] : [];
  });
}

async function attachmentOf(reference: vscode.ChatPromptReference): Promise<Attachment> {
  const { value } = reference;
  if (typeof value === 'string') return { title: reference.modelDescription ?? nameOf(reference), text: value, language: '' };
  if (value instanceof vscode.Uri) return ofUri(value);
  const location = locationOf(value);
  if (location) return ofLocation(location);
  throw new Error('this kind of reference is not known');
}

/** A location, or a symbol that holds one. */
function locationOf(value: unknown): vscode.Location | undefined {
  if (value instanceof vscode.Location) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { location, uri, range } = value as { location?: unknown; uri?: unknown; range?: unknown };
  if (location instanceof vscode.Location) return location;
  return uri instanceof vscode.Uri && range instanceof vscode.Range ? new vscode.Location(uri, range) : undefined;
}

async function ofUri(uri: vscode.Uri): Promise<Attachment> {
  const document = openDocument(uri);
  if (!document) {
    const stat = await vscode.workspace.fs.stat(uri);
    if (stat.type & vscode.FileType.Directory) return ofFolder(uri);
    if (stat.size > MOST_BYTES) throw new Error(`is larger than ${String(MOST_BYTES / 1024)} KB`);
  }
  const opened = document ?? (await vscode.workspace.openTextDocument(uri));
  return { ...placed(uri), title: relative(uri), text: opened.getText(), language: opened.languageId, shown: uri };
}

async function ofLocation({ uri, range }: vscode.Location): Promise<Attachment> {
  const document = openDocument(uri) ?? (await vscode.workspace.openTextDocument(uri));
  const lines = `${String(range.start.line + 1)}-${String(range.end.line + 1)}`;
  return {
    ...placed(uri),
    title: `${relative(uri)}:${lines}`,
    text: document.getText(range),
    language: document.languageId,
    shown: new vscode.Location(uri, range),
  };
}

async function ofFolder(uri: vscode.Uri): Promise<Attachment> {
  const entries = await vscode.workspace.fs.readDirectory(uri);
  const lines = entries.slice(0, MOST_ENTRIES).map(([name, type]) => (type & vscode.FileType.Directory ? `${name}/` : name));
  const more = entries.length > MOST_ENTRIES ? [`… and ${String(entries.length - MOST_ENTRIES)} more`] : [];
  return { ...placed(uri), title: `${relative(uri)}/`, text: [...lines, ...more].join('\n'), language: '', shown: uri };
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
}

function placed(uri: vscode.Uri): { uri: vscode.Uri; path: string } {
  return { uri, path: relative(uri) };
}

export function relative(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri, false).replace(/\\/gu, '/');
}

/** Pasted and attached images: a class of proposed API, recognised by its shape. */
async function imageOf(value: unknown): Promise<Image | undefined> {
  if (typeof value !== 'object' || value === null) return undefined;
  const { mimeType, data, reference } = value as { mimeType?: unknown; data?: unknown; reference?: unknown };
  if (typeof mimeType !== 'string' || !mimeType.startsWith('image/') || typeof data !== 'function') return undefined;
  const files = reference instanceof vscode.Uri ? { files: [relative(reference)] } : {};
  return { type: 'image', mimeType, data: await (data as () => Thenable<Uint8Array>).call(value), ...files };
}

function nameOf(reference: vscode.ChatPromptReference): string {
  return reference.id.replace(/^.*\//u, '');
}

/** A selection of a file that is attached whole says nothing new; neither does the same thing twice. */
function distinct(attachments: readonly Attachment[]): Attachment[] {
  const seen = new Set<string>();
  return attachments.filter(({ title }) => {
    const first = !seen.has(title);
    seen.add(title);
    return first;
  });
}
