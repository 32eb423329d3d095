"""`python -m tests.clients [az|ansible|custodian|sdk]…`: install the clients, serve a vault, play the scenarios."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Protocol

from tests.clients import ansible, az, custodian, sdk
from tests.clients.environments import prepare
from tests.clients.scenario import Scenario, Vault, table
from tests.clients.server import serving


class Client(Protocol):
    """What a client's file offers."""

    PACKAGES: tuple[str, ...]

    def play(self, scenario: Scenario, environment: Path, vault: Vault) -> None: ...


CLIENTS: dict[str, Client] = {"az": az, "ansible": ansible, "custodian": custodian, "sdk": sdk}


def play(name: str, environment: Path) -> Scenario:
    """One client's scenario against a vault of its own."""
    scenario = Scenario(name, sys.stdout)
    with tempfile.TemporaryDirectory(prefix=f"clients-{name}-") as work, serving(Path(work)) as vault:
        CLIENTS[name].play(scenario, environment, vault)
    return scenario


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"of {', '.join(CLIENTS)}; none means all")
    asked = parser.parse_args().clients or list(CLIENTS)
    if unknown := set(asked) - set(CLIENTS):
        parser.error(f"unknown client {', '.join(sorted(unknown))}; choose from {', '.join(CLIENTS)}")
    played = []
    for name in asked:
        print(f"Preparing {name} …", file=sys.stderr, flush=True)
        environment = prepare(name, CLIENTS[name].PACKAGES, getattr(CLIENTS[name], "REQUIREMENTS", ""))
        played.append(play(name, environment))
    print(table(played))
    return 1 if any(one.failed for one in played) else 0


if __name__ == "__main__":
    sys.exit(main())
