// The tests that need the GGUF runtime, and those that need a real llama-server beside it.
import { ensureLlamaServer } from '../lib/llama-server.mjs';
import { say } from '../lib/run.mjs';
import { vitestSuite } from './vitest.mjs';

/** @param {{grep?: string}} options */
export async function modelSuite({ grep }) {
  const server = await ensureLlamaServer().catch((error) => {
    say(`llama-server could not be built: ${error.message}`);
    return { missing: 'llama-server could not be built' };
  });
  if ('program' in server) return vitestSuite({ project: 'model', grep, env: { FAIRLEAD_LLAMA_SERVER: server.program } });
  const [result] = await vitestSuite({ project: 'model', grep });
  return [{ ...result, missing: server.missing }];
}
