# SPDX-License-Identifier: ISC
"""The spool as spool(5) describes it, and nothing of lib/: what state is a file in? Used by run."""
import os
import re
import struct
import time

HEADER, STATE = 96, 192
DIGITS = "0123456789abcdefghijklmnopqrstuv"
ID = re.compile(rb"[0-9a-v]{20}\Z")
HEADER_TEXT = re.compile(
    rb"(satchel1 ([0-9a-v]{20}) (\d{10}) (\d{7}) (\d{15}) ([0-9a-f]{8}) ([0-9a-f]{8}) )([0-9a-f]{8}) *\n\Z")
STATE_TEXT = re.compile(
    rb"[.DSRFB][d-][r ]\d{4} \d{12} ([^\x00-\x1f\x7f]{170})\n\Z", re.DOTALL)


sums = None  # shim.so, by ctypes


def crc32c(data):
    return sums.shim_crc32c(0, bytes(data), len(data))


class Corrupt(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Corrupt(what)


class Message:
    """A whole one: id, fields (letter, value), states (bytes), text."""

    def __init__(self, id, data):
        match = HEADER_TEXT.match(data[:HEADER])
        need(match, "no header: %r" % data[:HEADER])
        envelope, count, length = (int(match[i]) for i in (3, 4, 5))
        need(match[2] == id, "the header has another id")
        need(int(match[8], 16) == crc32c(match[1]), "checksum of the header")
        states = HEADER + envelope
        text = states + count * STATE + 1
        need(len(data) >= text + length, "%d octets, not %d" % (len(data), text + length))
        data = data[:text + length]
        self.id = id.decode()
        self.text = data[text:]
        need(int(match[6], 16) == crc32c(data[HEADER:states]), "checksum of the envelope")
        need(int(match[7], 16) == crc32c(self.text), "checksum of the message")
        lines = data[HEADER:states].split(b"\n")
        need(lines.pop() == b"", "the envelope ends within a line")
        self.fields = [(line[:1], line[1:]) for line in lines]
        letters = b"".join(letter for letter, _ in self.fields)
        need(re.match(rb"F[BVRSDAHYXKPUQ]*(T[NO]*)+\Z", letters), "the fields are %r" % letters)
        need(letters.count(b"T") == count, "%r, not %d recipients" % (letters, count))
        need(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", data[HEADER:states]), "a control character")
        self.states = [data[states + i * STATE:states + (i + 1) * STATE] for i in range(count)]
        for one in self.states:
            need(STATE_TEXT.match(one), "no state: %r" % one)
        need(data[text - 1:text] == b"\n", "no empty line before the message")
        need(self.text.endswith(b"\r\n"), "the message ends within a line")
        need(not re.search(rb"(?<!\r)\n|\r(?!\n)", self.text), "a bare CR or LF")


def read(directory, name):
    """A Message, or None for what is incomplete; Corrupt for anything else."""
    need(ID.match(name), "%r is no id" % name)
    path = os.path.join(directory, name)
    st = os.lstat(path)
    need(st.st_mode == 0o100600 and st.st_nlink == 1, "%o, %d links" % (st.st_mode, st.st_nlink))
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < HEADER or data[:HEADER] == bytes(HEADER):
        return None
    return Message(name, data)


def read_cell(directory, name, records):
    """A Message, or None for what is free; Corrupt for anything else. RECORDS: "finished"."""
    need(re.match(rb"[0-9a-v]{4}\Z", name), "%r is no cell" % name)
    path = os.path.join(directory, name)
    st = os.lstat(path)
    need(st.st_mode == 0o100600 and st.st_nlink == 1, "%o, %d links" % (st.st_mode, st.st_nlink))
    with open(path, "rb") as f:
        data = f.read()
    if not data[:HEADER].strip(b"\0"):
        return None
    need(8192 <= len(data) <= 65536, "a cell of %d octets" % len(data))
    match = HEADER_TEXT.match(data[:HEADER])
    need(match, "no header: %r" % data[:HEADER])
    cell = sum(DIGITS.index(chr(c)) << 5 * i for i, c in enumerate(reversed(name)))
    record = records[cell * 32:cell * 32 + 32]
    need(not record.strip(b"\0") or re.match(rb"[0-9a-v]{20} {11}\n\Z", record), "record %r" % record)
    if record[:20] == match[2]:
        return None
    envelope, count, length = (int(match[i]) for i in (3, 4, 5))
    return Message(match[2], data[:HEADER + envelope + count * STATE + 1 + length])


class Spool:
    """What stands in it now: messages {(folder, id): Message or None}, and problems found."""

    TOP = {b"new", b"deferred", b"hold", b"corrupt", b"hosts", b"postmaster", b"run", b"trigger",
           b"cells", b"free", b"finished", b"keys"}
    IDENTITY = b"identity"  # of the spool, made by the first export: a link that leads nowhere

    def __init__(self, path, known=None):
        """KNOWN, a dict: what was read before and has not changed since is not read again."""
        self.path = os.fsencode(path)
        self.known = {} if known is None else known
        self.messages, self.problems = {}, []
        names = set(os.listdir(self.path))
        self.problems += ["%r is in the spool" % n for n in names - self.TOP - {self.IDENTITY}]
        if self.IDENTITY in names:
            self.look_at_identity()
        self.look(b"new")
        self.look_at_held()
        self.look_at_cells()
        for name in os.listdir(os.path.join(self.path, b"deferred")):
            if re.match(rb"\d{12}\Z", name):
                self.look(b"deferred/" + name)
            else:
                self.problems.append("deferred/%r is no time" % name)
        self.problems += ["corrupt/%r" % n for n in os.listdir(os.path.join(self.path, b"corrupt"))]

    def read(self, directory, name):
        st = os.lstat(os.path.join(directory, name))
        key = (name, st.st_ino, st.st_mtime_ns, st.st_size, st.st_mode, st.st_nlink)
        if key not in self.known:
            self.known[key] = read(directory, name)
        return self.known[key]

    def look_at_identity(self):
        try:
            text = os.readlink(os.path.join(self.path, self.IDENTITY))
        except OSError as why:
            text = os.fsencode(str(why))
        if not re.match(rb"[0-9a-f]{32}\Z", text):
            self.problems.append("identity: %r" % text)

    def look_at_held(self):
        directory = os.path.join(self.path, b"hold")
        domains = [n for n in os.listdir(directory) if not ID.match(n)]
        self.look(b"hold", [n for n in os.listdir(directory) if ID.match(n)])
        for name in domains:
            if os.path.isdir(os.path.join(directory, name)) and name == name.lower():
                self.look(b"hold/" + name)
            else:
                self.problems.append("hold/%r is no domain" % name)

    def look_at_cells(self):
        directory = os.path.join(self.path, b"cells")
        with open(os.path.join(self.path, b"finished"), "rb") as f:
            records = f.read()
        for name in os.listdir(directory):
            try:
                message = read_cell(directory, name, records)
            except Corrupt as why:
                self.problems.append("cells/%s: %s" % (os.fsdecode(name), why))
                continue
            if message is not None:
                self.messages["cells", message.id] = message

    def look(self, folder, names=None):
        directory = os.path.join(self.path, folder)
        for name in os.listdir(directory) if names is None else names:
            try:
                message = self.read(directory, name)
            except Corrupt as why:
                self.problems.append("%s/%s: %s" % (os.fsdecode(folder), os.fsdecode(name), why))
                continue
            if message is None and folder != b"new":
                self.problems.append("incomplete in %s" % os.fsdecode(folder))
            self.messages[os.fsdecode(folder), name.decode()] = message


def number(value, width):
    return "".join(DIGITS[value >> 5 * i & 31] for i in reversed(range(width)))


def make_id(age=0):
    """A queue id; AGE in seconds."""
    return number(int((time.time() - age) * 1000000), 11) + number(struct.unpack("<Q", os.urandom(8))[0], 9)


def message_file(id, sender, recipients, text):
    envelope = b"F%s\nSuid 0\n" % sender + b"".join(b"T%s\n" % r for r in recipients)
    state = b".- 0000 000000000000 ".ljust(STATE - 1) + b"\n"
    head = b"satchel1 %s %010d %07d %015d %08x %08x " % (
        id.encode(), len(envelope), len(recipients), len(text), crc32c(envelope), crc32c(text))
    head = (head + b"%08x" % crc32c(head)).ljust(HEADER - 1) + b"\n"
    return head + envelope + state * len(recipients) + b"\n" + text


def write(path, sender, recipients, text):
    """Puts a message into new/ as enqueue would. Its name there."""
    id = make_id()
    name = os.path.join(path, "new", id)
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, message_file(id, sender, recipients, text))
    os.close(fd)
    return name


def write_cell(path, sender, recipients, text):
    """The same with the first cell that is free, or a new one."""
    id, data = make_id(), None
    for cell in range(65536):
        name = os.path.join(path, "cells", number(cell, 4))
        fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        data = os.read(fd, HEADER)
        if not data.strip(b"\0"):
            break
        os.close(fd)
    os.pwrite(fd, message_file(id, sender, recipients, text), 0)
    os.truncate(fd, max(os.fstat(fd).st_size, 8192))
    os.close(fd)
    return name
