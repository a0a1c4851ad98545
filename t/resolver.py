#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A resolver that says of each name what it is told to, signatures among it.

resolver.py FILE [ADDRESS]: its records are in FILE, one a line, NAME TYPE DATA. What begins with "+" is signed (AD,
if the query asks for it); with "!" the look-up fails (SERVFAIL). "?" before these says that it knows that
much only without EDNS (FORMERR). Aliases are followed. It prints its
port, and then each question. One that is sent again, by its id, as its answer took seconds, is no other question.
"""
import socket
import struct
import sys

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TLSA": 52, "AAAA": 28}
AD = 0x20


def wire(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def data(kind, words):
    if kind == "A":
        return socket.inet_aton(words[0])
    if kind == "MX":
        return struct.pack(">H", int(words[0])) + wire(words[1])
    if kind == "TLSA":
        return bytes(map(int, words[:3])) + bytes.fromhex(words[3] if len(words) > 3 else "")
    return wire(words[0])


def read(file):
    records, names, failures, plain = {}, {}, set(), set()
    for line in file:
        words = line.split()
        if not words:
            continue
        name, kind = words[0].lstrip("?+!"), words[1]
        if words[0].startswith("?"):
            plain.add(name)
            words[0] = words[0][1:]
        names[name] = words[0].startswith("+")
        if words[0].startswith("!"):
            failures.add((name, kind))
        else:
            records.setdefault((name, kind), []).append((names[name], words[2:]))
    return records, names, failures, plain


def answer(query, known, seen):
    records, names, failures, plain = known
    end = query.index(b"\0", 12)
    at, labels = 12, []
    while at < end:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += query[at] + 1
    name, number = ".".join(labels), struct.unpack(">H", query[end + 1:end + 3])[0]
    kind = next((k for k, n in TYPES.items() if n == number), str(number))
    if (query[:2], query[10:]) not in seen:
        print(name, kind, flush=True)
    seen.add((query[:2], query[10:]))
    if name in plain and query[11] > 0:
        return query[:2] + bytes([0x81, 0x81]) + query[4:6] + bytes(6) + query[12:end + 5]
    secure, sections, code = True, [], 0
    while kind != "CNAME" and (name, "CNAME") in records:
        signed, words = records[name, "CNAME"][0]
        secure = secure and signed
        sections.append((name, "CNAME", words))
        name = words[0]
    if (name, kind) in failures:
        code, sections = 2, []
    elif (name, kind) in records:
        secure = secure and all(signed for signed, _ in records[name, kind])
        sections += [(name, kind, words) for _, words in records[name, kind]]
    else:
        secure = secure and names.get(name, False)
        code = 0 if name in names else 3
    flags = AD if secure and code != 2 and query[3] & AD else 0
    head = query[:2] + bytes([0x81, 0x80 | flags | code])
    body = query[12:end + 5]
    for owner, its, words in sections:
        octets = data(its, words)
        body += wire(owner) + struct.pack(">HHIH", TYPES[its], 1, 300, len(octets)) + octets
    if not sections and code != 2:  # an SOA, so that it is no referral
        octets = wire("ns") + wire("root") + struct.pack(">5I", 1, 1, 1, 1, 1)
        body += b"\0" + struct.pack(">HHIH", 6, 1, 300, len(octets)) + octets
    counts = struct.pack(">4H", 1, len(sections), int(not sections and code != 2), 0)
    return head + counts + body


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        known = read(file)
    address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 0))
    print(server.getsockname()[1], flush=True)
    seen = set()
    while True:
        query, peer = server.recvfrom(4096)
        server.sendto(answer(query, known, seen), peer)


main()
