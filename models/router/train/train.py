"""Trains the encoder: warm start, distillation, then candidate-set cross-entropy.

  python3 train.py --data DATA --written data/written --teacher USE_DIST --general GENERAL --out OUT
                   [--fold A|B|C|D] [--scale small|full] [--seed 1]
Checkpoints every 200 steps in OUT/last.pt and resumes from it; the result is OUT/encoder.pt.
"""
import argparse
import json
import os
import random
import time
from collections import defaultdict

import numpy as np
import torch
import torch.nn.functional as F

import data as D
import model as M
import text as X
import use_lite
from vary import vary

QUERY_TOKENS, ROUTE_TOKENS = 56, 40
SCALES = {"small": dict(distil=60, steps=1100, batch=64, routes=28), "full": dict(distil=3000, steps=30000, batch=256, routes=64)}
FAMILY_WEIGHT = {"clinc150": 1.0, "hwu64": 0.8, "snips": 0.15, "sgd": 0.9, "multidogo": 0.25, "mmlu": 0.8, "tasks": 2.5, "written": 5.0, "written-w8:editor routes": 0.7, "pairs": 1.0}


def held_out(group, fold):
    """True when leave-out run `fold` ("A", or "AC" for two at once) holds the group out."""
    return bool(fold) and (fold_of(group) or "-") in fold


def fold_of(group):
    """Which leave-out part a group is in (None: never held out). Whole sets or domains, never rows."""
    top, domain = group.split(":", 1)
    if top in ("hwu64", "mmlu"):
        return "A"
    if top in ("coding", "general", "snips"):
        return "B"
    if top == "clinc150":
        return "C" if domain in ("banking", "kitchen_and_dining", "small_talk") else "D"
    if top == "sgd":
        return "C" if sum(map(ord, domain)) % 2 else "D"
    if top == "multidogo":
        return "D"
    if domain in ("coding", "editor", "general", "editor routes", "inline edit", "coding intents coarse", "question board of programmers, by what the answer has to be", "help threads of a data and web developers' community"):
        return "B"  # with the public coding routes that mean the same
    return "ABCD"[sum(map(ord, domain)) % 4] if sum(map(ord, domain)) % 3 == 0 else None


def load_all(args):
    families, turns = D.public(args.data)
    here = os.path.dirname(os.path.abspath(__file__))
    D.extra_descriptions(os.path.join(here, "data", "descriptions.tsv"), families)
    wf, wt, none, unknown = D.written(args.written)
    if unknown:
        print("written turns with an unknown route:", unknown)
    turns += D.public_from_written(wt, families)
    families.update(wf)
    return families, turns + wt, none


class Tokens:
    """Text -> token ids, cached; long texts keep head and tail."""

    def __init__(self, tokenizer):
        self.tokenizer, self.cache = tokenizer, {}

    def __call__(self, text, limit):
        ids = self.cache.get(text)
        if ids is None:
            ids = self.cache[text] = np.array(self.tokenizer.encode(text) or [0], np.int32)
        if len(ids) > limit:
            head = limit * 2 // 3
            ids = np.concatenate([ids[:head], ids[-(limit - head):]])
        return ids

    def student(self, text, limit):
        return np.append(self(text, limit), use_lite.EOS)


def pad(batch, device):
    n = max(len(b) for b in batch)
    ids = np.zeros((len(batch), n), np.int64)
    mask = np.zeros((len(batch), n), np.float32)
    for i, b in enumerate(batch):
        ids[i, : len(b)] = b
        mask[i, : len(b)] = 1
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def in_chunks(run, batch, device, chunk=36):
    """Runs texts of like length together, so that little is padding."""
    if device != "cpu":
        return run(*pad(batch, device))
    order = sorted(range(len(batch)), key=lambda i: len(batch[i]))
    parts = [run(*pad([batch[i] for i in order[s:s + chunk]], device)) for s in range(0, len(order), chunk)]
    return torch.cat(parts)[torch.argsort(torch.tensor(order))]


def route_text(route, rng):
    description = X.describe(rng.choice(route.descriptions))
    name = X.humanise(route.name)
    pick = rng.random()
    if pick < 0.5 or X.opaque(route.name):
        return description
    return name if pick < 0.72 else f"{name}: {description}"


