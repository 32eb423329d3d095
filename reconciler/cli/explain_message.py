"""`reconcile explain MESSAGE`: an error as people have it from a portal or a log, without the operation it answered."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli import output
from reconciler.cli.options import nearest

if TYPE_CHECKING:
    from reconciler.diagnostics.catalog import Catalog, Found
    from reconciler.diagnostics.language import Language
    from reconciler.diagnostics.meanings import Meaning
    from reconciler.model.outcome import AzureError

_STDIN = "-"
_MOST = 1 << 20
"""Bytes of standard input that are read."""
_CHINESE = re.compile("[\u3400-\u9fff]")
_A_SENTENCE = 4
"""Chinese characters that make one without a space: neither a code nor the name of a VM has so many."""


def given(ctx: click.Context, words: Sequence[str]) -> str:
    """The argument, or what stands on standard input."""
    if len(words) > 1:
        raise click.UsageError("give one code, message or VM; a message stands in quotes", ctx)
    text = words[0]
    if text == _STDIN:
        text = sys.stdin.buffer.read(_MOST).decode("utf-8-sig", "backslashreplace")
    if not text.strip():
        raise click.UsageError("there is nothing to explain: give a code, a message or a VM", ctx)
    return text.strip()


def is_asked(table: Catalog, text: str, found: Found, operation: str | None) -> bool:
    """Whether the text is to be read as a message, or a code as the answer to one operation."""
    from reconciler.diagnostics.meanings import is_vague

    if found.topic is not None or (found.row is not None and text.lower() in table.rows):
        return False
    said = found.row is None and (text.startswith("{") or _is_sentence(text))
    return said or operation is not None or is_vague(table, text)


def _is_sentence(text: str) -> bool:
    return re.search(r"\s", text) is not None or len(_CHINESE.findall(text)) >= _A_SENTENCE


def explain_message(
    ctx: click.Context, table: Catalog, text: str, form: str, language: Language, operation: str | None
) -> None:
    """The row, or all that it can be and what decides; exit code 1 where the table has none."""
    from reconciler.diagnostics import meanings_text
    from reconciler.diagnostics.explain_json import meanings_document
    from reconciler.diagnostics.meanings import OPERATIONS, heard, is_vague, with_code

    operations, vague = (operation,) if operation else OPERATIONS, is_vague(table, text)
    found = with_code(table, text, operations) if vague else _meant(table, text, operations)
    known = None if found or vague else heard(table, text)
    if form == "json":
        document = meanings_document(table, found, language, vague=vague, known=known)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        console = output.console(no_color=nearest(ctx, "no_color"))
        if vague:
            page = meanings_text.render_vague(text, found, width=console.width, language=language)
        elif known is None:
            page = meanings_text.render_meanings(found, width=console.width, language=language)
        else:
            page = meanings_text.render_unknown(text, known, operation, width=console.width, language=language)
        page.print(console)
    ctx.exit(0 if known is None else 1)


def _meant(table: Catalog, text: str, operations: tuple[str, ...]) -> tuple[Meaning, ...]:
    from dataclasses import replace

    from reconciler.diagnostics.meanings import meanings

    error, answered = error_in(text)
    if answered in operations:
        operations = (answered,)
    return meanings(table, error, operations) or meanings(table, replace(error, message=text), operations)


def error_in(text: str) -> tuple[AzureError, str]:
    """Azure's error: of a body or a failed job in JSON as the adapter reads it, of a bare code, else of a sentence.

    With it the operation that it answered, where a job says so.
    """
    from reconciler.diagnostics.catalog_match import number
    from reconciler.model.outcome import AzureError

    if text.startswith("{"):
        from reconciler.azure.decode import errors, jobs
        from reconciler.planning.job_history import OPERATIONS

        body = text.encode("utf-8", "replace")
        whole, job = errors.plain(body), jobs.job_failure(body)
        if job is not None:
            return job, OPERATIONS.get(whole["properties"]["operation"], "")
        told = errors.error_in(whole)
        return AzureError(*told) if told else AzureError("", text), ""
    if number(text) > 0:
        return AzureError("", "", number=number(text)), ""
    return AzureError("", text) if _is_sentence(text) else AzureError(text, ""), ""
