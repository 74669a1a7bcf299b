// Which endpoint of one model is asked next, so that each gets its share of the requests.
// Source: auxiliary-loss-free load balancing (Wang et al., arXiv 2408.15664, sec. 3, algorithm 1): the choice is made
// by score + bias, and after each batch bias_i += u * sign(mean load - load_i); the scores themselves, and so what they
// say about quality, stay untouched. Here a batch is one request, "experts" are endpoints, and the mean load is each
// endpoint's share by its weight among those that work.

export interface BalancedEndpoint {
  readonly key: string;
  /** Share of the requests, in proportion to the others'; above 0. */
  readonly weight: number;
}

export interface Balance {
  /**
   * The key to ask next among endpoints that work, the first at a tie, and counts it as asked. `score` says how
   * good an endpoint is for this request, 0..1; the same for all when left out. Undefined without endpoints.
   */
  next(working: readonly BalancedEndpoint[], score?: (key: string) => number): string | undefined;
}

export interface BalanceOptions {
  /** Step of the bias; `u` of the paper. A score of 1 is overcome after `1 / (2 u)` requests beside the shares. */
  readonly step?: number;
  /** Requests after which what an endpoint got counts half; shares are of about the last two times as many. */
  readonly halfLife?: number;
}

export function createBalance({ step = 0.02, halfLife = 25 }: BalanceOptions = {}): Balance {
  const bias = new Map<string, number>();
  const load = new Map<string, number>();
  const decay = 0.5 ** (1 / halfLife);
  let group = '';

  function choose(working: readonly BalancedEndpoint[], score: (key: string) => number): string | undefined {
    let best: { key: string; value: number } | undefined;
    for (const { key } of working) {
      const value = score(key) + (bias.get(key) ?? 0);
      if (!best || value > best.value) best = { key, value };
    }
    return best?.key;
  }

  function count(chosen: string, working: readonly BalancedEndpoint[]): void {
    for (const { key } of working) load.set(key, (load.get(key) ?? 0) * decay + (key === chosen ? 1 : 0));
    const loads = working.reduce((sum, { key }) => sum + (load.get(key) ?? 0), 0);
    const weights = working.reduce((sum, { weight }) => sum + weight, 0);
    for (const { key, weight } of working) {
      const missing = weight / weights - (load.get(key) ?? 0) / loads;
      bias.set(key, (bias.get(key) ?? 0) + step * Math.sign(round(missing)));
    }
  }

  return {
    next: (working, score = () => 0) => {
      // Who comes back after a rest has missed its share; it is not to be made up for in one burst.
      const now = working.map(({ key }) => key).sort().join('\n');
      if (now !== group) load.clear();
      group = now;
      const chosen = choose(working, score);
      if (chosen !== undefined) count(chosen, working);
      return chosen;
    },
  };
}

/** Shares that are met up to rounding are met. */
function round(value: number): number {
  return Math.abs(value) < 1e-9 ? 0 : value;
}
