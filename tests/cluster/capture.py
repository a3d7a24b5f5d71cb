"""`python capture.py INTERFACE FILE` writes every frame of a network interface into a file, until stdin ends."""

from __future__ import annotations

import select
import socket
import struct
import sys

ALL_PROTOCOLS = 3
SOL_PACKET, STATISTICS = 263, 6
SO_RCVBUFFORCE = 33
BUFFER_BYTES = 256 << 20
LARGEST_FRAME = 1 << 18


def main(interface: str, path: str) -> int:
    """Capture frames. Return how many were lost because they came faster than they were written."""
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as frames,
        open(path, "wb") as file,
    ):
        frames.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        frames.bind((interface, ALL_PROTOCOLS))
        print("captures", flush=True)
        ready: list[object] = []
        while sys.stdin not in ready or frames in ready:  # Frames that arrived before stdin ended are written too.
            ready, _, _ = select.select([frames, sys.stdin], [], [])
            if frames in ready:
                file.write(frames.recv(LARGEST_FRAME))
        _, lost = struct.unpack("II", frames.getsockopt(SOL_PACKET, STATISTICS, 8))
    return int(lost)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) > 0)
