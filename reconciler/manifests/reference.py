"""docs/manifests.md, made from the models: each kind with an example, each field with its type and meaning."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.manifests.kinds import KINDS
from reconciler.manifests.schema import file_name, resolved, schemas

_EXAMPLES = {
    "Vault": """\
metadata: {name: rsv-prod-weu}
spec:
  subscriptionId: 00000000-0000-0000-0000-000000000001
  resourceGroup: rg-backup
  location: westeurope
  softDelete: {state: AlwaysOn, retention: 14 days}
  coverage: {require: true, resourceGroups: ["rg-*"], tags: {env: [prod]}}
""",
    "BackupPolicy": """\
metadata: {name: daily-30d}
spec:
  vaults: [rsv-prod-weu]
  schedule: {every: day, at: "22:00", timeZone: Europe/Amsterdam}
  retention:
    daily: 30 days
    weekly: {keep: 12 weeks, on: [Sunday]}
    monthly: {keep: 60 months, on: first Sunday}
    yearly: {keep: 10 years, on: first Sunday, in: [January]}
  instantRestore: 2 days
""",
    "Protection": """\
metadata: {name: web}
spec:
  vault: rsv-prod-weu
  policy: daily-30d
  virtualMachines:
    - {name: web-01, resourceGroup: rg-web}
  select:
    tags: {env: [prod, staging]}
    names: ["web-*"]
    not: {tags: {backup: ["off"]}}
  expect: {min: 1, max: 40}
  objective: {recoveryPointAge: 26 hours, consistency: Application}
""",
    "Exemption": """\
spec:
  vault: rsv-prod-weu
  select: {tags: {env: [dev]}}
  reason: rebuilt from a script every night
  owner: dev@contoso.example
  expires: 2027-03-31
""",
    "Retirement": """\
spec:
  vault: rsv-prod-weu
  virtualMachines: [{name: erp-old-01, resourceGroup: rg-erp}]
  reason: replaced; the recovery points stay for the auditors
  owner: erp@contoso.example
""",
    "Pause": """\
spec:
  vault: rsv-prod-weu
  virtualMachines: [{name: file-11, resourceGroup: rg-files}]
  reason: disks are being moved
  owner: storage@contoso.example
  until: 2027-01-15T06:00:00Z
""",
    "Consent": """\
spec:
  step: shorten-retention
  subject: rsv-prod-weu/daily-30d
  reason: thirty days are enough
  approver: data-owner@contoso.example
  expires: 2027-01-15
""",
}
_INTRODUCTION = """\
# Manifests

<!-- Made by `python -m reconciler.manifests.reference docs/manifests.md`: change the models instead. -->

YAML, one or more documents a file, every `*.yaml` and `*.yml` below the paths given. A document begins with
`apiVersion: reconciler/v1` and its `kind`. The order of files and documents means nothing.

- **Strict.** Unknown keys, keys that stand twice or without a value, anchors, aliases, merge keys and tags are errors.
- **Scalars** follow YAML 1.2: `no` and `22:30` are text, `010` is the number ten. Quote a text that looks so.
- **Characters.** UTF-8, lines end with LF, no tabs and nothing that a reviewer cannot see. At most 1 MiB a file.
- **Durations** are a number and a unit: `26 hours`, `30 days`, `12 weeks`, `60 months`, `10 years`; each field its own.
- **Days of a month**: `first Sunday` (to `fourth`, and `last`), `day 1` (to 28), `last day`, or a list of one sort. Of
  weekdays, the service keeps each week named on each day named.
- **Time zones** are IANA names (`Europe/Amsterdam`), Windows ids (`W. Europe Standard Time`) or `UTC`.
- **Dates** (`2027-03-31`) hold to their end, in UTC; **instants** (`2027-01-15T06:00:00Z`) have `Z` or an offset.
- **Names** of vaults, policies and virtual machines are compared as Azure does, without regard to ASCII case.

An editor that knows JSON Schema helps while writing: begin a file with
`# yaml-language-server: $schema=schemas/reconciler.json`.
"""
_TYPES = {"string": "text", "integer": "whole number", "boolean": "`true` or `false`", "object": "mapping"}


def text() -> str:
    """The whole page."""
    made = schemas()
    return _INTRODUCTION + "".join(_kind(kind, made[file_name(kind)]) for kind in KINDS)


def _kind(kind: str, schema: Mapping[str, Any]) -> str:
    example = f"apiVersion: reconciler/v1\nkind: {kind}\n{_EXAMPLES[kind]}"
    rows = "".join(_rows(kind, schema, ""))
    table = f"| field | type | default | meaning |\n|---|---|---|---|\n{rows}"
    return f"\n## {kind}\n\n{schema['description']}\n\n```yaml\n{example}```\n\n{table}"


def _rows(kind: str, schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    required = schema.get("required", ())
    for name, given in schema.get("properties", {}).items():
        part = resolved(kind, given)
        way = f"{prefix}{name}"
        default = "needed" if name in required else _default(part)
        yield f"| `{way}` | {_type(kind, part)} | {default} | {part.get('description', '')} |\n"
        yield from _rows(kind, part, f"{way}.")
        if part.get("type") == "array":
            yield from _rows(kind, resolved(kind, part["items"]), f"{way}[].")


def _default(part: Mapping[str, Any]) -> str:
    if "default" not in part:
        return ""
    value = part["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(kind: str, part: Mapping[str, Any]) -> str:
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{one}`" for one in part["enum"])
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(kind, resolved(kind, one)) for one in part["anyOf"]))
    if part.get("type") == "array":
        return f"list of {_type(kind, resolved(kind, part['items']))}"
    if part.get("type") == "string" and part.get("examples"):
        return "like " + ", ".join(f"`{one}`" for one in part["examples"])
    if isinstance(part.get("additionalProperties"), dict):
        return f"mapping of text to {_type(kind, part['additionalProperties'])}"
    return _TYPES[part["type"]]


def main(arguments: list[str] | None = None) -> int:
    """`python -m reconciler.manifests.reference [--check] FILE`."""
    parser = argparse.ArgumentParser(prog="reconciler.manifests.reference")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not fresh")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    if not given.check:
        given.file.write_text(text(), encoding="utf-8")
        return 0
    fresh = given.file.is_file() and given.file.read_text(encoding="utf-8") == text()
    if not fresh:
        sys.stderr.write(f"not fresh: {given.file}\n")
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main())
