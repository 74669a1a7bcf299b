// Text editors: opening a file at a place, typing, ghost text.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { readable, waitFor, type Window } from './harness-window';

export interface Editor {
  /** Opens a file of the workspace with the cursor at a place; lines and columns begin with 1. */
  open(file: string, line?: number, column?: number): Promise<void>;
  /** Types by single keys, as a person does. */
  type(text: string): Promise<void>;
  press(key: string): Promise<void>;
  /** The file's text in the editor: only the lines that are in view. */
  text(): Promise<string>;
  /** Ghost text on screen, empty without. */
  ghostText(): Promise<string>;
  /** Waits for ghost text that holds this. */
  waitForGhostText(part: string, waitMs?: number): Promise<string>;
}

const EDITOR = '.editor-instance .monaco-editor';
const GHOST = `${EDITOR} :is(.ghost-text, .ghost-text-decoration, .ghost-text-decoration-preview)`;

interface GhostPiece {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

/** Coloured ghost text is many pieces, and those of one line belong together. */
function inReadingOrder(pieces: readonly GhostPiece[]): string {
  const lines = new Map<number, GhostPiece[]>();
  for (const piece of pieces) {
    const line = Math.round(piece.top / 8);
    lines.set(line, [...(lines.get(line) ?? []), piece]);
  }
  return [...lines]
    .sort(([a], [b]) => a - b)
    .map(([, line]) => line.sort((a, b) => a.left - b.left).map(({ text }) => text).join(''))
    .join('\n');
}

export function createEditor({ page, folder }: { page: Page; window: Window; folder: string }): Editor {
  const ghostText = async (): Promise<string> => {
    const pieces = await page.locator(GHOST).evaluateAll((all) =>
      all
        .filter((piece) => !all.some((other) => other !== piece && other.contains(piece)))
        .map((piece) => ({ text: piece.textContent, ...piece.getBoundingClientRect().toJSON() }) as GhostPiece),
    );
    return readable(inReadingOrder(pieces));
  };
  return {
    open: async (file, line = 1, column = 1) => {
      await openFile(page, { place: `${path.join(folder, file)}:${String(line)}:${String(column)}`, name: path.basename(file) });
    },
    type: (text) => page.keyboard.type(text, { delay: 30 }),
    press: (key) => page.keyboard.press(key),
    text: async () => {
      const lines = await page.locator(`${EDITOR} .view-lines .view-line`).evaluateAll((all) =>
        all
          .map((line) => ({ top: Number.parseFloat((line as HTMLElement).style.top), text: line.textContent }))
          .sort((a, b) => a.top - b.top)
          .map(({ text }) => text),
      );
      return lines.join('\n').replaceAll('\u00a0', ' ');
    },
    ghostText,
    waitForGhostText: async (part, waitMs = 30_000) => {
      await waitFor(async () => (await ghostText()).includes(part), { what: `ghost text with ${part}`, waitMs });
      return ghostText();
    },
  };
}

/** Quick Open takes a whole path with line and column, and needs no search index for it. */
async function openFile(page: Page, { place, name }: { place: string; name: string }): Promise<void> {
  const input = page.locator('.quick-input-widget:visible .quick-input-box input');
  const row = page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').filter({ hasText: name }).first();
  // What has the focus may keep the keys to itself, or take it back while the list is being filled.
  const offered = async (): Promise<boolean> => {
    await page.keyboard.press('ControlOrMeta+P');
    await input.fill(place, { timeout: 3_000 });
    await row.waitFor({ timeout: 5_000 });
    return true;
  };
  const again = async (): Promise<boolean> => {
    await page.keyboard.press('Escape');
    return false;
  };
  await waitFor(() => offered().catch(again), { what: `${name} in Quick Open` });
  await row.click();
  await page.locator(`${EDITOR}[data-uri$="${name}"]`).first().waitFor();
  await waitFor(() => page.evaluate(() => document.activeElement?.closest('.editor-instance') != null), {
    what: `the cursor in ${name}`,
  });
}
