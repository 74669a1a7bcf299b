// What VS Code calls Disposable, as a shape: a lifetime that somebody else ends.

export interface Ending {
  readonly dispose: () => void;
}
