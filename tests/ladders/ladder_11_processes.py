"""Ladder 11: what befalls a real process, on both stores, against a vault behind https."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from shutil import which

from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.process.harms import HARMS, KILLS, killed_in_a_loop
from tests.process.scene import judged, scene
from tests.unit.store.postgres_server import is_installed

_STORES = ("sqlite", "postgresql")
_MACHINES, _MANY = 12, 200
_LOOP = "killed-in-a-loop"
_ROUNDS = 3
"""How often each harm is done on each store, in a full run."""
_KILLS_EACH = 75
"""At least so many kills on each store, beside those of the loops."""


class Processes(Ladder):
    number, title, unit = 11, "Real processes", "harms"
    what = (
        "An apply over https is killed, asked to end, put to sleep, cut off from whoever reads it, left without room, "
        "without a journal, without files to open, on SQLite and on PostgreSQL; one undisturbed run then has every VM "
        f"protected once. Each case of killing ends {KILLS} processes in a row; a loop kills while 200 VMs are being "
        "protected."
    )
    share = 1.0
    seconds = 1500.0

    def cases(self, seed: int) -> Iterator[str]:
        """The stores take turns, so do the harms; what is left of the kills comes last."""
        del seed
        for number in range(_KILLS_EACH // KILLS):
            harms = HARMS if number < _ROUNDS else ("killed",)
            yield from (f"{store} {harm} {number}" for harm in harms for store in _STORES)
            if number == 0:
                yield from (f"{store} {_LOOP} {number}" for store in _STORES)

    def total(self) -> int:
        return sum(1 for _ in self.cases(0))

    def missing(self) -> str:
        if os.geteuid() == 0 and which("setpriv") is None:
            return "setpriv is not installed, and without it root may write everywhere"
        return "" if is_installed() else "no PostgreSQL server is installed"

    def run(self, case: str) -> Verdict:
        store, name, number = case.split(" ")
        harm, machines = (killed_in_a_loop, _MANY) if name == _LOOP else (HARMS[name], _MACHINES)
        with scene(store, machines) as place:
            forgotten = name == "lost-database" and place.database is None
            said = [*harm(place, Random(case)), *judged(place, forgotten=forgotten)]
        return Verdict(tuple(Violation(*one.split(": ", 1)) for one in said), trace=f"{store} {name} {number}")


LADDER = Processes()
