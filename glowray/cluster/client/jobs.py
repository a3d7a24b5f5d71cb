"""`glowray run --address`: run a script as a Ray job, ship its folder, stream its output, return its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from glowray.cluster.client.access import Access, authenticated_gcs, find_access, refused
from glowray.cluster.client.dashboard import check_dashboard, dashboard_of
from glowray.cluster.client.package import packed
from glowray.cluster.host.environment import applied
from glowray.errors import ClusterError

STOPPED_IN = 30.0
POLL_SECONDS = 0.2
# These loggers report every upload and closed socket, which would mix with the script's output.
CHATTY = (
    "ray._private.runtime_env.packaging",
    "ray.dashboard.modules.dashboard_sdk",
    "ray.dashboard.modules.job.sdk",
)


def run_job(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    address: str | None = None,
    token_file: Path | None = None,
    use_tls: bool = False,
    write: Callable[[str], object] = sys.stdout.write,
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run a Python script on a cluster and return its exit code. Output goes to `write` as it arrives.

    The script's folder is copied to the cluster and is the current folder there. KeyboardInterrupt stops the job and is
    raised again. `variables` are added to the environment of the job and its workers.

    Raises ClusterError if the cluster does not answer, refuses the token or does not take the folder. Also if the
    folder is too large, or holds a file that cannot be read.
    """
    if not script.is_file():
        raise ClusterError(f"there is no script {script}")
    access = find_access(address, token_file, use_tls)
    with authenticated_gcs(access) as gcs:
        dashboard = dashboard_of(gcs)
    check_dashboard(dashboard, bool(access.tls))
    with applied(access.environment()):
        client = _client(access, dashboard)
        with packed(script.resolve().parent) as package:
            job = _submit(client, script, package, arguments, variables or {})
        try:
            asyncio.run(_stream(client, job, write))
        except BaseException as error:
            _stop(client, job)
            if isinstance(error, (RuntimeError, OSError)) and not isinstance(error, BrokenPipeError):
                raise ClusterError(f"the connection to the job {job} was lost ({error})") from error
            raise
        return _exit_code(client.get_job_info(job))


def _client(access: Access, dashboard: str) -> Any:
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)

    try:
        return JobSubmissionClient(dashboard, verify=access.tls.get("RAY_TLS_CA_CERT", True))
    except AuthenticationError as error:
        raise refused(access.address) from error
    except (ConnectionError, RuntimeError) as error:
        raise ClusterError(
            f"jobs go through the head's dashboard, and {dashboard} does not answer here; start the head with "
            "--dashboard-host, or forward that port: ssh -L"
        ) from error


def _submit(client: Any, script: Path, package: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    # -u: Python does not buffer the output, so lines arrive when they are printed.
    command = shlex.join(["python", "-u", script.name, *arguments])
    folder = {"working_dir": str(package), "env_vars": dict(variables)}
    name = re.sub(r"[^A-Za-z0-9_-]", "-", script.stem)
    named = {"submission_id": f"{name}-{secrets.token_hex(4)}", "metadata": {"job_name": script.name}}
    try:
        return str(client.submit_job(entrypoint=command, runtime_env=folder, **named))
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise ClusterError(f"the cluster did not take the job from {script.parent.resolve()}: {reason}") from error


async def _stream(client: Any, job: str, write: Callable[[str], object]) -> None:
    """Write the job's output as it arrives; return when the job has ended and all output is written.

    Ray closes the stream some seconds after the job's end. The job's status tells sooner; then the rest is fetched.
    """
    written = 0

    async def follow() -> None:
        nonlocal written
        async for text in client.tail_job_logs(job):
            write(text)
            written += len(text)
        await ended  # the stream may also end because the connection was lost

    ended = asyncio.create_task(_until_ended(client, job))
    following = asyncio.create_task(follow())
    await asyncio.wait({ended, following}, return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        await following
    following.cancel()
    await ended
    write(client.get_job_logs(job)[written:])


async def _until_ended(client: Any, job: str) -> None:
    while not (await asyncio.to_thread(client.get_job_status, job)).is_terminal():
        await asyncio.sleep(POLL_SECONDS)


def _exit_code(info: Any) -> int:
    if info.driver_exit_code is not None:
        return int(info.driver_exit_code)
    if str(info.status) == "SUCCEEDED":
        return 0
    raise ClusterError(f"the job {info.submission_id} {str(info.status).lower()}: {(info.message or '').strip()}")


def _stop(client: Any, job: str) -> None:
    """Stop the job and wait until it has ended."""
    with contextlib.suppress(RuntimeError, OSError):  # the job has ended already, or the head is gone
        client.stop_job(job)
        asyncio.run(asyncio.wait_for(_until_ended(client, job), STOPPED_IN))
