// The chat view: asking, reading answers, choosing a model.
import type { Locator, Page } from 'playwright-core';
import { readable, waitFor, type Window } from './harness-window';

export interface Answer {
  /** Everything the answer shows, buttons included, as a person reads it. */
  readonly text: string;
  /** The answer in the page, to look for more than text. */
  readonly element: Locator;
  /** Texts of its buttons and command links. */
  buttons(): Promise<string[]>;
  /** Clicks a button of the answer, such as `Why?`. */
  click(button: string): Promise<void>;
}

export interface Chat {
  /** Sends a text and waits until the answer is complete. */
  ask(text: string, waitMs?: number): Promise<Answer>;
  /** Sends a text and returns at once; `answer()` waits for the end, `stop()` cancels. */
  send(text: string): Promise<void>;
  answer(waitMs?: number): Promise<Answer>;
  /** What the newest answer shows so far. */
  soFar(): Promise<string>;
  stop(): Promise<void>;
  /** Starts a new conversation. */
  clear(): Promise<void>;
  /** Follow-up questions below the newest answer. */
  followUps(): Promise<string[]>;
  /** Name on the model picker. */
  selectedModel(): Promise<string>;
  /** Names in the model picker, groups opened. */
  models(): Promise<string[]>;
  chooseModel(name: string): Promise<void>;
}

const INPUT = '.interactive-session .interactive-input-part .interactive-input-editor .monaco-editor';
const RESPONSES = '.interactive-session .monaco-list-row.response';
const SESSION = '.interactive-session';
const HOVER = '.context-view .hover-contents';
const STOP = '.interactive-input-part .chat-execute-toolbar [class*="codicon-stop"]';
const PICKER = '.interactive-input-part .model-picker-name';
const PICKER_ROW = '.action-widget .monaco-list-row.action';

export function createChat({ page, window }: { page: Page; window: Window }): Chat {
  /** Index in the conversation of the newest answer before the last question. */
  let before = -1;
  const newest = page.locator(`${RESPONSES}:has(.chat-most-recent-response)`).last();

  const send = async (text: string): Promise<void> => {
    await showInput({ page, window });
    await modelIsThere(page);
    before = await newestIndex(page);
    await fillInput(page, text);
    await pressEnter(page, text);
  };
  const answer = async (waitMs = 90_000): Promise<Answer> => {
    await waitFor(() => isComplete(page, before), { what: 'the answer', waitMs, seen: () => page.locator(SESSION).first().innerText() });
    const element = newest.locator('.interactive-response');
    // Command links too: VS Code folds away whatever stands before a button part.
    const buttons = element.locator('.value :is(.monaco-text-button, a[data-href^="command:"])').filter({ visible: true });
    return {
      text: readable(await element.locator('.value').first().innerText()),
      element,
      buttons: async () => (await buttons.allInnerTexts()).map(readable),
      click: (button) => buttons.filter({ hasText: button }).first().click(),
    };
  };

  return {
    send,
    answer,
    ask: async (text, waitMs) => {
      await send(text);
      return answer(waitMs);
    },
    soFar: async () => ((await newestIndex(page)) > before ? readable(await newest.innerText()) : ''),
    stop: () => page.locator(STOP).first().click(),
    clear: async () => {
      await showInput({ page, window });
      await window.runCommand('Chat: New Chat');
      await waitFor(async () => (await newestIndex(page)) === -1, { what: 'an empty conversation' });
      before = -1;
    },
    followUps: async () => (await page.locator('.interactive-input-followups .monaco-button').allInnerTexts()).map(readable),
    selectedModel: async () => {
      await showInput({ page, window });
      return readable(await page.locator(`${PICKER} .chat-input-picker-label`).innerText());
    },
    models: async () => {
      await openPicker({ page, window });
      const names = await page.locator(`${PICKER_ROW} .title`).allInnerTexts();
      await page.keyboard.press('Escape');
      return names.map(readable);
    },
    chooseModel: async (name) => {
      await openPicker({ page, window });
      await page.locator(PICKER_ROW).filter({ has: page.locator(`.title:text-is("${name}")`) }).first().click();
      await waitFor(async () => readable(await page.locator(PICKER).innerText()).startsWith(name), { what: `${name} on the model picker` });
    },
  };
}

