"""Results of tasks that are saved in files, so that a later process goes on from them: `Flow(resume=…)`.

A file holds the report and the stored objects of one task, signed. `physical/resume/` decides what is saved and read.
"""
