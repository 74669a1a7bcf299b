"""Loads the training rows into one shape: turns with a gold route inside a family of routes.

A family is a set of routes that may be offered together (candidates are drawn from it); a group
is what is held out as a whole in the leave-one-domain-out runs. Only `split: train` rows are read
here; eval/ is read by evaluate.py alone.
"""
import glob
import gzip
import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field

import dedup
import text as X

CODE_GENERAL = "tasks"
CARRY = ("contentonly", "confirmation")  # MultiDoGO turns that go on with the intent before


@dataclass
class Route:
    name: str
    group: str
    descriptions: list = field(default_factory=list)


@dataclass
class Turn:
    family: str
    route: str  # name, or "other"
    last: str
    prev: str = ""  # previous user turn
    assistant: str = ""  # last assistant message
    prev_route: str = ""  # gold route of the previous user turn
    conv: str = ""
    index: int = 0
    origin: tuple = ()  # (family, route) of the written turn this one is a copy of


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def turns_of(family, messages, routes, conv, rename=lambda r: r):
    out, prev, assistant, prev_route, u = [], "", "", "", 0
    for m in messages:
        if m["role"] != "user":
            assistant = m["content"]
            continue
        gold = routes[u] if u < len(routes) else None
        if gold:
            out.append(Turn(family, rename(gold), m["content"], prev, assistant, prev_route, conv, u))
            prev_route = rename(gold)
        prev, assistant, u = m["content"], "", u + 1
    return out


def public(folder):
    """Returns families {family: {route name: Route}} and the list of Turns."""
    pools = json.load(open(os.path.join(folder, "routes.json")))
    families, turns = defaultdict(dict), []
    for pool, routes in pools.items():
        if pool in ("sgd/dev", "multidogo/domains"):
            continue
        top = pool.split("/")[0]
        family = CODE_GENERAL if pool in ("coding", "general") else top
        for r in routes:
            group = f"{top}:{r['domain']}"
            families[family][r["name"]] = Route(r["name"], group, [r["description"]])
    for name in ("clinc150", "hwu64", "snips"):
        for row in read(f"{folder}/routes/{name}_train.jsonl.gz"):
            if row["split"] == "train":
                turns.append(Turn(name, row["route"], row["text"], conv=row["id"]))
    for row in read(f"{folder}/routes/clinc150_oos_train.jsonl.gz"):
        if row["split"] == "train":
            turns.append(Turn("clinc150", "other", row["text"], conv=row["id"]))
    for path in sorted(glob.glob(f"{folder}/coding/*.jsonl.gz") + glob.glob(f"{folder}/general/*.jsonl.gz")):
        for row in read(path):
            if row.get("split") != "train":
                continue
            if row.get("turn_routes"):
                turns += turns_of(CODE_GENERAL, row["messages"], row["turn_routes"], row["id"])
            elif row.get("route"):
                family = "mmlu" if "mmlu_subjects" in path else CODE_GENERAL
                if row["route"] in families[family]:
                    turns.append(Turn(family, row["route"], row["messages"][-1]["content"], conv=row["id"]))
    for row in read(f"{folder}/dialogs/sgd_train.jsonl.gz"):
        routes = [r if r in families["sgd"] else None for r in row["turn_routes"]]
        found = turns_of("sgd", row["messages"], routes, row["id"])
        kinds = row.get("turn_kind") or []
        for t in found:
            t.index = -1 if t.index < len(kinds) and kinds[t.index] == "carry" else t.index
        turns += found
    for row in read(f"{folder}/dialogs/multidogo_train.jsonl.gz"):
        routes, before = [], None
        for intent in row["turn_intents"]:
            intent = intent if isinstance(intent, str) else None
            name = f"{row['domain']}/{intent}"
            before = name if name in families["multidogo"] else before if intent in CARRY else None
            routes.append(before)
        found = turns_of("multidogo", row["messages"], routes, row["id"])
        for t in found:
            if row["turn_intents"][t.index] in CARRY:
                t.index = -1
        turns += found
    return families, turns


BY_SET = ("written-w7", "written-w8", "written-w9", "written-w10")  # their sets repeat each other's meanings and names: each is a family


def numbered(path):
    """w9_71 of w9_71.conv.txt: conversations of a writer whose sets are families speak of the set of their number."""
    return os.path.basename(path).split(".")[0]


