"""Checks the GGUF against the trainer: same tokens, cosine >= 0.999, and measures latency.

  python3 verify.py --encoder OUT/encoder.pt --gguf router.gguf --teacher USE_DIST --data DATA --node-llama-cpp DIR
"""
import argparse
import glob
import json
import os
import random
import subprocess
import tempfile

import numpy as np
import torch

import data as D
import model as M
import text as X
import use_lite

ODD = ["", "a", "naïve café déjà vu", "Привет мир, исправь код", "你好 世界 修复", "emoji 😀 🚀 test", "const x = a ?? b?.c;", "SELECT * FROM t WHERE a <> 'b'", "x" * 300, "http://example.com/a?b=c&d", "ﬁ ½ ① ﷺ", "tab\tand\nnewline", "::: --- ||| {}[]()", "TypeError: Cannot read properties of undefined (reading 'map')"]


def node_embed(node_llama_cpp, gguf, texts, threads=None):
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as tmp:
        src, out = os.path.join(tmp, "in.json"), os.path.join(tmp, "out.json")
        json.dump(texts, open(src, "w"))
        subprocess.run(["node", os.path.join(here, "verify.mjs"), node_llama_cpp, os.path.abspath(gguf), src, out], check=True, env={**os.environ, **({"ROUTER_THREADS": str(threads)} if threads else {})})
        return json.load(open(out))


def latency(node_llama_cpp, gguf):
    """Median [wall ms with two threads, CPU ms with one] per text by number of tokens. CPU time hardly depends on what else runs."""
    word = "please return the list of users from the cache when the server is down and log it "
    out = {}
    for size in (10, 30, 100, 150, 300):
        text = " ".join((word * 40).split()[: size - 1])
        wall = node_embed(node_llama_cpp, gguf, [text] * 25, 2)["times"][5:]
        cpu = node_embed(node_llama_cpp, gguf, [text] * 25, 1)["times"][5:]
        out[str(wall[0][1] + 1)] = [float(np.median([t[2] for t in wall])), float(np.median([t[3] for t in cpu]))]
    return out


def load_encoder(path):
    saved = torch.load(path, map_location="cpu")
    net = M.Encoder(**saved["config"])
    net.load_state_dict(saved["model"])
    return net.eval()


def main():
    ap = argparse.ArgumentParser()
    for name in ("encoder", "gguf", "teacher", "data", "node-llama-cpp"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--out")
    args = ap.parse_args()
    net = load_encoder(args.encoder)
    _, pieces = use_lite.load(args.teacher)
    tokenizer = use_lite.Unigram(pieces)
    rng = random.Random(5)
    texts = []
    for path in sorted(glob.glob(f"{args.data}/eval/*.jsonl.gz")):
        rows = D.read(path)
        texts += [X.prepare(r["messages"][-1]["content"]) for r in rng.sample(rows, 30)]
    texts += [X.prepare(t) for t in ODD if t]
    got = node_embed(args.node_llama_cpp, args.gguf, texts)
    cosines, same = [], 0
    for text, ids, vector in zip(texts, got["tokens"], got["vectors"]):
        mine = tokenizer.encode(text)
        same += mine == ids
        if mine != ids:
            print("tokens differ:", repr(text[:60]), mine[:20], ids[:20])
        with torch.no_grad():
            a = torch.tensor([mine + [use_lite.EOS]])
            v = net(a, torch.ones(a.shape))[0].numpy()
        w = np.array(vector)
        cosines.append(float(v @ w / np.linalg.norm(v) / np.linalg.norm(w)))
    times = sorted(got["times"], key=lambda t: t[1])
    short = [t[2] for t in times if 20 <= t[1] <= 40]
    long = [t[2] for t in times if t[1] >= 150]
    report = dict(texts=len(texts), tokens_alike=same, cosine_min=min(cosines), cosine_mean=float(np.mean(cosines)), load_ms=got["loadMs"], ms_20_to_40_tokens=float(np.median(short)) if short else None, ms_150_or_more_tokens=float(np.median(long)) if long else None, tokens_max=times[-1][1])
    report["latency"] = latency(args.node_llama_cpp, args.gguf)
    print(json.dumps(report, indent=1))
    if args.out:
        json.dump(report, open(args.out, "w"), indent=1)
    assert min(cosines) >= 0.999, "the GGUF disagrees with the trainer"


if __name__ == "__main__":
    main()