class Sampler:
    def __init__(self, families, turns, fold, seed):
        self.rng = random.Random(seed)
        self.families = families
        self.rows = {}
        for t in turns:
            if t.route == "other" or t.route not in families[t.family]:
                continue
            if held_out(families[t.family][t.route].group, fold):
                continue
            if t.origin and held_out(families[t.origin[0]][t.origin[1]].group, fold):
                continue
            if t.index == -1 or (t.prev_route == t.route and t.family in ("sgd", "multidogo") and self.rng.random() < 0.85):
                continue  # carried turns say nothing about their route by themselves
            self.rows.setdefault(t.family, defaultdict(list))[t.route].append(t)
        self.names = {f: list(r) for f, r in self.rows.items()}
        self.open = {f: [n for n in families[f] if not held_out(families[f][n].group, fold)] for f in self.rows}

    def mixed(self, family, route, per):
        """Rows of a route; of a public coding route half from the written text, which is more varied than its one source."""
        rows = self.rows[family][route]
        if family != D.CODE_GENERAL:
            return rows
        ours, theirs = [t for t in rows if t.origin], [t for t in rows if not t.origin]
        if not ours or not theirs:
            return rows
        half = max(1, per // 2)
        return self.rng.sample(ours, min(len(ours), per - half + 1)) + self.rng.sample(theirs, min(len(theirs), half))

    def batch(self, family, n_queries, n_routes):
        rng, names = self.rng, self.names[family]
        groups = defaultdict(list)
        for n in names:
            groups[self.families[family][n].group].append(n)
        chosen = []
        if family == D.ONE_SET:  # its sets repeat each other's meanings: one at a time
            chosen = groups[rng.choice(list(groups))]
            rng.shuffle(chosen)
        elif rng.random() < 0.6:  # hard: whole domains first
            order = list(groups)
            rng.shuffle(order)
            for g in order:
                chosen += rng.sample(groups[g], len(groups[g]))
                if len(chosen) >= n_routes:
                    break
        else:
            chosen = rng.sample(names, min(n_routes, len(names)))
        chosen = chosen[:n_routes]
        with_rows = len(chosen)
        idle = [n for n in self.open[family] if n not in self.rows[family] and family != D.ONE_SET]
        chosen += rng.sample(idle, min(len(idle), n_routes - with_rows))  # negatives only
        turns = []
        per = max(1, n_queries // with_rows)
        for i, n in enumerate(chosen[:with_rows]):
            rows = self.mixed(family, n, per)
            turns += [(i, t) for t in (rng.sample(rows, per) if len(rows) >= per else rows)]
        return chosen, turns[: n_queries + 8]


def family_weights(kinds, sampler):
    """How often each family is drawn; the written ones share theirs by their numbers of routes."""
    sizes = {k: len(sampler.rows[k]) for k in kinds if k.startswith("written")}
    return [FAMILY_WEIGHT[k] if k in FAMILY_WEIGHT else FAMILY_WEIGHT["written"] * sizes[k] / max(1, sum(sizes.values())) for k in kinds]


def similarity_loss(q, r, gold, scale):
    return F.cross_entropy(scale * q @ r.t(), gold, label_smoothing=0.01)


def main():
    ap = argparse.ArgumentParser()
    for name in ("data", "written", "teacher", "general", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--fold", default="")
    ap.add_argument("--scale", default="small", choices=SCALES)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--steps", type=int)
    ap.add_argument("--lr", type=float, default=1.5e-4)
    ap.add_argument("--init", default="")
    ap.add_argument("--minutes", type=float, help="finish within this time: the learning rate then falls by the clock")
    ap.add_argument("--threads", type=int, default=2, help="CPU threads")
    args = ap.parse_args()
    cfg = dict(SCALES[args.scale])
    cfg["steps"] = args.steps or cfg["steps"]
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    families, turns, _ = load_all(args)
    teacher = use_lite.UseLite(args.teacher).eval()
    tokens = Tokens(teacher.tokenizer)
    pairs = json.load(open(os.path.join(args.general, "pairs.json")))
    sampler = Sampler(families, turns, args.fold, args.seed)
    print({f: (len(r), sum(map(len, r.values()))) for f, r in sampler.rows.items()}, "pairs", len(pairs), flush=True)
    texts = [X.prepare(t.last) for t in rng.sample(turns, 400)]
    net = M.from_use(teacher, use_lite.pad([teacher.tokenizer.encode(x) for x in texts], 64))
    if args.init:
        net.load_state_dict(torch.load(args.init, map_location="cpu")["model"])
    net.to(device)
    teacher.to(device)
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for n, p in net.named_parameters() if p.ndim <= 1 and n != "scale"]
    opt = torch.optim.AdamW([dict(params=decay, weight_decay=0.01), dict(params=plain, weight_decay=0.0), dict(params=[net.scale], weight_decay=0.0)], lr=args.lr, betas=(0.9, 0.98))
    total = cfg["distil"] * (0 if args.init else 1) + cfg["steps"]
    distil = total - cfg["steps"]
    start, last = 0, os.path.join(args.out, "last.pt")
    if os.path.exists(last):
        state = torch.load(last, map_location=device)
        net.load_state_dict(state["model"])
        opt.load_state_dict(state["opt"])
        start = state["step"]
    kinds = list(sampler.rows) + ["pairs"]
    weights = family_weights(kinds, sampler)
    amp = torch.autocast(device, dtype=torch.bfloat16)

    def encode(batch):
        with amp:  # around all chunks: the weights are cast to bfloat16 once
            pooled = in_chunks(net, batch, device)
        return net.project(pooled)

    def teach(batch):
        with torch.no_grad(), amp:
            return in_chunks(teacher, batch, device).float()

    begun, log = time.time(), defaultdict(list)
    for step in range(start, total):
        spent = (time.time() - begun) / 60 / args.minutes if args.minutes else 0.0
        if spent >= 1:
            print("out of time at step", step)
            break
        if step < distil:
            lr = args.lr * min(1, (step + 1) / 30)
        else:
            at = max((step - distil) / cfg["steps"], spent)
            lr = args.lr * min(1, (step - distil + 1) / 50) * max(0.03, min(1, (1 - at) / 0.4))
        for g, factor in zip(opt.param_groups, (1, 1, 10)):
            g["lr"] = lr * factor
        kind = "distil" if step < distil else rng.choices(kinds, weights)[0]
        scale = net.scale.exp().clamp(max=60)
        if kind == "distil":
            some = [X.prepare(t.last) for t in rng.sample(turns, 30)] + [x for p in rng.sample(pairs, 20) for x in (X.prepare(p[0]), X.describe(p[1]))]
            loss = 4 * (1 - (encode([tokens.student(x, 64) for x in some]) * teach([tokens(x, 64) for x in some])).sum(1)).mean()
        elif kind == "pairs":
            some = rng.sample(pairs, cfg["batch"] * 2 // 3)
            both = [X.prepare(a) for a, _ in some] + [X.describe(b) for _, b in some]
            v = encode([tokens.student(x, 32) for x in both])
            q, r = v.chunk(2)
            gold = torch.arange(len(some), device=device)
            loss = 0.5 * (similarity_loss(q, r, gold, scale) + similarity_loss(r, q, gold, scale))
            loss = 0.5 * loss + 2 * (1 - (v * teach([tokens(x, 32) for x in both])).sum(1)).mean()
        else:
            names, rows = sampler.batch(kind, cfg["batch"], cfg["routes"])
            routes = [tokens.student(route_text(families[kind][n], rng), ROUTE_TOKENS) for n in names]
            queries = []
            for _, t in rows:
                said = vary(t.last, names, rng)
                if t.assistant and rng.random() < 0.1:
                    queries.append(tokens.student(X.prepare_assistant(t.assistant) or "-", QUERY_TOKENS))
                else:
                    queries.append(tokens.student(X.prepare(said), QUERY_TOKENS))
            gold = torch.tensor([i for i, _ in rows], device=device)
            q, r = encode(queries), encode(routes)
            loss = similarity_loss(q, r, gold, scale)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        log[kind.split("-")[0]].append(loss.item())
        if (step + 1) % 25 == 0:
            print(step + 1, f"{time.time() - begun:.0f}s", {k: round(float(np.mean(v)), 3) for k, v in log.items()}, f"scale {scale.item():.1f}", flush=True)
            log.clear()
        if (step + 1) % 200 == 0 and step + 1 < total:
            torch.save({"model": net.state_dict(), "opt": opt.state_dict(), "step": step + 1}, last)
    torch.save({"model": net.state_dict(), "config": net.config, "args": vars(args)}, os.path.join(args.out, "encoder.pt"))
    if os.path.exists(last):
        os.remove(last)


if __name__ == "__main__":
    main()
