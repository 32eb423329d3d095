"""What is wrong with the structure of a document, in words: every mistake once, each at its own place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError
from pydantic import ValidationError as ModelError

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.manifests.builder import Document
from reconciler.manifests.schema import resolved, structure_errors
from reconciler.manifests.suggest import advice, nearest
from reconciler.model.span import Path, Span

_MOST = 100
_TYPES = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "nothing",
}  # fmt: skip


@dataclass(slots=True)
class _Finder:
    """Collects the mistakes of one document; `unknown` are the misspelt names of missing keys."""

    kind: str
    document: Document
    found: list[Diagnostic] = field(default_factory=list)
    misspelt: set[Path] = field(default_factory=set)
    unknown: set[Path] = field(default_factory=set)
    missing: dict[Path, Diagnostic] = field(default_factory=dict)
    homes: set[Path] = field(default_factory=set)
    """Mappings that are empty because what belongs into them stands beside them."""

    def take(self, error: ValidationError) -> None:
        path: Path = tuple(error.absolute_path)
        if path in self.document.blanks:
            return
        rule = str(error.validator)
        if rule == "additionalProperties":
            self._unknown(error, path)
        elif rule == "required":
            self._required(error, path)
        elif rule == "anyOf":
            for inner in _meant(error):
                self.take(inner)
        else:
            self._bad(error, path, rule)

    def _unknown(self, error: ValidationError, path: Path) -> None:
        schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
        allowed = list(schema.get("properties", {}))
        required = set(schema.get("required", ()))
        instance: Any = error.instance
        for key in [key for key in instance if key not in allowed][:_MOST]:
            left = [name for name in allowed if name not in instance]
            meant = nearest(key, left)
            if meant in required:
                self.misspelt.add((*path, str(meant)))
            where = f" in {_name(path[-2:] if isinstance(path[-1], int) else path[-1:])}" if path else ""
            self.unknown.add((*path, key))
            home = self._home(schema, key)
            if home is not None:
                self.homes.add((*path, home))
                help_ = f"it belongs below `{home}`: indent it"
            else:
                help_ = advice(key, left) if left else f"delete it; all keys are there: {', '.join(allowed)}"
            self._say("manifest-unknown-key", f'unknown key "{key}"{where}', (*path, key), help_, key=True)

    def _home(self, schema: Mapping[str, Any], key: str) -> str | None:
        """The key whose mapping would take `key`."""
        parts = schema.get("properties", {}).items()
        return next((name for name, part in parts if key in resolved(self.kind, part).get("properties", {})), None)

    def _required(self, error: ValidationError, path: Path) -> None:
        instance: Any = error.instance
        wanted: Any = error.validator_value
        for key in wanted:
            if key not in instance and (*path, key) not in self.missing:
                where = str(path[-1]) if path and isinstance(path[-1], str) else "this"
                message = f'the key "{key}" is missing' + ("" if where == "this" else f" in {where}")
                span = self._key_or_value(path)
                self.missing[*path, key] = Diagnostic("manifest-missing-key", message, span, self._add(error, key))

    def _add(self, error: ValidationError, key: str) -> str:
        schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
        part = resolved(self.kind, schema.get("properties", {}).get(key, {}))
        value = part.get("const") or next(iter(part.get("examples", ())), None)
        return f"add `{key}: {value}`" if isinstance(value, str) else f"add `{key}:`"

    def _bad(self, error: ValidationError, path: Path, rule: str) -> None:
        instance, limit = error.instance, error.validator_value
        schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
        name = _name(path)
        code = "manifest-bad-value"
        if rule == "type":
            code = "manifest-wrong-type"
            message, help_ = (
                f"{name} must be {_type_words(limit)}, not {_kind_of(instance)}",
                _retype(schema, limit, instance),
            )
        elif rule in {"enum", "const"}:
            words = [str(word) for word in (limit if isinstance(limit, list) else [limit])]
            message, help_ = f'"{_short(instance)}" cannot be {_last_word(path)}', advice(str(instance), words)
        elif rule == "pattern":
            message, help_ = f'"{_short(instance)}" cannot be {_last_word(path)}', _example(schema)
        else:
            message, help_ = _range(name, rule, limit), _example(schema)
        self._say(code, message, path, help_)

    def _say(self, code: str, message: str, path: Path, help_: str, *, key: bool = False) -> None:
        span = self.document.key_spans.get(path) if key else None
        self.found.append(Diagnostic(code, message, span or self.document.places.at(*path), help_))

    def _key_or_value(self, path: Path) -> Span:
        return self.document.key_spans.get(path) or self.document.places.at(*path)

    def result(self) -> list[Diagnostic]:
        """Everything taken; a key that is there misspelt is not missing as well."""
        left = [one for path, one in self.missing.items() if path not in self.misspelt | self.homes]
        return list(dict.fromkeys(self.found + left + list(self._blanks())))[:_MOST]

    def _blanks(self) -> Iterator[Diagnostic]:
        for path in self.document.blanks[:_MOST]:
            if path not in self.homes | self.unknown:
                message = f"{_name(path)} has no value"
                yield Diagnostic("manifest-blank", message, self._key_or_value(path), "write one, or delete the line")


def structure_mistakes(kind: str, document: Document) -> list[Diagnostic]:
    """Every mistake in the structure; empty when there is none."""
    finder = _Finder(kind, document)
    for error in islice(structure_errors(kind, document.data), _MOST):
        finder.take(error)
    return finder.result()


def model_mistakes(error: ModelError, document: Document) -> list[Diagnostic]:
    """What the models refuse although the schema does not: one sentence for each place."""
    return [
        Diagnostic(
            "manifest-bad-value",
            f"{_name(path)} has a value that cannot be used",
            document.places.at(*path),
            "see the reference of the manifests",
        )
        for path in dict.fromkeys(tuple(one["loc"]) for one in error.errors(include_url=False))
    ]


def _meant(error: ValidationError) -> Iterable[ValidationError]:
    """Of several alternatives, the mistakes in the one whose type was written; else the type is wrong."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for inners in branches.values():
        if not any(one.validator == "type" and not one.path for one in inners):
            return inners
    return _wrong_type(branches.values(), error)


