"""`reconcile schema`: the JSON Schema of the manifests."""

from __future__ import annotations

import click


@click.command()
@click.argument("kind", required=False)
def schema(kind: str | None) -> None:
    """Print the JSON Schema (Draft 2020-12) of one kind of manifest; without KIND, of all.

    \b
    Examples:
      reconcile schema > reconciler.json
      reconcile schema BackupPolicy
    An editor with YAML support uses it from the first line of a manifest:
      # yaml-language-server: $schema=reconciler.json
    """
    from reconciler.app import UsageSetupError, manifest_schema

    try:
        click.echo(manifest_schema(kind), nl=False)
    except UsageSetupError as error:
        raise click.UsageError(str(error)) from error
