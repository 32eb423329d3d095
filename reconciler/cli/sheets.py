"""What machines and reviewers read: a sheet in one of their formats, with places named from the repository's root."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.ci_stream import obey

if TYPE_CHECKING:
    from reconciler.diagnostics.sheet import Sheet

_WORKSPACES = ("GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY")
"""Where the agents of GitHub and Azure Pipelines check a repository out."""
_COMMANDS = frozenset({"github", "azure-devops"})
"""Formats that are lines for an agent to obey."""


def sheet_text(form: str, sheet: Sheet) -> str:
    """The sheet in a format: markdown, github, azure-devops, sarif or junit."""
    placed = sheet.placed(_from(_root(os.environ, Path.cwd())))
    match form:
        case "markdown":
            from reconciler.diagnostics.as_markdown import markdown_page

            return markdown_page(placed)
        case "github":
            from reconciler.diagnostics.as_github import github_commands

            return "".join(github_commands(placed))
        case "azure-devops":
            from reconciler.diagnostics.as_azure_devops import azure_devops_commands

            return "".join(azure_devops_commands(placed))
        case "sarif":
            from reconciler.diagnostics.as_sarif import sarif

            return sarif(placed)
        case _:
            from reconciler.diagnostics.as_junit import junit

            return junit(placed)


def show_sheet(form: str, sheet: Sheet, outputs: Mapping[str, str]) -> None:
    """The sheet on stdout; for an agent also its summary and what later steps may ask for. click.ClickException."""
    from reconciler.cli import ci_files

    text = sheet_text(form, sheet)
    if form not in _COMMANDS:
        click.echo(text, nl=False)
        return
    try:
        files = ci_files.github if form == "github" else ci_files.azure_devops
        more = files(os.environ, sheet_summary(sheet), outputs)
    except OSError as error:
        raise click.ClickException(f"{error.filename} could not be written: {error.strerror}") from error
    obey(text + more)


def sheet_summary(sheet: Sheet) -> str:
    """The sheet as the summary of a job, which may be longer than a comment."""
    from reconciler.diagnostics.as_markdown import JOB_SUMMARY, markdown_page

    placed = sheet.placed(_from(_root(os.environ, Path.cwd())))
    return markdown_page(placed, limit=JOB_SUMMARY, size=lambda page: len(page.encode("utf-8")))


def _root(environment: Mapping[str, str], here: Path) -> Path:
    """The root of the repository: where the agent says that it is, else the folder that has a `.git`, else `here`."""
    above = (here, *here.parents)
    named = [Path(environment[name]) for name in _WORKSPACES if environment.get(name)]
    found = [folder for folder in named if folder in above]
    found += [folder for folder in above if (folder / ".git").exists()]
    return found[0] if found else here


def _from(root: Path) -> Callable[[str], str]:
    """Names files from the root with forward slashes; a file elsewhere keeps its name."""

    def renamed(name: str) -> str:
        whole = Path(os.path.abspath(name))
        return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else name

    return renamed
