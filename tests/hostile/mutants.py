"""Files with something changed: what a careless editor, a merge, a transfer or an enemy does to a sound one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

Change = Callable[[bytes, Random, Sequence[bytes]], bytes]

CODECS = (
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "utf-8-sig", "latin-1", "cp1252",
    "cp437", "cp037", "shift_jis", "gb18030", "koi8-r", "punycode",
)  # fmt: skip
_SIGNS = b" \n\t-:?,[]{}&*!|>'\"%@`#~a1.<\\\x00\x85\xff\xef\xbb\xbf\r"


def encoded(content: bytes, codec: str) -> bytes:
    """The text in another encoding."""
    return content.decode().encode(codec, "replace")


def mutant(content: bytes, seed: str, words: Sequence[bytes], changes: Mapping[str, Change]) -> bytes:
    """`content` after one to four changes drawn from the seed; `words` are what may be put in."""
    random = Random(seed)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        change = random.choice(list(changes.values()))
        content = change(content, random, words)
    return content


def noise(seed: str) -> bytes:
    """Random bytes, or random signs that mean something to YAML."""
    random = Random(seed)
    size = random.choice((1, 3, 10, 50, 400, 4_000))
    if random.random() < 0.4:
        return random.randbytes(size)
    return bytes(random.choice(_SIGNS) for _ in range(size))


def _flip(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    if not content:
        return content
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << random.randrange(8))]) + content[at + 1 :]


def _cut(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + content[at + random.choice((1, 1, 2, 5, 40)) :]


def _truncate(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _insert(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(words) + content[at:]


def _sign(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + bytes([random.choice(_SIGNS)]) * random.choice((1, 1, 2, 30)) + content[at:]


def _twice(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    begin = random.randrange(len(content) + 1)
    end = begin + random.randrange(200)
    return content[:end] + content[begin:end] + content[end:]


def _line_twice(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    at, to = random.randrange(len(lines)), random.randrange(len(lines) + 1)
    lines.insert(to, lines[at])
    return b"\n".join(lines)


def _line_away(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


def _swap_lines(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _indent(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    lines[at] = b" " * random.randrange(1, 5) + lines[at] if random.random() < 0.5 else lines[at].lstrip(b" ")
    return b"\n".join(lines)


def _other_value(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    places = [at for at, line in enumerate(lines) if b": " in line]
    if not places:
        return content
    at = random.choice(places)
    lines[at] = lines[at].split(b": ", 1)[0] + b": " + random.choice(words)
    return b"\n".join(lines)


def _other_key(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    places = [at for at, line in enumerate(lines) if b":" in line]
    if not places:
        return content
    at = random.choice(places)
    start = lines[at][: len(lines[at]) - len(lines[at].lstrip(b" -{"))]
    lines[at] = start + random.choice(words) + b":" + lines[at].split(b":", 1)[1]
    return b"\n".join(lines)


def _merge_marks(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    ours, theirs = lines[at : at + 3], lines[at + 1 : at + 4]
    lines[at : at + 3] = [b"<<<<<<< HEAD", *ours, b"=======", *theirs, b">>>>>>> other"]
    return b"\n".join(lines)


def _line_ends(content: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    return content.replace(b"\n", random.choice((b"\r\n", b"\r", "\u2028".encode(), "\u0085".encode(), b"\n\r")))


CHANGES: Mapping[str, Change] = {
    "flip": _flip,
    "cut": _cut,
    "truncate": _truncate,
    "insert": _insert,
    "sign": _sign,
    "twice": _twice,
    "line-twice": _line_twice,
    "line-away": _line_away,
    "swap-lines": _swap_lines,
    "indent": _indent,
    "other-value": _other_value,
    "other-key": _other_key,
    "merge-marks": _merge_marks,
    "line-ends": _line_ends,
}
