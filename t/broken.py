# SPDX-License-Identifier: ISC
"""Breaks messages of a spool, for t/qctl-check.bats: broken.py SPOOL

Puts a message into hold/ for each octet of a message's header, changed there, and some that are
broken elsewhere, and says for each on a line: the id, and what t/crash/spoolcheck.py makes of it."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "crash"))
import spoolcheck  # noqa: E402

TEXT = b"Subject: x\r\n\r\nhello\r\n"


def crc32c(data):
    crc = 0xffffffff
    for byte in bytes(data):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Sums:
    @staticmethod
    def shim_crc32c(_, data, _len):
        return crc32c(data)


def change(data, offset, octet=None):
    data = bytearray(data)
    data[offset] = data[offset] ^ 1 if octet is None else octet
    return bytes(data)


def again(data, old, new):
    """With OLD in the envelope NEW, and all checksums right."""
    head, _, rest = data.partition(b"\n")
    envelope, states = rest[:rest.index(b".- ")], rest[rest.index(b".- "):]
    envelope = envelope.replace(old, new)
    id, count, length, text = head[9:29], head[41:48], head[49:64], head[74:82]
    first = b"satchel1 %s %010d %s %s %08x %s " % (id, len(envelope), count, length, crc32c(envelope), text)
    return (first + b"%08x" % crc32c(first)).ljust(95) + b"\n" + envelope + states


def cases():
    """(what, change of a whole file)"""
    for i in range(96):
        yield "header %d" % i, lambda data, i=i: change(data, i)
    yield "sound", lambda data: data
    yield "envelope", lambda data: change(data, 100)
    yield "message", lambda data: change(data, len(data) - 3)
    yield "no line", lambda data: change(data, len(data) - len(TEXT) - 1)
    yield "state", lambda data: change(data, data.index(b".- "), ord("?"))
    yield "reply", lambda data: change(data, data.index(b".- ") + 50, 27)
    yield "short", lambda data: data[:-1]
    yield "short states", lambda data: data[:200]
    yield "short envelope", lambda data: data[:110]
    yield "short header", lambda data: data[:50]
    yield "empty", lambda data: b""
    yield "nothing", lambda data: bytes(len(data))
    yield "unknown field", lambda data: again(data, b"Suid", b"Zx\nSuid")
    yield "no recipient", lambda data: again(data, b"Tjoe@example.org\n", b"Nnever\n")
    yield "two recipients", lambda data: again(data, b"Tjoe", b"Tann@example.org\nTjoe")
    yield "no sender", lambda data: again(data, b"Fann@example.org\n", b"B7BIT\n")
    yield "control character", lambda data: again(data, b"Tjoe", b"T\x1bjoe")
    yield "bare LF", lambda data: data


def main():
    spool = sys.argv[1]
    spoolcheck.sums = Sums
    for what, breaks in cases():
        text = b"Subject: x\r\n\r\nhel\nlo\r\n" if what == "bare LF" else TEXT
        id = spoolcheck.make_id(age=7200)
        data = breaks(spoolcheck.message_file(id, b"ann@example.org", [b"joe@example.org"], text))
        path = os.path.join(spool, "hold", id)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(data)
        try:
            said = "good" if spoolcheck.read(os.path.join(spool, "hold").encode(), id.encode()) else "incomplete"
        except spoolcheck.Corrupt:
            said = "bad"
        print(id, said, what)


if __name__ == "__main__":
    main()
