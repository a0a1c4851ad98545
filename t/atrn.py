#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A host that fetches its mail by ATRN (RFC 2645): a client that becomes a server.

atrn.py PORT LOGIN "ATRN ARGUMENT" OUT [STEP [N]]

Says what the reply to ATRN is, then what it takes goes to OUT, a line for each message once the
reply to its end is sent: its Subject and recipients. STEP: where it vanishes, at the Nth time.
greeting, EHLO, MAIL, RCPT, DATA: instead of the reply to that; text: within the message; end:
instead of the reply to its end; after: behind that; QUIT. refuse: RCPT is answered 550. kill: the process N is killed at RCPT.
The login comes by XCLIENT, which the test allows this host; with PASSWORD in the environment, by
AUTH under STARTTLS.
"""
import base64
import os
import re
import signal
import socket
import sys

port, login, argument, out = sys.argv[1:5]
step = sys.argv[5] if len(sys.argv) > 5 else None
count = int(sys.argv[6]) if len(sys.argv) > 6 else 1
seen = {}

connection = socket.create_connection(("127.0.0.1", int(port)), 30)
connection.settimeout(30)
lines = connection.makefile("rb")


def say(line):
    connection.sendall(line.encode() + b"\r\n")


def reply():
    while True:
        line = lines.readline().decode().rstrip("\r\n")
        if line[3:4] != "-":
            return line


def vanish_at(name):
    if step == "kill" and name == "RCPT":
        os.kill(count, signal.SIGKILL)
    seen[name] = seen.get(name, 0) + 1
    if step == name and seen[name] == count:
        connection.close()
        lines.close()
        sys.exit(0)


def log_in(password):
    global connection, lines
    import ssl  # it takes longer to load than most of these sessions
    say("EHLO customer.test")
    reply()
    say("STARTTLS")
    reply()
    connection = ssl._create_unverified_context().wrap_socket(connection)
    lines = connection.makefile("rb")
    say("EHLO customer.test")
    reply()
    say("AUTH PLAIN " + base64.b64encode(("\0%s\0%s" % (login, password)).encode()).decode())
    print(reply(), flush=True)


def client():
    reply()
    if "PASSWORD" in os.environ:
        log_in(os.environ["PASSWORD"])
    elif login:
        say("XCLIENT LOGIN=" + login)
        reply()
    say("EHLO customer.test")
    reply()
    say(("ATRN " + argument).strip())
    answer = reply()
    print(answer, flush=True)
    if not answer.startswith("250"):
        say("QUIT")
        print(reply())
        sys.exit(0)


def take_message():
    text = b""
    while not text.endswith(b"\r\n.\r\n"):
        line = lines.readline()
        if not line:
            sys.exit("lost within a message")
        text += line
        vanish_at("text")
    vanish_at("end")
    return re.search(rb"(?m)^Subject: (.*)\r$", text)[1].decode()


def server():
    recipients = []
    vanish_at("greeting")
    say("220 customer.test")
    while True:
        line = lines.readline().decode().rstrip("\r\n")
        if not line:
            print("end")
            return
        verb = line[:4].upper()
        vanish_at(verb)
        if verb == "EHLO":
            say("250-customer.test\r\n250 PIPELINING" if step != "plain" else "250 customer.test")
        elif verb == "MAIL":
            recipients = []
            say("250 ok")
        elif verb == "RCPT":
            if step == "refuse":
                say("550 5.1.1 no such mailbox")
            else:
                recipients.append(re.search("<(.*?)>", line)[1])
                say("250 ok")
        elif verb == "DATA":
            if not recipients:
                say("554 no recipients")
                continue
            say("354 go on")
            subject = take_message()
            say("250 2.0.0 taken")
            with open(out, "a") as f:
                f.write(subject + " " + " ".join(recipients) + "\n")
            vanish_at("after")
        elif verb == "QUIT":
            say("221 bye")
            print("quit")
            return
        else:
            say("250 ok")


client()
server()
