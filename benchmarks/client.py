"""The other end of `benchmarks.sockets`: a process of its own, so that its CPU time is not the server's.

Each line on stdin is ``PORT PATH PATH ...``: it sends these requests one after the other over one kept connection to
the port, and writes a line with the number of answers with status 200.
"""

from __future__ import annotations

import socket
import sys

_REQUEST = (
    "GET {} HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n"
)


def main() -> None:
    connections: dict[int, socket.socket] = {}
    for line in sys.stdin:
        port, *paths = line.split()
        if int(port) not in connections:
            connections[int(port)] = socket.create_connection(("127.0.0.1", int(port)))
            connections[int(port)].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answered = sum(_ask(connections[int(port)], path) for path in paths)
        print(answered, flush=True)


def _ask(connection: socket.socket, path: str) -> bool:
    connection.sendall(_REQUEST.format(path).encode("ascii"))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _blank, body = answer.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += _received(connection)
    return head.startswith(b"HTTP/1.1 200 ")


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


if __name__ == "__main__":
    main()
