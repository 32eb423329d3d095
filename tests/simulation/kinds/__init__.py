"""The catalogue of faults: the 88 kinds of INVARIANTS 3.2, a file a family."""
