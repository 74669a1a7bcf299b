"""From vectors and words to probabilities: the exact computation the product repeats (../scoring.md).

A decision = pieces of the conversation (last user turn, previous user turn, end of the assistant's
last message, previous route) + routes (name, description, examples) -> probability per route + other.
"""
import math
import re
from functools import lru_cache

import numpy as np

import text as X

SHARP = 20.0  # how sharply a request falls to the nearest kinds of the bank
HEAVIEST = 48  # words of a text that are compared one by one
NEAR = 0.7  # from this similarity of the descriptions on a kind of the bank counts as offered

STOP = set("a an and are as at be by can do does for from has have how i in into is it its me my of on or please that the this to user want wants was we what when where which who with you your".split())
CATCH_ALL = re.compile(r"(?<![a-z0-9])(anything else|everything else|any other|other|general|generic|misc|miscellaneous|fallback|default|none of|catch all)(?![a-z0-9])")
PER_ROUTE = ["desc", "name", "both", "lex", "tri", "prev", "asst", "ex", "cen", "ask"]
RELATIVE = ["desc", "name", "both", "lex", "prev", "asst", "ex", "cen", "ask"]
FLAGS = ["is_prev", "stick", "cont", "asst_asks", "near_prev", "has_prev_route", "has_prev", "has_asst", "short", "long", "log_n", "opaque", "catch_all", "has_ex"]
WORDS = ["words", "words_name", "covered", "covering", "words_ask", "words_ex"]
BANK = ["proto", "known", "carry", "rel_proto", "rel_carry"]
ROUTE_INPUTS = PER_ROUTE + ["rel_" + k for k in RELATIVE] + FLAGS + BANK + ["bank_top", "bank_mass", "bank_gap", "known_mean"] + WORDS + ["rel_" + k for k in WORDS]
SET_INPUTS = ["cont", "top", "margin", "mean", "spread", "top_both", "top_desc", "mean_both", "top_lex", "log_n", "short", "has_prev_route", "prev_logit", "top_ex", "bank_top", "bank_mass", "bank_gap", "known_mean", "top_proto"]


def stem(w):
    for end in ("ing", "ed", "es", "s"):
        if w.endswith(end) and len(w) - len(end) >= 3:
            return w[: -len(end)]
    return w


@lru_cache(maxsize=200000)
def words(text):
    return {stem(w) for w in re.findall(r"[a-z0-9]+", text) if w not in STOP}


@lru_cache(maxsize=50000)
def trigrams(text):
    out = set()
    for w in re.findall(r"[a-z0-9]+", text):
        w = f"^{w}$"
        out |= {w[i:i + 3] for i in range(len(w) - 2)}
    return out


class RouteView:
    """The texts of one route that are embedded, and its words."""

    def __init__(self, name, description, examples=()):
        self.name = name
        self.opaque = X.opaque(name)
        self.desc_text = X.describe(description) or X.humanise(name)
        self.name_text = X.humanise(name)
        self.both_text = self.desc_text if self.opaque else f"{self.name_text}: {self.desc_text}"
        if self.opaque:
            self.name_text = self.desc_text
        self.example_texts = [X.prepare(e) for e in examples]
        self.words = words(self.both_text)
        self.tri = set() if self.opaque else trigrams(X.humanise(name))
        self.catch_all = bool(CATCH_ALL.search(self.both_text))

    def texts(self):
        return [self.desc_text, self.name_text, self.both_text] + self.example_texts


class Pieces:
    """The parts of a conversation that are read. Empty parts are not embedded."""

    def __init__(self, last, prev="", assistant="", names=()):
        last = X.without_planted(last, names)
        self.last = X.prepare(last)
        self.ask = X.ask(last)
        self.prev = X.prepare(prev) if prev else ""
        self.asst = X.prepare_assistant(assistant) if assistant else ""

    def texts(self):
        return [t for t in (self.last, self.prev, self.asst, self.ask) if t]


def continuation(z, probe):
    """How much the turn, by its wording alone, goes on with the task before it: -1 (new task) to 1."""
    return max(-4.0, min(4.0, float(z @ probe["weight"]) + probe["bias"])) / 4


def word_features(f, pieces, routes, table):
    """What single words say, apart from the encoder; see words.py."""
    said = table.of(pieces.last)
    asked = table.of(pieces.ask) if pieces.ask else said
    for i, r in enumerate(routes):
        both = table.of(r.both_text)
        f["words"][i], f["words_name"][i], f["words_ask"][i] = both @ said, table.of(r.name_text) @ said, both @ asked
        f["words_ex"][i] = max((float(table.of(e) @ said) for e in r.example_texts), default=f["words"][i])
        f["covered"][i], f["covering"][i] = table.cover(pieces.last, r.both_text, HEAVIEST)
    for k in WORDS:
        f["rel_" + k] = (f[k] - f[k].max()) * 3


