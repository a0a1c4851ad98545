#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A DNS server for tests that need a wrong one, or one that says what it was asked.

	dns.py [--how lame|garbage|servfail|silent] [RECORD]...

RECORD is "NAME TYPE DATA", with A, AAAA, CNAME, MX ("10 mx.example.test") or TXT. What has no record has no
data; what ends in .none does not exist. An alias is answered with its CNAME alone: whoever asks has to go on.
Prints its port (on 127.0.0.1), then a line "NAME TYPE" for each question, until it is killed. One that is
sent again, by its id, as its answer took seconds, is no other question.
"""
import argparse
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52}


def pack_name(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pack_data(kind, data):
    if kind == "A":
        return socket.inet_aton(data)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, data)
    if kind == "MX":
        preference, name = data.split()
        return struct.pack(">H", int(preference)) + pack_name(name)
    if kind == "TXT":
        return bytes([len(data)]) + data.encode()
    return pack_name(data)


def record(name, kind, ttl, data):
    return pack_name(name) + struct.pack(">HHIH", TYPES[kind], 1, ttl, len(data)) + data


def question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1 : at + 3])[0], packet[12 : at + 5]


def answer(options, packet, name, number, asked):
    def reply(flags, answers=(), authority=()):
        counts = struct.pack(">HHHH", 1, len(answers), len(authority), 0)
        return packet[:2] + flags + counts + asked + b"".join(answers) + b"".join(authority)

    if options.how == "lame":
        return reply(b"\x80\0", (), [record("test", "NS", 60, pack_name("ns.elsewhere.test"))])
    if options.how == "garbage":
        return packet[:2] + b"\x81\x80\0\1\0\7\0\0\0\0" + asked + b"\xc0\x0c\0\x0f\0\1" + b"\xff" * 40
    if options.how == "servfail":
        return reply(b"\x81\x82")
    soa = record("test", "SOA", 60, pack_name("ns.test") * 2 + struct.pack(">IIIII", 1, 60, 60, 60, 60))
    found = [
        record(owner, kind, 60, pack_data(kind, data))
        for owner, kind, data in (text.split(None, 2) for text in options.records)
        if owner == name and (TYPES[kind] == number or kind == "CNAME")
    ]
    if name.endswith(".none"):
        return reply(b"\x81\x83", (), [soa])
    return reply(b"\x81\x80", found, () if found else [soa])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--how")
    parser.add_argument("records", nargs="*")
    options = parser.parse_args()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    seen = set()
    while True:
        packet, peer = server.recvfrom(4096)
        name, number, asked = question(packet)
        kinds = [kind for kind, value in TYPES.items() if value == number]
        if (packet[:2], asked) not in seen:
            print(name, *kinds, flush=True)
        seen.add((packet[:2], asked))
        if options.how != "silent":
            server.sendto(answer(options, packet, name, number, asked), peer)


main()
