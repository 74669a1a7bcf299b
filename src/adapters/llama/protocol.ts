// What the extension and its GGUF child say to each other over the fork's channel (structured clone).
import type { RouterErrorCode } from '../../shared/errors';
import type { ChoiceAnswer, ChoiceRequest, GpuSetting, ModelFacts, ModelSpec } from './runtime';

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

export type HostCall =
  | { readonly op: 'facts'; readonly model: ModelSpec }
  | { readonly op: 'embed'; readonly model: ModelSpec; readonly texts: readonly string[] }
  | { readonly op: 'rank'; readonly model: ModelSpec; readonly query: string; readonly documents: readonly string[] }
  | { readonly op: 'choose'; readonly model: ModelSpec; readonly request: ChoiceRequest }
  | { readonly op: 'prefill'; readonly model: ModelSpec; readonly request: ChoiceRequest }
  | { readonly op: 'count'; readonly model: ModelSpec; readonly text: string };

export interface HostResults {
  readonly facts: ModelFacts;
  readonly embed: Float32Array[];
  readonly rank: number[];
  readonly choose: ChoiceAnswer;
  readonly prefill: { readonly promptTokens: number };
  readonly count: number;
}

export type ToHost =
  | { readonly type: 'start'; readonly options: HostOptions }
  | { readonly type: 'call'; readonly id: number; readonly call: HostCall }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'exit' };

export type FromHost =
  | { readonly type: 'ready' }
  | { readonly type: 'beat'; readonly rssBytes: number }
  /** Sent before a file is loaded, so that the parent knows which one a crash belongs to. */
  | { readonly type: 'loading'; readonly id: number; readonly path: string; readonly sha256: string }
  | { readonly type: 'loaded'; readonly id: number }
  | { readonly type: 'done'; readonly id: number; readonly result: HostResults[keyof HostResults] }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: RouterErrorCode | 'aborted';
      readonly message: string;
    };
