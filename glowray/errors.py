"""glowray's own errors; a user's exception always keeps its own type."""

from __future__ import annotations


class GlowrayError(Exception):
    """The base of every error that glowray itself raises for a job, a cluster or a file."""


class KeyTypeError(GlowrayError, TypeError):
    """A key whose type has no stable equality and hash on every worker."""


class CommitConflict(GlowrayError):  # noqa: N818  (named in the contract's words)
    """Two jobs wrote to one place, or its content changed while a job ran."""


class ClusterError(GlowrayError):
    """A cluster that could not be started, reached, joined or kept."""


class WorkerLost(GlowrayError):  # noqa: N818
    """A worker or node died more often than a task is retried, or ran out of memory."""


class OutOfMemory(WorkerLost):
    """A task needed more memory than its node has, however often it was tried."""


class OutOfDisk(WorkerLost):
    """The disk that a node's object store spills to was full, so that a task had no room for its blocks."""


class TaskError(GlowrayError):
    """A user's exception from a task, named in the message as its class cannot be had in this process."""


class ReplayError(GlowrayError):
    """A failure whose function or row did not come along, so that it cannot be run again here."""


class TooManyErrors(GlowrayError):  # noqa: N818
    """More rows failed than `max_errors` lets a job drop."""


class SpentSource(GlowrayError):  # noqa: N818
    """A source that can be read once, such as a channel, was to be read again without a cache()."""


class PipeFailed(GlowrayError):  # noqa: N818
    """The command of a pipe() ended with an exit code other than zero."""


class InexactColumn(GlowrayError, TypeError):  # noqa: N818
    """A column of values that Arrow cannot hold exactly, in an export to Arrow, pandas or a file of columns."""


class DamagedFile(GlowrayError, ValueError):  # noqa: N818
    """A file that cannot be read as what it is said to be, with the place of the fault."""
