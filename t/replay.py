#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Plays a transcript of smtpd -T back (smtpd(8), TRANSCRIPTS): replay.py FILE [SESSION]

For each session in FILE, or for that one, smtpd is started on a socket as the client's address was,
and sent what the client said, turn by turn: where the server had spoken in between, its replies are
waited for. Prints the differences between its replies and those in FILE, exit code 1 if there are
any; what differs each time (queue ids, times) is taken for the same. A session with masked secrets
or a message that was cut cannot be played back: exit code 2.

So a report becomes a test: keep FILE, and run this."""
import difflib
import os
import re
import socket
import subprocess
import sys
import tempfile

DEADLINE = 20


def octets(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text)


def read(name):
    """SESSION -> (what is said of it, [(kind, octets)])"""
    sessions = {}
    for line in open(name, "rb"):
        session, _, rest = line.rstrip(b"\n").split(b" ", 2)
        kind, _, text = rest.partition(b" ")
        about, turns = sessions.setdefault(session.decode(), ({}, []))
        if kind == b"=":
            words = text.decode("latin-1").split()
            about.update(w.split("=", 1) for w in words if "=" in w)
            about.setdefault("words", []).extend(words)
            continue
        kind = "S" if kind == b"S" else "C"
        if kind == "C" and (text == b"*\\x0d\\x0a" or re.match(rb"(?i)AUTH \S+ \*\\x0d", text)):
            about.setdefault("words", []).append("cut")
        if turns and turns[-1][0] == kind:
            turns[-1][1].extend(octets(text))
        else:
            turns.append((kind, bytearray(octets(text))))
    return sessions


def alike(replies):
    return re.sub(r"queued as [0-9a-v]{20}", "queued as ID", replies.decode("latin-1"))


def play(about, turns):
    """What the server says now, and what it logs."""
    env = dict(os.environ, TCPREMOTEIP=about.get("client", ""))
    env.pop("RELAYCLIENT", None)
    if about.get("relay") == "yes":
        env["RELAYCLIENT"] = ""
    flags = {"lmtp": ["-L"], "submission": ["-s"]}.get(about.get("mode"), [])
    ours, theirs = socket.socketpair()
    ours.settimeout(DEADLINE)
    said = b""
    with tempfile.TemporaryFile() as log, subprocess.Popen(["smtpd"] + flags, stdin=theirs, stdout=theirs, env=env,
                                                           stderr=log) as p:
        theirs.close()
        try:
            for kind, text in turns:
                if kind == "C":
                    ours.sendall(text)
                    continue
                lines, seen = text.count(b"\n"), said.count(b"\n")
                while said.count(b"\n") < seen + lines:
                    data = ours.recv(65536)
                    if not data:
                        break
                    said += data
            ours.shutdown(socket.SHUT_WR)
            while True:
                data = ours.recv(65536)
                if not data:
                    break
                said += data
        except OSError as error:
            said += b"(%s)\r\n" % str(error).encode()
        p.wait(DEADLINE)
        log.seek(0)
        return said, log.read().decode("latin-1")


def main():
    code = 0
    for session, (about, turns) in read(sys.argv[1]).items():
        if len(sys.argv) > 2 and session != sys.argv[2]:
            continue
        if "cut" in about.get("words", []):
            print("%s: secrets or parts of a message are missing" % session, file=sys.stderr)
            code = max(code, 2)
            continue
        was = alike(b"".join(text for kind, text in turns if kind == "S"))
        said, log = play(about, turns)
        now = alike(said)
        if was != now:
            code = max(code, 1)
            sys.stdout.writelines(line.rstrip() + "\n" for line in difflib.unified_diff(
                was.splitlines(), now.splitlines(), session, "now", lineterm=""))
            sys.stderr.write(log)
    sys.exit(code)


main()
