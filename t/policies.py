#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A service that stands for mta-sts (mta-sts(8), HELPER PROTOCOL): policies.py SOCKET FILE [N].

Lines of FILE: DOMAIN MODE PATTERN... is a policy; DOMAIN !FAILURE is one that was not to be had; of
"DOMAIN gone" nothing is said, the connection is closed. It prints each domain that it is asked for.
With N, nobody is answered before N ask at once, and then half a second later.
"""
import os
import socket
import struct
import sys
import threading
import time


def exactly(client, count):
    octets = b""
    while len(octets) < count:
        more = client.recv(count - len(octets))
        if not more:
            raise EOFError
        octets += more
    return octets


def fields(words):
    if words[0].startswith("!"):
        return ["F" + words[0][1:], "Wit could not be fetched"]
    lines = ["version: STSv1", "mode: " + words[0], "max_age: 86400"]
    lines += ["mx: " + pattern for pattern in words[1:]]
    return ["Iid1", "E%d" % (time.time() + 1000)] + ["L" + line for line in lines]


def serve(client, known):
    try:
        while True:
            kind, length = struct.unpack(">cI", exactly(client, 5))
            domain = exactly(client, length).decode()
            print(kind.decode(), domain, flush=True)
            if known.get(domain) == ["gone"]:
                raise EOFError
            if together:
                together.wait()
                time.sleep(0.5)
            text = "".join(field + "\0" for field in known.get(domain, [])).encode()
            client.sendall(struct.pack(">cI", b"A", len(text)) + text)
    except (EOFError, ConnectionError):
        pass
    client.close()


def main():
    with open(sys.argv[2], encoding="ascii") as file:
        lines = [line.split() for line in file if line.strip()]
    known = {words[0]: words[1:] if words[1:] == ["gone"] else fields(words[1:]) for words in lines}
    server = socket.socket(socket.AF_UNIX)
    os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
    server.bind(sys.argv[1])
    server.listen(64)
    print("ready", flush=True)
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(client, known), daemon=True).start()


together = threading.Barrier(int(sys.argv[3])) if len(sys.argv) > 3 else None
main()
