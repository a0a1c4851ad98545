#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A policy service for smtpd-policy.bats: policy.py FOLDER [unix PATH | inet PORT]; without, it
serves standard input and output. FOLDER/answers has a line "word action" for each recipient (or
state, for others) that holds the word; FOLDER/requests gets what was asked, FOLDER/links a line for
each connection."""
import os
import socketserver
import sys

folder = sys.argv[1]


def note(name, text):
    with open(os.path.join(folder, name), "a") as f:
        f.write(text)


def serve(lines, out):
    note("links", "link\n")
    request = {}
    for line in lines:
        line = line.decode().rstrip("\n")
        note("requests", line + "\n")
        if line:
            name, _, value = line.partition("=")
            request[name] = value
            continue
        what = request["recipient"] + " " + request["protocol_state"]
        action = "DUNNO"
        for answer in reversed(open(os.path.join(folder, "answers")).read().splitlines()):
            word, _, rest = answer.partition(" ")
            if word in what:
                action = rest
        if action == "die":
            return
        out.write(("action=%s\n\n" % action).encode())
        out.flush()
        request = {}
        if action == "once":
            return


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        serve(self.rfile, self.wfile)


if len(sys.argv) < 3:
    serve(sys.stdin.buffer, sys.stdout.buffer)
elif sys.argv[2] == "unix":
    socketserver.ThreadingUnixStreamServer(sys.argv[3], Handler).serve_forever()
else:
    socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[3])), Handler).serve_forever()
