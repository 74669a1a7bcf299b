"""results.json and results.md of the shipped files: leave-out figures, dev sets, variants, baselines, latency.

  python3 report.py --eval DATA/eval --routes DATA/routes.json --model .. --node-llama-cpp NLC --teacher USE \
      --leaveout leaveout.json --verify verify.json --machine "..." --out ..
"""
import argparse
import glob
import json
import os
import random

import numpy as np
import torch

import data as D
import scoring as S
import use_lite
from evaluate import Decider, conversation_steps, describe_for, descriptions, load_head, run_set
from vectors import GgufVectors

TARGETS = {"dev_coding_single": 85, "dev_coding_conversations": 85, "dev_clinc150": 92, "dev_sgd": 75, "dev_hwu64": 85, "dev_mmlu": 55, "dev_general": 60}


def baselines(rows, name, known, teacher):
    """Nearest description by USE-lite, word overlap, and chance, on the same turns; none of them says `other`."""
    steps, cands, golds = [], [], []
    for row in rows:
        gold = {l["turn"]: l["route"] for l in row["labels"]}
        for u, last, _, _ in conversation_steps(row):
            if u in gold:
                steps.append(S.Pieces(last).last)
                cands.append([c for c in row["candidates"] if c != "other"])
                golds.append(gold[u])
    names = sorted({c for x in cands for c in x})
    views = {n: S.RouteView(n, describe_for(n, name, known)) for n in names}
    d = use_lite.embed(teacher, [views[n].both_text for n in names])
    q = use_lite.embed(teacher, steps)
    at = {n: i for i, n in enumerate(names)}
    near = [max(c, key=lambda n: float(q[i] @ d[at[n]])) == g for i, (c, g) in enumerate(zip(cands, golds))]
    lex = []
    for text, c, g in zip(steps, cands, golds):
        said = S.words(text)
        df = {}
        for n in c:
            for w in views[n].words:
                df[w] = df.get(w, 0) + 1
        score = lambda n: sum(np.log((len(c) + 1) / df[w]) for w in said & views[n].words)
        lex.append(max(c, key=score) == g)
    pct = lambda v: round(100 * float(np.mean(v)), 1)
    return dict(use_lite_nearest=pct(near), lexical=pct(lex), random=pct([1 / (len(c) + 1) for c in cands]))


def main():
    ap = argparse.ArgumentParser()
    for name in ("eval", "routes", "model", "node-llama-cpp", "teacher", "leaveout", "verify", "machine", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--reuse", action="store_true", help="take the sets from results.json in --out and write the rest anew")
    args = ap.parse_args()
    torch.set_num_threads(2)
    known = descriptions(args.routes)
    vec = GgufVectors(os.path.join(args.model, "router.gguf"), os.path.join(args.model, "projection.f16"), args.node_llama_cpp)
    dec = Decider(vec, load_head(os.path.join(args.model, "manifest.json")))
    teacher = use_lite.UseLite(args.teacher)
    sets, base, paths = {}, {}, sorted(glob.glob(os.path.join(args.eval, "*.jsonl.gz")))
    if args.reuse:
        old = json.load(open(os.path.join(args.out, "results.json")))
        sets, base, paths = old["sets"], old["baselines"], []
    for path in paths:
        rows = D.read(path)
        name = os.path.basename(path).split(".")[0]
        sets[name] = run_set(rows, name, known, dec, random.Random(7))[0]
        sets[name]["opaque_turn"] = run_set(rows, name, known, dec, random.Random(7), opaque=True)[0]["turn"]
        sets[name]["shuffled_turn"] = run_set(rows, name, known, dec, random.Random(8), shuffle=True)[0]["turn"]
        base[name] = baselines(rows, name, known, teacher)
        print(name, sets[name], base[name], flush=True)
    leave = json.load(open(args.leaveout))
    check = json.load(open(args.verify))
    json.dump(dict(machine=args.machine, leave_out=leave, sets=sets, baselines=base, gguf=check), open(os.path.join(args.out, "results.json"), "w"), indent=1)
    skip = ("named", "opaque", "other recall", "ece", "none")
    figures = {k: v for part in leave.values() for k, v in part["plain"].items() if k not in skip}
    lines = ["# What the shipped router model scores", "", f"Machine: {args.machine}. Written by `train/report.py`; the same figures with more detail in `results.json`.", "", "## Unseen sets and domains (leave-out runs)", "", "Encoder and head had not seen these sets or domains; 20 candidates, names shown, one user turn or conversation with the right previous route given four times in five. clinc150 and sgd: half of the domains at a time, the other half was trained on. Whole sets unseen: hwu64, mmlu, tasks (coding and general), snips.", "", "| set | turn % |", "|---|---|"]
    for part in leave.values():
        for k, v in part["plain"].items():
            if k not in skip:
                lines.append(f"| {k} | {v} |")
    by = {}
    for part in leave.values():
        for k, v in part["plain"].items():
            if k not in skip:
                by.setdefault(k, []).append(v)
    mean = lambda keys: np.mean([np.mean(by[k]) for k in keys])
    ours = [k for k in by if k in ("written", "talk")]
    lines += [f"| **mean over the public sets** | **{mean([k for k in by if k not in ours]):.1f}** |", f"| **mean with our own written sets** (written: single requests, talk: turns in conversations) | **{mean(by):.1f}** |", "", "## Public dev sets", "", "| set | turn % (target) | span | conversation | macro | opaque names | shuffled | other found | false other | ECE | USE-lite nearest | lexical | random |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for n, m in sets.items():
        b = base[n]
        lines.append(f"| {n} | {m['turn']} ({TARGETS.get(n, '')}) | {m['span']} | {m['conversation']} | {m['macro']} | {m['opaque_turn']} | {m['shuffled_turn']} | {m['other_recall'] if m['other_recall'] is not None else '-'} | {m['false_other']} | {m['ece']} | {b['use_lite_nearest']} | {b['lexical']} | {b['random']} |")
    lines += ["", "Conversations are routed with the model's own previous answers. Turn includes the rows whose right answer is `other`; the baselines never say `other`.", "", "## The file", "", f"{check['texts']} texts through node-llama-cpp: {check['tokens_alike']} tokenised alike, cosine to the trainer at least {check['cosine_min']:.5f}. Load {check['load_ms']:.0f} ms.", ""]
    if "latency" in check:
        lines += ["| tokens | wall ms, two threads | CPU ms, one thread |", "|---|---|---|"] + [f"| {k} | {v[0]:.1f} | {v[1]:.1f} |" for k, v in check["latency"].items()] + ["", "Medians of 20. The machine is shared: where its other guests are busy, wall time is not the model's; CPU time nearly is."]
    open(os.path.join(args.out, "results.md"), "w").write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
