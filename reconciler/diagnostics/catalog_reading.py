"""What a message says in the terms of the table, sentence by sentence, in English and in Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

Said = frozenset[str]
"""The terms that one passage of a message holds."""

_LONGEST = 4096
"""Characters of a message that are read: Azure's own messages are far shorter."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{9,}")
"""What may be a code within a message: wrapped errors carry the inner code in the text only, in any case."""
_CLIENT = re.compile(
    r"\bat line:\d+ char:\d+.*|\b[a-z]+-az\w+|\bazurerm_\w+|\b\w+\.\w+client#\w+"
    r"|(?<![\w.])/(?:var|usr|opt|dev|home)/[\w./-]*|\b(?:vm|iaasvmcontainer);iaasvmcontainer\w*;[^;]*;[\w.-]+"
    r"|https?://(?:aka\.ms|(?:go|docs|learn|support)\.microsoft\.com|docs\.azure\.cn)/[\w./#?&=%+-]*"
    r"|(?<!agent )(?<!vm )(?<!machine )(?<!ing )(?<!extension )\bstatus[\"']?\s*[:=]\s*[\"']?(?:failed|failure)\b"
    r"|\bworkload name\s*[:=]\s*\S+"
    r"|\A\W*(?:error|錯誤|错误|(?:backup )?(?:operation|job) failed)\s*[:.](?=\s*\S)"
    r"|(?:\b(?:correlation|request|activity|tracking|trace|operation)|要求|請求|请求|關聯|关联|活動|活动)"
    r"[\s_-]?(?:id|識別碼|标识符?)[\s\"'*:=]*(?=[\da-f-]*\d)[\da-f-]{4,}",
    re.IGNORECASE | re.DOTALL,
)
"""What a client adds and no error is: where its script stands, what it called, a path, the name of an item, a link to
the manual, the status of a job, the word `Error:` before it all, the id of the request."""
_NUMBER = re.compile(r"(?<![\w.-])[1-9]\d{5}(?![\w.-])")
_JOINED = re.compile(r"[A-Za-z]{12,}")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ARM_ID = re.compile(r"/subscriptions/[^\s\"'<>]*/providers/([\w.]+/\w+)[^\s\"'<>]*", re.IGNORECASE)
_NAME = re.compile(r"(['\"])[\w.-]*[\d_-][\w.-]*\1|<[^<>]*>")
_EXTENSION = r"(?:extensions?|擴充功能|延伸模組|副檔名|擴充|擴展|扩展)"
_ANY_EXTENSION = re.compile(rf"(?<![a-z]){_EXTENSION}(?![a-z])")
_ANOTHERS = re.compile(
    rf"{_EXTENSION}(?:\s+(?:type|handler|named?))?\s*(?:['\"「][\w. -]+['\"」]|(?-i:[A-Z]\w*[a-z][A-Z]\w*)(?=\s))"
    rf"|['\"「][\w.-]+['\"」]\s*(?:vm\s*)?{_EXTENSION}"
    r"|(?-i:\b(?!\w*(?:Backup|Snapshot|Bcdr))[A-Z][a-z]+[A-Z]\w+Extension(?=[:\s]))",
    re.IGNORECASE,
)
"""An extension by its name."""
_OURS = re.compile(r"vmsnapshot|azure\.recoveryservices", re.IGNORECASE)
"""What the extension of Azure Backup is called. A message that names another and not it is about that one."""
_GLUED = re.compile(r"\btoo(?=com\b|(?!k|l)[a-z]{4})")
"""A `to` that a translating machine left in the text, with the next word: `toocommunicate`."""
_NOT = re.compile(r"n't\b")
_END = re.compile(r"(?<=[.!?])\s+|[:,]\s*(?=請|please\b)|[。！？；;|]|\s[-–—]+\s|\\[rn]|[\r\n]+|[\"']\s*[,:]\s*[\"']")
_MARKS = re.compile(r"[^a-z0-9+\u3400-\u9fff]+")
_AROUND_CHINESE = re.compile(r" (?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff]) ")
_START = re.compile(r"[a-z0-9+]+|[\u3400-\u9fff]")
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+")


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The words of messages, as data.

    `terms` has the phrases of each term; a word that ends in `*` stands for all that begin so, and a phrase with
    Chinese in it is looked for in the text without spaces. The words of a phrase of `compounds` count for nothing else:
    a key vault is no vault. `spellings` are other writings of the same, put right first;
    `characters` are simplified ones and, in the same order, the traditional ones. `advice` are the first words of
    sentences that say what to do and not what happened. After one of `lead_ins` come the words of the service; what
    stands before the last one is a client's. `vague` are codes of Azure that name no cause; `mute` are those that
    say nothing as words either.
    `foreign` are terms of what no row is about, such as a restore: a sign that does not name one is not met in a
    message that does. `things` are terms of what a row is about: a sentence that holds one does not mean a row whose
    own words never do.
    """

    terms: Mapping[str, tuple[str, ...]] = {}
    compounds: tuple[str, ...] = ()
    spellings: Mapping[str, str] = {}
    characters: tuple[str, str] = ("", "")
    advice: tuple[str, ...] = ()
    lead_ins: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    things: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as the table reads it. Passages are in the order in which they count."""

    codes: tuple[str, ...]
    """What may be codes of Azure within it."""
    numbers: frozenset[int]
    """What may be numeric codes within it."""
    facts: tuple[Said, ...]
    """Each sentence on what happened, then all of them together."""
    advice: tuple[Said, ...]
    around: tuple[Said, ...] = ()
    """What a client said before the words of the service."""

    @property
    def is_half(self) -> bool:
        """Whether it may be one half of a message, the other half cut off: one sentence on what happened, or none."""
        return not self.facts or (len(self.facts) == 1 and not self.advice)


