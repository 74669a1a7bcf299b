// What a person can do about an error: words and the commands for the buttons.
import { messageOf, RouterError, type RouterErrorCode } from '../shared/errors';
import type { CommandName } from './commands-table';

export interface NextSteps {
  readonly message: string;
  readonly commands: readonly CommandName[];
}

interface Advice {
  /** Added to the error's own words; left out where those already say what to do. */
  readonly text?: string;
  readonly commands: readonly CommandName[];
}

const ADVICE: Partial<Record<RouterErrorCode, Advice>> = {
  no_key: { commands: ['storeApiKey'] },
  unauthorized: { commands: ['storeApiKey'] },
  not_found: { commands: ['openSettings', 'findModels'] },
  rate_limited: { text: 'Wait a moment, or give this route a second model to fall back to.', commands: ['openSettings'] },
  quota: { text: 'Another model in this route would take over.', commands: ['openSettings'] },
  unreachable: { commands: ['findModels', 'connectServer'] },
  timeout: { text: 'Ask again, or put a faster model first.', commands: ['openSettings'] },
  cut: { text: 'Ask again to start over.', commands: ['showOutput'] },
  no_consent: { text: 'Ask again and allow the model when VS Code asks.', commands: ['openSettings'] },
  private: { text: '“Fairlead: What May Leave This Machine?” shows what holds here.', commands: ['whatMayLeave', 'openSettings'] },
  not_local: { commands: ['openSettings'] },
  refused: { text: 'The last decision says why.', commands: ['showLastDecision', 'openSettings'] },
};

const OTHERWISE: Advice = { text: 'The output channel has the details.', commands: ['showOutput'] };

export function nextSteps(error: unknown): NextSteps {
  const advice = (RouterError.is(error) ? ADVICE[error.code] : undefined) ?? OTHERWISE;
  const message = messageOf(error).trim();
  const sentence = /[.!?]$/u.test(message) ? message : `${message}.`;
  return { message: [sentence, ...(advice.text === undefined ? [] : [advice.text])].join(' '), commands: advice.commands };
}
