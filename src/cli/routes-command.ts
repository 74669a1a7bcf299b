// `routes import|export`: between Fairlead's settings and Plano's routing_preferences, on standard output.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exportPlano, importPlano } from '../adapters/plano-yaml';
import { messageOf, RouterError } from '../shared/errors';
import { readSettingsFile } from './settings-file';

export function runRoutes(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { settings: { type: 'string' } } });
  const [what, file] = positionals;
  if (what === 'import' && file !== undefined) importFile(file);
  else if (what === 'export') exportSettings(values.settings);
  else return Promise.reject(new Error('use "routes import PLANO.yaml" or "routes export [--settings FILE]"'));
  return Promise.resolve();
}

function importFile(file: string): void {
  const { routes, problems } = importPlano(readText(file));
  for (const { line, message } of problems) console.error(`${file}, line ${line}: ${message}`);
  if (routes.length === 0) throw new RouterError('bad_file', `${file} holds no routes.`);
  console.log(JSON.stringify({ 'fairlead.routes': routes }, null, 2));
}

function exportSettings(path: string | undefined): void {
  const { settings } = readSettingsFile(path);
  const { text, problems } = exportPlano(settings.routes, settings.defaultModels);
  for (const problem of problems) console.error(problem);
  console.log(text);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RouterError('bad_file', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
