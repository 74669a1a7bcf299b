// What the extension and its GGUF child say to each other over the fork's channel (structured clone).
import type { RouterErrorCode } from '../../shared/errors';
import type { ChatRequest, ChoiceAnswer, ChoiceRequest, FillRequest, GpuSetting, ModelFacts, ModelSpec, WritingEnd, Written } from './runtime';

export interface HostOptions {
  readonly gpu: GpuSetting;
  readonly threads: number;
  /** Prompt tokens evaluated between two looks at the cancel list. */
  readonly chunkTokens: number;
  /** Folder for saved KV states; undefined switches saving off. */
  readonly stateFolder: string | undefined;
  /** Bytes of memory that loading a model may take; the child refuses to load beyond. */
  readonly memoryBytes: number;
  readonly quarantined: readonly string[];
}

/** Pieces of an answer that may be under way before the child waits for the reader. */
export const PIECES_AHEAD = 48;
/** Pieces that the reader takes before it says so. */
export const PIECES_TAKEN = 16;

/** A piece of an answer that is being written; its end is the call's result. */
export type Piece = Exclude<Written, { type: 'end' }>;

export type HostCall =
  | { readonly op: 'facts'; readonly model: ModelSpec }
  | { readonly op: 'embed'; readonly model: ModelSpec; readonly texts: readonly string[] }
  | { readonly op: 'rank'; readonly model: ModelSpec; readonly query: string; readonly documents: readonly string[] }
  | { readonly op: 'choose'; readonly model: ModelSpec; readonly request: ChoiceRequest }
  | { readonly op: 'prefill'; readonly model: ModelSpec; readonly request: ChoiceRequest }
  | { readonly op: 'chat'; readonly model: ModelSpec; readonly request: ChatRequest }
  | { readonly op: 'fill'; readonly model: ModelSpec; readonly request: FillRequest }
  | { readonly op: 'count'; readonly model: ModelSpec; readonly text: string };

export interface HostResults {
  readonly facts: ModelFacts;
  readonly embed: Float32Array[];
  readonly rank: number[];
  readonly choose: ChoiceAnswer;
  readonly prefill: { readonly promptTokens: number };
  readonly chat: WritingEnd;
  readonly fill: WritingEnd;
  readonly count: number;
}

export type ToHost =
  | { readonly type: 'start'; readonly options: HostOptions }
  | { readonly type: 'call'; readonly id: number; readonly call: HostCall }
  | { readonly type: 'cancel'; readonly id: number }
  /** The reader has taken so many pieces more. */
  | { readonly type: 'taken'; readonly id: number; readonly pieces: number }
  | { readonly type: 'exit' };

export type FromHost =
  | { readonly type: 'ready' }
  | { readonly type: 'beat'; readonly rssBytes: number }
  /** Sent before a file is loaded, so that the parent knows which one a crash belongs to. */
  | { readonly type: 'loading'; readonly path: string; readonly sha256: string; readonly bytes: number }
  /** The file that was loading is there, or was refused. One file loads at a time. */
  | { readonly type: 'loaded' }
  | { readonly type: 'piece'; readonly id: number; readonly piece: Piece }
  | { readonly type: 'done'; readonly id: number; readonly result: HostResults[keyof HostResults] }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: RouterErrorCode | 'aborted';
      readonly message: string;
    };
