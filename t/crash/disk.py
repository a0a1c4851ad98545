# SPDX-License-Identifier: ISC
"""What a power cut may leave of some directories, told from the system calls that changed them.

What a call did is volatile from its beginning, and durable from the end of a sync that began after
the call's end. At a cut, all that is durable has survived; of the rest

  - each sector (512 octets) of a file holds what it held at any time since what is durable of it;
    so does its size;
  - a name is an operation (made, renamed, linked, removed), which has happened or has not: a rename
    leaves the old name or the new. Those of one file survive in their order.

Which names a sync makes durable depends on the mode:

posix	fsync of a directory: those in it (of a rename, in the directory where it ends); nothing else.
	Of others, any may have survived or not.
ext4	There is one journal, and names survive in the order of all operations, up to some point.
	fsync of a directory commits all up to the last change of it; that of a file, all up to the last
	change of its inode, where such a change is its creation, a rename, a new size, a write
	(for the times; not so for fdatasync), or the allocation of a block, which takes
	place as late as in the sync itself.

sync_file_range promises nothing in either. In both, a name that was taken anew was free by then, and
a directory that is gone was empty: no file system makes the second durable without the first.
"""
import os
import stat

SECTOR, PAGE = 512, 4096
FOREVER = 1 << 60
MODES = ("posix", "ext4")


class Unknown(Exception):
    """The log has a call that this model cannot follow."""


class Change:
    """Of names: the inode's names are NAMES, a set of (directory, name), behind it."""
    __slots__ = ("inode", "index", "begin", "end", "names", "kind", "into", "out_of", "after", "durable")

    def __init__(self, inode, begin, end, names, kind, into, out_of):
        self.inode, self.begin, self.end, self.names, self.kind = inode, begin, end, names, kind
        self.into, self.out_of = into, out_of  # directories (or None)
        self.index = len(inode.changes)
        self.after = None  # the change by which the name that this one takes was free
        self.durable = FOREVER  # the end of the sync that made it so in mode posix
        inode.changes.append(self)


class Write:
    """Of contents: data at an offset, or (data None) a new size."""
    __slots__ = ("begin", "end", "offset", "data", "size", "allocates")

    def __init__(self, begin, end, offset, data, size, allocates):
        self.begin, self.end, self.offset, self.data = begin, end, offset, data
        self.size, self.allocates = size, allocates  # behind it


class Inode:
    def __init__(self, mode):
        self.mode = mode
        self.changes, self.writes, self.syncs = [], [], []
        self.entries = {}  # of a directory, with all that has happened
        self.touched = []  # of a directory: the changes in it
        self.size, self.pages = 0, set()
        self.memory = None  # for whoever uses it

    def is_directory(self):
        return stat.S_ISDIR(self.mode)

    def floor(self, cut):
        """How many writes are durable at CUT."""
        best = -1
        for begin, end, _ in self.syncs:
            if end < cut and begin > best:
                best = begin
        return sum(1 for w in self.writes if w.end < best) if best >= 0 else 0


