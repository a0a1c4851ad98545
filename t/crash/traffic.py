# SPDX-License-Identifier: ISC
"""Mail for powercut to record: a host with all its services, clients that behave in all manners.

prepare() makes the host; run as a program (under strace), it starts the services (as root: each as a user of its own, and
qrun's workers by its root process), sends for some seconds, lets the queue settle, stops the services, and leaves in told.json what clients were told.
The same texts and mailboxes tell powercut later what is where.
"""
import json
import os
import pwd
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
DEADLINE = 60
SESSIONS_AT_ONCE = 6
MESSAGES_LEAST = 150  # however slow the machine is, some go each way
MESSAGE_MAX = 300000
LARGE = 240000  # as text_of counts: it adds some
RETRIES = 2  # as many attempts at each later address fail

# Where the mail for a local part comes to, by domain: mailboxes (an mbox file has no slash)
HOSTED = {"ann": ["ann/"], "bob": ["bob/"], "box": ["box"], "two": ["two/", "too/"],
          "sender": ["sender/"]}
FRESH = ["fresh%d" % i for i in range(12)]  # Maildirs that deliver makes
HOSTED.update((name, [name + "/"]) for name in FRESH)
LATER = ["later%d" % i for i in range(60)]
REMOTE = ["joe", "jim", "down"] + LATER
SENDER = "sender@crash.test"
KEYED = "ann@crash.test"
KEYED_FIRST = 1000000  # numbers of messages with a key
# Of the spool, of mailboxes, and of smtpd, if root starts it all
OWNER, MAIL_USER, SMTPD_USER = "games", "nobody", "mail"


def text_of(token, size):
    lines = ["Subject: %s" % token, "", "Text of %s." % token]
    while size > 0:
        lines.append("%06d %s" % (size, "." * min(size, 70)))
        size -= 70
    lines += ["..", "End of %s." % token]
    return "".join(line + "\r\n" for line in lines).encode()


def mailboxes_of(recipient):
    """Mailboxes where it is to come to; of a refused one, the sender's."""
    local, domain = recipient.split("@")
    if domain == "crash.test":
        return [box.rstrip("/") for box in HOSTED[local]]
    return ["sender"] if local == "refused" else [local]


def control(T, remote):
    """A control directory for mailboxes below T; REMOTE: where other hosts' mail goes, if not into
    mailboxes, too, as after a power cut."""
    path = os.path.join(T, "control")
    os.makedirs(path)
    virtual = ["%s@crash.test: %s" % (name, ", ".join("%s/mail/%s" % (T, box) for box in boxes))
               for name, boxes in HOSTED.items()]
    if remote is None:
        virtual += ["%s@sink.test: %s/mail/%s/" % (name, T, name) for name in REMOTE]
    files = {"me": "mail.crash.test\n", "virtual": "".join(v + "\n" for v in virtual),
             "relayhosts": "127.0.0.0/8\n",
             "limits": "retry-minimum: 1\nspool-free: 0\nenqueue-workers: 6\nbounce-rate: 100000\n"
                       "message-size: %d\nsmtpd-sessions-address: 100\n" % MESSAGE_MAX}
    if remote is not None:
        files["routes"] = "sink.test: smtp:127.0.0.1:%d\n" % remote
    for name, text in files.items():
        with open(os.path.join(path, name), "w") as f:
            f.write(text)


def environment(T):
    programs = os.path.join(T, "bin")
    if not os.path.exists(programs):
        programs = os.path.join(BUILD, "bin")
    env = dict(os.environ, SATCHEL_CONTROL=os.path.join(T, "control"),
               SATCHEL_SPOOL=os.path.join(T, "spool"), SATCHEL_BIN=programs,
               PATH=programs + ":" + os.environ["PATH"], LC_ALL="C")
    for name in ("ENQUEUE", "RELAYCLIENT"):
        env.pop(name, None)
    return env


def has_users():
    try:
        return os.geteuid() == 0 and all(pwd.getpwnam(u) for u in (OWNER, MAIL_USER, SMTPD_USER))
    except KeyError:
        return False


