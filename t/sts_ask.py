# SPDX-License-Identifier: ISC
"""sts_ask.py SOCKET DOMAIN: asks mta-sts as smtp-send does, and prints the fields of its answer, one a
line; the time of field E is left out. SOCKET is the service's, or empty: then "mta-sts -s" is run."""
import socket
import struct
import subprocess
import sys

path, domain = sys.argv[1], sys.argv[2].encode()
program = None
if path:
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
else:
    s, other = socket.socketpair()
    program = subprocess.Popen(["mta-sts", "-s"], stdin=other)
    other.close()
s.settimeout(30)
s.sendall(b"Q" + struct.pack(">I", len(domain)) + domain)
data = b""
while len(data) < 5 or len(data) < 5 + struct.unpack(">I", data[1:5])[0]:
    more = s.recv(65536)
    if not more:
        break
    data += more
s.close()
for field in data[5:].split(b"\0")[:-1]:
    print("E" if field[:1] == b"E" else field.decode())
sys.exit(program.wait() if program else 0)
