"""The command line: everything Holdall does without a window, over the same engine.

`run.run` is the entrance. `parser` reads the arguments, `session` opens the workspace, `commands` holds one module
a command; each declares its own arguments and carries them out. Results go to standard output, messages and the
progress bar to standard error. Exit codes: 0 done, 1 failed (wholly or in part), 2 wrong usage.

Nothing here imports Qt, and nothing heavier than the arguments need is imported before they are known to be right.
"""