def as_user(user):
    """Arguments of Popen."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if has_users() else {}


def make_folder():
    """Where to record. Other users need not be let into the build folder, and a socket's path is short."""
    os.makedirs(os.path.join(BUILD, "crash"), exist_ok=True)
    return tempfile.mkdtemp(prefix="powercut.", dir=None if has_users() else os.path.join(BUILD, "crash"))


def prepare(T):
    mail, spool = os.path.join(T, "mail"), os.path.join(T, "spool")
    os.makedirs(mail)
    control(T, 0)
    if has_users():
        os.chmod(T, 0o755)
        shutil.copytree(os.path.join(BUILD, "bin"), os.path.join(T, "bin"))
        os.mkdir(spool)
        shutil.chown(spool, OWNER, pwd.getpwnam(OWNER).pw_gid)
        shutil.chown(mail, MAIL_USER)
        with open(os.path.join(T, "control/mailuser"), "w") as f:
            f.write(MAIL_USER + "\n")
    subprocess.run(["qctl", "init"], env=environment(T), check=True, stdout=subprocess.DEVNULL, **as_user(OWNER))
    if has_users():  # as smtpd(8) has it, or smtpd is a user as others are, with half of the workers
        os.mkdir(os.path.join(spool, "run/smtpd"), 0o700)
        shutil.chown(os.path.join(spool, "run/smtpd"), SMTPD_USER)


class Sink:
    """The next hop. Its 250 after a message names the message and who it is for: the log has it."""

    def __init__(self):
        self.attempts, self.lock = {}, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            s, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        with s, s.makefile("rb") as stream:
            try:
                s.sendall(b"220 sink.test\r\n")
                self.session(s, stream)
            except OSError:
                pass

    def recipient(self, address):
        local = address.split("@")[0]
        if local == "refused":
            return "550 5.1.1 nobody"
        if local == "down":
            return "451 4.3.0 not now"
        if local in LATER:
            with self.lock:
                self.attempts[local] = self.attempts.get(local, 0) + 1
                if self.attempts[local] <= RETRIES:
                    return "450 4.2.0 later"
        return "250 2.1.5 good"

    def session(self, s, stream):
        recipients = []
        for line in stream:
            verb = line[:4].upper()
            reply = "250 2.0.0 good"
            if verb == b"EHLO":
                reply = "250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME"
            elif verb == b"MAIL":
                recipients = []
            elif verb == b"RCPT":
                address = re.search(rb"<(.*?)>", line)[1].decode()
                reply = self.recipient(address)
                recipients += [address] if reply.startswith("250") else []
            elif verb == b"DATA" and not recipients:
                reply = "554 5.5.1 nobody"
            elif verb == b"DATA":
                s.sendall(b"354 go\r\n")
                reply = "250 2.0.0 taken %s %s" % (self.data(stream), " ".join(recipients))
                recipients = []
            s.sendall(reply.encode() + b"\r\n")
            if verb == b"QUIT":
                return

    @staticmethod
    def data(stream):
        token = "?"
        for line in stream:
            if line == b".\r\n":
                return token
            if line.startswith(b"End of "):
                token = line.split()[2].rstrip(b".").decode()
        raise OSError


class Gone(Exception):
    """The client went away on purpose."""


