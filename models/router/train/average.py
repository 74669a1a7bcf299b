"""The mean of several encoders' weights (model soups: Wortsman et al., arXiv 2203.05482, section 2), for runs that went on from one another.

  python3 average.py --out RUNS/mean/encoder.pt RUNS/one/encoder.pt RUNS/two/encoder.pt
"""
import argparse
import os

import torch

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
ap.add_argument("encoders", nargs="+")
args = ap.parse_args()
saved = [torch.load(path, map_location="cpu") for path in args.encoders]
mean = {name: torch.stack([s["model"][name].float() for s in saved]).mean(0) for name in saved[0]["model"]}
os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
torch.save({**saved[0], "model": mean}, args.out)
