"""The bank: kinds of work the model was trained on, each as two vectors, the mean of its requests and its description.

A request that is much nearer to the requests of a kind that nobody offers than to those of any offered route is a
sign of `other`; a route whose description is like one in the bank is also known by that one's requests (compare
RouterRetriever, arXiv 2409.02685: a route by the centroid of pilot requests).
"""
import random
import zlib
from collections import defaultdict

import numpy as np

import text as X
import train as T

REQUESTS, WIDE = 160, 128
PER_CENTROID, MOST_CENTROIDS = 12, 6


def in_bank(text):
    """Half of the requests make the centroids; the other half is for fitting."""
    return zlib.crc32(text.encode()) % 2 == 0


def unit(v):
    return v / max(1e-9, float(np.linalg.norm(v)))


def collect(families, turns, fold, seed=5):
    """[(family, route, request texts, description texts)] of the routes that the fold does not hold out."""
    rng, by = random.Random(seed), defaultdict(list)
    for t in turns:
        if t.route == "other" or t.route not in families[t.family] or t.origin or t.index == -1:
            continue
        if t.prev_route == t.route or T.held_out(families[t.family][t.route].group, fold):
            continue
        said = X.prepare(t.last)
        if in_bank(said) and len(said) > 3:
            by[(t.family, t.route)].append(said)
    out = []
    for (family, route), said in sorted(by.items()):
        if len(said) < 4:
            continue
        shown = X.humanise(route)
        descriptions = families[family][route].descriptions[:4]
        both = [X.describe(d) if X.opaque(route) else f"{shown}: {X.describe(d)}" for d in descriptions]
        out.append((family, route, rng.sample(said, min(len(said), REQUESTS)), both))
    return out


def centroids(vectors, seed=5):
    """Unit means of a kind's requests: one for about every twelve, by spherical k-means (broad kinds have several manners)."""
    x = np.stack(vectors)
    k = max(1, min(MOST_CENTROIDS, len(x) // PER_CENTROID))
    rng = np.random.RandomState(seed)
    c = x[rng.permutation(len(x))[:k]]
    for _ in range(12 if k > 1 else 1):
        own = (x @ c.T).argmax(1)
        c = np.stack([unit(x[own == j].mean(0)) if (own == j).any() else c[j] for j in range(k)])
    return c


class Bank:
    """Vectors are compared in `WIDE` dimensions (the leading directions of the bank itself), kept as int8."""

    def __init__(self, basis, counts, centroids, descriptions, scale):
        """basis: WIDE x numbers; counts: centroids of each kind, in order; centroids, descriptions: rows x WIDE, int8; a number is worth `scale`."""
        self.basis = basis.astype(np.float16).astype(np.float32)
        self.counts, self.codes = np.asarray(counts, np.uint8), (centroids, descriptions)
        self.starts = np.cumsum(np.append(0, self.counts[:-1].astype(np.int64)))
        self.scale = scale
        self.c, self.d = centroids.astype(np.float32) * scale, descriptions.astype(np.float32) * scale
        self.like = {}

    @classmethod
    def build(cls, kinds, vec):
        vec.add([x for k in kinds for x in k[2] + k[3]])
        mean = lambda texts: unit(np.mean([vec(x) for x in texts], 0))
        groups = [centroids([vec(x) for x in k[2]]) for k in kinds]
        c = np.concatenate(groups).astype(np.float32)
        d = np.stack([mean(k[3]) for k in kinds]).astype(np.float32)
        basis = np.linalg.svd(np.concatenate([c, d]), full_matrices=False)[2][:WIDE]
        c, d = c @ basis.T, d @ basis.T
        scale = float(max(np.abs(c).max(), np.abs(d).max()) / 127)
        return cls(basis, [len(g) for g in groups], np.round(c / scale).astype(np.int8), np.round(d / scale).astype(np.int8), scale)

    def alike(self, text, v):
        """Similarities of a route's text with the bank's descriptions."""
        if text not in self.like:
            self.like[text] = self.d @ (self.basis @ v)
        return self.like[text]

    def near(self, q):
        """Similarities of a request with the kinds: each by the nearest of its centroids."""
        return np.maximum.reduceat(self.c @ (self.basis @ q), self.starts)

    def to_bytes(self):
        """Basis (float16, row-major), numbers of centroids (uint8, one a kind), centroids and descriptions (int8, WIDE a row)."""
        return self.basis.astype("<f2").tobytes() + self.counts.tobytes() + self.codes[0].tobytes() + self.codes[1].tobytes()

    @classmethod
    def read(cls, raw, kinds, dimensions, scale):
        cut = WIDE * dimensions * 2
        basis = np.frombuffer(raw[:cut], "<f2").reshape(WIDE, dimensions).astype(np.float32)
        counts = np.frombuffer(raw[cut:cut + kinds], np.uint8)
        rows = np.frombuffer(raw[cut + kinds:], np.int8).reshape(-1, WIDE)
        return cls(basis, counts, rows[:-kinds], rows[-kinds:], scale)
