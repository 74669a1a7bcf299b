// How endpoints have been doing: asks again after a while what is safe to ask again, opens a circuit where failures go
// on, keeps quotas and limits until their reset, and spreads requests over the endpoints of one model. By `cockatiel`;
// what is safe and who is to blame is decided in router/running/retry.ts.
import { CircuitState, ConsecutiveBreaker, DelegateBackoff, ExponentialBackoff, circuitBreaker, handleWhen, retry, type CircuitBreakerPolicy } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { createBalance, type Balance } from '../router/running/balance';
import { asRouterError, restError, type AskedEndpoint, type Resilience, type Rest } from '../router/running/health';
import { blames, mayAskAgain, MOST_TRIES, restAfter } from '../router/running/retry';
import type { Candidate } from '../router/types';
import { throwIfAborted, withDeadline } from '../shared/abort';
import { RouterError } from '../shared/errors';
import type { Log } from '../shared/log';

export interface ResilienceOptions {
  readonly log: Log;
  /** Failed requests in a row until a circuit opens; 3 when left out. */
  readonly failures?: number;
  /** Milliseconds until an open circuit lets one request try; doubles with each that fails. 15,000 when left out. */
  readonly openMs?: number;
  /** Milliseconds before the second try, about; doubles, with jitter. 250 when left out. */
  readonly backoffMs?: number;
  /** Called when a model begins or ends a rest. */
  readonly onChange?: () => void;
}

const MOST_OPEN_MS = 5 * 60_000;
/** The circuit reads the clock for itself, a little later. */
const CLOCK_MS = 5;
const MOST_BACKOFF_MS = 4_000;
const MOST_KNOWN = 500;
/** How much an endpoint that holds a conversation's cached prompt is worth, beside the shares. */
const CACHED_SCORE = 0.5;

export function createResilience(options: ResilienceOptions): Resilience {
  const limits = createLimits();
  const circuits = createCircuits(options);
  const spread = createSpread();
  const restOf = (one: Candidate): Rest | undefined => limits.get(one) ?? circuits.rest(one);

  return {
    resting: (candidates) =>
      new Map(
        candidates.flatMap((candidate) => {
          const rests = expand(candidate).map(restOf);
          return rests.every((rest) => rest !== undefined) ? [[candidate.id, earliest(rests)] as const] : [];
        }),
      ),
    endpointsOf: (candidate, conversation) => {
      const all = expand(candidate);
      if (all.length < 2) return all;
      const working = all.filter((one) => restOf(one) === undefined);
      const first = spread.first(candidate, working, conversation);
      const others = all.filter((one) => one !== first && working.includes(one));
      return [...(first ? [first] : []), ...others, ...all.filter((one) => !working.includes(one))];
    },
    ask: async (asked, work, signal) => {
      const { candidate } = asked;
      const rest = restOf(candidate);
      if (rest && !asked.force) throw restError(candidate.id, rest, Date.now());
      try {
        const answer = await circuits.run(candidate, rest !== undefined, () => again({ asked, work, options }, signal));
        limits.delete(candidate);
        if (rest) options.onChange?.();
        return answer;
      } catch (error) {
        const failed = RouterError.is(error) ? restAfter(error, Date.now()) : undefined;
        if (failed) {
          limits.set(candidate, failed);
          options.log.info(`${restError(candidate.id, failed, Date.now()).message} ${candidate.endpoint}`);
          options.onChange?.();
        }
        throw error;
      }
    },
  };
}

interface Again<T> {
  readonly asked: AskedEndpoint;
  readonly work: () => Promise<T>;
  readonly options: ResilienceOptions;
}

/** Tries more than once, within the time that is left; a wait ends at once when the signal aborts. */
function again<T>({ asked, work, options }: Again<T>, signal: AbortSignal): Promise<T> {
  const { candidate, untilMs } = asked;
  const left = (): number => untilMs - Date.now();
  let backoff = new ExponentialBackoff({ initialDelay: options.backoffMs ?? 250, maxDelay: MOST_BACKOFF_MS }).next();
  const policy = retry(
    handleWhen((error) => mayAskAgain(error, asked) && waitFor(error, 0) < left()),
    {
      maxAttempts: MOST_TRIES - 1,
      backoff: new DelegateBackoff(({ result }) => {
        backoff = backoff.next(undefined);
        return waitFor('error' in result ? result.error : undefined, backoff.duration);
      }),
    },
  );
  policy.onRetry((event) => {
    const why = 'error' in event ? asRouterError(event.error).code : 'unknown';
    options.log.info(`${candidate.id} at ${candidate.endpoint} (${why}): asked again in ${event.delay.toFixed(0)} ms`);
  });
  const tryOnce = (context: { readonly signal: AbortSignal }): Promise<T> => {
    throwIfAborted(context.signal);
    return work();
  };
  // The request itself ends in time; this is for what does not.
  return withDeadline(Math.max(1, left()) + CLOCK_MS * 20, signal, (inner) => policy.execute(tryOnce, inner));
}

/** The server's word, where it gave one, and never all clients at the same moment. */
function waitFor(error: unknown, backoffMs: number): number {
  const asked = RouterError.is(error) ? error.retryAfterMs : undefined;
  return asked === undefined ? backoffMs : asked + backoffMs / 4;
}

