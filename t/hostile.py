#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Clients that go away, each at every point of a session with the smtpd that listens on PORT.

hostile.py half PORT     ends its side, and reads: what was said whole is answered, and nothing else
hostile.py reset PORT    resets the connection
hostile.py close PORT    closes it
hostile.py deaf PORT     says more than is read, and never reads itself, until it is thrown out

A point is behind each command, in the midst of each, and between the two octets of its end; in a message
by DATA, and in one by BDAT. Prints how many messages were accepted: 250 was said, or may have been.
"""
import re
import socket
import struct
import sys

DEADLINE = 20
ENVELOPE = [b"EHLO client.test\r\n", b"MAIL FROM:<ann@away.test>\r\n", b"RCPT TO:<jones@foo.test>\r\n"]
SESSIONS = [
    ENVELOPE + [b"DATA\r\n", b"Subject: x\r\n\r\nhello\r\n.\r\n", b"QUIT\r\n"],
    ENVELOPE + [b"BDAT 12\r\nSubject: x\r\n", b"BDAT 9 LAST\r\n\r\nhello\r\n", b"QUIT\r\n"],
]


def connect(port):
    return socket.create_connection(("127.0.0.1", port), DEADLINE)


def read_reply(stream):
    while True:
        line = stream.readline()
        if not line or line[3:4] == b" ":
            return line


def read_all(sock):
    text = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            return text
        if not piece:
            return text
        text += piece


def points(session):
    """(commands said and answered before, the part of the next one that is said)"""
    for i, command in enumerate(session):
        for part in sorted({0, len(command) // 2, len(command) - 1, len(command)}):
            yield session[:i], command[:part]


def is_message_end(before, part):
    whole = b"".join(before) + part
    return whole.endswith(b"hello\r\n.\r\n") or (b"BDAT 9 LAST" in whole and whole.endswith(b"hello\r\n"))


def leave(sock, how):
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def go_away(port, how, before, part):
    """True if the message was, or may have been, accepted."""
    sock = connect(port)
    stream = sock.makefile("rb")
    read_reply(stream)
    for command in before:
        sock.sendall(command)
        read_reply(stream)
    if part:
        sock.sendall(part)
    if how == "half":
        sock.shutdown(socket.SHUT_WR)
        check_rest(before, part, stream.read())
    accepted = b"hello" in b"".join(before) or is_message_end(before, part)
    stream.close()
    leave(sock, how)
    return accepted


def check_rest(before, part, said):
    """One reply to what is whole; no more than that, whatever was begun."""
    count = len(re.findall(rb"(?m)^\d\d\d ", said))
    is_whole = part.endswith(b"\r\n") and part not in (b"", b"\r\n")
    if part.startswith(b"Subject") and not part.endswith(b"\r\n.\r\n"):
        is_whole = False
    if part.startswith(b"BDAT") and len(part.partition(b"\r\n")[2]) < int(part.split()[1]):
        is_whole = False
    if count != is_whole:
        sys.exit("behind %r, %r was answered %r" % (before[-1:], part, said))
    if b"queued as" in said and not is_message_end(before, part):
        sys.exit("half a message was accepted: %r, %r" % (before, part))


def deaf(port):
    sock = connect(port)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        while True:
            sock.sendall(b"HELP\r\n" * 1000)
    except (BrokenPipeError, ConnectionResetError):
        pass


def main():
    how, port = sys.argv[1], int(sys.argv[2])
    if how == "deaf":
        deaf(port)
        return
    print(sum(go_away(port, how, before, part) for session in SESSIONS for before, part in points(session)))


main()
