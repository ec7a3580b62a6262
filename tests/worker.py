"""What xdist starts in place of a Python: hands its streams to `workers.py`, and waits for the end.

It imports as little as possible.
"""

import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"x"], [0, 1, 2])
    connection.recv(1)
