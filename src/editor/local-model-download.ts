// One download as the user sees it: progress with a way to stop, and what can be done when it fails.
import * as vscode from 'vscode';
import { isAbort } from '../shared/abort';
import { messageOf, RouterError, type RouterErrorCode } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { durationText, createTransferMeter, portionText } from './transfer-text';
import type { LocalModel, LocalModelStore, TransferProgress } from './local-models-port';

export interface DownloadDeps {
  readonly store: LocalModelStore;
  readonly showOutput: () => void;
  readonly log: Log;
}

export type Ended =
  | { readonly kind: 'done'; readonly path: string }
  /** By the user; the part is kept. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'again' }
  | { readonly kind: 'own_file' };

/** Downloads with a notification that can be cancelled. What is asked for after a failure is the outcome. */
export async function downloadShown(deps: DownloadDeps, model: LocalModel): Promise<Ended> {
  try {
    const path = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Downloading ${model.title}`, cancellable: true },
      (progress, token) => withSignal(token, (signal) => deps.store.download(model, reporter(progress), signal)),
    );
    return { kind: 'done', path };
  } catch (error) {
    if (isAbort(error)) return { kind: 'stopped' };
    deps.log.error(`Downloading ${model.id}: ${messageOf(error)}`);
    return askAfterFailure(deps, model, error);
  }
}

const REPORT_EVERY_MS = 250;

type Reported = vscode.Progress<{ message?: string; increment?: number }>;

function reporter(progress: Reported): (now: TransferProgress) => void {
  const meter = createTransferMeter(() => performance.now());
  let percent = 0;
  let reportedAt = -Infinity;
  return (now) => {
    if (now.phase !== 'downloading') meter.reset();
    const at = performance.now();
    const whole = now.phase === 'waiting' ? undefined : now.totalBytes;
    if (now.phase !== 'waiting' && now.bytes !== whole && at - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = at;
    const message = lineOf(now, meter.text.bind(meter));
    if (now.phase !== 'downloading' || whole === undefined || whole === 0) {
      progress.report({ message });
      return;
    }
    const reached = (now.bytes / whole) * 100;
    progress.report({ message, increment: Math.max(0, reached - percent) });
    percent = Math.max(percent, reached);
  };
}

function lineOf(now: TransferProgress, downloading: (bytes: number, total: number | undefined) => string): string {
  if (now.phase === 'waiting') return `Trying again in ${durationText(now.retryInMs / 1000)}. ${now.why}`;
  if (now.phase === 'checking') return `Checking the part that is here: ${portionText(now.bytes, now.totalBytes)}`;
  return downloading(now.bytes, now.totalBytes);
}

const AGAIN = 'Try Again';
const PAGE = 'Open the Model’s Page';
const OWN_FILE = 'Use a File I Have…';
const OUTPUT = 'Show Output';
const FORGET = 'Take the New File';

/** Try again where the cause may pass or the user can remove it; the way round where it will not. */
const BUTTONS: Partial<Record<RouterErrorCode, readonly string[]>> = {
  disk: [AGAIN, OUTPUT],
  cut: [AGAIN, OUTPUT],
  timeout: [AGAIN, OUTPUT],
  server: [AGAIN, OUTPUT],
  rate_limited: [AGAIN, OUTPUT],
  unreachable: [AGAIN, OWN_FILE, OUTPUT],
  malformed: [AGAIN, OWN_FILE, OUTPUT],
  unauthorized: [PAGE, OWN_FILE, OUTPUT],
  not_found: [PAGE, OWN_FILE, OUTPUT],
  hash: [PAGE, OWN_FILE, OUTPUT],
};

async function askAfterFailure(deps: DownloadDeps, model: LocalModel, error: unknown): Promise<Ended> {
  const code = RouterError.is(error) ? error.code : undefined;
  const pinned = code === 'hash' && (await deps.store.isPinned(model));
  const known = code === undefined ? undefined : BUTTONS[code];
  const buttons = [...(pinned ? [FORGET] : []), ...(known ?? [OUTPUT])];
  const text = `Fairlead: ${model.title} was not downloaded. ${messageOf(error)}`;
  return follow(deps, model, await vscode.window.showErrorMessage(text, ...buttons));
}

async function follow({ store, showOutput }: DownloadDeps, model: LocalModel, choice: string | undefined): Promise<Ended> {
  switch (choice) {
    case FORGET:
      await store.forgetPin(model);
      return { kind: 'again' };
    case AGAIN:
      return { kind: 'again' };
    case OWN_FILE:
      return { kind: 'own_file' };
    case PAGE:
      await vscode.env.openExternal(vscode.Uri.parse(model.page));
      return { kind: 'failed' };
    case OUTPUT:
      showOutput();
      return { kind: 'failed' };
    default:
      return { kind: 'failed' };
  }
}
