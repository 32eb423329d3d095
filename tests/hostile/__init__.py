"""What an enemy could give us to read: manifests, estates, kept plans, settings, Azure's answers, folders.

Each kind is a module with a `KIND`, an object of `kind.Kind`. Ladder 9 reads all of it, each case in a child process
of its own with one second of processor time and 200 MiB (I-39): the answer is a value, or typed mistakes; never
another exception, never a signal.
"""
