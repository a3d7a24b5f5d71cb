"""Finds the node where a Ray task was last tried, from the head's records."""

from __future__ import annotations

from typing import Any

CALL_SECONDS = 5.0
"""How long the head may take to answer: an error must not wait long for the name of its node."""


def find_last_node(address: str, task_id: Any) -> str | None:
    """Return the hexadecimal id of the node where a task's last attempt began, or None if the head does not know.

    `address` is the head's HOST:PORT, `task_id` is Ray's.
    """
    import grpc  # type: ignore[import-untyped]
    from ray._private.grpc_utils import init_grpc_channel
    from ray.core.generated.gcs_service_pb2 import FilterPredicate, GetTaskEventsRequest
    from ray.core.generated.gcs_service_pb2_grpc import TaskInfoGcsServiceStub

    request = GetTaskEventsRequest()
    request.filters.task_filters.add(task_id=task_id.binary(), predicate=FilterPredicate.EQUAL)
    with init_grpc_channel(address) as channel:
        try:
            reply = TaskInfoGcsServiceStub(channel).GetTaskEvents(request, timeout=CALL_SECONDS)
        except grpc.RpcError:
            return None
    placed = [attempt for attempt in reply.events_by_task if attempt.state_updates.node_id]
    if not placed:
        return None
    return str(max(placed, key=lambda attempt: attempt.attempt_number).state_updates.node_id.hex())
