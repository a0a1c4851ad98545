# SPDX-License-Identifier: ISC
"""What kills and queue share: results, a port, kills that hit nobody else, and what the services said."""
import os
import signal
import socket

LINES_SHOWN = 15


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, text):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        print("%s %s" % ("ok" if good else "not ok", text), flush=True)


def free_port():
    """One that the kernel gives to nobody: who is killed has to get it again, and a client that connects to
    one of those that it does give may be given the very same, and talk to itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        low = int(f.read().split()[0])
    for attempt in range(100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", 10000 + (os.getpid() + attempt * 7919) % (low - 10000) if low > 12000 else 0))
                return s.getsockname()[1]
            except OSError:
                pass
    raise RuntimeError("no port is free")


def born(pid):
    """What tells a process from a later one with its id; None if there is none, or a zombie."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(") ", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def kill(pid, birth):
    """True if the process that was born then was still there to be killed."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if birth is None or born(pid) != birth:
            return False
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(fd)


def show_logs(folder):
    """The last lines of each log, for who has no more than the output of this."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".log"):
            with open(os.path.join(folder, name), encoding="latin-1") as f:
                lines = f.read().splitlines()
            print("%s, %d lines, ends:" % (name, len(lines)))
            print("".join("\t%s\n" % line for line in lines[-LINES_SHOWN:]), end="")
