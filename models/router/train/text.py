"""What the encoder reads. The TypeScript side repeats these functions one to one (see ../scoring.md)."""
import re
import unicodedata

FENCE = re.compile(r"```([^\n`]*)\n?([\s\S]*?)(?:```|$)")
HEAD, TAIL, CODE = 420, 220, 100


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def cut(text, head=HEAD, tail=TAIL):
    chars = list(text)
    if len(chars) <= head + tail:
        return text
    return "".join(chars[:head]) + " ... " + "".join(chars[-tail:])


def prepare(text):
    """A request: code blocks shortened, head and tail kept, camelCase split, lower case."""
    text = unicodedata.normalize("NFKC", text[:20000])
    text = FENCE.sub(lambda m: " " + m.group(1) + " code: " + m.group(2)[:CODE] + " ", text)
    text = cut(squeeze(text))
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return text.lower()


SENTENCE = re.compile(r"(?<=[.?!;\]])\s+|\n+")
WANT = re.compile(r"^(?:(?:so|and|now|then|but|please|also|finally)[, ]+)*(?:please|write|create|implement|generate|complete|build|make|add|fix|explain|convert|translate|refactor|optimi[sz]e|find|show|tell|give|help|return|describe|summari[sz]e|review|document|test|how|what|why|when|where|which|who|can|could|would|is|are|does|do|should|i want|i need|i would like|i'd like|i am trying|i'm trying|your task|you need|you must)(?![a-z])")
ASK_WORDS, ASK_LENGTH = 40, 220


def ask(text):
    """Of a long request the sentence that most looks like what is wanted; empty when the request is short."""
    if len(prepare(text).split(" ")) <= ASK_WORDS:
        return ""
    plain = FENCE.sub("\n", unicodedata.normalize("NFKC", text[:20000]))
    found = [squeeze(x) for x in SENTENCE.split(plain)]
    found = [x for x in found if 3 <= len(x.split(" ")) <= 60]
    best, most = "", -1.0
    for i, x in enumerate(found):
        score = 2.0 * x.endswith("?") + 1.5 * bool(WANT.match(x.lower())) + 0.5 * (i == 0) + i / len(found)
        if score > most:
            best, most = x, score
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", "".join(list(best)[:ASK_LENGTH])).lower()


ABOUT_ROUTES = re.compile(r"(?<![a-z])(?:rout(?:e|es|ed|ing|er)|intent|categor(?:y|ies)|label|classif(?:y|ied|ier|ication)|policy|instructions?|rules?)(?![a-z])")
OVERRIDE = re.compile(r"(?<![a-z])(?:ignore|disregard|forget|override)(?![a-z]).*(?<![a-z])(?:instructions?|rules|routing|prompt)(?![a-z])")


def without_planted(text, names):
    """Leaves out sentences that tell the router what to answer: a route's name beside a word about routing."""
    parts = SENTENCE.split(text[:20000])
    if len(parts) < 2:
        return text
    plain = [humanise(n) for n in names]
    plain = [n for n in plain if len(n) >= 3]

    def planted(x):
        said = humanise(x[:600])
        if OVERRIDE.search(said):
            return True
        return bool(ABOUT_ROUTES.search(said)) and any(re.search(rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])", said) for n in plain)

    kept = [x for x in parts if not planted(x)]
    if len(kept) == len(parts) or len(" ".join(kept).split()) < 2:
        return text
    return "\n".join(kept)


def prepare_assistant(text):
    """Of the assistant's last message only the end matters: what it offered or asked."""
    text = unicodedata.normalize("NFKC", text[-4000:])
    text = FENCE.sub(" code ", text)
    chars = list(squeeze(text))
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", "".join(chars[-200:])).lower()


def humanise(name):
    """Route name to words: snake, kebab, slash, dot and camel case split."""
    name = unicodedata.normalize("NFKC", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    name = re.sub(r"[_/.:\-]+", " ", name)
    name = re.sub(r"(?<=[A-Za-z])[0-9]+(?![A-Za-z0-9])", "", name)
    return squeeze(name).lower()


OPAQUE_WORDS = {"route", "intent", "option", "class", "label", "category", "id", "opt", "choice", "candidate"}


def opaque(name):
    """True when a name tells nothing: no word of three letters but the generic ones."""
    words = [w for w in re.findall(r"[a-z]{3,}", humanise(name)) if w not in OPAQUE_WORDS]
    mixed = re.search(r"[0-9]", name) and len(name) <= 4
    return not words or bool(mixed)


def describe(description):
    text = squeeze(unicodedata.normalize("NFKC", description))
    return cut(text, 300, 100).lower()
