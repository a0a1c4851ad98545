#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""convert.py CONVERT [COUNT]: Python's email package as the judge of conversion.

Makes COUNT messages (nested multiparts, messages in messages, text and octets of all kinds) that are valid
where BINARYMIME is, has CONVERT (t/unit/convert.c) make 7-bit and 8-bit ones of them, and compares what the
email package understands of both: types, parameters, file names, decoded bodies. Prints what differs.
"""
import email
import email.policy
import random
import subprocess
import sys

TEXTS = [
    "plain\r\n", "un bel été\r\n" * 20, "Привет, мир\r\n" * 5, "x" * 990 + "\r\n", "é" * 600 + "\r\n",
    "trailing blanks \t \r\n\r\n.\r\n..\r\n--\r\n-- \r\nFrom here\r\n=3D=\r\n", "", "no end", "é no end ",
    "long " * 400 + "\r\n", "a\r\n" * 50 + "\x7f\x01é\t\r\n",
]


def octets(r):
    kind = r.randrange(5)
    size = r.choice([0, 1, 2, 3, 56, 57, 58, 1000, 9000])
    if kind == 0:
        return bytes(r.randrange(256) for _ in range(size))
    if kind == 1:
        return bytes(r.choice(b"\r\n\0-a\xff") for _ in range(size))
    if kind == 2:
        return b"plain octets\r\n" * (size // 10)
    if kind == 3:
        return b"\xff" * size + b"\r\n"
    return b"-" * size


def leaf(r):
    if r.randrange(2):
        text = r.choice(TEXTS)
        charset = r.choice(["utf-8", "iso-8859-5" if "П" in text else "iso-8859-1"])
        body = text.encode(charset, "replace")
        fields = [b"Content-Type: text/%s; charset=\"%s\"; format=flowed" % (
            r.choice([b"plain", b"html", b"x-y"]), charset.encode())]
    else:
        body = octets(r)
        fields = [b"Content-Type: application/octet-stream;\r\n\tname=\"a b.bin\"",
                  b"Content-Disposition: attachment; filename*=utf-8''%C3%A9.bin"]
    label = r.choice([b"8bit", b"binary", b"Binary ", b"7bit", None])
    if label is None and r.randrange(2):
        import base64
        fields.append(b"Content-Transfer-Encoding: base64")
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif label is not None:
        fields.insert(r.randrange(len(fields) + 1), b"Content-Transfer-Encoding: " + label)
    return fields, body


def entity(r, depth):
    """Header fields and body."""
    kind = r.randrange(4) if depth < 4 else 0
    if kind <= 1:
        return leaf(r)
    label = r.choice([[], [b"Content-Transfer-Encoding: binary"], [b"Content-Transfer-Encoding: 8bit"]])
    if kind == 2:
        fields, body = entity(r, depth + 1)
        inner = [b"Subject: inner", b"MIME-Version: 1.0"] + fields
        return [b"Content-Type: message/rfc822"] + label, b"\r\n".join(inner) + b"\r\n\r\n" + body
    boundary = b"=_%d'%d (x)" % (depth, r.randrange(1 << 40))
    parts = r.choice([b"", b"a preamble\r\n", b"\xff preamble\r\n"])
    for _ in range(r.randrange(1, 4)):
        fields, body = entity(r, depth + 1)
        parts += b"--" + boundary + r.choice([b"", b" \t"]) + b"\r\n" + b"".join(
            f + b"\r\n" for f in fields) + b"\r\n" + body + b"\r\n"
    parts += b"--" + boundary + b"--" + r.choice([b"", b"\r\n", b"\r\nan epilogue\r\n", b"\r\n\xff\r\n"])
    return [b"Content-Type: multipart/%s;\r\n boundary=\"%s\"" % (
        r.choice([b"mixed", b"alternative", b"related"]), boundary)] + label, parts


def message(r):
    fields, body = entity(r, 0)
    top = [b"From: a@example.org", b"Subject: =?utf-8?q?=C3=A9?=", b"MIME-Version: 1.0"]
    return b"".join(f + b"\r\n" for f in top + fields) + b"\r\n" + body


def understood(part):
    """What a reader would see: a list of rows."""
    row = [part.get_content_type(), sorted(part.get_params() or []), part.get_filename()]
    if part.is_multipart():
        return [row] + [line for inner in part.get_payload() for line in understood(inner)]
    return [row + [part.get_payload(decode=True)]]


def tame(data):
    """The email package ends lines at CR and LF alone, too; encoded, a body has them as octets."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")


def compare(before, after):
    if len(before) != len(after):
        return "%d parts became %d" % (len(before), len(after))
    for a, b in zip(before, after):
        if a[:3] != b[:3]:
            return "%r became %r" % (a, b)
        if len(a) > 3 and tame(a[3]) != tame(b[3]):
            return "%r: the body became %r" % (a, b[3])
    return None


def check_wire(data, domain):
    if b"\0" in data or b"\r" in data.replace(b"\r\n", b"") or b"\n" in data.replace(b"\r\n", b""):
        return "what came out is not in wire format"
    if any(len(line) > 998 for line in data.split(b"\r\n")):
        return "a line is too long"
    if domain == "7" and not data.isascii():
        return "what came out is not 7-bit"
    if not data.endswith(b"\r\n"):
        return "the last line has no end"
    if domain == "7" and (b": 8bit" in data.lower() or b": binary" in data.lower()):
        return "what came out says that it is not 7-bit"
    return None


def main():
    failures, changed, count = 0, 0, int(sys.argv[2])
    for seed in range(count):
        original = message(random.Random(seed))
        for domain in "78":
            run = subprocess.run([sys.argv[1], domain], input=original, stdout=subprocess.PIPE)
            problem = check_wire(run.stdout, domain) if run.returncode == 0 else "refused: %r" % run.stdout
            if problem is None:
                problem = compare(understood(email.message_from_bytes(original)),
                                  understood(email.message_from_bytes(run.stdout)))
            changed += run.stdout != original
            if problem is not None:
                failures += 1
                print("seed %d to %sbit: %s" % (seed, domain, problem))
    print("%d failures, %d changed" % (failures, changed))


main()