def written(folder, dedup_rows=True):
    """Our own text: *.routes.txt, *.conv.txt, *.none.txt (formats: data/README.md)."""
    families, turns, none, set_of = defaultdict(dict), [], [], {}
    unescape = lambda s: s.replace("\\n", "\n").strip()
    paths = lambda kind: sorted(glob.glob(os.path.join(folder, f"*.{kind}.txt")))
    for path in paths("routes"):
        writer = family = "written-" + os.path.basename(path).split("_")[0]
        route = None
        for line in open(path, encoding="utf-8"):
            if line.startswith("## "):
                name, _, domain = line[3:].partition("|")
                name = name.strip()
                if writer in BY_SET:
                    family = f"{writer}:{domain.strip()}"
                    set_of[numbered(path)] = family
                route = families[family].setdefault(name, Route(name, "written:" + domain.strip()))
            elif line.startswith("d:") and route and line[2:].strip():
                route.descriptions.append(unescape(line[2:]))
            elif line.startswith("r:") and route and line[2:].strip():
                turns.append(Turn(family, route.name, unescape(line[2:]), conv=f"{path}:{len(turns)}"))
    for path in paths("conv"):
        family = set_of.get(numbered(path), "written-" + os.path.basename(path).split("_")[0])
        conv, at, state, current = 0, None, None, None
        for line in open(path, encoding="utf-8"):
            if line.startswith("# conv"):
                conv += 1
                state = dict(prev="", assistant="", prev_route="", u=0)
            elif line.startswith("@") and state is not None:
                current = line[1:].strip()
            elif line.startswith("U:") and state is not None:
                said = unescape(line[2:])
                if current:
                    turns.append(Turn(family, current, said, state["prev"], state["assistant"], state["prev_route"], f"{os.path.basename(path)}#{conv}", state["u"]))
                state.update(prev=said, assistant="", prev_route=current or "", u=state["u"] + 1)
            elif line.startswith("A:") and state is not None:
                state["assistant"] = unescape(line[2:])
    for path in paths("none"):
        none += [unescape(l[2:]) for l in open(path, encoding="utf-8") if l.startswith("n:")]
    known = {f: set(r) for f, r in families.items()}
    everywhere = {}
    for f, r in families.items():
        for n, x in r.items():
            everywhere.setdefault(n, x)
    kept, unknown = [], defaultdict(int)
    for t in turns:
        if t.route == "other" or t.route in known.get(t.family, ()):
            kept.append(t)
        elif t.route in everywhere:  # a conversation may use another writer's route
            families[t.family][t.route] = everywhere[t.route]
            known[t.family].add(t.route)
            kept.append(t)
        else:
            unknown[t.route] += 1
    for f in list(families):
        for n, r in families[f].items():
            if not r.descriptions:
                r.descriptions.append(X.humanise(n))
    if dedup_rows:
        kept, _ = dedup.unique(kept)
    return families, kept, none, dict(unknown)


# Written routes that mean the same as a route of the public coding and general pools: their requests
# also train that pool, most of whose routes have few or no public rows.
SAME_AS_PUBLIC = {
    "bug_fixing": "bug_fixing", "inline_fix": "bug_fixing", "wrong_output": "bug_fixing", "crashes": "bug_fixing", "homework_debug": "bug_fixing",
    "code_explanation": "code_explanation", "explanation": "code_explanation", "inline_explain": "code_explanation",
    "code_generation": "code_generation", "generate_here": "code_generation", "small_utilities": "code_generation", "stub_completion": "code_generation",
    "code_review": "code_review", "PRReview": "code_review",
    "test_generation": "test_generation", "testing": "test_generation", "unit_tests": "test_generation", "inline_tests": "test_generation", "write_tests_go": "test_generation",
    "refactoring": "code_editing", "edit_selection": "code_editing", "rename": "code_editing", "extract_and_split": "code_editing", "add_type_annotations": "code_editing", "modernise_code": "code_editing",
    "documentation": "documentation", "docstrings_comments": "documentation", "inline_doc": "documentation", "readme_writing": "documentation", "api_reference_docs": "documentation",
    "code_translation": "code_translation", "translate_code": "code_translation",
    "sql_queries": "sql_query", "sql_data": "sql_query", "bash_scripts": "shell_command", "write_scripts": "shell_command",
    "commit_message": "commit_message", "commit-messages": "commit_message",
    "performance_optimization": "performance_optimization", "performance": "performance_optimization", "algorithmic_speedup": "performance_optimization", "speed_up_python": "performance_optimization", "low_level_perf": "performance_optimization",
    "vulnerability_audit": "security_review", "vuln_review": "security_review", "security": "security_review",
    "local setup": "environment_config", "package_management": "environment_config", "build_compile_errors": "environment_config", "dependency_import_errors": "environment_config",
    "concept_questions": "concept_question", "scaffold_project": "project_scaffolding", "new_file": "project_scaffolding", "new_notebook_cell": "notebook_creation",
    "editor_settings": "editor_help", "terminal_help": "terminal_help", "terminal": "terminal_help", "git_and_prs": "repository_platform",
    "maths_word_problem": "math", "write_story": "creative_writing", "write_poem_song": "creative_writing", "role_play_character": "roleplay",
    "draft_email_letter": "writing", "rewrite_improve": "writing", "social_media_post": "writing", "logic_puzzle": "reasoning", "extract_information": "extraction",
    "quick_fact_lookup": "knowledge", "disease_information": "medical_question", "symptom_check": "medical_question", "side_effects": "medical_question",
    "career_advice": "generic", "opinions_preferences": "generic",
    "change_selected": "code_editing", "document_selected": "documentation", "fix_selected": "bug_fixing", "explain_selected": "code_explanation", "test_selected": "test_generation",
    "write_the_code": "code_generation", "something_breaks": "bug_fixing", "how_it_is_meant": "concept_question", "set_up_and_versions": "environment_config", "find_existing": "code_search", "use_of_tools": "editor_help",
    "howto_with_code": "code_generation", "my_code_fails": "bug_fixing", "settings_and_installs": "environment_config", "what_and_why": "concept_question",
}


