// Finds the models that servers on this machine (and at addresses the user named) offer right now. Asks only
// loopback addresses on its own. Never throws: what does not answer in time is not there.
import type { Candidate } from '../router/types';
import type { Log } from '../shared/log';
import { hostOf, localityOf } from './locality';
import { ollamaModels } from './ollama-models';
import { type ProbeDeps, probeServer, rootOf, type Server } from './probe';
import { serverModels } from './server-models';

export interface DiscoveryDeps extends ProbeDeps {
  readonly log: Log;
  /** `fairlead.discovery.endpoints`: asked besides the usual addresses. */
  readonly endpoints: readonly string[];
  /** Nothing may leave this machine, so no other one is asked. */
  readonly onlyHere?: boolean;
  /** The usual addresses; given by tests. */
  readonly usual?: readonly string[];
}

/** Ollama, LM Studio, llama-server, vLLM. By number: `localhost` may lead elsewhere. */
export const USUAL_ADDRESSES = [11_434, 1234, 8080, 8000].map((port) => `http://127.0.0.1:${String(port)}`);

/** Candidates with ids such as `ollama/qwen2.5-coder:7b`, unique; a second server of a kind has its host in them. */
export async function discoverModels(deps: DiscoveryDeps, signal: AbortSignal): Promise<Candidate[]> {
  const found = await Promise.all(addresses(deps).map((address) => modelsAt(deps, address, signal)));
  return withUniqueIds(found.flat());
}

function addresses({ usual = USUAL_ADDRESSES, endpoints, onlyHere = false }: DiscoveryDeps): string[] {
  const seen = new Map<string, string>();
  for (const address of [...usual, ...endpoints]) {
    if (onlyHere && localityOf(address) !== 'local') continue;
    const key = rootOf(address).replace('://localhost', '://127.0.0.1').toLowerCase();
    if (!seen.has(key)) seen.set(key, address);
  }
  return [...seen.values()];
}

async function modelsAt(deps: DiscoveryDeps, address: string, signal: AbortSignal): Promise<Candidate[]> {
  const server = await probeServer(deps, address, signal);
  if (!server) return [];
  const candidates = await candidatesOf(deps, server, signal);
  deps.log.debug(`discovery: ${server.kind} at ${hostOf(address)} offers ${String(candidates.length)} models`);
  return candidates;
}

function candidatesOf(deps: DiscoveryDeps, server: Server, signal: AbortSignal): Promise<Candidate[]> {
  return server.kind === 'ollama' ? ollamaModels(deps, server, signal) : serverModels(deps, server, signal);
}

function withUniqueIds(candidates: readonly Candidate[]): Candidate[] {
  const taken = new Set<string>();
  return candidates.flatMap((candidate) => {
    const [kind = '', ...rest] = candidate.id.split('/');
    const id = taken.has(candidate.id) ? `${kind}@${hostOf(candidate.endpoint)}/${rest.join('/')}` : candidate.id;
    if (taken.has(id)) return [];
    taken.add(id);
    return [{ ...candidate, id }];
  });
}
