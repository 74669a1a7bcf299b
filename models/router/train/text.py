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