def bank_features(f, q, routes, B, bank):
    """What the bank knows of the request and of the routes; see bank.py."""
    near_q = bank.near(q)
    p = np.exp(SHARP * (near_q - near_q.max()))
    p /= p.sum()
    alike = np.stack([bank.alike(r.both_text, b) for r, b in zip(routes, B)])  # routes x kinds
    best = alike.argmax(1)
    known = alike[np.arange(len(routes)), best]
    f["known"] = known
    f["proto"] = near_q[best] * np.clip((known - 0.6) / 0.4, 0, 1)
    f["carry"] = alike @ p
    offered = alike.max(0)
    f["bank_top"][:] = near_q.max()
    f["bank_mass"][:] = float(p @ np.clip((offered - 0.5) / 0.5, 0, 1))
    near, far = near_q[offered >= NEAR], near_q[offered < NEAR]
    f["bank_gap"][:] = (far.max() if len(far) else 0.0) - (near.max() if len(near) else 0.0)
    f["known_mean"][:] = known.mean()
    for k in ("proto", "carry"):
        f["rel_" + k] = (f[k] - f[k].max()) * 3


def features(pieces, routes, prev_route, vec, head):
    """Matrix routes x ROUTE_INPUTS. vec: text -> unit vector. head: has `probe`, `bank`, `words`."""
    probe, bank = head["probe"], head["bank"]
    n = len(routes)
    q = vec(pieces.last)
    D = np.stack([vec(r.desc_text) for r in routes])
    N = np.stack([vec(r.name_text) for r in routes])
    B = np.stack([vec(r.both_text) for r in routes])
    f = {k: np.zeros(n) for k in ROUTE_INPUTS}
    f["desc"], f["name"], f["both"] = D @ q, N @ q, B @ q
    said = words(pieces.last)
    df = {}
    for r in routes:
        for w in r.words:
            df[w] = df.get(w, 0) + 1
    idf = {w: math.log((n + 1) / c) for w, c in df.items()}
    length_q = math.sqrt(sum(idf[w] ** 2 for w in said if w in idf))
    q_tri = trigrams(pieces.last)
    for i, r in enumerate(routes):
        hit = sum(idf[w] ** 2 for w in said & r.words)
        length_r = math.sqrt(sum(idf[w] ** 2 for w in r.words))
        f["lex"][i] = hit / (length_q * length_r) if hit > 0 else 0.0
        f["tri"][i] = len(q_tri & r.tri) / len(r.tri) if r.tri else 0.0
        f["opaque"][i], f["catch_all"][i] = r.opaque, r.catch_all
        if r.example_texts:
            given = [vec(e) for e in r.example_texts]
            f["ex"][i] = max(float(e @ q) for e in given)
            centre = B[i] + np.sum(given, 0)
            f["cen"][i] = float(centre @ q) / float(np.linalg.norm(centre))
            f["has_ex"][i] = 1.0
        else:
            f["ex"][i] = f["cen"][i] = f["both"][i]
    f["ask"] = B @ vec(pieces.ask) if pieces.ask else f["both"].copy()
    if pieces.prev:
        f["prev"] = B @ vec(pieces.prev)
        f["has_prev"][:] = 1
    if pieces.asst:
        f["asst"] = B @ vec(pieces.asst)
        f["has_asst"][:] = 1
        f["asst_asks"][:] = "?" in pieces.asst[-80:]
    names = [r.name for r in routes]
    at = names.index(prev_route) if prev_route in names else -1
    if at >= 0:
        f["is_prev"][at] = 1
        f["near_prev"] = B @ B[at]
        f["has_prev_route"][:] = 1
        f["cont"][:] = continuation(q, probe)
        f["stick"][at] = f["cont"][at]
    count = len(pieces.last.split(" "))
    f["short"][:] = 1 / (1 + count / 4)
    f["long"][:] = min(1.0, count / 60)
    f["log_n"][:] = math.log(n) / 3
    bank_features(f, q, routes, B, bank)
    word_features(f, pieces, routes, head["words"])
    for k in RELATIVE:
        f["rel_" + k] = (f[k] - f[k].max()) * 3
    return np.stack([f[k] for k in ROUTE_INPUTS], 1)


def set_features(x, logits):
    """Set-level inputs of the `other` score. x: features(), logits: the routes' scores."""
    col = {k: x[:, i] for i, k in enumerate(ROUTE_INPUTS)}
    order = np.sort(logits)[::-1]
    second = order[1] if len(order) > 1 else order[0] - 3.0
    at = np.where(col["is_prev"] > 0)[0]
    return np.array([col["cont"][0], order[0] / 5, (order[0] - second) / 5, logits.mean() / 5, logits.std() / 5, col["both"].max(), col["desc"].max(), col["both"].mean(), col["lex"].max(), col["log_n"][0], col["short"][0], col["has_prev_route"][0], (logits[at[0]] if len(at) else 0.0) / 5, col["ex"].max(), col["bank_top"][0], col["bank_mass"][0], col["bank_gap"][0], col["known_mean"][0], col["proto"].max()])


def mlp(x, layers):
    """tanh hidden layers, one linear output. layers: [(W [in][out], b)]"""
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i + 1 < len(layers):
            x = np.tanh(x)
    return x[..., 0]


def decide(pieces, routes, prev_route, vec, head):
    """Probabilities of the routes in order, then of `other`."""
    x = features(pieces, routes, prev_route, vec, head)
    logits = mlp((x - head["route_mean"]) / head["route_std"], head["route_layers"])
    s = set_features(x, logits)
    other = mlp((s - head["set_mean"]) / head["set_std"], head["other_layers"])
    z = np.append(logits, other) / head["temperature"]
    z = np.exp(z - z.max())
    return z / z.sum()
