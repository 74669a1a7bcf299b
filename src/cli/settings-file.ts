// Settings from a JSON or JSONC file in the form of VS Code's settings.json, all of it the user's.
import { readFileSync } from 'node:fs';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { parseSettings, type ParsedSettings } from '../settings/parse';
import { messageOf, RouterError } from '../shared/errors';

export function readSettingsFile(path: string | undefined): ParsedSettings {
  const values = path === undefined ? {} : readObject(path);
  return parseSettings((key) => ({ user: values[`fairlead.${key}`], workspace: undefined }));
}

function readObject(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new RouterError('bad_file', `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new RouterError('bad_file', `${path}, line ${line}: ${printParseErrorCode(first.error)}`);
  }
  if (typeof value !== 'object' || value === null) throw new RouterError('bad_file', `${path} holds no settings.`);
  return value as Record<string, unknown>;
}
