"""Text -> unit vector, from the torch encoder or from the GGUF through node-llama-cpp."""
import numpy as np
import torch

import use_lite
from verify import load_encoder, node_embed

LIMIT = 256  # tokens; `text.cut` keeps texts below it but for odd scripts


class TorchVectors:
    def __init__(self, encoder, teacher_dir):
        self.net = load_encoder(encoder)
        _, pieces = use_lite.load(teacher_dir)
        self.tokenizer = use_lite.Unigram(pieces)
        self.store = {}

    def add(self, texts):
        texts = [t for t in dict.fromkeys(texts) if t not in self.store]
        toks = [(self.tokenizer.encode(t) or [0])[: LIMIT - 1] + [use_lite.EOS] for t in texts]
        order = sorted(range(len(texts)), key=lambda i: len(toks[i]))
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            for s in range(0, len(order), 64):
                part = order[s:s + 64]
                pooled = self.net(*use_lite.pad([toks[i] for i in part], LIMIT))
                for i, v in zip(part, self.net.project(pooled).float().numpy()):
                    self.store[texts[i]] = v / np.linalg.norm(v)

    def __call__(self, text):
        return self.store[text]


class GgufVectors:
    """The shipped files: pooled embedding from llama.cpp, then the projection."""

    def __init__(self, gguf, projection, node_llama_cpp):
        self.gguf, self.node = gguf, node_llama_cpp
        raw = np.fromfile(projection, np.float16).astype(np.float64)
        d = 512
        out = len(raw) // (d + 1)
        self.w, self.b = raw[: out * d].reshape(out, d), raw[out * d:]
        self.store, self.times = {}, []

    def add(self, texts):
        texts = [t for t in dict.fromkeys(texts) if t not in self.store]
        if not texts:
            return
        got = node_embed(self.node, self.gguf, [t or "-" for t in texts])
        self.times += got["times"]
        for t, v in zip(texts, got["vectors"]):
            z = np.tanh(self.w @ np.array(v) + self.b)
            self.store[t] = z / np.linalg.norm(z)

    def __call__(self, text):
        return self.store[text]
