"""Answers held against the swagger of the real service: unknown members, wrong types, values outside an enum."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

SPEC = Path(__file__).resolve().parents[3] / "shared" / "azure" / "spec"
_STABLE = "resource-manager/Microsoft.RecoveryServices/stable/2024-04-01"
FILES = (
    SPEC / "recoveryservicesbackup" / _STABLE / "bms.json",
    SPEC / "recoveryservices" / _STABLE / "vaults.json",
    SPEC / "recoveryservices" / _STABLE / "vaultusages.json",
)


class Schema(NamedTuple):
    """A schema and the file its references start from."""

    file: Path
    body: dict[str, Any]


@cache
def _document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def _resolve(schema: Schema) -> Schema:
    while "$ref" in schema.body:
        target, _, pointer = schema.body["$ref"].partition("#")
        file = (schema.file.parent / target).resolve() if target else schema.file
        if not file.exists():
            return Schema(schema.file, {})
        body: Any = _document(file)
        for step in pointer.strip("/").split("/"):
            body = body[step]
        schema = Schema(file, body)
    return schema


@cache
def _routes() -> list[tuple[re.Pattern[str], Path, dict[str, Any]]]:
    found = []
    for file in FILES:
        for path, methods in _document(file)["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", path)
            found.append((re.compile(f"{pattern}/?", re.IGNORECASE), file, methods))
    return sorted(found, key=lambda route: route[0].pattern.count("[^/]+"))


def problems(method: str, path: str, status: int, body: Any) -> list[str] | None:
    """What the specification objects to in an answer; None when it does not know the request."""
    for pattern, file, methods in _routes():
        if pattern.fullmatch(path) and method.lower() in methods:
            responses = methods[method.lower()]["responses"]
            if str(status) not in responses:
                return [] if status >= 400 else [f"{method} {path}: status {status} is not one of {sorted(responses)}"]
            schema = responses[str(status)].get("schema")
            if schema is None or body is None:
                return []
            return list(_check(body, Schema(file, schema), "$"))
    return None


def _check(value: Any, schema: Schema, where: str) -> list[str]:
    schema = _resolve(schema)
    if value is None or not schema.body:
        return []
    if isinstance(value, dict):
        return _check_object(value, schema, where)
    if isinstance(value, list):
        if schema.body.get("type") != "array":
            return [f"{where}: a list where {schema.body.get('type')} is expected"]
        items = Schema(schema.file, schema.body.get("items", {}))
        return [problem for number, item in enumerate(value) for problem in _check(item, items, f"{where}[{number}]")]
    return _check_scalar(value, schema, where)


def _check_scalar(value: Any, schema: Schema, where: str) -> list[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
    }
    expected = schema.body.get("type")
    wrong = expected in kinds and not isinstance(value, kinds[expected])
    if wrong or (isinstance(value, bool) and expected in ("integer", "number", "string")):
        return [f"{where}: {value!r} is not of type {expected}"]
    if "enum" in schema.body and value not in schema.body["enum"]:
        return [f"{where}: {value!r} is not one of {schema.body['enum']}"]
    return []


def _check_object(value: dict[str, Any], schema: Schema, where: str) -> list[str]:
    members, required, extra = _members(_narrowed(value, schema))
    found = [f"{where}: {name!r} is missing" for name in required if name not in value]
    for name, item in value.items():
        if name in members:
            found += _check(item, members[name], f"{where}.{name}")
        elif isinstance(extra, Schema):
            found += _check(item, extra, f"{where}.{name}")
        elif members:
            found.append(f"{where}: {name!r} is unknown")
    return found


def _narrowed(value: dict[str, Any], schema: Schema) -> Schema:
    """The sub-definition a discriminator chooses, however deep."""
    discriminator = schema.body.get("discriminator")
    wanted = value.get(discriminator) if discriminator else None
    if wanted is None:
        return schema
    for name, body in _document(schema.file)["definitions"].items():
        chosen = str(body.get("x-ms-discriminator-value", name)).lower() == str(wanted).lower()
        if chosen and _descends(Schema(schema.file, body), schema):
            return Schema(schema.file, body)
    return schema


def _descends(schema: Schema, ancestor: Schema) -> bool:
    parents = [_resolve(Schema(schema.file, part)) for part in schema.body.get("allOf", ())]
    return any(parent.body is ancestor.body or _descends(parent, ancestor) for parent in parents)


def _members(schema: Schema) -> tuple[dict[str, Schema], set[str], Schema | None]:
    schema = _resolve(schema)
    members: dict[str, Schema] = {}
    required: set[str] = set(schema.body.get("required", ()))
    extra: Schema | None = None
    for part in schema.body.get("allOf", ()):
        inherited, needed, more = _members(Schema(schema.file, part))
        members |= inherited
        required |= needed
        extra = more or extra
    members |= {name: Schema(schema.file, body) for name, body in schema.body.get("properties", {}).items()}
    if isinstance(schema.body.get("additionalProperties"), dict):
        extra = Schema(schema.file, schema.body["additionalProperties"])
    return members, required, extra