async function showInput({ page, window }: { page: Page; window: Window }): Promise<void> {
  if (!(await page.locator(INPUT).first().isVisible())) await window.runCommand('Chat: Open Chat');
  await page.locator(INPUT).first().waitFor();
}

/** Without a model VS Code refuses to send, so wait for ours to be on the picker. */
async function modelIsThere(page: Page): Promise<void> {
  await waitFor(async () => !/^(Auto|Models)?$/.test(readable(await page.locator(PICKER).first().innerText())), { what: 'a model on the picker' });
}

/** Until the input holds it: an attachment or a page that comes late takes the focus, and the keys go elsewhere. */
async function fillInput(page: Page, text: string): Promise<void> {
  const isFilled = async (): Promise<boolean> => {
    await typeInto(page, text);
    return waitFor(() => inputHolds(page, text), { what: 'the question in the input', waitMs: 2_000 }).then(
      () => true,
      () => false,
    );
  };
  await waitFor(isFilled, { what: `the input to hold ${text}`, seen: () => page.locator(SESSION).first().innerText() });
}

/** Typed by keys up to the first space (a participant is recognised while typing), the rest at once. */
async function typeInto(page: Page, text: string): Promise<void> {
  // Away from an attachment, whose hover would come up over the input and keep the click.
  await page.mouse.move(0, 0);
  await page.locator(HOVER).first().waitFor({ state: 'hidden' });
  await page.locator(INPUT).first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Backspace');
  const [, mention = '', rest = ''] = /^((?:@\S+\s+)?(?:\/\S+\s*)?)(.*)$/s.exec(text) ?? [];
  await page.keyboard.type(mention);
  await page.keyboard.insertText(rest);
}

/** Enter sends, or takes a suggestion that comes up just then; in that case again, until the text has left the input. */
async function pressEnter(page: Page, text: string): Promise<void> {
  const suggestions = page.locator('.suggest-widget.visible').first();
  const isSent = async (): Promise<boolean> => !(await inputHolds(page, text));
  await waitFor(
    async () => {
      if (await suggestions.isVisible()) await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      return waitFor(isSent, { what: 'the question to be sent', waitMs: 3_000 }).then(
        () => true,
        () => false,
      );
    },
    { what: 'the question to be sent' },
  );
}

/** Whether the input's lines, as they stand on screen, hold the text's last words. */
async function inputHolds(page: Page, text: string): Promise<boolean> {
  const lines = await page.locator(INPUT).first().locator('.view-line').evaluateAll((all) =>
    all
      .map((line) => ({ top: Number.parseFloat((line as HTMLElement).style.top), text: line.textContent }))
      .sort((a, b) => a.top - b.top)
      .map((line) => line.text),
  );
  return plain(lines.join('')).includes(plain(text).slice(-40));
}

/** Without the spaces, which the input's wrapping adds to and takes away. */
function plain(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function newestIndex(page: Page): Promise<number> {
  return page.locator(RESPONSES).evaluateAll((rows) => Math.max(-1, ...rows.map((row) => Number(row.getAttribute('data-index')))));
}

async function isComplete(page: Page, before: number): Promise<boolean> {
  if ((await newestIndex(page)) <= before) return false;
  const running = page.locator(`${STOP}:visible, ${RESPONSES} .chat-response-loading`);
  return (await running.count()) === 0;
}

async function openPicker({ page, window }: { page: Page; window: Window }): Promise<void> {
  await showInput({ page, window });
  await page.locator(PICKER).first().click();
  await page.locator(PICKER_ROW).first().waitFor();
  const folded = page.locator('.action-widget .chat-model-picker-section-toggle[aria-expanded="false"]');
  if ((await folded.count()) > 0) await folded.first().click();
}
