"""This machine: its state folder and node records, its ports, processes and signals, and Ray's environment variables.

All other folders of `glowray.cluster` import from here. Code that talks to a cluster does not belong here.
"""
