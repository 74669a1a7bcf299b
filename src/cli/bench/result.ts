// What a benchmark is given and what it returns, whichever it is.
export interface BenchArgs {
  readonly data: string | undefined;
  readonly classifier: string | undefined;
  readonly model: string | undefined;
}

export interface BenchResult {
  readonly title: string;
  /** What was measured on, besides the machine: data, settings. */
  readonly conditions: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** The same figures with units in the keys. */
  readonly json: object;
}
