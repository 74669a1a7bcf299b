// What a person can do about an error: words and the commands for the buttons.
import { messageOf, RouterError, type RouterErrorCode } from '../shared/errors';
import type { CommandName } from './commands-table';

export interface NextSteps {
  readonly message: string;
  readonly commands: readonly CommandName[];
}

interface Advice {
  readonly text: string;
  readonly commands: readonly CommandName[];
}

const ADVICE: Partial<Record<RouterErrorCode, Advice>> = {
  no_key: { text: 'Store the key for this server and ask again.', commands: ['storeApiKey'] },
  unauthorized: { text: 'The server refused the key. Store another one and ask again.', commands: ['storeApiKey'] },
  not_found: { text: 'Check the model’s name in your settings, or look for the models there are.', commands: ['openSettings', 'findModels'] },
  rate_limited: { text: 'Wait a moment, or give this route a second model to fall back to.', commands: ['openSettings'] },
  quota: { text: 'The plan or credit of this model is used up. Add another model to the route.', commands: ['openSettings'] },
  unreachable: { text: 'Is the server running? Look again, or connect another one.', commands: ['findModels', 'connectServer'] },
  timeout: { text: 'The model took too long. Ask again, or put a faster model first.', commands: ['openSettings'] },
  cut: { text: 'The connection ended before the answer did. Ask again to start over.', commands: ['showOutput'] },
  malformed: { text: 'The server’s answer could not be read. The output channel has the details.', commands: ['showOutput'] },
  no_consent: { text: 'VS Code has not been allowed to use this model. Ask again and allow it.', commands: ['openSettings'] },
  refused: { text: 'Your rules leave no model for this request.', commands: ['openSettings'] },
};

const OTHERWISE: Advice = { text: 'The output channel has the details.', commands: ['showOutput'] };

export function nextSteps(error: unknown): NextSteps {
  const advice = (RouterError.is(error) ? ADVICE[error.code] : undefined) ?? OTHERWISE;
  const message = messageOf(error).trim();
  return { message: `${/[.!?]$/u.test(message) ? message : `${message}.`} ${advice.text}`, commands: advice.commands };
}