const serverKey = ({ endpoint, keyName = '' }: Candidate): string => `${endpoint} ${keyName}`;
const modelKey = (one: Candidate): string => `${serverKey(one)} ${one.model}`;

/** One candidate per endpoint. */
function expand(candidate: Candidate): readonly Candidate[] {
  if (!candidate.endpoints || candidate.endpoints.length < 2) return [candidate];
  return candidate.endpoints.map(({ endpoint, locality, keyName }) => {
    const { endpoints: _, keyName: __, ...shared } = candidate;
    return { ...shared, endpoint, locality, ...(keyName === undefined ? {} : { keyName }) };
  });
}

function earliest(rests: readonly (Rest | undefined)[]): Rest {
  const known = rests.filter((rest) => rest !== undefined);
  return known.reduce((first, rest) => (rest.untilMs < first.untilMs ? rest : first));
}

/** Quotas and limits that a server named, per endpoint, key and model. */
function createLimits() {
  const known = new LRUCache<string, Rest>({ max: MOST_KNOWN });
  return {
    get: (one: Candidate): Rest | undefined => {
      const rest = known.get(modelKey(one));
      return rest && rest.untilMs > Date.now() ? rest : undefined;
    },
    set: (one: Candidate, rest: Rest): void => void known.set(modelKey(one), rest),
    delete: (one: Candidate): void => void known.delete(modelKey(one)),
  };
}

interface Circuit {
  readonly policy: CircuitBreakerPolicy;
  rest: Rest | undefined;
}

/** One circuit per server and key, for what says that it is down, and one per model there. */
function createCircuits({ failures = 3, openMs = 15_000, onChange }: ResilienceOptions) {
  const known = new LRUCache<string, Circuit>({ max: MOST_KNOWN });
  const circuitOf = (key: string, blamed: 'endpoint' | 'model'): Circuit => {
    const found = known.get(key);
    if (found) return found;
    const halfOpenAfter = new DelegateBackoff<{ attempt: number; result: { error: unknown } | { value: unknown } }>(({ attempt, result }) => {
      const ms = Math.min(openMs * 2 ** (attempt - 1), MOST_OPEN_MS);
      circuit.rest = { untilMs: Date.now() + ms + CLOCK_MS, code: 'error' in result ? asRouterError(result.error).code : 'server' };
      return ms;
    });
    const breaker = new ConsecutiveBreaker(failures);
    const policy = circuitBreaker(handleWhen((error) => blames(error) === blamed), { breaker, halfOpenAfter });
    const circuit: Circuit = { policy, rest: undefined };
    policy.onStateChange(() => onChange?.());
    known.set(key, circuit);
    return circuit;
  };
  const ofCandidate = (one: Candidate): readonly Circuit[] => [circuitOf(serverKey(one), 'endpoint'), circuitOf(modelKey(one), 'model')];
  return {
    rest: (one: Candidate): Rest | undefined => [serverKey(one), modelKey(one)].map((key) => restIn(known.get(key))).find((rest) => rest !== undefined),
    /** `around`: asked though it rests, so the circuits have no say and are closed by a success. */
    run: async <T>(one: Candidate, around: boolean, work: () => Promise<T>): Promise<T> => {
      if (around) {
        const answer = await work();
        for (const key of [serverKey(one), modelKey(one)]) known.delete(key);
        return answer;
      }
      const [server, model] = ofCandidate(one);
      return server && model ? server.policy.execute(() => model.policy.execute(work)) : work();
    },
  };
}

/** An open circuit rests; a half-open one rests for everybody but the request that tries. */
function restIn(circuit: Circuit | undefined): Rest | undefined {
  if (!circuit?.rest) return undefined;
  const { policy, rest } = circuit;
  if (policy.state === CircuitState.HalfOpen) return rest;
  return policy.state === CircuitState.Open && rest.untilMs > Date.now() ? rest : undefined;
}

/** Shares of the endpoints, and where each conversation's prompt is cached. */
function createSpread() {
  const balances = new LRUCache<string, Balance>({ max: MOST_KNOWN });
  const lastOf = new LRUCache<string, string>({ max: MOST_KNOWN });
  return {
    first: (candidate: Candidate, working: readonly Candidate[], conversation: string | undefined): Candidate | undefined => {
      const balance = balances.get(candidate.id) ?? createBalance();
      balances.set(candidate.id, balance);
      const at = conversation === undefined ? undefined : `${candidate.id} ${conversation}`;
      const last = at === undefined ? undefined : lastOf.get(at);
      const weightOf = (one: Candidate): number =>
        candidate.endpoints?.find(({ endpoint, keyName }) => endpoint === one.endpoint && keyName === one.keyName)?.weight ?? 1;
      const shares = working.map((one) => ({ key: serverKey(one), weight: weightOf(one) }));
      const key = balance.next(shares, (one) => (one === last ? CACHED_SCORE : 0));
      if (at !== undefined && key !== undefined) lastOf.set(at, key);
      return working.find((one) => serverKey(one) === key);
    },
  };
}
