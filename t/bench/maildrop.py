#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""t/bench/maildrop.py FOLDER [MESSAGES]: how long pop3d takes for a large Maildir.

Makes FOLDER with a Maildir of so many messages (100000) of 2 KB in cur/, and control files; then
three sessions, the first of which finds no sizes kept. Not as root. PATH has pop3d and authd."""

import os
import subprocess
import sys
import time

HASH = "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2"  # of "secret"


def fill(folder, count):
    text = b"From: ann@example.org\nSubject: test\n\n" + b"a line of some sixty octets, as lines are in most messages\n" * 33
    for name in ("mail/new", "mail/cur", "mail/tmp", "control", "spool"):
        os.makedirs(f"{folder}/{name}")
    for i in range(count):
        with open(f"{folder}/mail/cur/{1700000000 + i // 3}.M{i % 1000000:06}P1Q{i}.here.test:2,S", "wb") as file:
            file.write(text)
    os.umask(0o077)
    for name, line in (("me", "here.test"), ("users", f"joe@here.test: {folder}/mail/"),
                       ("secrets", f"joe@here.test: {HASH}"), ("authentication", "plaintext: yes")):
        with open(f"{folder}/control/{name}", "w", encoding="ascii") as file:
            print(line, file=file)


class Session:
    def __init__(self):
        self.process = subprocess.Popen(["pop3d"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()

    def used(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, command, lines=False):
        begun, before = time.monotonic(), self.used()
        self.process.stdin.write(command.encode() + b"\r\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline()
        assert reply.startswith(b"+OK"), reply
        while lines and self.process.stdout.readline() != b".\r\n":
            pass
        print(f"  {command.split()[0]} {time.monotonic() - begun:.3f} s, {self.used() - before:.2f} s of CPU")

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return [line for line in file if line.startswith("VmHWM")][0].split()[1]


def main():
    folder, count = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    fill(folder, count)
    os.environ.update(SATCHEL_CONTROL=f"{folder}/control", SATCHEL_SPOOL=f"{folder}/spool")
    for number in range(3):
        print("sizes are counted" if number == 0 else "sizes are kept")
        session = Session()
        session.ask("USER joe@here.test")
        session.ask("PASS secret")
        session.ask("STAT")
        session.ask("LIST", True)
        session.ask("UIDL", True)
        print(f"  {session.memory()} KB at most")
        session.ask("QUIT")
        session.process.wait()


main()
