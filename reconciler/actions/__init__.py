"""What can be done: one file a kind; the folder is the list."""