def _wrong_type(branches: Iterable[list[ValidationError]], error: ValidationError) -> Iterator[ValidationError]:
    types = [str(one.validator_value) for inners in branches for one in inners if one.validator == "type"]
    yield ValidationError(
        "", validator="type", validator_value=types, instance=error.instance, schema={}, path=error.absolute_path
    )


def _name(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return f"`{text}`" if text else "the document"


def _last_word(path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "value")
    return f"the value of `{key}`"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _type_words(wanted: Any) -> str:
    names = wanted if isinstance(wanted, list) else [wanted]
    return " or ".join(_TYPES.get(name, str(name)) for name in names)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{_short(value)}"'
    return "a list" if isinstance(value, list) else "nothing" if value is None else "a mapping"


def _retype(schema: Mapping[str, Any], wanted: Any, value: Any) -> str:
    if wanted == "string" and not isinstance(value, dict | list):
        return "put it in quotes" if re.fullmatch(schema.get("pattern", ".*"), str(value)) else _example(schema)
    if wanted == "array" and isinstance(value, str | int | float):
        return f"write [{_short(value)}]"
    if wanted == "object":
        keys = list(schema.get("required") or schema.get("properties", {}))[:1]
        shown = _short(value) if isinstance(value, str | int | float) else "…"
        return f"write {{{keys[0]}: {shown}}}" if keys else "write a mapping"
    if wanted in {"integer", "boolean"} and isinstance(value, str):
        return "write it without quotes" if wanted == "integer" and value.isdigit() else _boolean_help(wanted)
    return ""


def _boolean_help(wanted: str) -> str:
    return "write true or false" if wanted == "boolean" else "write digits only"


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples") or ()
    shown = " or ".join(f"`{one}`" for one in examples if isinstance(one, str))
    return f"write it like {shown}" if shown else ""


def _range(name: str, rule: str, limit: Any) -> str:
    words = {
        "minimum": f"{name} must be at least {limit}",
        "maximum": f"{name} must be at most {limit}",
        "minItems": f"{name} must not be empty",
        "minProperties": f"{name} must not be empty",
        "minLength": f"{name} must not be empty",
        "maxItems": f"{name} may hold at most {limit} values",
        "maxLength": f"{name} may have at most {limit} characters",
    }
    return words.get(rule, f"{name} has a value that cannot be used")
