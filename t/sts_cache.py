# SPDX-License-Identifier: ISC
"""sts_cache.py FILE SECONDS: makes a file of the cache of mta-sts older, by moving its times back."""
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


path, seconds = sys.argv[1], int(sys.argv[2])
lines = open(path, "rb").read().split(b"\n")
assert lines[0] == b"mta-sts1 %08x" % crc32c(b"\n".join(lines[1:])), "checksum"
for i, line in enumerate(lines[1:], 1):
    if line[:1] in (b"C", b"E", b"R", b"T", b"U") and int(line[1:]) > 0:
        lines[i] = line[:1] + str(int(line[1:]) - seconds).encode()
rest = b"\n".join(lines[1:])
open(path, "wb").write(b"mta-sts1 %08x\n" % crc32c(rest) + rest)
