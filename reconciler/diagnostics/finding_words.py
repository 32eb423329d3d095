"""A finding and a failure in sentences, whatever they are printed on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.diagnostics.catalog import RetryRule, Row, catalog
from reconciler.diagnostics.catalog_words import fact
from reconciler.diagnostics.catalog_words import who as actor
from reconciler.diagnostics.failures import Failure
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.outcome_text import seconds
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.subject_names import is_vm, listed, names, short_ids, vm_label
from reconciler.model.outcome import Failed, Retry
from reconciler.model.plan import Finding, SubjectKind

EACH = re.compile(r"\b[Ee]ach\b")
"""How the message of a finding about several VMs speaks of them."""
MESSAGES_SHOWN = 2
_SERIES = 3
"""So many runs of numbers say better which VMs are meant than their group does."""
_LONG_SENTENCE = 72
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])|(?<=。)(?=.)")
_CLAUSE = re.compile(r"(?:[^;()]|\([^()]*\)|;(?! ))+")
"""Up to a semicolon that stands in no parentheses."""


def of(message: str, labels: Sequence[str], *, full: bool) -> str:
    """The message as this page says it: of each of several, or of the one that is left of them."""
    text = message if full else short_ids(message)
    return EACH.sub(lambda _: labels[0], text) if len(labels) == 1 else text


def said(message: str, finding: Finding, subjects: Sequence[str], language: Language, *, full: bool) -> str:
    """One finding in one sentence: its message where that names the subject, else with the subject added."""
    if not message:
        title = catalog().row(finding.code).told(language).title
        return f"{title}: {who(subjects)}" if subjects else title
    named = all(vm_label(subject).rpartition("/")[2] in message for subject in subjects)
    if named or (full and len(subjects) > 1):
        return message
    if all(map(is_vm, subjects)):
        labels = [vm_label(subject) for subject in subjects]
        return f"{message.rstrip('.')}: {listed(labels) if len(labels) <= 3 else who(subjects)}."
    return f"{who(subjects)}: {message}"


def who(subjects: Sequence[str]) -> str:
    kind = SubjectKind.VM if all(map(is_vm, subjects)) else None
    return many([vm_label(subject) for subject in subjects], kind)


def many(subjects: Sequence[str], kind: SubjectKind | None) -> str:
    """Names as a part of a sentence."""
    return names(subjects, kind, most_series=_SERIES).replace("  ", " ", 1)


def first_sentence(text: str) -> str:
    """The beginning of a remedy, of a long sentence up to its semicolon, and `…` where there is more to it."""
    first, *rest = _SENTENCE.split(text, maxsplit=1)
    clause = _CLAUSE.match(first)
    if len(first) > _LONG_SENTENCE and clause is not None and first.startswith("; ", clause.end()):
        first, rest = f"{clause[0]};", [text]
    return f"{first} …" if rest else first


def again(rule: RetryRule, outcome: Failed | Retry, language: Language = "en") -> str:
    """When it is tried again: what is known of this failure, and what the rule of its row says."""
    chinese = language == "zh-TW"
    if isinstance(outcome, Retry):
        most = str(rule).partition(", ")[2] if rule.rule == "after" and not chinese else ""
        more = outcome.message or most
        wait = spoken(seconds(outcome.after), language)
        when = f"最早在 {wait}之後重試" if chinese else f"Tried again in {wait} at the earliest"
        return when + (f"{colon(language)}{spoken(more, language)}" if more else "")
    if chinese:
        told = {"never": rule.told(language), "changed": f"這項改變後重試：{fact(rule.fact or '', language)}"}
        return told.get(rule.rule, f"重試：{rule.told(language)}")
    if rule.rule == "changed":
        return f"Tried again once this changes: {(rule.fact or '').replace('-', ' ')}"
    return "Not tried again by itself" if rule.rule == "never" else f"Tried again {rule}"


def who_acts(row: Row, outcome: Failed | Retry, language: Language) -> str:
    """Who has to act, and when reconcile tries by itself."""
    acts, when = actor(row.who, language), again(row.retry, outcome, language)
    return f"由誰處理：{acts}。{when}。" if language == "zh-TW" else f"Who acts: {acts}. {when}."


def sentence(text: str, language: Language) -> str:
    """A title as a sentence."""
    return text + ("。" if language == "zh-TW" else ".")


def colon(language: Language) -> str:
    """What stands between a thing and what is said of it."""
    return "：" if language == "zh-TW" else ": "


def own_words(failure: Failure) -> list[str]:
    """What we say of a failure beside Azure's words; the finding's sentence says it better where there is one."""
    azure = {one.error.message for one in failure.outcomes if one.error is not None}
    said = dict.fromkeys(one.message for one in failure.outcomes if isinstance(one, Failed))
    return [text for text in said if text and text not in azure][:MESSAGES_SHOWN]
