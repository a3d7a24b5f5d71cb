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
