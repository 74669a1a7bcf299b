// The window around the editors: commands, pickers, notifications, status bar, output.
import type { Page } from 'playwright-core';

export interface Window {
  /** Runs a command by the title that the palette shows, such as `Fairlead: Show Output`. */
  runCommand(title: string): Promise<void>;
  /** Chooses the entry that begins so in the quick pick that is open. */
  pick(label: string): Promise<void>;
  /** Entries of the quick pick that is open, as a screen reader reads them. */
  pickEntries(): Promise<string[]>;
  /** Answers the input box that is open. */
  typeInput(text: string): Promise<void>;
  /** Texts of the notifications on screen. */
  notifications(): Promise<string[]>;
  /** Waits for a notification with this text; returns the whole text. */
  waitForNotification(text: string, waitMs?: number): Promise<string>;
  /** Clicks a button of the notification with this text. */
  clickNotification(text: string, button: string): Promise<void>;
  statusBar(): Promise<string[]>;
  /** Lines of the output panel that are in view, after `Fairlead: Show Output` or another command has opened it. */
  outputPanel(): Promise<string>;
}

export interface WaitOptions {
  readonly what: string;
  readonly waitMs?: number | undefined;
  /** What there was instead, for the error. */
  readonly seen?: () => string | Promise<string>;
}

/** Asks again until it is true; for states that no locator can wait for. */
export async function waitFor(isTrue: () => boolean | Promise<boolean>, { what, waitMs = 60_000, seen }: WaitOptions): Promise<void> {
  const until = Date.now() + waitMs;
  while (!(await isTrue())) {
    if (Date.now() > until) throw new Error(`Waited ${String(waitMs / 1000)} s for ${what}${seen ? `; there was:\n${await seen()}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Text as a person sees it: editors draw spaces as no-break spaces. */
export function readable(text: string): string {
  return text.replaceAll('\u00a0', ' ').trim();
}

const QUICK_INPUT = '.quick-input-widget:visible';
const ROW = `${QUICK_INPUT} .quick-input-list .monaco-list-row`;

export function createWindow(page: Page): Window {
  const quickInput = page.locator(`${QUICK_INPUT} .quick-input-box input`);

  const runCommand = async (title: string): Promise<void> => {
    const row = page.locator(`${ROW}[aria-label^="${title}"]`).first();
    // A page that comes late takes the focus, which closes the palette.
    const chosen = async (): Promise<boolean> => {
      await openPalette(page);
      await quickInput.fill(`>${title}`, { timeout: 5_000 });
      await row.click({ timeout: 10_000 });
      return true;
    };
    await waitFor(() => chosen().catch(() => false), { what: `the command ${title}` });
  };
  const pick = async (label: string): Promise<void> => {
    await page.locator(ROW).filter({ hasText: label }).first().click();
  };
  const toast = (text: string) => page.locator('.notification-toast').filter({ hasText: text }).first();

  return {
    runCommand,
    pick,
    pickEntries: async () => {
      await page.locator(ROW).first().waitFor();
      return page.locator(ROW).evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
    },
    typeInput: async (text) => {
      await quickInput.waitFor();
      await quickInput.fill(text);
      await page.keyboard.press('Enter');
    },
    notifications: async () => {
      const messages = await page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
      return messages.map(readable);
    },
    waitForNotification: async (text, waitMs = 60_000) => {
      await toast(text).waitFor({ timeout: waitMs });
      return readable(await toast(text).locator('.notification-list-item-message').innerText());
    },
    clickNotification: async (text, button) => {
      await toast(text).locator('.monaco-button, .action-label').filter({ hasText: button }).first().click();
    },
    statusBar: () =>
      page.locator('.part.statusbar .statusbar-item').evaluateAll((items) =>
        items.map((item) => item.getAttribute('aria-label') ?? '').filter((label) => label !== ''),
      ),
    outputPanel: async () => {
      const lines = page.locator('.part.panel .output-view .view-line, .part.panel .view-lines .view-line');
      await lines.first().waitFor();
      return readable((await lines.allInnerTexts()).join('\n'));
    },
  };
}

/** The palette closes itself when something else takes the focus just then; asked again, it opens. */
async function openPalette(page: Page): Promise<void> {
  const input = page.locator(`${QUICK_INPUT} .quick-input-box input`);
  await waitFor(
    async () => {
      await page.keyboard.press('F1');
      return input.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
    },
    { what: 'the command palette' },
  );
}
