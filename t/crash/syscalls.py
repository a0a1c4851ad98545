# SPDX-License-Identifier: ISC
"""The log of strace -f -ttt -y -xx, as calls with a beginning and an end. Used by powercut."""
import re

TRACED = """openat open creat close lseek write pwrite64 writev pwritev pwritev2 ftruncate truncate
    fallocate rename renameat renameat2 link linkat unlink unlinkat mkdir mkdirat rmdir mknod mknodat
    symlink symlinkat fsync fdatasync sync syncfs sendto sendmsg sendmmsg sendfile splice
    copy_file_range mmap io_uring_setup poll ppoll""".split()
COMMAND = ["strace", "-f", "-qq", "--seccomp-bpf", "-ttt", "-y", "-xx", "-s", "4000000",
           "-e", "signal=none", "-e", "trace=" + ",".join(TRACED)]

LINE = re.compile(r"(\d+) +(\d+\.\d+) (.*)\Z", re.DOTALL)
BEGIN = re.compile(r"(\w+)\((.*)\Z", re.DOTALL)
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)\Z", re.DOTALL)
RESULT = re.compile(r"(.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)\Z", re.DOTALL)
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
DESCRIPTOR = re.compile(r"(AT_FDCWD|-?\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?(\(deleted\))?")
UNFINISHED = " <unfinished ...>"
FOREVER = 1 << 60


def octets(hexadecimal):
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


class Call:
    """One system call: who, what, the arguments' text, its result (None: it never returned); its
    first and last line in the log and the time of each."""
    __slots__ = ("pid", "name", "text", "result", "path", "begin", "end", "when", "until")

    def strings(self):
        found = STRING.findall(self.text)
        if any(dots for _, dots in found):
            raise ValueError("strace cut a string short")
        return [octets(s) for s, _ in found]

    def data(self):
        """What was written: as much as the call says."""
        whole = b"".join(self.strings())
        return whole if self.result is None else whole[:self.result]

    def descriptor(self, index=0):
        """(number or None for the working directory, path) of the INDEXth argument that is one."""
        number, path, _ = list(self.descriptors())[index]
        return number, path

    def descriptors(self):
        plain = STRING.sub('""', self.text)
        for argument in plain.split(", "):
            match = DESCRIPTOR.match(argument)
            if match and match[2] is not None:
                yield (None if match[1] == "AT_FDCWD" else int(match[1])), octets(match[2]), bool(match[3])

    def numbers(self):
        """The arguments that are plain numbers."""
        plain = STRING.sub('""', self.text)
        return [int(a) for a in plain.split(", ") if re.match(r"-?\d+\Z", a)]


def finish(call, text, line, when):
    match = RESULT.match(text)
    if not match:
        return
    call.text, call.end, call.until = match[1], line, when
    call.result = None if match[2] == "?" else int(match[2], 0)
    match = DESCRIPTOR.match(match[2] + match[3])
    call.path = octets(match[2]) if match and match[2] else None


def read(path):
    """All calls, in the order in which they began."""
    calls, open_calls = [], {}
    with open(path, encoding="latin-1") as f:
        for number, text in enumerate(f):
            match = LINE.match(text.rstrip("\n"))
            if not match:
                continue
            pid, when, rest = int(match[1]), float(match[2]), match[3]
            resumed = RESUMED.match(rest)
            if resumed:
                call = open_calls.pop(pid, None)
                if call is not None:
                    finish(call, call.text + resumed[2], number, when)
                continue
            begun = BEGIN.match(rest)
            if not begun:
                continue
            call = Call()
            call.pid, call.name, call.begin, call.when = pid, begun[1], number, when
            call.result, call.path, call.end, call.until = None, None, FOREVER, when
            if rest.endswith(UNFINISHED):
                call.text = begun[2][:-len(UNFINISHED)]
                open_calls[pid] = call
            else:
                finish(call, begun[2], number, when)
            calls.append(call)
    return calls