class Disk:
    """The directories ROOTS (bytes) as they are now, and then what calls did to them."""

    def __init__(self, roots):
        self.roots = {os.path.normpath(r): self.load(r) for r in roots}
        self.changes = []
        self.barriers = []  # mode ext4: (end of the sync, all changes that ended before this survive)
        self.freed = {}  # (directory, name): the last change by which it was free
        self.replaced = []  # (the rename, the inode that lost a name by it, the name)
        self.last = {}  # the inode that had a path last
        self.open = {}  # (pid, descriptor): [inode, offset, appends]
        self.interesting = set()  # lines

    # -- what is there at the beginning

    def load(self, path):
        st = os.lstat(path)
        inode = Inode(st.st_mode)
        if stat.S_ISREG(st.st_mode):
            with open(path, "rb") as f:
                data = f.read()
            self.store(inode, -1, -1, 0, data)
            inode.syncs.append((0, 0, False))
        elif stat.S_ISDIR(st.st_mode):
            for name in os.listdir(path):
                child = self.load(os.path.join(path, name))
                change = Change(child, -2, -2, {(inode, name)}, "create", inode, None)
                change.durable = -1
                inode.entries[name] = child
        return inode

    # -- paths

    def find(self, path):
        """(directory inode, name, inode or None), or None if it is not below a root."""
        path = os.path.normpath(path)
        for root, inode in self.roots.items():
            if path == root:
                return None, b"", inode
            if path.startswith(root + b"/"):
                parts = path[len(root) + 1:].split(b"/")
                for part in parts[:-1]:
                    inode = inode.entries.get(part)
                    if inode is None:
                        return None
                return inode, parts[-1], inode.entries.get(parts[-1])
        return None

    def at(self, call, index, string):
        """The path that the INDEXth descriptor and a string make."""
        if string.startswith(b"/"):
            return string
        found = list(call.descriptors())
        if index >= len(found):
            raise Unknown("%s of a relative path" % call.name)
        return os.path.join(found[index][1], string)

    def inode_of(self, call):
        """That of the call's first descriptor, and what is known of the descriptor."""
        for number, path, deleted in call.descriptors():
            path = os.path.normpath(path)
            if not any(path.startswith(root) for root in self.roots):
                break
            held = self.open.get((call.pid, number))
            found = None if deleted else self.find(path)
            inode = found[2] if found is not None else None
            if held is not None and inode in (held[0], None):
                return held[0], held
            return inode or self.last.get(path), None
        return None, None

    # -- what calls do

    def follow(self, calls):
        for call in calls:
            method = getattr(self, "do_" + call.name, None)
            if method is not None and not (call.result is not None and call.result < 0):
                method(call)
        self.settle()

    def note(self, call):
        self.interesting.add(call.begin)
        if call.end != FOREVER:
            self.interesting.add(call.end)

    def change(self, call, inode, names, kind, into, out_of):
        self.note(call)
        old = self.names(inode)
        change = Change(inode, call.begin, call.end, names, kind, into, out_of)
        self.changes.append(change)
        for name in names - old:
            change.after = self.freed.get(name)
        for name in old - names:
            self.freed[name] = change
        for directory in {into, out_of} - {None}:
            directory.touched.append(change)

    def names(self, inode):
        return set(inode.changes[-1].names) if inode.changes else set()

    def store(self, inode, begin, end, offset, data):
        touched = set(range(offset // PAGE, (offset + len(data) + PAGE - 1) // PAGE))
        allocates = not touched <= inode.pages or offset + len(data) > inode.size
        inode.pages |= touched
        inode.size = max(inode.size, offset + len(data))
        inode.writes.append(Write(begin, end, offset, bytes(data), inode.size, allocates))

    def create(self, call, path, mode):
        found = self.find(path)
        if found is None or found[0] is None or found[2] is not None:
            return found[2] if found else None
        inode = Inode(mode)
        found[0].entries[found[1]] = inode
        self.last[os.path.normpath(path)] = inode
        self.change(call, inode, {(found[0], found[1])}, "create", found[0], None)
        return inode

    def do_openat(self, call):
        path = self.at(call, 0, call.strings()[0])
        if "O_TMPFILE" in call.text:
            if self.find(path) is not None and call.result is not None:
                self.open[call.pid, call.result] = [Inode(stat.S_IFREG | 0o600), 0, False]
            return
        if "O_CREAT" in call.text:
            inode = self.create(call, path, stat.S_IFREG | 0o600)
        else:
            found = self.find(path)
            inode = found[2] if found else None
        if inode is None or call.result is None:
            self.open.pop((call.pid, call.result), None)
            return
        self.last[os.path.normpath(path)] = inode
        self.open[call.pid, call.result] = [inode, 0, "O_APPEND" in call.text]
        if "O_TRUNC" in call.text and inode.size > 0:
            self.resize(call, inode, 0)

    do_open = do_openat

    def do_close(self, call):
        for number, _, _ in call.descriptors():
            self.open.pop((call.pid, number), None)

    def do_lseek(self, call):
        inode, held = self.inode_of(call)
        if held is not None:
            held[1] = call.result
        elif inode is not None and not inode.is_directory():
            raise Unknown("lseek on a descriptor of unknown origin")

    def do_pwrite64(self, call):
        inode, _ = self.inode_of(call)
        if inode is not None:
            self.note(call)
            self.store(inode, call.begin, call.end, call.numbers()[-1], call.data())

    def do_pwritev(self, call):
        inode, _ = self.inode_of(call)
        if inode is not None:
            self.note(call)
            numbers = [n for n in call.numbers()]
            self.store(inode, call.begin, call.end, numbers[1], call.data())

    do_pwritev2 = do_pwritev

    def do_write(self, call):
        inode, held = self.inode_of(call)
        if inode is None or not stat.S_ISREG(inode.mode):
            return
        if held is None:
            raise Unknown("write to a descriptor of unknown origin")
        self.note(call)
        data = call.data()
        if held[2]:
            held[1] = inode.size
        self.store(inode, call.begin, call.end, held[1], data)
        held[1] += len(data)

    do_writev = do_write

    def resize(self, call, inode, size):
        self.note(call)
        grows = size > inode.size
        inode.size = size
        inode.pages = {p for p in inode.pages if p * PAGE < size}
        inode.writes.append(Write(call.begin, call.end, size, None, size, True or grows))

    def do_ftruncate(self, call):
        inode, _ = self.inode_of(call)
        if inode is not None:
            self.resize(call, inode, call.numbers()[-1])

    def do_fallocate(self, call):
        inode, _ = self.inode_of(call)
        if inode is None:
            return
        offset, length = call.numbers()[-2:]
        if "KEEP_SIZE" in call.text or offset + length <= inode.size:
            return
        if "FALLOC" in call.text:
            raise Unknown("fallocate: " + call.text)
        self.resize(call, inode, offset + length)

    def do_renameat2(self, call):
        if "EXCHANGE" in call.text:
            raise Unknown("RENAME_EXCHANGE")
        old, new = call.strings()[:2]
        both = call.name == "rename"
        self.move(call, old if both else self.at(call, 0, old),
                  new if both else self.at(call, 1 if not old.startswith(b"/") else 0, new))

    do_renameat = do_rename = do_renameat2

    def move(self, call, old, new):
        source, target = self.find(old), self.find(new)
        if source is None and target is None:
            return
        if source is None or target is None or source[2] is None:
            raise Unknown("a rename of %r to %r" % (old, new))
        inode = source[2]
        names = self.names(inode) - {(source[0], source[1])} | {(target[0], target[1])}
        source[0].entries.pop(source[1])
        target[0].entries[target[1]] = inode
        self.last[os.path.normpath(old)] = self.last[os.path.normpath(new)] = inode
        self.change(call, inode, names, "rename", target[0], source[0])
        if target[2] is not None and target[2] is not inode:
            self.replaced.append((inode.changes[-1], target[2], (target[0], target[1])))

    def do_linkat(self, call):
        old, new = call.strings()[:2]
        if "AT_EMPTY_PATH" in call.text:
            raise Unknown("linkat of a descriptor")
        if old.startswith(b"/proc/self/fd/"):
            self.link_descriptor(call, int(old[14:]), new)
            return
        plain = call.name == "link"
        source = self.find(old if plain else self.at(call, 0, old))
        target = self.find(new if plain else self.at(call, 1 if not old.startswith(b"/") else 0, new))
        if source is None or target is None:
            return
        inode = source[2]
        target[0].entries[target[1]] = inode
        self.change(call, inode, self.names(inode) | {(target[0], target[1])}, "link", target[0], None)

    def link_descriptor(self, call, number, new):
        """A file that was made without a name, by O_TMPFILE, gets one."""
        target = self.find(os.path.join(list(call.descriptors())[-1][1], new))
        if target is None or target[0] is None:
            return
        held = self.open.get((call.pid, number))
        if held is None:
            raise Unknown("linkat of a descriptor of unknown origin")
        target[0].entries[target[1]] = held[0]
        self.last[os.path.normpath(os.path.join(list(call.descriptors())[-1][1], new))] = held[0]
        self.change(call, held[0], self.names(held[0]) | {(target[0], target[1])}, "create", target[0], None)

    do_link = do_linkat

    def do_unlinkat(self, call):
        string = call.strings()[0]
        path = self.at(call, 0, string)
        found = self.find(path)
        if found is None or found[2] is None:
            return
        found[0].entries.pop(found[1])
        self.last[os.path.normpath(path)] = found[2]
        self.change(call, found[2], self.names(found[2]) - {(found[0], found[1])}, "remove", None, found[0])

    do_unlink = do_rmdir = do_unlinkat

    def do_mkdirat(self, call):
        self.create(call, self.at(call, 0, call.strings()[0]), stat.S_IFDIR | 0o700)

    do_mkdir = do_mkdirat

    def do_fsync(self, call):
        inode, _ = self.inode_of(call)
        if inode is not None and call.result == 0:
            self.note(call)
            inode.syncs.append((call.begin, call.end, call.name == "fdatasync"))

    do_fdatasync = do_fsync

    def do_syncfs(self, call):
        """One of every file and directory: all roots are taken to be on one file system."""
        todo = list(self.roots.values()) if self.inode_of(call)[0] is not None else []
        self.note(call)
        for inode in todo:
            inode.syncs.append((call.begin, call.end, False))
            todo.extend(inode.entries.values())

    def refuse(self, call):
        if any(self.find(path) is not None for _, path, _ in call.descriptors()):
            raise Unknown("%s: %s" % (call.name, call.text[:100]))

    do_copy_file_range = do_symlinkat = do_io_uring_setup = refuse

    def do_sendfile(self, call):
        if self.find(next(call.descriptors())[1]) is not None:
            raise Unknown("sendfile into a file")

    def do_mmap(self, call):
        if "MAP_SHARED" in call.text and "PROT_WRITE" in call.text:
            self.refuse(call)

    # -- what syncs did

    def inodes(self):
        seen, found = set(), []

        def visit(inode):
            if id(inode) not in seen:
                seen.add(id(inode))
                found.append(inode)
                for child in inode.entries.values():
                    visit(child)
        for root in self.roots.values():
            visit(root)
        for change in self.changes:
            visit(change.inode)
        return found

    def settle(self):
        self.all = self.inodes()
        for inode in self.all:
            if inode.is_directory():
                self.settle_posix(inode)
            self.settle_ext4(inode)
        self.barriers.sort()
        best, merged = -1, []
        for end, until in self.barriers:
            if until > best:
                best = until
                merged.append((end, until))
        self.barriers = merged

    @staticmethod
    def settle_posix(directory):
        syncs = sorted(directory.syncs)
        for change in directory.touched:
            if change.into not in (directory, None):
                continue
            ends = [end for begin, end, _ in syncs if begin > change.end]
            if ends:
                change.durable = min(change.durable, min(ends))

    def settle_ext4(self, inode):
        for begin, end, data_only in inode.syncs:
            until = -1  # changes that began before this are committed
            for change in inode.changes:
                if change.end < begin and (change.kind == "create" or not data_only):
                    until = max(until, change.end + 1)
            for change in inode.touched:
                if change.end < begin:
                    until = max(until, change.end + 1)
            before = max([b for b, e, _ in inode.syncs if b < begin] or [-1])
            for write in inode.writes:
                if write.end < begin and write.end >= before:
                    until = max(until, begin if write.allocates else -1 if data_only else write.begin)
            if until >= 0:
                self.barriers.append((end, until))

    # -- what is left

    def cut(self, at, mode, policy):
        """The state at a cut before line AT of the log."""
        return State(self, at, mode, policy)


class Policy:
    """How much of what may be lost is: names and contents each "none" survive, "all", or "some" of
    them by chance; BY is the unit of the contents that goes one way."""

    def __init__(self, names, contents, by, random):
        self.names, self.contents, self.by, self.random = names, contents, by, random
        self.share = random.random()

    def __str__(self):
        return "names %s, contents %s by %d" % (self.names, self.contents, self.by)

    def pick(self, what, least, most):
        """One of least..most."""
        if what == "none" or least == most:
            return least
        if what == "all":
            return most
        chance = self.random.random()
        if chance < self.share:
            return most
        return least if chance < (1 + self.share) / 2 else self.random.randint(least, most)


class State:
    def __init__(self, disk, at, mode, policy):
        self.disk, self.at, self.policy = disk, at, policy
        self.names = {}  # (directory, name): inode
        self.place(self.choose_posix() if mode == "posix" else self.choose_ext4())

    def choose_posix(self):
        """{inode: how many of its changes have survived}"""
        chosen, alive = {}, [i for i in self.disk.all if i.changes and i.changes[0].begin < self.at]
        for inode in alive:
            most = sum(1 for c in inode.changes if c.begin < self.at)
            least = max([c.index + 1 for c in inode.changes if c.durable < self.at] + [0])
            chosen[inode] = self.policy.pick(self.policy.names, least, most)
        visited, waiting = set(), [(inode, n) for inode, n in chosen.items() if n]
        while waiting:
            inode, n = waiting.pop()
            for change in inode.changes[:n]:
                if change in visited:
                    continue
                visited.add(change)
                for other in self.before(change):
                    if chosen.get(other.inode, 0) <= other.index:
                        chosen[other.inode] = other.index + 1
                        waiting.append((other.inode, other.index + 1))
        return chosen

    def before(self, change):
        """What must have survived if CHANGE has: it took a name that was free, or removed a directory
        that was empty."""
        if change.after is not None:
            yield change.after
        if change.inode.is_directory() and not change.names:
            for other in change.inode.touched:
                if other.out_of is change.inode and other.begin < change.begin:
                    yield other

    def choose_ext4(self):
        changes = self.disk.changes
        most = sum(1 for c in changes if c.begin < self.at)
        until = max([u for end, u in self.disk.barriers if end < self.at] or [-1])
        least = max([i + 1 for i, c in enumerate(changes[:most]) if c.end < until] or [0])
        chosen = {i: 1 for i in self.disk.all if i.changes and i.changes[0].begin < 0}
        for change in changes[:self.policy.pick(self.policy.names, least, most)]:
            chosen[change.inode] = change.index + 1
        return chosen

    def place(self, chosen):
        """Where two files have one name, it is that of the later one."""
        lost = {(inode, name) for change, inode, name in self.disk.replaced
                if chosen.get(change.inode, 0) > change.index}
        last = [inode.changes[n - 1] for inode, n in chosen.items() if n]
        for change in sorted(last, key=lambda c: c.begin):
            for name in change.names:
                if (change.inode, name) not in lost:
                    self.names[name] = change.inode

    def entries(self):
        """{directory: {name: inode}}"""
        found = {}
        for (directory, name), inode in self.names.items():
            found.setdefault(directory, {})[name] = inode
        return found

    def content(self, inode):
        writes = [w for w in inode.writes if w.begin < self.at]
        floor = min(inode.floor(self.at), len(writes))
        if floor == len(writes):
            return assemble(writes, floor)
        what = self.policy.contents
        if what != "some":
            return assemble(writes, floor if what == "none" else len(writes))
        return self.torn(writes, floor)

    def torn(self, writes, floor):
        policy = self.policy
        versions = [assemble(writes, n) for n in range(floor, len(writes) + 1)]
        n = policy.pick("some", floor, len(writes))
        size = writes[n - 1].size if n else 0
        pieces = []
        for offset in range(0, size, policy.by):
            end = min(size, offset + policy.by)
            piece = versions[policy.pick("some", floor, len(writes)) - floor][offset:end]
            pieces.append(piece + bytes(end - offset - len(piece)))
        return b"".join(pieces)


def assemble(writes, count):
    data = bytearray()
    for w in writes[:count]:
        if w.data is None:
            del data[w.offset:]
            data.extend(bytes(w.offset - len(data)))
            continue
        end = w.offset + len(w.data)
        if len(data) < end:
            data.extend(bytes(end - len(data)))
        data[w.offset:end] = w.data
    return bytes(data)
