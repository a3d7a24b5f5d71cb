"""Who may use a cluster: its token, its certificates, how a machine gets one, and the TLS gateway of a head.

The token is in a file that only its owner can read. It is never printed, logged, or passed as a process's argument.
"""
