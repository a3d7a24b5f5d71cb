"""The folder that a flow's `resume=`, or `glowray run --resume`, names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.io.saved.saved_folder import SavedFolder

RESUME_VARIABLE = "GLOWRAY_RESUME"
"""The environment variable that names the folder for flows without `resume=`."""


def saved_folder_of(
    resume: str | os.PathLike[str] | None, storage_options: Mapping[str, Any] | None
) -> SavedFolder | None:
    """Return the folder of saved tasks of a new flow, None if nothing is saved.

    Raises:
        ValueError: the scheme of a URL, or a storage option, is unknown.
    """
    from_variable = resume is None
    named = _from_environment() if resume is None else resume
    if named is None:
        return None
    from glowray.cluster.host.signing_key import signing_key
    from glowray.functions.fingerprints.digest import class_content
    from glowray.io.filesystem.chosen import is_url
    from glowray.io.saved.saved_folder import saved_folder
    from glowray.rows.objects.class_names import name_classes_by

    name_classes_by(class_content)
    options = storage_options if is_url(os.fspath(named)) else None
    return saved_folder(named, None if from_variable else options, signing_key())


def _from_environment() -> str | None:
    """Return the folder that the environment variable names; None in a task, whose own flows save nothing."""
    from glowray.engine.choice import is_in_task

    named = os.environ.get(RESUME_VARIABLE)
    return named if named and not is_in_task() else None
