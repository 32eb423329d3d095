"""The ladders: what is done to the reconciler so that nobody else has to. `python -m tests.ladders --help`.

A **ladder** is a kind of harm and all its cases. It lives in one file, `tests/ladders/ladder_NN_what.py`, which has a
`LADDER`: an object of a class derived from `ladder.Ladder`. The registry finds it there; nothing else is to be done.

    class Kills(Ladder):
        number, title, what = 11, "Kills", "Real processes are killed while they protect VMs."
        def cases(self, seed): ...     # texts; each is all that is needed to make one run again, in any process
        def run(self, case): ...       # makes that run; a Verdict, with the violations that were seen
    LADDER = Kills()

* `cases(seed)` yields the most telling cases first, for a budget cuts the tail; the same for the same seed. It may be
  endless (samples): then `goal` says how many make a full run. `total()` is how many cases there are, None if endless.
* `run(case)` is called in a worker process, one case at a time, bounded by `seconds`. It shares nothing with other
  cases: what it starts it ends. A case is a *seed*: the text that `replay` takes, that `seeds.yaml` keeps, and that
  the report names. An exception that leaves `run` is a violation too.
* `simpler(case)` yields cases that are simpler than one that failed; whichever still fails in the same way is taken
  instead, until none does. What is printed is the simplest.
* `missing()` says why the ladder cannot be run on this machine at all; `Verdict.skipped` why one case cannot.
* `share` is its part of a budget, against the others'. `jobs` bounds how many cases run at once (1 for what needs the
  machine for itself).

`seeds.yaml` keeps the case of every violation that was ever found, by number of the ladder; a test replays them all.
"""
