"""A first look in one command: a vault, a repository and a daemon, and a few days of a team's life with them."""
