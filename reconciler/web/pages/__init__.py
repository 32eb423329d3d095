"""The pages: each one file that makes a value of what is seen, and its JSON; the template of the same name shows it."""