class Reader:
    """Reads messages. The same one comes many times, so the latest readings are kept."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self._compounds = frozenset(words.compounds)
        self._lead_in = re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, words.lead_ins)) or '(?!)'})[\s\"'*_]*[:=]")
        mute = "|".join(map(re.escape, words.mute)) or "(?!)"
        self._labelled = re.compile(
            rf"(?i:\b(?:\w*code|status)\b\W{{1,6}}(?:\d{{3}}\W{{1,3}})?(?:{mute})\b)|\((?:{mute})\)|\b(?:{mute}):(?=\s)"
        )
        self._traditional = str.maketrans(*words.characters)
        self._phrases: dict[str, list[tuple[str, bool, str]]] = defaultdict(list)
        """By the first word of one in letters, else by the first two characters, or the only one."""
        self._beginnings: dict[str, list[str]] = defaultdict(list)
        for term, phrases in words.terms.items():
            for phrase in phrases:
                self._learn(term, phrase)
        self.read = lru_cache(maxsize=1024)(self._read)

    def _learn(self, term: str, phrase: str) -> None:
        sought = self._put_right(phrase.rstrip("*"))
        if phrase.endswith("*") and " " not in sought:
            self._beginnings[sought].append(term)
            return
        entry = (sought, phrase[-1] in _LATIN, term)
        if entry not in self._phrases[_key(sought)]:
            self._phrases[_key(sought)].append(entry)

    def _read(self, message: str) -> Reading:
        text = message[:_LONGEST]
        spelled = self._spelled(text)
        own = self._own(spelled)
        facts, advice = self._passages(own)
        around = self._passages(spelled.removesuffix(own))[0] if own != spelled else ()
        numbers = frozenset(int(one) for one in _NUMBER.findall(text))
        return Reading(tuple(dict.fromkeys(_CODE.findall(text))), numbers, facts, advice, around)

    def _passages(self, text: str) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """What is said to have happened, sentence by sentence and then all together, and what one should do."""
        facts: list[Said] = []
        advice: list[Said] = []
        for sentence in _END.split(text):
            plain = sentence.lstrip(" \"'[({:,*>·.")
            said = self._said(plain)
            if said:
                (advice if plain.startswith(self._words.advice) else facts).append(said)
        if len(facts) > 1:
            facts.append(frozenset().union(*facts))
        return tuple(facts), tuple(advice)

    def _own(self, text: str) -> str:
        """The service's own words: what follows the last lead-in that anything follows."""
        for found in reversed(list(self._lead_in.finditer(text))):
            if any(map(self._said, _END.split(text[found.end() :]))):
                return text[found.end() :]
        return text

    def _spelled(self, text: str) -> str:
        """In one spelling: no names, no label with a mute code, `not` for `n't`, humped words apart, traditional
        characters, lower case. The extension of somebody else is told from that of Azure Backup."""
        plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
        plain = self._labelled.sub(" ", plain.replace("“", '"').replace("”", '"'))
        anothers = not _OURS.search(plain) and _ANOTHERS.search(plain)
        plain = _CLIENT.sub(" ", plain)
        plain = _ARM_ID.sub(r" \1 ", plain)
        plain = _NAME.sub(" ", plain)
        plain = _GLUED.sub("", _JOINED.sub(_apart, plain).casefold())
        plain = _NOT.sub(" not", plain.replace("can't", "can not").replace("cannot", "can not"))
        return self._put_right(_ANY_EXTENSION.sub(" otherextension ", plain) if anothers else plain)

    def _put_right(self, text: str) -> str:
        plain = text.translate(self._traditional)
        for other, ours in self._words.spellings.items():
            plain = plain.replace(other, ours)
        return plain

    def _said(self, sentence: str) -> Said:
        text = _AROUND_CHINESE.sub("", _MARKS.sub(" ", sentence))
        spans = list(self._spans(text))
        whole = [(start, end) for start, end, term in spans if term in self._compounds]
        return frozenset(term for start, end, term in spans if not _within_another(start, end, whole))

    def _spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, term) of every phrase; one in letters begins with a word and, but for a `*`, ends with one."""
        for found in _START.finditer(text):
            start, word = found.start(), found.group()
            if word[0] in _LATIN:
                for end in range(2, len(word) + 1):
                    for term in self._beginnings.get(word[:end], ()):
                        yield start, start + end, term
            else:
                yield from self._at(start, text, text[start : start + 2])
            yield from self._at(start, text, word)

    def _at(self, start: int, text: str, key: str) -> Iterator[tuple[int, int, str]]:
        for phrase, whole, term in self._phrases.get(key, ()):
            end = start + len(phrase)
            if text.startswith(phrase, start) and not (whole and text[end : end + 1] in _LATIN):
                yield start, end, term


def _key(text: str) -> str:
    """What a phrase is found by: its first word in letters, or its first two characters."""
    found = _START.match(text)
    return found.group() if found and found.group()[0] in _LATIN else text[:2]


def _within_another(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(left <= start and end <= right and right - left > end - start for left, right in spans)


def _apart(joined: re.Match[str]) -> str:
    """A long word with humps, then its parts: unknown codes say what they mean."""
    word = joined.group()
    parts = _HUMP.findall(word)
    return f"{word} {' '.join(parts)}" if len(parts) > 1 else word
