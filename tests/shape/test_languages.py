"""Whatever people are told has words in both languages: no sentence of the source is without its Chinese one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.diagnostics.phrases import phrase_files, spoken

ROOT = Path(__file__).parents[2] / "reconciler"
SPEAKERS = (
    "planning",
    "engine",
    "diagnostics/as_json.py",
    "diagnostics/findings_text.py",
    "diagnostics/log_text.py",
    "diagnostics/outcome_text.py",
    "diagnostics/plan_facts.py",
    "diagnostics/plan_folds.py",
    "diagnostics/plan_text.py",
    "diagnostics/plan_words.py",
    "diagnostics/status_text.py",
    "diagnostics/status_words.py",
    "azure/answers.py",
    "azure/inventory.py",
    "azure/listing.py",
    "azure/operations.py",
    "azure/origin.py",
    "azure/pipeline.py",
    "azure/transport.py",
    "azure/vault_content.py",
    "manifests/builder.py",
    "manifests/characters.py",
    "manifests/contents.py",
    "manifests/files.py",
    "manifests/folder.py",
    "manifests/kinds/months.py",
    "manifests/load.py",
    "manifests/mistakes.py",
    "manifests/policy_rules.py",
    "manifests/reader.py",
    "manifests/references.py",
    "manifests/scalars.py",
    "manifests/suggest.py",
    "model/journal.py",
    "sources/folder.py",
    "sources/git/branch.py",
    "sources/git/https.py",
    "sources/git/memory.py",
    "sources/git/mirror.py",
    "sources/git/pack.py",
    "sources/git/remote.py",
    "sources/git/signatures.py",
    "sources/git/source.py",
    "sources/git/tree.py",
    "sources/git/trouble.py",
    "sources/git/wire.py",
    "sources/in_force.py",
    "store",
    "watch/histories.py",
    "watch/loading.py",
)
"""What these say ends on a page of one kind or another."""
NOT_SAID = frozenset({"planning/retention.py", "planning/unsupported_os.py"})
"""Words of the YAML, which are written and not said, and names of systems."""
FILES = sorted(path for name in SPEAKERS for path in ([ROOT / name] if "." in name else (ROOT / name).rglob("*.py")))
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception"})
_PROGRAM = re.compile(
    r" (eq|ge|le) '|[A-Z]{5,} [A-Z(]|^`[^`]*`$"
    "|was (given to|about to be sent by) a reader|without a writer|only what loads"
)
"""Filters of Azure, SQL, YAML, and what only a mistake in the program brings about."""
_PLACE = re.compile(r"\{\w+(?::[dslpw])?\}")
_WORD = re.compile(r"\b[a-z]{2,}\b")
_EDGES = " .,;:()\n'"


def _keys() -> str:
    """Every phrase in English, its places cut out."""
    keys = [english for part in phrase_files() for english in part]
    return "\n".join(_PLACE.sub("\0", re.sub(r"\[(\w+)\]", ending, key)) for key in keys for ending in (r"\1", ""))


KEYS = _keys()


def _pieces(node: ast.expr) -> list[str]:
    """The fixed texts of a string, one more than it has places."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if not isinstance(node, ast.JoinedStr):
        return []
    return "".join(str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values).split("\0")


def sentences(tree: ast.AST) -> Iterator[tuple[int, list[str]]]:
    """(line, pieces) of every text with three words or more that is no docstring, and not for the log."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)
        if isinstance(node, ast.JoinedStr):
            silent.update(node.values)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LOGGING:
            silent.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node not in silent:
            pieces = _pieces(node)
            text = " ".join(pieces)
            if len(_WORD.findall(text)) >= 3 and " " in text.strip() and not _PROGRAM.search("7".join(pieces)):
                yield node.lineno, pieces


def _is_spoken(pieces: list[str]) -> bool:
    """Said in Chinese as a whole, or, as a part of a sentence, found in the phrases piece by piece."""
    whole = "7".join(pieces)
    return spoken(whole, "zh-TW") != whole or all(
        len(_WORD.findall(piece)) < 2 or piece.strip(_EDGES) in KEYS for piece in pieces
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_has_its_chinese(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in NOT_SAID:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [f"{line}: {pieces}" for line, pieces in sentences(tree) if not _is_spoken(pieces)] == []


def told(tree: ast.AST) -> Iterator[ast.expr]:
    """The lines that a command prints on stderr."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tell":
            yield from node.args


COMMANDS = sorted((ROOT / "cli").glob("*.py"))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_line_on_stderr_has_its_chinese(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = (node for line in told(tree) for node in ast.walk(line) if isinstance(node, ast.JoinedStr))
    lines: list[ast.expr] = [*parts, *(line for line in told(tree) if isinstance(line, ast.Constant))]
    said = [(node.lineno, "7".join(_pieces(node))) for node in lines]
    assert [(line, text) for line, text in said if re.search("[a-z]{2}", text) and spoken(text, "zh-TW") == text] == []


OF_THE_PROGRAM = frozenset({"main", "telling", "vault_fault", "vault_serve", "vault_show", "vault_table"})
"""What says that the command line itself is wrong, and what stands for Azure, speaks English."""


@pytest.mark.parametrize(
    "path", [one for one in COMMANDS if one.stem not in OF_THE_PROGRAM], ids=lambda path: path.stem
)
def test_there_is_one_way_to_stderr(path: Path) -> None:
    assert not re.search(r"echo\([^\n]*\berr=True", path.read_text(encoding="utf-8"))


TEMPLATES = sorted((ROOT / "web" / "templates").glob("*.html"))
_ENGLISH = re.compile(r'lang="en"[^>]*>([^<]*)<')
_AZURES = re.compile(r"\{\{ (\w+\.)*error\.message \| |\{\{ event\.message \| |\{\{ page\.row\.source \}\}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_only_what_azure_says_is_english_on_the_page(path: Path) -> None:
    for text in _ENGLISH.findall(path.read_text(encoding="utf-8")):
        assert _AZURES.search(text), text


def test_no_phrase_stands_in_two_files() -> None:
    parts = [set(part) for part in phrase_files()]
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("english", [key for part in phrase_files() for key in part])
def test_a_phrase_has_the_same_places_in_both_languages(english: str) -> None:
    words = next(part[english] for part in phrase_files() if english in part)
    given, used = (
        {place.partition(":")[0] for place in re.findall(r"\{(\w+(?::\w)?)\}", text)} for text in (english, words)
    )
    assert used <= given
    assert not re.search("[一-鿿] [一-鿿]", words) or english.startswith(
        ("protection ", "policy ", "last ", "Config", "Azure", "VMs", "Jobs")
    )
