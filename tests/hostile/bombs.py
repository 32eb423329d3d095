"""Files that are large by design, and what a reader of them could spend its time or its memory on, at any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.manifests.reader import MIB

SIZES = (1 << 10, 1 << 14, 1 << 17, MIB - 1, MIB, MIB + 1)
_HEAD = b"apiVersion: reconciler/v1\nkind: Vault\nmetadata: {name: rsv}\nspec:\n"


def _filled(unit: bytes, head: bytes = b"", tail: bytes = b"") -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        room = max(size - len(head) - len(tail), 0)
        return head + unit * (room // len(unit)) + tail

    return make


def _counted(form: str, head: bytes = b"", tail: bytes = b"") -> Callable[[int], bytes]:
    """As often as fits, each with another number."""

    def make(size: int) -> bytes:
        each = len(form.format(10**6))
        lines = (form.format(10**6 + number) for number in range(max(size - len(head) - len(tail), 0) // each))
        return head + "".join(lines).encode() + tail

    return make


def _stairs(step: str) -> Callable[[int], bytes]:
    """Each line deeper than the one above."""

    def make(size: int) -> bytes:
        lines: list[str] = []
        used = 0
        while used < size:
            lines.append(" " * len(lines) + step + "\n")
            used += len(lines[-1])
        return "".join(lines).encode()

    return make


BOMBS: Mapping[str, Callable[[int], bytes]] = {
    "brackets": _filled(b"["),
    "braces": _filled(b"{"),
    "closed-brackets": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "items": _filled(b"x,", b"["),
    "empty-items": _filled(b"[],", b"[", b"]"),
    "nested-items": _filled(b"- "),
    "list": _filled(b"- x\n"),
    "blank-list": _filled(b"-\n"),
    "stairs": _stairs("k:"),
    "list-stairs": _stairs("-"),
    "equal-keys": _filled(b"a,", b"{"),
    "equal-key-lines": _filled(b"a: 1\n"),
    "long-equal-keys": _filled(b"k" * 50_000 + b": 1\n"),
    "keys": _counted("k{}: 1\n"),
    "flow-keys": _counted("k{},", b"{", b"}"),
    "keys-in-spec": _counted("  k{}: 1\n", _HEAD),
    "tags-in-spec": _counted("k{}: [x],", _HEAD + b"  coverage: {require: true, tags: {", b"}}"),
    "wrong-tags": _counted("k{}: 1,", _HEAD + b"  coverage: {require: true, tags: {", b"}}"),
    "documents": _filled(b"---\n"),
    "vaults": _filled(_HEAD + b"  x: 1\n---\n"),
    "complex-keys": _filled(b"? "),
    "anchors": _filled(b"a: &a\n"),
    "many-anchors": _counted("- &a{} x\n"),
    "aliases": _filled(b"*a,", b"[&a x,", b"]"),
    "digits": _filled(b"9", b"a: "),
    "hexadecimal": _filled(b"f", b"a: 0x"),
    "sexagesimal": _filled(b":59", b"a: 1"),
    "nul": _filled(b"\0"),
    "line-ends": _filled(b"\r\n"),
    "returns": _filled(b"\r"),
    "newlines": _filled(b"\n"),
    "blanks": _filled(b" "),
    "tabs": _filled(b"\t"),
    "comments": _filled(b"# x\n"),
    "long-comment": _filled(b"x", b"# "),
    "quotes": _filled(b"'"),
    "open-quote": _filled(b"a\n", b'"'),
    "escapes": _filled(b"\\u0061", b'a: "', b'"'),
    "hidden-escapes": _filled(b"\\u202e", b'a: "', b'"'),
    "block": _filled(b" x\n", b"a: |\n"),
    "folded": _filled(b" x\n", b"a: >\n"),
    "plain": _filled(b"x", b"a: "),
    "plain-lines": _filled(b" x\n", b"a: x\n"),
    "tags": _filled(b"- !!int x\n"),
    "long-tag": _filled(b"x", b"!"),
    "long-anchor": _filled(b"x", b"&"),
    "long-key": _filled(b"x", b"? ", b"\n: 1\n"),
    "long-directive": _filled(b"x", b"%YAML 1."),
    "directives": _counted("%TAG !t{}! tag:x\n"),
    "bidi": _filled("\u202e".encode()),
    "combining": _filled("\u0301".encode(), b"a: x"),
    "combining-mistake": _filled("\u0301".encode(), b"[a, ", b" "),
    "wide": _filled("語".encode(), b"kind: "),
    "continuation": _filled(b"\x80"),
    "cut-characters": _filled(b"\xe2\x82"),
    "machines": _filled(
        b"  - {name: w}\n", b"apiVersion: reconciler/v1\nkind: Retirement\nspec:\n  virtualMachines:\n"
    ),
    "wrong-machines": _filled(b"  - 1\n", b"apiVersion: reconciler/v1\nkind: Retirement\nspec:\n  virtualMachines:\n"),
    "globs": _filled(b"'*',", _HEAD.replace(b"Vault", b"Protection") + b"  select: {names: [", b"]}"),
    "long-name": _filled(b"x", b"apiVersion: reconciler/v1\nkind: Vault\nmetadata: {name: ", b"}\n"),
    "long-kind": _filled(b"x", b"apiVersion: reconciler/v1\nkind: "),
    "colons": _filled(b": "),
    "questions": _filled(b"?\n"),
    "block-chomping": _filled(b"- |2-\n"),
}  # fmt: skip
