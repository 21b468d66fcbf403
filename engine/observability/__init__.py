"""How the workspace is watched: counts and latencies, the log, and the alarms that are read from them.

What is counted is told by `engine.acts`, through which every call of the façade goes, so that the window, commands
and the HTTP server count alike. Nothing here ever makes a caller fail.
"""
