"""The logical plan: what the user asked for, as frozen nodes that point to their inputs."""
