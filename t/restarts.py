#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Keeps services running, and restarts one after the other: restarts.py [OPTION...] NAME…

NAME is that of a program, which serves with -w at run/NAME/socket of $SATCHEL_SPOOL; or with its port
("smtpd:PORT"), then its children are sessions, which nobody ends.

    -p             their sockets are opened here and passed to them (LISTEN_FDS), and stay
    -w WAY,…       how each ends in turn: term, kill (the service), worker-term, worker-kill (one of its
                   workers, and it is not started again), remove (its socket, and term); term without it,
                   and in the place of the last three with a port

Says "up" when all have been started, then a line for each restart, until SIGTERM; then ends them.
"""
import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import time

PATIENCE = 30
SPOOL = os.environ["SATCHEL_SPOOL"]


class Service:
    def __init__(self, name, is_passed):
        self.name, _, self.port = name.partition(":")
        self.path = f"{SPOOL}/run/{self.name}/socket"
        self.listener = self.open_listener() if is_passed or self.port else None
        self.process = None
        self.log = open(f"{os.environ['T']}/{self.name}.log", "ab")

    def open_listener(self):
        if self.port:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", int(self.port)))
        else:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(self.path)
        listener.listen(512)
        return listener

    def command(self):
        words = [self.name] if self.port else [self.name, "-w"]
        if self.listener is None:
            return words, ()
        fd = self.listener.fileno()
        away = "" if fd == 3 else f"exec 3<&{fd} {fd}<&-; "
        return ["bash", "-c", f"{away}export LISTEN_FDS=1 LISTEN_PID=$$; exec {' '.join(words)}"], (fd,)

    def start(self):
        """A service does not start beside workers of one that was killed: then it is started again."""
        until = time.monotonic() + PATIENCE
        words, fds = self.command()
        while time.monotonic() < until:
            begun = os.fstat(self.log.fileno()).st_size
            self.process = subprocess.Popen(
                words, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
            while self.process.poll() is None and time.monotonic() < until:
                if self.is_up(begun):
                    return
                time.sleep(0.005)
            time.sleep(0.05)
        sys.exit(f"{self.name} does not start")

    def is_up(self, begun):
        with open(self.log.name, "rb") as log:
            log.seek(begun)
            said = log.read()
        return b"listening" in said

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def signal_worker(self, how):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            workers = children.read().split()
        try:
            if workers:
                os.kill(int(random.choice(workers)), how)
        except ProcessLookupError:
            pass  # it has ended by itself meanwhile

    def restart(self, way):
        if way == "worker-term" and not self.port:
            return self.signal_worker(signal.SIGTERM)
        if way == "worker-kill" and not self.port:
            return self.signal_worker(signal.SIGKILL)
        if way == "remove" and not self.port:
            os.unlink(self.path)
        self.end(signal.SIGKILL if way == "kill" else signal.SIGTERM)
        return self.start()


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", dest="is_passed", action="store_true")
    parser.add_argument("-w", dest="ways", default="term")
    parser.add_argument("names", nargs="+")
    return parser.parse_args()


def main():
    options = parse()
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    services = [Service(name, options.is_passed) for name in options.names]
    for service in services:
        service.start()
    print("up", flush=True)
    while not told:
        for way in options.ways.split(","):
            for service in services:
                if not told:
                    service.restart(way)
                    print(service.name, way, flush=True)
                    time.sleep(0.05)
    for service in services:
        service.end(signal.SIGTERM)
    print("down", flush=True)


main()
