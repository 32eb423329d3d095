"""`reconcile validate`: every mistake in every manifest, without asking any cloud."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.ci_files import counts_of
from reconciler.cli.exits import Exit
from reconciler.cli.manifests import sources_of_manifests
from reconciler.cli.options import files_option, lang_option, language_of, nearest, option
from reconciler.cli.params import FORMATS_HELP, SHEETS, FormatParam
from reconciler.cli.sheets import show_sheet
from reconciler.diagnostics.escape import json_text

if TYPE_CHECKING:
    from reconciler.diagnostics.diagnostic import Diagnostic
    from reconciler.diagnostics.language import Language
    from reconciler.diagnostics.sheet import Sheet
    from reconciler.manifests.load import Loaded
    from reconciler.model.span import Span


@click.command()
@files_option
@lang_option
@option("-o", "--output", type=FormatParam(), default="human", metavar="FORMAT", help=FORMATS_HELP)
@click.pass_context
def validate(ctx: click.Context, /, **_given: Any) -> None:
    """Check manifests: every mistake of all files at once, each with its place and what to write instead.

    Nothing is asked of any cloud. Exit 0 when all is well, 65 when not.

    \b
    Examples:
      reconcile validate -f examples/quickstart/backup
      reconcile validate -f vault.yaml -f policies.yaml
      reconcile validate -f backup -o json
      reconcile validate -f backup -o github
    """
    from reconciler.app import load_manifests

    files = sources_of_manifests(nearest(ctx, "file"))
    loaded = load_manifests(files, datetime.now(UTC).date())
    form, code = nearest(ctx, "output"), Exit.DONE if loaded.desired is not None else Exit.INVALID
    if form in SHEETS:
        sheet = _sheet(loaded, language_of(ctx))
        show_sheet(form, sheet, counts_of(sheet, code=code))
    elif form == "human":
        _print(loaded, language_of(ctx), no_color=nearest(ctx, "no_color"))
    else:
        click.echo(json_text(document(loaded), indent=2))
    ctx.exit(code)


def _sheet(loaded: Loaded, language: Language) -> Sheet:
    from reconciler.diagnostics.manifests_sheet import manifests_sheet

    return manifests_sheet(loaded.diagnostics, loaded.sources, _counted(loaded) or "", language)


def document(loaded: Loaded) -> dict[str, Any]:
    """The result as JSON; the same input gives the same bytes."""
    from reconciler.diagnostics.text import in_order

    return {
        "format_version": "1.0",
        "valid": loaded.desired is not None,
        "files": loaded.files,
        "digest": loaded.desired.digest if loaded.desired is not None else None,
        "diagnostics": [_entry(one) for one in in_order(loaded.diagnostics)],
    }


def _entry(one: Diagnostic) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "help": one.help,
        **_place(one.span),
        "notes": [{"text": note.text, **_place(note.span)} for note in one.notes],
    }


def _place(span: Span) -> dict[str, Any]:
    if not span.file:
        return {}
    return {"file": span.file, "line": span.line, "column": span.column, "end_column": span.end_column}


def _print(loaded: Loaded, language: Language, *, no_color: bool) -> None:
    from reconciler.diagnostics.phrases import spoken
    from reconciler.diagnostics.text import print_diagnostics

    if loaded.diagnostics:
        print_diagnostics(output.console(no_color=no_color), loaded.diagnostics, loaded.sources, language)
    told = _counted(loaded)
    if told is not None:
        click.echo(spoken(told, language))


def _counted(loaded: Loaded) -> str | None:
    """`Valid: 3 files, 1 vault, 2 policies.`, or None where they are not."""
    desired = loaded.desired
    if desired is None:
        return None
    counts = (
        ("vault", desired.vaults),
        ("policy", desired.policies),
        ("protection", desired.protections),
        ("exemption", desired.exemptions),
        ("retirement", desired.retirements),
        ("pause", desired.pauses),
        ("consent", desired.consents),
    )
    told = ", ".join(f"{len(found)} {_many(noun, len(found))}" for noun, found in counts if found)
    return f"Valid: {loaded.files} {_many('file', loaded.files)}, {told or 'no documents'}."


def _many(noun: str, number: int) -> str:
    if number == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
