"""Prints the counts and the held-out domains for data/README.md:  python3 card.py --written data/written --eval DATA/eval"""
import argparse
from collections import Counter, defaultdict

import data as D
import dedup
import train as T

ap = argparse.ArgumentParser()
ap.add_argument("--written", required=True)
ap.add_argument("--eval", required=True)
args = ap.parse_args()
families, turns, none, unknown = D.written(args.written, dedup_rows=False)
keys = dedup.eval_keys(args.eval)
kept, dropped = dedup.unique(turns, keys)
same = sum(dedup.key(t.last) in keys and len(dedup.key(t.last).split()) > 3 for t in turns)
print("| writer | routes | descriptions | domains | requests | conversations | turns in conversations |\n|---|---|---|---|---|---|---|")
for writer in sorted({f.split(":")[0] for f in families}):
    mine = [t for t in turns if t.family.split(":")[0] == writer]
    talk = [t for t in mine if "#" in t.conv]
    routes = [r for f in families if f.split(":")[0] == writer for r in families[f].values()]
    print(f"| {writer[8:]} | {len(routes)} | {sum(len(r.descriptions) for r in routes)} | {len({r.group for r in routes})} | {len(mine) - len(talk)} | {len({t.conv for t in talk})} | {len(talk)} |")
print(f"\nIn all {len(turns)} labelled turns and {len(none)} none-of-these cases; {len(dropped)} dropped as near duplicates, {same} of them because a dev set has the same words ({sum(unknown.values())} turns name an unknown route and are left out).")
by = defaultdict(list)
for f in families.values():
    for r in f.values():
        part = T.fold_of(r.group)
        if part:
            by[part].append((r.group.split(":", 1)[1], r.name))
print()
for part in sorted(by):
    domains = Counter(d for d, _ in by[part])
    print(f"- {part}: {len(by[part])} routes in " + ", ".join(f"{d} ({n})" for d, n in sorted(domains.items())))
