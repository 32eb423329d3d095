"""The parts of the troubleshooting table as `catalog.toml` holds them: rows, their variants, topics and retry rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from reconciler.diagnostics.catalog_words import duration, fact
from reconciler.diagnostics.language import Language

Operation = Literal["discover", "register", "protect", "backup", "policy", "vault", "manifest", "any"]
Who = Literal["vm-owner", "backup-operator", "subscription-owner", "author", "azure", "nobody"]
Steps = str | tuple[str, ...]


class RetryRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`never`; `wait` for the running operation; `after` `minutes`, at most `times`; when `fact` has `changed`."""

    rule: Literal["never", "wait", "after", "changed"]
    minutes: int | None = None
    times: int | None = None
    fact: str | None = None

    def __post_init__(self) -> None:
        needed = {"never": (0, 0, 0), "wait": (0, 0, 0), "after": (1, 1, 0), "changed": (0, 0, 1)}[self.rule]
        given = tuple(int(value is not None) for value in (self.minutes, self.times, self.fact))
        if given != needed:
            raise ValueError(f"retry rule {self.rule!r}: `after` takes minutes and times, `changed` takes a fact")

    def __str__(self) -> str:
        return self.told()

    def told(self, language: Language = "en") -> str:
        """The rule in plain words, as the middle of a sentence."""
        chinese = language == "zh-TW"
        match self.rule:
            case "wait":
                return "執行中的作業結束之後" if chinese else "after the running operation has ended"
            case "after":
                wait = duration(self.minutes or 0, language)
                if chinese:
                    return f"{wait}後，最多 {self.times} 次"
                return f"after {wait}, {'once' if self.times == 1 else f'at most {self.times} times'}"
            case "changed":
                words = fact(self.fact or "", language)
                return f"這項事實改變時：{words}" if chinese else f"when this fact changes: {words}"
            case _:
                return "不會自行重試" if chinese else "never by itself"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a row or a variant of it says in one language; `remedy` is a sentence or the steps in their order."""

    title: str
    cause: str
    steps: Steps = msgspec.field(name="remedy")
    tell_apart: str = ""

    @property
    def remedy_steps(self) -> tuple[str, ...]:
        return (self.steps,) if isinstance(self.steps, str) else self.steps

    @property
    def remedy(self) -> str:
        """All steps as one text; Chinese has no spaces between sentences."""
        steps = self.remedy_steps
        return ("" if steps[0].endswith("。") else " ").join(steps)


class Variant(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row as it reads once the reason behind a general answer is known.

    Known by one of the facts in `when`, by one of the row's own codes (`azure`, `numbers`) or by the signs of `says`.
    What it leaves out (`who`, `retry`) is as in the row.
    """

    name: str
    when: tuple[str, ...] = ()
    azure: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    who: Who | None = None
    retry: RetryRule | None = None
    zh: Words = msgspec.field(name="zh-TW")


class Row(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the table. Azure's words are exact: `azure` its codes, `numbers` its numeric ones.

    A code written `protect:Code` counts under that operation only; `codes` has it bare. `says` are signs in the text of
    a message: terms of the vocabulary that one sentence must hold, written `protect: agent absent` where they count
    under one operation only. `hints` are signs that count when no row's `says` is met, and `halves` after
    them where the message is one half of a longer one. `or_else` are rows that the same
    answer can also mean, `tell_apart` says what would decide, `see` are topics. `verified` is the ISO date of the last
    check of the source.
    """

    id: str
    operations: tuple[Operation, ...]
    who: Who
    retry: RetryRule
    source: str
    verified: str
    zh: Words | None = msgspec.field(default=None, name="zh-TW")
    azure: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    statuses: tuple[int, ...] = ()
    """HTTP statuses that mean this row when nothing else matched."""
    says: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    halves: tuple[str, ...] = ()
    predicted_by: tuple[str, ...] = ()
    or_else: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()

    def concerns(self, operation: str) -> bool:
        return operation in self.operations or "any" in self.operations

    @property
    def codes(self) -> tuple[str, ...]:
        """Azure's codes without the operation, each once."""
        return tuple(dict.fromkeys(code.rpartition(":")[2] for code in self.azure))

    def codes_under(self, operation: str) -> Iterator[str]:
        """Those of its codes that mean it when they answer the operation."""
        for code in self.azure:
            under, _, name = code.rpartition(":")
            if under in ("", operation):
                yield name

    def told(self, language: Language = "en") -> Words:
        """Title, cause and remedy in a language; in English as long as a row has no other words."""
        return self if language == "en" or self.zh is None else self.zh

    def as_variant(self, variant: Variant) -> Row:
        """The row with the words and rules of one of its variants; its id stays."""
        return msgspec.structs.replace(
            self,
            title=variant.title,
            cause=variant.cause,
            steps=variant.steps,
            tell_apart=variant.tell_apart,
            zh=variant.zh,
            who=variant.who or self.who,
            retry=variant.retry or self.retry,
            or_else=(),
        )


class TopicWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    title: str
    text: tuple[str, ...]


class Topic(TopicWords, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Background that several rows share, a paragraph an entry."""

    id: str
    source: str
    verified: str
    zh: TopicWords = msgspec.field(name="zh-TW")

    def told(self, language: Language = "en") -> TopicWords:
        return self if language == "en" else self.zh
