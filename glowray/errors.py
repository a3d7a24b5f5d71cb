"""The exceptions of glowray itself. An exception from a user's function keeps its own type."""

from __future__ import annotations


class GlowrayError(Exception):
    """The base of every error that glowray raises about a job, a cluster or a file."""


class KeyTypeError(GlowrayError, TypeError):
    """A key has a type without an equality and a hash that are the same on every worker."""


class CommitConflict(GlowrayError):  # noqa: N818  (named in the contract's words)
    """Another job wrote to the same target, or the target changed while the job ran."""


class ClusterError(GlowrayError):
    """A cluster could not be started, reached or joined, or was lost."""


class WorkerLost(GlowrayError):  # noqa: N818
    """A task's worker or node died more often than the task may be retried."""


class OutOfMemory(WorkerLost):
    """A task needed more memory than its node has, in each of its attempts."""


class OutOfDisk(WorkerLost):
    """The disk to which a node's object store spills was full, so that a task could not store its blocks."""


class TaskError(GlowrayError):
    """A task raised an exception whose class this process does not have. The message names the class."""


class ReplayError(GlowrayError):
    """A failure cannot be replayed here, because its function or row did not reach this process."""


class TooManyErrors(GlowrayError):  # noqa: N818
    """More rows failed than `max_errors` allows."""


class SpentSource(GlowrayError):  # noqa: N818
    """A source that can be read once, such as a channel, was read again without a cache()."""


class PipeFailed(GlowrayError):  # noqa: N818
    """The command of a pipe() could not be started, or exited with a code other than 0."""


class InexactColumn(GlowrayError, TypeError):  # noqa: N818
    """A column has values that Arrow cannot hold exactly, so it cannot go to Arrow, pandas or a file of columns."""


class MissingLibrary(GlowrayError, ModuleNotFoundError):  # noqa: N818
    """A library that a verb needs is not installed. The message names the extra of glowray that installs it."""


class OffsetsGone(GlowrayError, LookupError):  # noqa: N818
    """A topic no longer has the offsets to read. The message names the topic, its partition and the offsets."""


class DamagedFile(GlowrayError, ValueError):  # noqa: N818
    """A file is not in the format that it should have. The message names the place of the fault."""


class PythonRowsWarning(UserWarning):
    """More than a tenth of a step's rows, at least 20 in all, ran in Python although it was planned as `arrow`."""
