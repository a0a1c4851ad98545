#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""smtpd on a stream socket, for smtpd-proxy.bats; what it is sent comes from standard input.

proxied.py ask [silent]     all at once, prints the replies
proxied.py split N          cut in two at each of the first N bytes: the replies must be the same
"""
import array
import fcntl
import re
import socket
import subprocess
import sys
import termios
import time

DEADLINE = 20


def unread(s):
    """How much of what was sent the other side has not taken."""
    left = array.array("i", [0])
    fcntl.ioctl(s, termios.TIOCOUTQ, left)
    return left[0]


def talk(pieces):
    ours, theirs = socket.socketpair()
    ours.settimeout(DEADLINE)
    with subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs) as p:
        theirs.close()
        try:
            for piece in pieces:
                ours.sendall(piece)
                until = time.monotonic() + DEADLINE
                while unread(ours) > 0 and p.poll() is None and time.monotonic() < until:
                    time.sleep(0.0005)
            ours.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        replies = b""
        try:
            while True:
                data = ours.recv(65536)
                if not data:
                    break
                replies += data
        except ConnectionError:
            pass
        p.wait(DEADLINE)
    return re.sub(rb"queued as [0-9a-v]{20}", b"queued", replies)


session = sys.stdin.buffer.read()
if sys.argv[1] == "split":
    whole = talk([session])
    for at in range(1, int(sys.argv[2]) + 1):
        if talk([session[:at], session[at:]]) != whole:
            sys.exit("differs when cut at %d" % at)
else:
    whole = talk([session])
sys.stdout.write(whole.decode("latin-1"))
