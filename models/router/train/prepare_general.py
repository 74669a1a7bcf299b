"""Collects (phrase, meaning) pairs from WordNet, FOLDOC and Debian's package descriptions into pairs.json.

  python3 prepare_general.py --wordnet DIR --foldoc DIR --packages FILE... --out OUT
"""
import argparse
import json
import os
import random

import data as D

ap = argparse.ArgumentParser()
ap.add_argument("--wordnet", required=True, help="folder with data.noun ... (package wordnet-base)")
ap.add_argument("--foldoc", required=True, help="folder with foldoc.index and foldoc.dict.dz (package dict-foldoc)")
ap.add_argument("--packages", nargs="*", default=[], help="Translation-en files, uncompressed")
ap.add_argument("--out", required=True)
args = ap.parse_args()
wn = D.wordnet(args.wordnet)
fo = D.foldoc(os.path.join(args.foldoc, "foldoc.index"), os.path.join(args.foldoc, "foldoc.dict.dz"))
de = D.debian(args.packages)
rng = random.Random(1)
rng.shuffle(wn)
pairs = wn[:90000] + fo * 2 + de
rng.shuffle(pairs)
os.makedirs(args.out, exist_ok=True)
json.dump(pairs, open(os.path.join(args.out, "pairs.json"), "w"))
print("wordnet", len(wn), "foldoc", len(fo), "debian", len(de))
