// The router from a shell: `fairlead route|score|bench`. Reads arguments, prints, sets the exit code.
import { runBench } from './bench/run';
import { messageOf } from '../shared/errors';
import { runRoute } from './route-command';
import { runRoutes } from './routes-command';
import { runScore } from './score-command';

const USAGE = `Usage:
  cli.js route "text" [--settings FILE] [--classifier NAME] [--json]
  cli.js route --routes routes.json --in rows.jsonl[.gz] --out pred.jsonl
               [--classifier auto|embedded|lexical|FILE.gguf] [--opaque] [--shuffle SEED]
  cli.js routes import PLANO.yaml      cli.js routes export [--settings FILE]
  cli.js score --in rows.jsonl[.gz] --pred pred.jsonl
  cli.js bench NAME [--data DIR] [--json]        (without NAME: the list)`;

const commands: Record<string, (args: string[]) => Promise<void>> = {
  route: runRoute,
  routes: runRoutes,
  score: runScore,
  bench: runBench,
};

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === 'help' || name === '--help') {
    console.log(USAGE);
    return;
  }
  const command = commands[name];
  if (!command) throw new Error(`There is no command "${name}".\n${USAGE}`);
  await command(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`fairlead: ${messageOf(error)}`);
  process.exitCode = 1;
});
