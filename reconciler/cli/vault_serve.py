"""`reconcile vault serve` and `reconcile vault seed`: bring an embedded vault into being."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import nearest, option
from reconciler.cli.vault import vault_file, vault_option

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


@click.command()
@vault_option()
@option(
    "--estate", type=click.Path(dir_okay=False), metavar="FILE", help="What it starts with, where it does not exist."
)
@option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="0 takes a free one.")
@option("--tls-cert", type=click.Path(dir_okay=False), help="A certificate: serve https.")
@option("--tls-key", type=click.Path(dir_okay=False), help="The key of the certificate.")
@option("--speed", type=click.FloatRange(0), default=60.0, show_default=True, help="Virtual seconds a real second.")
@click.pass_context
def serve(ctx: click.Context, /, host: str, port: int, speed: float, **given: Any) -> None:
    """Serve an embedded vault on this machine until a signal comes; the first line on stdout says where.

    It speaks Azure's wire, so that reconcile, the Azure SDKs and other clients work against it.

    \b
    Examples:
      reconcile vault serve --estate examples/quickstart/estate.yaml
      reconcile vault serve --port 0 --speed 1            as slow as Azure
      reconcile vault serve --tls-cert cert.pem --tls-key key.pem
    """
    from reconciler.vaultserver.serve import NotLoopbackError, run

    if (given["tls_cert"] is None) != (given["tls_key"] is None):
        raise click.UsageError("--tls-cert and --tls-key go together", ctx)
    for file in (given["tls_cert"], given["tls_key"]):
        if file is not None and not Path(file).is_file():
            raise click.UsageError(f"there is no file {file}", ctx)
    world = _world(vault_file(ctx), nearest(ctx, "estate"))
    try:
        run(world, host, port, given["tls_cert"], given["tls_key"], _tell, speed)
    except NotLoopbackError as error:
        raise click.UsageError(str(error), ctx) from error
    except SystemExit as error:
        raise click.ClickException(f"port {port} on {host} cannot be taken: is another server there?") from error
    finally:
        world.close()


def _tell(url: str) -> None:
    """The line that says where it listens is for programs too: it is the first and only one on stdout."""
    click.echo(f"Listening on {url}")
    trust = "SSL_CERT_FILE=ca.pem " if url.startswith("https:") else ""
    if trust:
        click.echo("Clients sign in here too, with any secret; they must trust the certificate.", err=True)
    click.echo(f"Use it from another terminal: {trust}reconcile --cloud {url} --dry-run -f backup", err=True)


def _world(file: Path, estate: str | None) -> World:
    from reconciler.app import SetupError, seeded
    from reconciler.vaultserver.database import NotAVaultError
    from reconciler.vaultserver.world import World

    try:
        if not file.exists():
            _save(seeded(estate, file), file)
        elif estate is not None:
            click.echo(f"Note: {file} exists: the estate {estate} is passed over.", err=True)
        return World(file)
    except (SetupError, NotAVaultError) as error:
        raise click.ClickException(str(error)) from error


def _save(world: World, file: Path) -> None:
    try:
        world.database.save_as(file)
    except OSError as error:
        raise click.ClickException(f"the vault cannot be kept in {file}: {error}") from error
    finally:
        world.close()


@click.command()
@click.argument("machines", type=click.IntRange(1, 200_000), required=False)
@vault_option()
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE", help="Instead of MACHINES: an estate file.")
@option("--seed", type=int, default=1, show_default=True, help="The same number makes the same machines.")
@click.pass_context
def seed(ctx: click.Context, /, machines: int | None, seed: int, **_given: Any) -> None:
    """Make an embedded vault of MACHINES virtual machines with mixed facts and tags, or from an estate file.

    \b
    Examples:
      reconcile vault seed 20
      reconcile vault seed 1000 --cloud embedded:large.db --seed 7
      reconcile vault seed --estate examples/contoso/estate.yaml
    """
    estate = nearest(ctx, "estate")
    file = vault_file(ctx)
    if (machines is None) == (estate is None):
        raise click.UsageError("say how many machines to make, or give --estate FILE", ctx)
    if file.exists():
        raise click.ClickException(f"{file} exists already; remove it to start anew, or choose --cloud embedded:FILE")
    world = _generated(machines, seed) if machines is not None else _from_estate(estate, file)
    told = f"{len(world.vms())} machines and {len(world.vaults())} vaults"
    _save(world, file)
    click.echo(f"Made {file}: {told}. Look at them: reconcile vault show")


def _generated(machines: int, seed: int) -> World:
    from reconciler.vaultserver import estate
    from reconciler.vaultserver.world import World

    world = World()
    estate.load(world, estate.generate(machines, seed))
    return world


def _from_estate(estate: str, file: Path) -> World:
    from reconciler.app import SetupError, seeded

    try:
        return seeded(estate, file)
    except SetupError as error:
        raise click.ClickException(str(error)) from error
