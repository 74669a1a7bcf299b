"""The encoder: llama.cpp's `bert` graph in torch (post-norm, tanh-GELU, mean pooling) and a projection."""
import torch
import torch.nn as nn
import torch.nn.functional as F

RELU_AS_GELU = 4.0


class Layer(nn.Module):
    def __init__(self, d, heads, ff):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d)
        self.o = nn.Linear(d, d)
        self.n1 = nn.LayerNorm(d, eps=1e-6)
        self.up = nn.Linear(d, ff)
        self.down = nn.Linear(ff, d)
        self.n2 = nn.LayerNorm(d, eps=1e-6)

    def forward(self, x, bias):
        B, T, d = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-1, -2)) * (d // self.heads) ** -0.5 + bias
        x = self.n1(x + self.o((a.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(B, T, d)))
        h = self.up(x)
        h = 0.5 * h * (1 + torch.tanh(0.7978845608 * (h + 0.044715 * h * h * h))) if h.dtype == torch.float64 else gelu_tanh(h)
        return self.n2(x + self.down(h))


def gelu_tanh(x):
    return F.gelu(x, approximate="tanh")


class Encoder(nn.Module):
    """forward -> pooled (what llama.cpp returns); project -> unit vectors that are compared."""

    def __init__(self, vocab, d=512, layers=2, heads=4, ff=1536, positions=512, out=256):
        super().__init__()
        self.config = dict(vocab=vocab, d=d, layers=layers, heads=heads, ff=ff, positions=positions, out=out)
        self.tok = nn.Embedding(vocab, d)
        self.pos = nn.Embedding(positions, d)
        self.norm = nn.LayerNorm(d, eps=1e-6)
        self.layers = nn.ModuleList(Layer(d, heads, ff) for _ in range(layers))
        self.proj = nn.Linear(d, out)
        self.scale = nn.Parameter(torch.tensor(20.0).log())

    def forward(self, ids, mask):
        x = self.norm(self.tok(ids) + self.pos.weight[: ids.shape[1]][None])
        bias = ((1 - mask) * -1e9)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias)
        x = x.float()
        return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)

    def project(self, pooled):
        return F.normalize(torch.tanh(self.proj(pooled)), dim=-1)


@torch.no_grad()
def from_use(use, calibration_batch, out=512):
    """Lay USE-lite's pre-norm weights out as a post-norm BERT.

    Post-norm keeps u = LN(stream) where pre-norm keeps the stream itself; with the standard
    deviation of the stream nearly constant over tokens (measured on `calibration_batch`: its
    coefficient of variation is 0.06 to 0.22) the two agree after dividing each branch by it.
    """
    P = use.P
    ids, mask = calibration_batch
    use.pooled(ids, mask)
    on = mask > 0
    sd = [s.std(-1, unbiased=False)[on].mean() for s in use.stats]
    h0 = use.stats[0]
    r0 = h0 @ P["dw"] + P["db"]
    c_r = r0.std(-1, unbiased=False)[on].mean()
    c_h = sd[0]
    net = Encoder(use.emb.shape[0], out=out)
    net.tok.weight.copy_(2 * use.emb @ P["dw"] + P["db"])
    net.tok.weight[2] = net.tok.weight.mean(0)  # </s>, which the teacher never used
    net.pos.weight.copy_(use.timing(512) @ P["dw"])
    d = 512
    centre = torch.eye(d) - 1.0 / d
    back = torch.linalg.pinv((P["dw"] @ centre).double()).float()
    M = torch.eye(256) - 1.0 / 256
    for l, layer in enumerate(net.layers):
        w, b = P[f"qkvw{l}"], P[f"qkvb{l}"]
        if l == 0:
            inner = M @ (P["n1w0"][:, None] * w)
            bias = b + P["n1b0"] @ w - (P["db"] @ centre) @ back @ inner / c_h
            weight = (c_r / c_h) * back @ inner
            hd = 256 // use.heads[0]
        else:
            weight = P["n1w1"][:, None] * w
            bias = b + P["n1b1"] @ w
            hd = 512 // use.heads[1]
        width = weight.shape[1] // 3
        heads = use.heads[l]
        hw = d // layer.heads
        big = torch.zeros(d, 3, heads, hw)
        bigb = torch.zeros(3, heads, hw)
        ww, bb = weight.view(d, 3, heads, hd), bias.view(3, heads, hd)
        big[..., :hd], bigb[..., :hd] = ww, bb
        fix = use.qscale[l] * hw ** 0.5
        big[:, 0] *= fix
        bigb[0] *= fix
        layer.qkv.weight.copy_(big.reshape(d, -1).t())
        layer.qkv.bias.copy_(bigb.reshape(-1))
        before = c_r if l == 0 else sd[2 * l]
        ow = torch.zeros(heads, hw, d)
        ow[:, :hd] = P[f"ow{l}"].view(heads, hd, d)
        layer.o.weight.copy_(ow.reshape(-1, d).t() / before)
        layer.o.bias.copy_(P[f"ob{l}"] / before)
        s = RELU_AS_GELU
        layer.up.weight.copy_((P[f"n2w{l}"][:, None] * P[f"f1w{l}"]).t() * s)
        layer.up.bias.copy_((P[f"f1b{l}"] + P[f"n2b{l}"] @ P[f"f1w{l}"]) * s)
        after = sd[2 * l + 1]
        layer.down.weight.copy_(P[f"f2w{l}"].t() / s / after)
        layer.down.bias.copy_(P[f"f2b{l}"] / after)
    # the projection: teacher's own output layer, or its leading directions when `out` is smaller
    net.proj.weight.copy_(P["hw"].t()[:out] * sd[4])
    net.proj.bias.copy_(P["hb"][:out])
    return net
