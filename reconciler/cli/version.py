"""`reconcile version`: the version of this tool and of its formats."""

from __future__ import annotations

import json
import platform

import click

from reconciler import __version__

PLAN_FORMAT = "1.0"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def version(*, as_json: bool) -> None:
    """The version of this tool and of its formats.

    \b
    Examples:
      reconcile version
      reconcile version --json
    """
    if not as_json:
        click.echo(f"reconcile {__version__}")
        return
    facts = {
        "format_version": "1.0",
        "tool_version": __version__,
        "plan_format_version": PLAN_FORMAT,
        "manifests": "reconciler/v1",
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    click.echo(json.dumps(facts, indent=2, sort_keys=True))