class Clients:
    """Sessions, each a few messages. told: a dict a message."""

    def __init__(self, port, seed, seconds):
        self.port, self.until = port, time.monotonic() + seconds
        self.random = random.Random(seed)
        self.lock, self.count, self.told = threading.Lock(), 0, []
        self.wrong = []  # nothing is killed here, so what is good is taken
        self.fresh = list(FRESH)
        self.heard = os.open("/dev/null", os.O_WRONLY)

    def run(self):
        threads = [threading.Thread(target=self.sessions) for _ in range(SESSIONS_AT_ONCE)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def plan(self):
        """The next message."""
        with self.lock:
            r = self.random
            self.count += 1
            number = self.count
            manner = r.choices(["good", "bare", "vast", "gone", "deaf"], [88, 4, 2, 3, 3])[0]
            names = r.choices([1, 2, 4], [70, 20, 10])[0]
            pool = ["ann@crash.test"] * 4 + ["bob@crash.test", "box@crash.test", "two@crash.test"] + \
                ["joe@sink.test"] * 3 + ["jim@sink.test", "%s@sink.test" % LATER[number % 60], "refused@sink.test"]
            recipients = sorted(set(r.choice(pool) for _ in range(names)))
            if number % 40 == 7:
                recipients = ["down@sink.test"]
            if number % 9 == 5 and self.fresh:
                recipients.append(self.fresh.pop() + "@crash.test")
            size = r.choice([0, 100, 700, 3000, 9000]) if number % 60 != 11 else LARGE
            if manner == "vast":
                size = MESSAGE_MAX
            return {"token": "message-%d" % number, "recipients": recipients, "manner": manner, "size": size, "pause": r.random() < 0.1}

    def is_over(self):
        late = time.monotonic() - self.until
        return late > DEADLINE or (late > 0 and self.count >= MESSAGES_LEAST)

    def sessions(self):
        while not self.is_over():
            try:
                with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as s, s.makefile("rb") as stream:
                    self.reply(stream)
                    self.say(s, stream, b"EHLO client.test\r\n")
                    for _ in range(4):
                        self.message(s, stream, self.plan())
            except Gone:
                pass
            except OSError as why:
                self.wrong.append("a session: %r" % why)
            time.sleep(0.05)

    @staticmethod
    def reply(stream):
        while True:
            line = stream.readline()
            if not line:
                raise OSError("smtpd went away")
            if line[3:4] == b" ":
                return line

    def say(self, s, stream, line):
        s.sendall(line)
        return self.reply(stream)

    def message(self, s, stream, m):
        m["answer"] = "never"  # will be accepted
        with self.lock:
            self.told.append(m)
        self.say(s, stream, b"MAIL FROM:<%s>\r\n" % SENDER.encode())
        for r in m["recipients"]:
            reply = self.say(s, stream, b"RCPT TO:<%s>\r\n" % r.encode())
            if not reply.startswith(b"250"):
                raise OSError("%s was refused: %r" % (r, reply))
        self.say(s, stream, b"DATA\r\n")
        text = text_of(m["token"], m["size"]).replace(b"\r\n.", b"\r\n..")
        if m["manner"] == "bare":
            text += b"bare\nline\r\n"
        if m["manner"] == "gone":
            s.sendall(text[:len(text) * 2 // 3])
            raise Gone
        if m["manner"] == "deaf":
            m["answer"] = "unknown"
            s.sendall(text + b".\r\n")
            raise Gone
        s.sendall(text)
        if m["pause"]:
            time.sleep(0.2)
        m["answer"] = "unknown"
        reply = self.say(s, stream, b".\r\n").decode()
        m["answer"] = "accepted" if reply.startswith("250") else "never"
        if m["answer"] == "accepted":
            m["id"] = reply.split()[-1]
            os.write(self.heard, b"heard %s\n" % m["token"].encode())  # for the log of strace
        elif m["manner"] == "good":
            self.wrong.append("%s was refused: %s" % (m["token"], reply))


def frame(letter, payload=b""):
    return letter + struct.pack(">I", len(payload)) + payload


def submit_by_key(T, clients, number):
    """One message with a key, handed to the service; powercut hands it over again."""
    m = {"token": "message-%d" % number, "recipients": [KEYED], "manner": "keyed", "size": 100 * (number % 7),
         "answer": "unknown", "pause": False}
    text = text_of(m["token"], m["size"])
    envelope = b"F%s\0K%s\0T%s\0" % (SENDER.encode(), m["token"].encode(), KEYED.encode())
    with clients.lock:
        clients.told.append(m)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(DEADLINE)
        s.connect(os.path.join(T, "spool/run/enqueue/socket"))
        s.sendall(frame(b"P") + frame(b"L", envelope) + frame(b"D", text) + frame(b"C", b"%d" % len(text)))
        with s.makefile("rb") as stream:
            head = stream.read(5)
            if len(head) < 5:
                raise OSError("enqueue went away without an answer")
            m["id"] = stream.read(struct.unpack(">I", head[1:])[0]).decode()
    if head[:1] != b"K":
        raise OSError("refused: " + m["id"])
    m["answer"] = "accepted"
    os.write(clients.heard, b"heard %s\n" % m["token"].encode())


def submit_by_keys(T, clients):
    for number in range(KEYED_FIRST, KEYED_FIRST + 1000):
        if clients.is_over():
            break
        try:
            submit_by_key(T, clients, number)
        except OSError as why:
            clients.wrong.append("message-%d, with a key: %r" % (number, why))
        time.sleep(0.2)


def start(T, name, argv, **user):
    with open(os.path.join(T, name + ".log"), "ab") as log:
        return subprocess.Popen(argv, env=environment(T), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user)


def wait_for(what, condition):
    until = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > until:
            raise SystemExit("no sign of %s" % what)
        time.sleep(0.02)


def port_of(T):
    with open(os.path.join(T, "smtpd.log")) as f:
        found = re.search(r" listening .*\bport=(\d+)", f.read())
    return int(found[1]) if found else None


def has_held(T):
    with open(os.path.join(T, "qctl.log")) as f:
        return " held\n" in f.read()


def has_gone_each_way(T):
    """As qrun tells it: of a slow machine it has most to do yet when the clients are done."""
    with open(os.path.join(T, "qrun.log"), encoding="latin-1") as f:
        log = f.read()
    return all(re.search(way, log, re.M) for way in (
        r"^qrun: bounce ", r"^qrun: deferred ", r"^qrun: delivery .* to=box@crash\.test .* status=sent"))


def administrate(T, done):
    """Somebody holds what waits, lets it go again, and has it tried; and has held something by the end."""
    until = time.monotonic() + DEADLINE
    while not done.wait(0.5) or (not has_held(T) and time.monotonic() < until):
        for action in ("hold", "release", "retry"):
            with open(os.path.join(T, "qctl.log"), "ab") as log:
                subprocess.run(["qctl", action, "all"], env=environment(T), stdout=log, stderr=log, check=False,
                               **as_user(OWNER))
            done.wait(0.1)


def send_mail(T, seed, seconds):
    """What clients were told."""
    wait_for("smtpd", lambda: port_of(T))
    wait_for("enqueue", lambda: os.path.exists(os.path.join(T, "spool/run/enqueue/socket")))
    clients = Clients(port_of(T), seed, seconds)
    done = threading.Event()
    administrator = threading.Thread(target=administrate, args=(T, done))
    keyed = threading.Thread(target=submit_by_keys, args=(T, clients))
    administrator.start()
    keyed.start()
    clients.run()
    keyed.join()
    done.set()
    administrator.join()
    if clients.wrong:
        raise SystemExit("\n".join(clients.wrong))
    wait_for("mail that goes each way", lambda: has_gone_each_way(T))
    time.sleep(3)  # what this records is the quiet after the mail, and retries in it
    return clients.told


def main(T, seed, seconds):
    sink = Sink()
    with open(os.path.join(T, "control/routes"), "w") as f:
        f.write("sink.test: smtp:127.0.0.1:%d\n" % sink.port)
    services = [start(T, "enqueue", ["enqueue", "-w"], **as_user(OWNER)),
                start(T, "smtpd", ["smtpd", "-l", "127.0.0.1:0"], **as_user(SMTPD_USER)),
                start(T, "qrun", ["qrun", "-w"])]
    try:
        told = send_mail(T, seed, seconds)
    finally:
        for s in reversed(services):
            s.terminate()
            s.wait(DEADLINE)
    with open(os.path.join(T, "told.json"), "w") as f:
        json.dump(told, f)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
