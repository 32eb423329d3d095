"""The whole reconciler and the embedded vault in one process, on a clock of their own, from one seed.

What runs is the real thing: planning, engine, journal on SQLite in memory, and the adapter with its pipeline. Only the
transport below it is ours: it gives each request to the embedded vault, writes down what happened, and breaks it where
a fault says so. Nothing waits, and nothing is left to chance: the same case makes the same run, byte for byte.
"""
