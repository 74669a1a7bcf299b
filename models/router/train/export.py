"""Writes encoder.pt as a GGUF of llama.cpp's `bert` architecture, and the projection beside it.

  PYTHONPATH=GGUF_PY python3 export.py --encoder OUT/encoder.pt --teacher USE_DIST --out DIR
GGUF_PY is the gguf-py folder of the llama.cpp bundle inside node-llama-cpp.
"""
import argparse
import os

import gguf
import numpy as np
import torch

import use_lite


# The first layer undoes a projection of the embedding table, which magnifies rounding: Q8_0 there costs
# up to 0.005 of cosine, everywhere else 0.0001.
EXACT = ("0.attn_q", "0.attn_k", "0.attn_v")


def write_gguf(path, state, config, pieces, positions=512, exact=EXACT):
    w = gguf.GGUFWriter(path, "bert")
    w.add_name("fairlead-router")
    w.add_description("Fairlead's request router encoder; weights start from Universal Sentence Encoder lite (Apache-2.0)")
    w.add_license("Apache-2.0")
    w.add_context_length(positions)
    w.add_embedding_length(config["d"])
    w.add_feed_forward_length(config["ff"])
    w.add_block_count(config["layers"])
    w.add_head_count(config["heads"])
    w.add_layer_norm_eps(1e-6)
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_token_type_count(1)
    w.add_tokenizer_model("t5")
    w.add_tokenizer_pre("default")
    names, scores, types = [], [], []
    special = {0: "<unk>", 1: "<s>", 2: "</s>"}
    seen = set()
    for i in range(config["vocab"]):
        piece, score = pieces[i] if i < len(pieces) else (f"<unused_{i}>", 0.0)
        kind = gguf.TokenType.NORMAL
        if i < 6 or i >= len(pieces):
            piece = special.get(i, f"<unused_{i}>")
            kind = gguf.TokenType.UNKNOWN if i == 0 else gguf.TokenType.CONTROL
        elif piece in seen:
            piece, kind = f"<unused_{i}>", gguf.TokenType.CONTROL
        seen.add(piece)
        names.append(piece.encode("utf-8"))
        scores.append(float(score))
        types.append(kind)
    w.add_token_list(names)
    w.add_token_scores(scores)
    w.add_token_types(types)
    w.add_unk_token_id(use_lite.UNK)
    w.add_eos_token_id(use_lite.EOS)
    w.add_pad_token_id(3)
    w.add_add_bos_token(False)
    w.add_add_eos_token(True)
    w.add_add_space_prefix(True)
    w.add_remove_extra_whitespaces(True)

    def put(name, tensor, kind=gguf.GGMLQuantizationType.F32):
        data = tensor.detach().float().numpy()
        if kind == gguf.GGMLQuantizationType.F32:
            w.add_tensor(name, np.ascontiguousarray(data, np.float32))
        else:
            w.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(data, np.float32), kind), raw_dtype=kind)

    F16 = gguf.GGMLQuantizationType.F16
    Q8, F32 = gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.F32
    put("token_embd.weight", state["tok.weight"], F16)
    put("position_embd.weight", state["pos.weight"][:positions], F16)
    put("token_embd_norm.weight", state["norm.weight"])
    put("token_embd_norm.bias", state["norm.bias"])
    for l in range(config["layers"]):
        s, d = f"layers.{l}.", f"blk.{l}."
        qw, kw, vw = state[s + "qkv.weight"].chunk(3)
        qb, kb, vb = state[s + "qkv.bias"].chunk(3)
        for name, weight, bias in (("attn_q", qw, qb), ("attn_k", kw, kb), ("attn_v", vw, vb), ("attn_output", state[s + "o.weight"], state[s + "o.bias"]), ("ffn_up", state[s + "up.weight"], state[s + "up.bias"]), ("ffn_down", state[s + "down.weight"], state[s + "down.bias"])):
            put(d + name + ".weight", weight, F32 if f"{l}.{name}" in exact else Q8)
            put(d + name + ".bias", bias)
        put(d + "attn_output_norm.weight", state[s + "n1.weight"])
        put(d + "attn_output_norm.bias", state[s + "n1.bias"])
        put(d + "layer_output_norm.weight", state[s + "n2.weight"])
        put(d + "layer_output_norm.bias", state[s + "n2.bias"])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    ap = argparse.ArgumentParser()
    for name in ("encoder", "teacher", "out"):
        ap.add_argument("--" + name, required=True)
    args = ap.parse_args()
    saved = torch.load(args.encoder, map_location="cpu")
    _, pieces = use_lite.load(args.teacher)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "router.gguf")
    write_gguf(path, saved["model"], saved["config"], pieces)
    weight, bias = saved["model"]["proj.weight"], saved["model"]["proj.bias"]
    with open(os.path.join(args.out, "projection.f16"), "wb") as f:
        f.write(torch.cat([weight.reshape(-1), bias]).half().numpy().tobytes())
    print(path, os.path.getsize(path), "projection", tuple(weight.shape))


if __name__ == "__main__":
    main()
