"""A daemon for weeks of simulated time: commits, meddling in the portal, faults; then calm. `python -m tests.soak`."""
