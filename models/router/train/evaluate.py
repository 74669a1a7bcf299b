"""Scores the shipped files (GGUF + projection + head) on ready dev sets. Never used for fitting.

  python3 evaluate.py --eval DATA/eval --routes DATA/routes.json --model DIR --node-llama-cpp DIR --out results.json
"""
import argparse
import glob
import json
import os
import random
import time
from collections import defaultdict

import numpy as np

import bank as K
import data as D
import scoring as S
import words as W
from vectors import GgufVectors, TorchVectors


def load_head(path):
    j = json.load(open(path))
    bank = j["bank"]
    beside = lambda file: os.path.join(os.path.dirname(os.path.abspath(path)), file)
    raw, table = open(beside(bank["file"]), "rb").read(), W.Words.read(beside(j["words"]["file"]))
    j = j.get("scoring", j)
    arr = lambda seq: [(np.array(w), np.array(b)) for w, b in seq]
    return dict(route_mean=np.array(j["route_mean"]), route_std=np.array(j["route_std"]), set_mean=np.array(j["set_mean"]), set_std=np.array(j["set_std"]), route_layers=arr(j["route_layers"]), other_layers=arr(j["other_layers"]), temperature=j["temperature"], probe=dict(weight=np.array(j["probe"]["weight"]), bias=j["probe"]["bias"]), bank=K.Bank.read(raw, bank["kinds"], len(j["probe"]["weight"]), bank["scale"]), words=table)


def descriptions(routes_json):
    pools = json.load(open(routes_json))
    out = {}
    for pool, routes in pools.items():
        for r in routes:
            out.setdefault(r["name"], []).append((pool, r["description"]))
    return out


def describe_for(name, set_name, known):
    found = known.get(name, [("", name)])
    hint = set_name.replace("dev_", "").split("_")[0]
    for pool, d in found:
        if hint in pool or (hint == "sgd" and pool == "sgd/dev"):
            return d
    return found[0][1]


class Decider:
    def __init__(self, vec, head):
        self.vec, self.head = vec, head
        self.views = {}

    def view(self, name, description):
        key = (name, description)
        if key not in self.views:
            self.views[key] = S.RouteView(name, description)
        return self.views[key]


def conversation_steps(row):
    """(turn index, last, previous user turn, assistant message before) for each user turn."""
    prev, assistant, u, out = "", "", 0, []
    for m in row["messages"]:
        if m["role"] == "user":
            out.append((u, m["content"], prev, assistant))
            prev, assistant, u = m["content"], "", u + 1
        else:
            assistant = m["content"]
    return out


def run_set(rows, name, known, dec, rng, opaque=False, shuffle=False, limit=None):
    if limit and len(rows) > limit:
        rows = rng.sample(rows, limit)
    texts, plans = [], []
    for row in rows:
        cands = [c for c in row["candidates"] if c != "other"]
        if shuffle:
            rng.shuffle(cands)
        alias = {c: (f"route_{i + 1}" if opaque else c) for i, c in enumerate(cands)}
        views = [dec.view(alias[c], describe_for(c, name, known)) for c in cands]
        steps = [(u, S.Pieces(l, p, a, list(alias.values()))) for u, l, p, a in conversation_steps(row)]
        for _, pc in steps:
            texts += pc.texts()
        for v in views:
            texts += v.texts()
        plans.append((row, cands, alias, views, steps))
    dec.vec.add(texts + [""])
    res, preds = defaultdict(list), []
    times = []
    for row, cands, alias, views, steps in plans:
        gold = {l["turn"]: l["route"] for l in row["labels"]}
        prev, ok_all, run, last_gold = "", True, None, None
        spans = []
        for u, pc in steps:
            began = time.perf_counter()
            p = S.decide(pc, views, prev, dec.vec, dec.head)
            times.append(1000 * (time.perf_counter() - began))
            at = int(p.argmax())
            said = cands[at] if at < len(cands) else "other"
            prev = alias[said] if said in alias else prev
            if u not in gold:
                continue
            hit = said == gold[u]
            preds.append((row["id"], u, said))
            res["hit"].append(hit)
            res["conf"].append(float(p[at]))
            res["gold"].append(gold[u])
            res["said"].append(said)
            if gold[u] == last_gold:
                spans[-1] = spans[-1] and hit
            else:
                spans.append(hit)
            last_gold = gold[u]
            ok_all = ok_all and hit
        res["conv"].append(ok_all)
        res["spans"] += spans
    hit, conf = np.array(res["hit"], float), np.array(res["conf"])
    per = defaultdict(list)
    for g, h in zip(res["gold"], hit):
        per[g].append(h)
    bins = np.minimum((conf * 10).astype(int), 9)
    ece = sum(abs(hit[bins == b].mean() - conf[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())
    isother = np.array([g == "other" for g in res["gold"]])
    saidother = np.array([s == "other" for s in res["said"]])
    pct = lambda v: round(100 * float(v), 1)
    return dict(turn=pct(hit.mean()), span=pct(np.mean(res["spans"])), conversation=pct(np.mean(res["conv"])), macro=pct(np.mean([np.mean(v) for v in per.values()])), other_recall=pct(saidother[isother].mean()) if isother.any() else None, false_other=pct(saidother[~isother].mean()), in_scope_turn=pct(hit[~isother].mean()), ece=pct(ece), rows=len(rows), turns=len(hit)), res, preds


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--eval", required=True)
    ap.add_argument("--routes", required=True)
    ap.add_argument("--model", help="folder with router.gguf, projection.f16 and manifest.json")
    ap.add_argument("--node-llama-cpp")
    ap.add_argument("--encoder", help="instead of --model: torch checkpoint, with --teacher and --head")
    ap.add_argument("--teacher")
    ap.add_argument("--head")
    ap.add_argument("--limit", type=int)
    ap.add_argument("--opaque", action="store_true", help="also with opaque names")
    ap.add_argument("--errors", help="write a confusion list here")
    ap.add_argument("--out")
    args = ap.parse_args()
    known = descriptions(args.routes)
    if args.encoder:
        vec, head = TorchVectors(args.encoder, args.teacher), load_head(args.head)
    else:
        vec = GgufVectors(os.path.join(args.model, "router.gguf"), os.path.join(args.model, "projection.f16"), args.node_llama_cpp)
        head = load_head(os.path.join(args.model, "manifest.json"))
    dec = Decider(vec, head)
    out, errors = {}, []
    for path in sorted(glob.glob(os.path.join(args.eval, "*.jsonl.gz"))):
        rows = D.read(path)
        name = os.path.basename(path).split(".")[0]
        for mode in (["", "opaque"] if args.opaque else [""]):
            m, res, _ = run_set(rows, name, known, dec, random.Random(7), opaque=mode == "opaque", limit=args.limit)
            out[f"{name} {mode}".strip()] = m
            print(name, mode, json.dumps(m), flush=True)
            if args.errors and not mode:
                bad = defaultdict(int)
                for g, s in zip(res["gold"], res["said"]):
                    if g != s:
                        bad[(g, s)] += 1
                errors += [(name, g, s, c) for (g, s), c in sorted(bad.items(), key=lambda x: -x[1])[:25]]
    if args.errors:
        open(args.errors, "w").write("\n".join(map(str, errors)))
    if args.out:
        json.dump(out, open(args.out, "w"), indent=1)


if __name__ == "__main__":
    main()
