"""Actions: optimise a plan, cut it into stages, choose an engine, run the stages, and commit what they wrote.

How a stage runs does not belong here.
"""