# Texts under the public pools' own route names. The sets of w6 repeat each other's meanings: one at a time.
ONE_SET = "written-w6"
PUBLIC_NAMES = (ONE_SET, "written-w7:coding intents coarse")


def public_from_written(turns, families):
    """Copies of written turns under the public pool's route names."""
    out = []
    for t in turns:
        own = t.route if t.family in PUBLIC_NAMES and t.route in families[CODE_GENERAL] else None
        to = own or SAME_AS_PUBLIC.get(t.route)
        if to and to in families[CODE_GENERAL]:
            out.append(Turn(CODE_GENERAL, to, t.last, t.prev, t.assistant, SAME_AS_PUBLIC.get(t.prev_route, ""), t.conv, t.index, (t.family, t.route)))
    return out


def extra_descriptions(path, families):
    """Lines `family<TAB>route<TAB>description`: further descriptions for routes of the public pools."""
    n = 0
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            parts = line.rstrip("\n").split("\t")
            if len(parts) == 3 and parts[1] in families.get(parts[0], {}):
                families[parts[0]][parts[1]].descriptions.append(parts[2])
                n += 1
    return n


def wordnet(folder):
    """(phrase, gloss) and (example, gloss) pairs from WordNet's data files."""
    pairs = []
    for pos in ("noun", "verb", "adj", "adv"):
        for line in open(os.path.join(folder, f"data.{pos}"), encoding="utf-8", errors="replace"):
            if line.startswith("  ") or "|" not in line:
                continue
            head, gloss = line.split("|", 1)
            f = head.split()
            words = [f[4 + 2 * i].replace("_", " ") for i in range(int(f[3], 16))]
            words = [re.sub(r"\(.*?\)$", "", w) for w in words]
            examples = re.findall(r'"([^"]+)"', gloss)
            meaning = re.sub(r'[;:]?\s*"[^"]*"', "", gloss).strip(" ;\n")
            if not meaning:
                continue
            pairs.append((", ".join(words[:3]), meaning))
            pairs += [(e, f"{words[0]}: {meaning}") for e in examples]
    return pairs


def foldoc(index, dictionary):
    """(term, first sentences) pairs from FOLDOC's dictd files."""
    digits = {c: i for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
    num = lambda s: sum(digits[c] * 64 ** i for i, c in enumerate(reversed(s)))
    body = gzip.open(dictionary, "rb").read()
    pairs = []
    for line in open(index, encoding="utf-8", errors="replace"):
        term, at, size = line.rstrip("\n").split("\t")[:3]
        if term.startswith("00-"):
            continue
        entry = body[num(at): num(at) + num(size)].decode("utf-8", "replace")
        lines = entry.split("\n")[1:]
        said = X.squeeze(re.sub(r"<[^>]*>|[{}]|\[[^\]]*\]", "", " ".join(lines)))
        if len(said) > 40:
            pairs.append((term, said[:300]))
    return pairs


def debian(lists):
    """(synopsis, description) pairs from apt's Packages/Translation files (uncompressed text)."""
    pairs, seen = [], set()
    for path in lists:
        name = synopsis = None
        body = []
        for line in open(path, encoding="utf-8", errors="replace"):
            if line.startswith("Package: "):
                name = line[9:].strip()
            elif line.startswith("Description-en: ") or line.startswith("Description: "):
                synopsis, body = line.split(": ", 1)[1].strip(), []
            elif line.startswith(" ") and synopsis:
                body.append(line.strip())
            elif not line.strip():
                said = X.squeeze(" ".join(b for b in body if b != "."))
                if synopsis and len(said) > 40 and synopsis not in seen:
                    seen.add(synopsis)
                    pairs.append((f"{synopsis}", said[:300]))
                name = synopsis = None
    return pairs
