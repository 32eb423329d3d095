"""The JSON Schemas, made from the models: for editors, for `reconcile schema`, and to find every mistake at once."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

from reconciler.manifests.kinds import KINDS, Manifest
from reconciler.manifests.kinds.fields import API_VERSION

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:reconciler:v1:"
ALL = "reconciler"
_VALIDATE: JsonSchemaMode = "validation"


class _Plain(GenerateJsonSchema):
    """No titles, no nulls: what is not given is left out, never empty."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # pydantic's own signature has a private type
        del schema
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if key != "default" or value is not None}


def schemas() -> dict[str, dict[str, Any]]:
    """File name without `.json` → schema: one a kind, and `reconciler` for all."""
    made = {file_name(kind): _one(kind, model) for kind, model in KINDS.items()}
    return made | {ALL: _all()}


def file_name(kind: str) -> str:
    """`BackupPolicy` → `backuppolicy`."""
    return kind.lower()


def _one(kind: str, model: type[Manifest]) -> dict[str, Any]:
    body = model.model_json_schema(by_alias=True, schema_generator=_Plain, mode=_VALIDATE)
    return {"$schema": DRAFT, "$id": _ID + file_name(kind), **body, "title": kind}


def _all() -> dict[str, Any]:
    models: list[tuple[Any, JsonSchemaMode]] = [(model, _VALIDATE) for model in KINDS.values()]
    references, made = models_json_schema(models, by_alias=True, schema_generator=_Plain)
    branches = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": references[model, _VALIDATE],
        }
        for kind, model in KINDS.items()
    ]
    return {
        "$schema": DRAFT,
        "$id": _ID + ALL,
        "title": "Manifests of reconcile",
        "description": "One document: what it declares is named by its kind.",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of the format."},
            "kind": {"enum": list(KINDS), "description": "What the document is."},
        },
        "allOf": branches,
        "$defs": made["$defs"],
    }


def _whole_match(validator: Validator, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As in ECMA 262 and pydantic, `$` is the end of the text and not also a line feed before it."""
    del schema
    if validator.is_type(instance, "string"):
        anchored = pattern.startswith("^") and pattern.endswith("$")
        matched = re.fullmatch(pattern, instance) if anchored else re.search(pattern, instance)
        if matched is None:
            yield ValidationError(f"{instance!r} does not match")


_EXTEND: Any = extend
_Strict = _EXTEND(Draft202012Validator, {"pattern": _whole_match})


@cache
def _validator(kind: str) -> Validator:
    made: Validator = _Strict(_one(kind, KINDS[kind]))
    return made


@cache
def _definitions(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = _one(kind, KINDS[kind])["$defs"]
    return found


def resolved(kind: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a kind's schema, behind its `$ref`."""
    name = str(part.get("$ref", "")).removeprefix("#/$defs/")
    return {**_definitions(kind)[name], **part} if name else part


def structure_errors(kind: str, data: Any) -> Iterator[ValidationError]:
    """What jsonschema has against a document of a known kind, in no particular order."""
    return _validator(kind).iter_errors(data)


def texts() -> dict[str, str]:
    """File name → the text of the schema, as it stands in the repository."""
    return {f"{name}.json": json.dumps(made, indent=2, ensure_ascii=False) + "\n" for name, made in schemas().items()}


def write_schemas(folder: Path) -> None:
    """Refresh the schemas in a folder, which is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """The files that are missing or differ from the models."""
    return [name for name, text in texts().items() if not _same(folder / name, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str] | None = None) -> int:
    """`python -m reconciler.manifests.schema [--check] FOLDER`."""
    parser = argparse.ArgumentParser(prog="reconciler.manifests.schema")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not fresh")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    if not given.check:
        write_schemas(given.folder)
        return 0
    old = stale(given.folder)
    if old:
        sys.stderr.write(f"not fresh: {', '.join(old)}\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
