// What the editor needs of the downloads; src/adapters/download and src/adapters/catalog fulfil it.

export type ModelPurpose = 'classifier' | 'rerank' | 'embedding' | 'completion' | 'chat';

export interface ModelLicence {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Shown and accepted before anything is downloaded. */
  readonly restricted: boolean;
  readonly summary: string;
}

export interface LocalModel {
  readonly id: string;
  readonly title: string;
  readonly purpose: ModelPurpose;
  readonly use: string;
  /** Prompt form of a classifier; null for the others. */
  readonly dialect: string | null;
  readonly approxBytes: number | null;
  readonly licence: ModelLicence;
  /** Where its publisher tells about it. */
  readonly page: string;
}

export type LocalModelState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'partial'; readonly bytes: number; readonly totalBytes: number | undefined; readonly busy: boolean }
  | { readonly kind: 'aside'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'present'; readonly path: string; readonly bytes: number };

export type TransferProgress =
  | { readonly phase: 'downloading' | 'checking'; readonly bytes: number; readonly totalBytes: number | undefined }
  | { readonly phase: 'waiting'; readonly retryInMs: number; readonly why: string };

export interface LocalModelStore {
  stateOf(model: LocalModel): Promise<LocalModelState>;
  /** Resolves to the path of the finished file; rejects with RouterError or, when the signal aborts, an AbortError. */
  download(model: LocalModel, onProgress: (progress: TransferProgress) => void, signal: AbortSignal): Promise<string>;
  remove(model: LocalModel): Promise<void>;
  discard(model: LocalModel): Promise<void>;
  isPinned(model: LocalModel): Promise<boolean>;
  forgetPin(model: LocalModel): Promise<void>;
}

/** What a GGUF file says of itself. */
export interface ModelFileFacts {
  readonly bytes: number;
  readonly architecture: string;
  readonly name: string | undefined;
  readonly sizeLabel: string | undefined;
  /** How it wants a conversation to be written; undefined when it cannot hold one. */
  readonly chatTemplate: string | undefined;
  /** Whether it can fill in the middle. */
  readonly fillsIn: boolean;
  /** Undefined for models that write text. */
  readonly poolingType: number | undefined;
}
