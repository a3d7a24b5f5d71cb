"""The Ray nodes that glowray starts, watches and ends on this machine: heads, workers, a local Ray for one process.

`head` and `worker` start a node through `launch`, whose `supervisor` process watches it; `stop` ends it. `local` starts
a Ray for this process alone, below a `keeper` process. Code that only talks to a running cluster belongs in `client`.
"""
