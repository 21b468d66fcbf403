"""One module a command: `SUMMARY` and `DETAILS` for its help, `declare` for its arguments, `run` to carry it out.

`run` returns the exit code, 0 or 1; errors of the engine pass through and are told by `engine.cli.run`.
"""
