// A trie over the tokens of the possible answers: which next tokens must be compared, and what each answer's
// probability is. Only nodes with more than one continuation need a forward pass.

export interface TrieNode {
  /** Tokens from the root to this node. */
  readonly path: readonly number[];
  readonly children: Map<number, TrieNode>;
  /** Indices of the choices below this node (those that end here included). */
  readonly choices: number[];
}

export function buildTrie(tokenised: readonly (readonly number[])[]): TrieNode {
  const root: TrieNode = { path: [], children: new Map(), choices: [] };
  tokenised.forEach((tokens, choice) => {
    let node = root;
    node.choices.push(choice);
    for (const token of tokens) {
      let next = node.children.get(token);
      if (!next) {
        next = { path: [...node.path, token], children: new Map(), choices: [] };
        node.children.set(token, next);
      }
      next.choices.push(choice);
      node = next;
    }
  });
  return root;
}

/** The next node below (or at) `node` where more than one continuation is possible; undefined at a leaf. */
export function nextBranch(node: TrieNode): TrieNode | undefined {
  let current = node;
  while (current.children.size === 1) {
    const [only] = current.children.values();
    // A choice that ends here is a prefix of another one: that is a branch of its own kind, left to the leaf rule.
    if (!only || only.choices.length < current.choices.length) return undefined;
    current = only;
  }
  return current.children.size > 1 ? current : undefined;
}

/** Probabilities of the continuations of a node, in any scale; they are normalised here. */
export type ReadNext = (node: TrieNode) => Promise<ReadonlyMap<number, number>>;

export interface TrieReading {
  /** Natural logarithms, normalised over the choices. */
  readonly logProbabilities: number[];
  readonly passes: number;
}

/** Below this probability a branch is not looked into: its choices share it evenly. */
const NEGLIGIBLE = 0.01;

export async function readTrie(root: TrieNode, readNext: ReadNext): Promise<TrieReading> {
  const logProbabilities = root.choices.map(() => Number.NEGATIVE_INFINITY);
  let passes = 0;
  const open: { node: TrieNode; probability: number }[] = [{ node: root, probability: 1 }];
  for (let item = open.pop(); item; item = open.pop()) {
    const branch = item.probability < NEGLIGIBLE ? undefined : nextBranch(item.node);
    if (!branch) {
      const share = item.probability / item.node.choices.length;
      for (const choice of item.node.choices) logProbabilities[choice] = Math.log(share);
      continue;
    }
    passes += 1;
    const next = await readNext(branch);
    const total = [...branch.children.keys()].reduce((sum, token) => sum + (next.get(token) ?? 0), 0);
    for (const [token, node] of branch.children) {
      const part = total > 0 ? (next.get(token) ?? 0) / total : 1 / branch.children.size;
      open.push({ node, probability: item.probability * part });
    }
  }
  return { logProbabilities, passes };
}
