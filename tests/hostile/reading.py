"""Reads an output back as its reader would: the shape of it, which no name may change, and what is wrong."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from email import message_from_string
from email.policy import default
from typing import Any

from reconciler.cli.ci_stream import CiStream
from reconciler.diagnostics.escape import unseen
from tests.unit.diagnostics.readers import Command, azure_commands, github_commands, render, screen, xml

Read = tuple[object, list[str]]
"""(shape, what is wrong)."""


def terminal(text: str) -> Read:
    """People look at it, and in a CI job an agent reads along."""
    wrong = [f"the terminal was told: {one}" for one in screen(text, 132, 400)[1]]
    raw = sorted({character for character in text if character != "\n" and unseen(character)})
    wrong += [f"unseen: {character!r}" for character in raw]
    under = io.StringIO()
    stream = CiStream(under)
    stream.write(text)
    stream.finish()
    return None, [*wrong, *_obeyed(under.getvalue())]


def document(text: str) -> Read:
    """One JSON document, which every program can read and no agent obeys."""
    found = json.loads(text)
    return _structure(found), [*_texts_that_break(found), *_obeyed(text)]


def lines(text: str) -> Read:
    """A JSON document on each line."""
    found = [json.loads(line) for line in text.split("\n")[:-1]]
    wrong = [] if text.endswith("\n") else ["the last line does not end"]
    return [_structure(one) for one in found], [*wrong, *_texts_that_break(found), *_obeyed(text)]


def markdown(text: str) -> Read:
    page = render(text)
    wrong = [f"it links to {link}" for link in page.links]
    wrong += [f"it would become {alarm}" for alarm in page.alarms]
    return Counter(page.elements), wrong


def github(text: str) -> Read:
    return _commands(github_commands(text), text), [f"obeyed by the other: {one}" for one in azure_commands(text)]


def azure_devops(text: str) -> Read:
    return _commands(azure_commands(text), text), [f"obeyed by the other: {one}" for one in github_commands(text)]


def junit(text: str) -> Read:
    root = xml(text)
    return Counter((one.tag, *sorted(one.attrib)) for one in root.iter()), _obeyed(text)


def log_text(text: str) -> Read:
    return text.count("\n"), terminal(text)[1]


def log_json(text: str) -> Read:
    """Some of its names are foreign too."""
    return text.count("\n"), lines(text)[1]


def mail(text: str) -> Read:
    """Only the headers that were meant, and a body that is text."""
    found = message_from_string(text, policy=default)
    body = found.get_content()
    return sorted(found.keys()), [*map(str, found.defects), *terminal(body)[1]]


def _commands(commands: list[Command], text: str) -> object:
    return [(one.name, sorted(one.properties)) for one in commands], text.count("\n")


def _obeyed(text: str) -> list[str]:
    return [f"an agent obeys: {one}" for one in (*github_commands(text), *azure_commands(text))]


def _structure(value: Any) -> object:
    match value:
        case dict():
            return {name: _structure(one) for name, one in value.items()}
        case list():
            return [_structure(one) for one in value]
        case _:
            return type(value).__name__


def _texts_that_break(value: Any) -> list[str]:
    found = []
    for text in _strings(value):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            found.append(f"no Unicode: {text!a}")
    return found


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, one in value.items():
                yield name
                yield from _strings(one)
        case list():
            for one in value:
                yield from _strings(one)
