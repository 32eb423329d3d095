"""The wiring of watch mode: what `app` is for one run, this is for a process that stays."""
