"""Near duplicates in the written data, and overlap with ready dev sets.

  python3 dedup.py --written data/written [--eval DATA/eval]     prints counts and what is dropped
The loader (data.written) uses `unique`, so training never sees a duplicate whether or not this was run.
"""
import argparse
import glob
import gzip
import json
import os
import re


def key(text):
    """Same words in any order, case and punctuation count as the same text; code keeps its signs."""
    found = re.findall(r"\w+", text.lower())
    return " ".join(sorted(set(found))) if len(found) > 2 else text.lower().strip()


def unique(turns, forbidden=frozenset()):
    """Drops later turns that repeat an earlier one of the same route (opening turns only), and forbidden texts."""
    seen, kept, dropped = set(), [], []
    for t in turns:
        k = key(t.last)
        mark = (t.family, t.route, k)
        if (mark in seen and not t.prev) or (k in forbidden and len(k.split()) > 3):
            dropped.append(t)
            continue
        seen.add(mark)
        kept.append(t)
    return kept, dropped


def eval_keys(folder):
    keys = set()
    for path in glob.glob(os.path.join(folder, "*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as f:
            for line in f:
                keys |= {key(m["content"]) for m in json.loads(line)["messages"] if m["role"] == "user"}
    return keys


if __name__ == "__main__":
    import data as D

    ap = argparse.ArgumentParser()
    ap.add_argument("--written", required=True)
    ap.add_argument("--eval")
    args = ap.parse_args()
    families, turns, none, unknown = D.written(args.written, dedup_rows=False)
    kept, dropped = unique(turns, eval_keys(args.eval) if args.eval else frozenset())
    print("routes", sum(len(r) for r in families.values()), "descriptions", sum(len(x.descriptions) for r in families.values() for x in r.values()))
    print("turns", len(turns), "kept", len(kept), "dropped", len(dropped), "none", len(none), "unknown route", sum(unknown.values()))
    conversations = {t.conv for t in turns if "#" in t.conv}
    print("conversations", len(conversations), "turns in them", sum("#" in t.conv for t in turns))
    for t in dropped[:40]:
        print("  dropped", t.family, t.route, repr(t.last[:80]))
