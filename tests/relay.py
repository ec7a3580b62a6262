"""What a test starts in place of a Python: hands its command to `programs.py`, and ends with it.

It has the program's streams, passes on signals, and ends as the program does. It imports as
little as possible: `socket` and `signal`, which are written in Python, would take 10 ms of CPU.
"""

import _signal as signal
import _socket as socket
import marshal
import os
import sys

PASSED_ON = (signal.SIGTERM, signal.SIGINT)


def main(address: str, files: list[int], words: list[str]) -> int:
    """The exit status of the program; minus the signal that ended it."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    # pathlib would take longer to import than all the others
    command = marshal.dumps((words, files, os.getcwd(), dict(os.environ)))  # noqa: PTH109
    numbers = b"".join(number.to_bytes(4, sys.byteorder) for number in files)
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)
    connection.sendmsg([len(command).to_bytes(4, "big")], [rights])
    connection.sendall(command)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: connection.sendall(bytes([number])))
    return int.from_bytes(connection.recv(4), "big", signed=True)


if __name__ == "__main__":
    status = main(sys.argv[1], [int(number) for number in sys.argv[2].split(",")], sys.argv[3:])
    if status < 0:
        if -status in PASSED_ON:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)
