"""The schemas and the reference are fresh, sound, and say what the models say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from reconciler.manifests import reference, schema
from reconciler.manifests.kinds import KINDS
from reconciler.manifests.load import load_texts
from reconciler.manifests.reader import read

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    document.data
    for path in sorted((ROOT / "examples").glob("*/backup/*.yaml"))
    for document in read(path.read_bytes(), path.name).documents
]


def test_the_files_are_fresh() -> None:
    assert schema.stale(ROOT / "schemas") == []
    assert schema.main(["--check", str(ROOT / "schemas")]) == 0


def test_the_reference_is_fresh() -> None:
    assert reference.main(["--check", str(ROOT / "docs" / "manifests.md")]) == 0


def test_what_is_old_is_told(tmp_path: Path) -> None:
    schema.write_schemas(tmp_path)
    (tmp_path / "vault.json").write_text("{}")
    assert schema.stale(tmp_path) == ["vault.json"]
    assert schema.main(["--check", str(tmp_path)]) == 1


@pytest.mark.parametrize("name", schema.schemas())
def test_every_schema_is_one(name: str) -> None:
    made = schema.schemas()[name]
    Draft202012Validator.check_schema(made)
    assert made["$id"] == f"urn:reconciler:v1:{name}"


def test_the_schema_of_all_takes_the_examples_and_tells_the_kinds_apart() -> None:
    every = Draft202012Validator(schema.schemas()["reconciler"])
    for data in DOCUMENTS:
        assert list(every.iter_errors(data)) == []
        assert not every.is_valid({**data, "spec": {}})
        assert not every.is_valid({**data, "kind": "Other"})


def test_every_field_is_described() -> None:
    for kind in KINDS:
        rows = [row for row in reference._kind(kind, schema.schemas()[kind.lower()]).splitlines() if row[:3] == "| `"]
        assert [row for row in rows if row.endswith("|  |")] == []
        assert rows


def test_the_examples_of_the_reference_are_valid() -> None:
    documents = "---\n".join(
        f"apiVersion: reconciler/v1\nkind: {kind}\n{text}" for kind, text in reference._EXAMPLES.items()
    )
    assert load_texts({"a.yaml": documents.encode()}).diagnostics == ()


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        "",
        "x",
        "30 days",
        "30 days\n",
        "first Sunday",
        "Sunday",
        -1,
        0,
        1.5,
        True,
        [],
        ["a"],
        [1],
        {},
        {"a": 1},
        "é",
        " ",
    ]
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(DOCUMENTS), st.data())
def test_schema_and_model_agree(document: dict[str, Any], data: st.DataObject) -> None:
    """Otherwise a mistake would be refused without a word that helps."""
    spec = dict(document["spec"])
    key = data.draw(st.sampled_from([*spec, "more"]))
    if data.draw(st.booleans()):
        spec.pop(key, None)
    else:
        spec[key] = data.draw(VALUES)
    changed = {**document, "spec": spec}
    try:
        KINDS[document["kind"]].model_validate(changed)
    except ValidationError:
        assert list(schema.structure_errors(document["kind"], changed))
    else:
        assert not list(schema.structure_errors(document["kind"], changed))
