"""Watch mode: pass after pass over each vault, for as long as the process lives."""
