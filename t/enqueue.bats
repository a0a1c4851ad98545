#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016 # perl and python have variables of their own
# enqueue(8): the argument form, qmail-queue's descriptors, the helper protocol, the service, and
# what becomes of bad input. Files of the spool are read as spool(5) has them.

load helper

setup() {
	setup_satchel
	cat >"$T/frames.py" <<-'END'
		import os, socket, struct, subprocess, sys
		class Client:
		    def __init__(self, path=None):
		        if path is None:
		            ours, theirs = socket.socketpair()
		            self.child = subprocess.Popen(["enqueue", "-s"], stdin=theirs, stdout=theirs)
		            theirs.close()
		            self.s = ours
		        else:
		            self.child = None
		            self.s = socket.socket(socket.AF_UNIX)
		            self.s.connect(path)
		        self.s.settimeout(20)
		    def send(self, letter, payload=b""):
		        self.s.sendall(letter + struct.pack(">I", len(payload)) + payload)
		    def take(self, n):
		        got = b""
		        while len(got) < n:
		            more = self.s.recv(n - len(got))
		            if not more:
		                return None
		            got += more
		        return got
		    def receive(self):
		        head = self.take(5)
		        if head is None:
		            return "end", ""
		        return head[:1].decode(), self.take(struct.unpack(">I", head[1:])[0]).decode()
		    def ask(self, letter, payload=b""):
		        self.send(letter, payload)
		        return self.receive()
		    def message(self, text, begin=b"E", envelope=b"Fa@example.org\0Tb@example.org\0"):
		        answer = self.ask(begin, envelope)
		        if answer[0] != "G":
		            return answer
		        self.send(b"D", text)
		        return self.ask(b"C", b"%d" % len(text))
		    def end(self):
		        self.s.close()
		        return self.child.wait(20) if self.child else 0
		text = b"Subject: x\r\n\r\nhello\r\n"
		run = os.environ["SATCHEL_SPOOL"] + "/run/enqueue/socket"
	END
}

teardown() {
	stop_started
	if [ -n "${MOUNTED-}" ]; then umount "$MOUNTED"; fi
	if [ -n "${SCRATCH-}" ]; then rm -rf "$SCRATCH"; fi
}

frames() {
	PYTHONPATH=$T python3 -S -c "from frames import *
$1"
}

in_new() {
	local count

	# as its owner, who may be another than this test
	count=$(qstat -c) || count="$(files_in "$SATCHEL_SPOOL/new") in new"
	echo "${count%% *}"
}

# Fails unless as much is queued as said.
expect_queued() {
	[ "$(in_new)" -eq "$1" ] || {
		echo "in the queue: $(in_new), expected: $1" >&2
		return 1
	}
}

queued() {
	local files=("$SATCHEL_SPOOL"/new/*)
	[ "${#files[@]}" -eq 1 ] && [ -f "${files[0]}" ] && printf '%s\n' "${files[0]}"
}

# The envelope as spool(5) has it, on one line.
envelope() {
	sed -n '2,/^\./p' "$(queued)" | grep -a '^[A-Z]' | tr '\n' ' '
}

# The message behind its Received field, with its line ends shown.
message() {
	sed -e '1,/^$/d' "$(queued)" | sed -e '1,2d' | cat -A
}

# descriptors ENVELOPE [MESSAGE]: in qmail-queue's manner, both as printf has them.
descriptors() {
	mkfifo "$T/envelope"
	# shellcheck disable=SC2059
	printf "$1" >"$T/envelope" 3>&- &
	# shellcheck disable=SC2059
	printf "${2-Subject: x\n\nhello\n}" | enqueue 1<"$T/envelope"
	local code=$?
	wait $!
	rm "$T/envelope"
	return $code
}

submit() {
	# shellcheck disable=SC2059
	printf "$1" | enqueue "${@:2}"
}

@test "--help and --version; wrong usage is 100" {
	run enqueue --help
	assert_status 0
	assert_output_has 'usage: enqueue'
	run enqueue --version
	[ "$output" = 'enqueue (satchel) 0.1' ]
	for arguments in --nothing '-f a@example.org' -i '-s -w' '-s joe@example.org' '-w -f a@example.org'; do
		# shellcheck disable=SC2086
		run enqueue $arguments </dev/null
		assert_status 100
		assert_output_has 'enqueue --help'
	done
}

@test "arguments: the envelope, the Received field, the queue id" {
	run submit 'Subject: x\n\nhello\n' -i -f ann@example.org joe@example.org sue@example.org
	assert_status 0
	[ "$output" = "$(basename "$(queued)")" ]
	[ "$(envelope)" = "Fann@example.org Suid $(id -u) Tjoe@example.org Tsue@example.org " ]
	[ "$(message)" = 'Subject: x^M$
^M$
hello^M$' ]
	grep -q "^Received: by here.test (satchel, from uid $(id -u)) id $output;" "$(queued)"
	head -c 96 "$(queued)" | grep -q "^satchel1 $output "
}

@test "arguments: -f <> is the null reverse-path; without -f the caller; -- ends the options" {
	submit 'x\n' -f '<>' -- joe@example.org
	[ "$(envelope)" = "F Suid $(id -u) Tjoe@example.org " ]
	rm "$(queued)"
	submit 'x\n' joe@example.org
	[ "$(envelope)" = "F$(id -u)@here.test Suid $(id -u) Tjoe@example.org " ]
	rm "$(queued)"
	submit 'x\n' -- -i@example.org
	rm "$(queued)"
	# what stands behind a recipient is one, and one without a domain is local
	submit 'x\n' joe@example.org -i
	[ "$(envelope)" = "F$(id -u)@here.test Suid $(id -u) Tjoe@example.org T-i " ]
}

@test "line ends: LF and CRLF become CRLF, other CRs a space, the last line gets its end" {
	submit 'a: b\r\n\r\none\ntwo\r\nth\rree\r\r\nfour' joe@example.org
	[ "$(message)" = 'a: b^M$
^M$
one^M$
two^M$
th ree ^M$
four^M$' ]
}

@test "a NUL is refused" {
	run submit 'a\n\nb\0c\n' joe@example.org
	assert_status 100
	assert_output_has NUL
	expect_queued 0
	run descriptors 'Fa@example.org\0Tb@example.org\0\0' 'a\n\nb\0c\n'
	assert_status 31
	expect_queued 0
}

@test "an empty message is one; a closed standard input is none" {
	enqueue joe@example.org </dev/null
	expect_queued 1
	run bash -c 'enqueue joe@example.org <&-'
	assert_status 111
	assert_output_has 'unable to read the message'
	expect_queued 1
}

@test "closed standard output and error do no harm" {
	enqueue -i joe@example.org </dev/null >&- 2>&-
	expect_queued 1
	code=0
	enqueue 'joe@example.org>' </dev/null >&- 2>&- || code=$?
	[ "$code" -eq 100 ]
	expect_queued 1
}

@test "addresses: control characters, syntax and length are refused" {
	long=$(printf '%070d' 0)@example.org
	for address in $'a\tb@example.org' $'a@example.org\nTc@example.org' 'a b@example.org' '' '<>' \
	    'a@' $'\x7f@example.org' "$long"; do
		run enqueue -f a@example.org -- "$address" </dev/null
		assert_status 100
		[ "${#lines[@]}" -eq 1 ]
		expect_queued 0
	done
	run enqueue -f "$long" joe@example.org </dev/null
	assert_status 100
	run enqueue -f $'a\nb@example.org' joe@example.org </dev/null
	assert_status 100
	assert_output_has 'control character'
	run enqueue -f "$(printf '%02000d' 0)@example.org" joe@example.org </dev/null
	assert_status 100
	expect_queued 0
}

@test "descriptors: fields of qmail-queue and of ESMTP" {
	descriptors 'Fann@example.org\0Tjoe@example.org\0Tsue@example.org\0\0'
	[ "$(envelope)" = "Fann@example.org Suid $(id -u) Tjoe@example.org Tsue@example.org " ]
	rm "$(queued)"
	descriptors 'F\0B8BITMIME\0Vid+3D1\0RHDRS\0Tjoe@example.org\0NFAILURE,DELAY\0Orfc822;j@example.org\0\0'
	[ "$(envelope)" = "F Suid $(id -u) B8BITMIME Vid+3D1 RHDRS Tjoe@example.org NFAILURE,DELAY Orfc822;j@example.org " ]
}

@test "descriptors: the exit codes" {
	while read -r code envelope; do
		run descriptors "$envelope"
		assert_status "$code"
		[ "${#lines[@]}" -eq 1 ]
		expect_queued 0
	done <<-'END'
		54
		54 F
		54 Fa@example.org\0
		54 Fa@example.org\0Tb@example.org\0
		54 Fa@example.org\0Tb@example.org
		91 \0\0
		91 Fa@example.org\0\0
		91 Tb@example.org\0\0
		91 Fa@example.org\0Fa@example.org\0Tb@example.org\0\0
		91 Fa@example.org\0Tb@example.org\0\0Tc@example.org\0\0
		91 Fa@example.org\0Xunknown\0Tb@example.org\0\0
		91 Fa@example.org\0Suid 0\0Tb@example.org\0\0
		91 Fa@example.org\0Tb@example.org\0B7BIT\0\0
		91 Fa@example.org\0NNEVER\0Tb@example.org\0\0
		91 Fa@example.org\0BBINARYMIME\0Tb@example.org\0\0
		91 Fa@example.org\0Tb@example.org\0NNEVER,DELAY\0\0
		91 Fa@example.org\0Ta\nTb@example.org\0\0
		91 Fa@example.org\0Tnobody\001@example.org\0\0
		11 Fa@example.org\0T0000000001000000000200000000030000000004000000000500000000060000000007@example.org\0\0
	END
}

@test "descriptors: a closed envelope is 54; a terminal is wrong usage" {
	code=0
	enqueue </dev/null 1<&- || code=$?
	[ "$code" -eq 54 ]
	expect_queued 0
}

@test "the message size has a limit; 1 GB in one line is refused in bounded memory" {
	control limits 'message-size: 1000'
	head -c 998 /dev/zero | tr '\0' x | enqueue joe@example.org
	expect_queued 1
	run bash -c 'head -c 1001 /dev/zero | tr "\0" x | enqueue joe@example.org'
	assert_status 100
	assert_output_has 'larger than 1000 octets'
	rm "$SATCHEL_CONTROL/limits"
	[ "${SANITIZE-}" != 1 ] || skip 'a limit of memory and the sanitizers'
	run bash -c 'ulimit -v 400000; head -c 1G /dev/zero | tr "\0" x | enqueue joe@example.org'
	assert_status 100
	assert_output_has 'larger than'
	run bash -c 'ulimit -v 50000; head -c 1G /dev/zero | tr "\0" x | enqueue joe@example.org'
	assert_status 111
	assert_output_has memory
	expect_queued 1
}

@test "recipients: as many as the limit; 100 000 of them" {
	control limits 'message-recipients: 3'
	enqueue a@example.org b@example.org c@example.org </dev/null
	expect_queued 1
	run enqueue a@example.org b@example.org c@example.org d@example.org </dev/null
	assert_status 100
	assert_output_has 'too many recipients'
	many() {
		printf 'Fa@example.org\0'
		seq -f 'Tu%06.0f@example.org' 100000 | tr '\n' '\0'
		printf '\0'
	}
	many >"$T/many"
	code=0
	enqueue </dev/null 1<"$T/many" || code=$?
	[ "$code" -eq 31 ]
	expect_queued 1
	control limits 'message-recipients: 100000'
	enqueue </dev/null 1<"$T/many"
	expect_queued 2
	grep -qc '^Tu100000@example.org$' "$SATCHEL_SPOOL"/new/*
}

@test "a message with too many Received fields loops" {
	control limits 'hops: 5'
	received() { for i in $(seq "$1"); do echo "Received: $i"; done; }
	{ received 4; printf '\n'; received 10; } | enqueue joe@example.org
	expect_queued 1
	run bash -c 'for i in 1 2 3 4 5 6; do echo "ReCeived: $i"; done | enqueue joe@example.org'
	assert_status 100
	assert_output_has loop
	expect_queued 1
}

@test "configuration: no control directory, a limit that is none, a name that can't be read" {
	SATCHEL_CONTROL=$T/nowhere run submit 'x\n' joe@example.org
	assert_status 111
	assert_output_has "$T/nowhere"
	SATCHEL_CONTROL=$T/nowhere run descriptors 'Fa@example.org\0Tb@example.org\0\0'
	assert_status 55
	control limits 'message-size: much'
	run descriptors 'Fa@example.org\0Tb@example.org\0\0'
	assert_status 55
	assert_output_has 'message-size'
	expect_queued 0
}

@test "no spool, and one of another owner: what to do is said" {
	mv "$SATCHEL_SPOOL" "$T/away"
	run submit 'x\n' joe@example.org
	assert_status 111
	assert_output_has 'qctl init'
	run descriptors 'Fa@example.org\0Tb@example.org\0\0'
	assert_status 61
	run frames 'c = Client(); print(*c.message(text))'
	assert_output_has 'R 61 '
	assert_output_has 'qctl init'
	run enqueue -w
	assert_status 111
	assert_output_has 'qctl init'
	mv "$T/away" "$SATCHEL_SPOOL"
	chmod g+w "$SATCHEL_SPOOL/new"
	run submit 'x\n' joe@example.org
	assert_status 111
	assert_output_has 'chmod'
	chmod g-w "$SATCHEL_SPOOL/new"
	[ "$(id -u)" -eq 0 ] || skip 'not root: no other owner to be had'
	chown nobody "$SATCHEL_SPOOL"
	run submit 'x\n' joe@example.org
	assert_status 111
	assert_output_has 'belongs to uid'
	expect_queued 0
}

@test "a full disk: 53, and nothing stays" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: no file system to be made'
	mkdir "$T/disk"
	mount -t tmpfs -o size=2m none "$T/disk" || skip 'unable to mount'
	MOUNTED=$T/disk
	mv "$SATCHEL_SPOOL" "$T/away"
	ln -s disk/spool "$SATCHEL_SPOOL"
	mkdir "$T/disk/spool"
	qctl init >/dev/null
	run submit 'x\n' joe@example.org
	assert_status 111
	assert_output_has 'nearly full'
	control limits 'spool-free: 0'
	head -c 5000000 /dev/zero | tr '\0' x >"$T/large"
	run enqueue joe@example.org <"$T/large"
	assert_status 111
	assert_output_has 'No space left'
	expect_queued 0
	run frames 'c = Client(); print(*c.message(b"x" * 5000000 + b"\r\n")); print(*c.message(text)); c.end()'
	assert_output_has 'R 53 '
	assert_output_has 'K '
	expect_queued 1
}

@test "a limit on file sizes: no signal, and nothing stays" {
	head -c 500000 /dev/zero | tr '\0' x >"$T/large"
	run bash -c "ulimit -f 100; enqueue joe@example.org <'$T/large'"
	assert_status 111
	assert_output_has 'File too large'
	expect_queued 0
}

@test "the protocol: messages one after another, refusals, and what is not said does not count" {
	frames '
c = Client()
for i in range(3):
    g = c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")
    assert g[0] == "G", g
    c.send(b"D", text[:7]); c.send(b"D"); c.send(b"D", text[7:])
    assert c.ask(b"C", b"%d" % len(text)) == ("K", g[1])
assert c.message(text, envelope=b"Fa@example.org\0T\0")[1].startswith("91 ")
assert c.message(text, envelope=b"")[1].startswith("91 ")
assert c.message(b"bare\nlf\r\n")[1].startswith("31 ")
assert c.message(b"bare\rcr\r\n")[1].startswith("31 ")
assert c.message(b"nul\0\r\n")[1].startswith("31 ")
assert c.message(b"no end")[1].startswith("31 ")
assert c.ask(b"C", b"0")[1].startswith("54 ")
c.ask(b"E", b"Fa@example.org\0Tb@example.org\0"); c.send(b"D", text)
assert c.ask(b"C", b"%d" % (len(text) + 1))[1].startswith("54 ")
c.ask(b"E", b"Fa@example.org\0Tb@example.org\0"); c.send(b"D", text); c.send(b"A")
assert c.ask(b"C", b"%d" % len(text))[1].startswith("54 ")
assert c.message(text, begin=b"L")[0] == "K"
assert c.end() == 0
'
	expect_queued 4
	[ "$(grep -l '^Received: by here.test' "$SATCHEL_SPOOL"/new/* | wc -l)" -eq 1 ]
}

@test "the protocol: who breaks it is dropped, and nothing is queued" {
	frames '
def dropped(what):
    c = Client()
    c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")
    c.send(b"D", text)
    c.s.sendall(what)
    c.s.shutdown(socket.SHUT_WR)
    assert c.receive() == ("end", ""), what
    assert c.end() == 111
dropped(b"")
dropped(b"X\0\0\0\0")
dropped(b"C\0\0\0\1")
dropped(b"C\0\0\0\2-1")
dropped(b"C\0\0\0\0")
dropped(b"C\xff\xff\xff\xff")
dropped(b"C\0\0\0\25" + b"9" * 21)
dropped(b"A\0\0\0\1x")
dropped(b"D\0\0\1\0x")
dropped(b"C\0\0")
c = Client()
assert c.ask(b"E", b"Fa@example.org\0" + b"Tb@example.org\0" * 200000)[1].startswith("31 ")
assert c.message(text)[0] == "K"
assert c.ask(b"E", b"F" + b"x" * 3000000)[1].startswith("31 ")
'
	expect_queued 1
}

@test "the service: two clients at once, and one that dies within a message" {
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	frames '
a, b = Client(run), Client(run)
assert a.ask(b"E", b"Fa@example.org\0Ta@example.org\0")[0] == "G"
assert b.message(text)[0] == "K"
a.send(b"D", b"x" * 1000000)
a.send(b"D", b"\r\n")
assert b.message(text)[0] == "K"
assert a.ask(b"C", b"1000002")[0] == "K"
'
	expect_queued 3
	PYTHONPATH=$T python3 -S -c 'from frames import *
c = Client(run); c.ask(b"E", b"Fa@example.org\0Tb@example.org\0"); c.send(b"D", b"x" * 1000000)
open(os.environ["T"] + "/ready", "w").close()
import signal; signal.pause()' 3>&- &
	client=$!
	wait_for 10 test -e "$T/ready"
	wait_for 10 expect_queued 4
	kill -9 "$client"
	wait "$client" || true
	wait_for 10 expect_queued 3
	# two services do not listen at one place
	run enqueue -w
	assert_status 111
	assert_output_has 'Address already in use'
	stop "$STARTED_PID"
	[ ! -e "$SATCHEL_SPOOL/run/enqueue/socket" ]
	assert_file_has "$STARTED_LOG" 'enqueue: submitter-lost'
}

@test "the service: SIGTERM lets a message under way finish" {
	start enqueue -w
	service=$STARTED_PID
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	SERVICE=$service frames '
import signal, time
c, idle = Client(run), Client(run)
assert idle.message(text)[0] == "K"
assert c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")[0] == "G"
c.send(b"D", text[:7])
os.kill(int(os.environ["SERVICE"]), signal.SIGTERM)
assert idle.receive()[0] == "end"
while os.path.exists(run): time.sleep(0.01)
c.send(b"D", text[7:])
assert c.ask(b"C", b"%d" % len(text))[0] == "K"
assert c.receive()[0] == "end"
'
	expect_queued 2
	wait_for 10 started_is_gone "$service"
	stop "$service"
}

@test "helper protocol: no answer to the envelope, and the id put where it belongs" {
	frames '
def placed(place, pieces, envelope=b"Fa@example.org\0Tb@example.org\0"):
    c.send(b"P", place)
    c.send(b"E", envelope)
    for piece in pieces:
        c.send(b"D", piece)
    return c.ask(b"C", b"%d" % sum(map(len, pieces)))
def stored(id):
    return open(os.environ["SATCHEL_SPOOL"] + "/new/" + id, "rb").read()
c = Client()
zeros = b"0" * 20
letter, id = placed(b"3", [b"A: " + zeros + b"\r\n", text])
assert letter == "K", (letter, id)
assert stored(id).endswith(b"A: " + id.encode() + b"\r\n" + text), stored(id)
# octet by octet
letter, id = placed(b"3", [b"%c" % o for o in b"A: " + zeros + b"\r\n" + text])
assert stored(id).endswith(b"A: " + id.encode() + b"\r\n" + text), stored(id)
# nowhere, and behind the end
for place in b"", b"100000":
    letter, id = placed(place, [b"A: " + zeros + b"\r\n", text])
    assert stored(id).endswith(zeros + b"\r\n" + text), stored(id)
# over the end of the last line
assert placed(b"%d" % (len(text) - 10), [text])[0] == "R"
# what is wrong with the envelope is said at the end, and is over with it
assert placed(b"", [text], b"Fa@example.org\0")[1].startswith("91 ")
assert c.message(text)[0] == "K"
c.send(b"P")
c.send(b"E", b"Fa@example.org\0Tb@example.org\0")
c.send(b"A")
assert c.message(text)[0] == "K"
assert c.end() == 0
for wrong in b"x", b"-1", b"9" * 21:
    c = Client()
    c.send(b"P", wrong)
    assert c.receive()[0] == "end", wrong
c = Client()
assert c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")[0] == "G"
assert c.ask(b"P")[0] == "end"
'
	expect_queued 6
}

@test "the service: a socket that is passed, and one that a dead service left" {
	mkdir -p "$SATCHEL_SPOOL/run/enqueue"
	frames '
s = socket.socket(socket.AF_UNIX); s.bind(run)'
	start enqueue -w
	wait_for 10 frames 'c = Client(run); assert c.message(text)[0] == "K"'
	expect_queued 1
	stop "$STARTED_PID"
	start python3 -S -c '
import os, socket
s = socket.socket(socket.AF_UNIX); s.bind(os.environ["T"] + "/passed"); s.listen()
if s.fileno() != 3: os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp("enqueue", ["enqueue", "-w"])'
	wait_for 10 frames 'c = Client(os.environ["T"] + "/passed"); assert c.message(text)[0] == "K"'
	expect_queued 2
	stop "$STARTED_PID"
	[ -e "$T/passed" ]
	# what is passed and is no such socket
	start bash -c 'exec 3</dev/zero; export LISTEN_FDS=1 LISTEN_PID=$$; exec enqueue -w'
	wait_for 10 started_is_gone "$STARTED_PID"
	run wait "$STARTED_PID"
	assert_file_has "$STARTED_LOG" 'enqueue: fatal'
}

@test "the service: more clients than workers wait for their turn" {
	control limits 'enqueue-workers: 2'
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	frames '
clients = [Client(run) for i in range(10)]
for c in clients:
    c.send(b"E", b"Fa@example.org\0Tb@example.org\0"); c.send(b"D", text); c.send(b"C", b"%d" % len(text))
for c in clients:
    assert c.receive()[0] == "G" and c.receive()[0] == "K"
    c.end()
'
	expect_queued 10
}

@test "the service: a worker for each client that stays, and no more when they have gone" {
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	SERVICE=$STARTED_PID frames '
for i in range(30):
    c = Client(run)
    assert c.message(text)[0] == "K"
    c.s.shutdown(socket.SHUT_WR)
    assert c.receive()[0] == "end"
pid = os.environ["SERVICE"]
assert len(open("/proc/%s/task/%s/children" % (pid, pid)).read().split()) < 12
clients = [Client(run) for i in range(12)]
for c in clients:
    assert c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")[0] == "G"
'
	expect_queued 30
}

@test "the service: who waits for a worker when it ends sees that at once, and it stays for those it has" {
	control limits 'enqueue-workers: 1'
	start enqueue -w
	service=$STARTED_PID
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	SERVICE=$service frames '
import signal, time
c = Client(run)
assert c.ask(b"E", b"Fa@example.org\0Tb@example.org\0")[0] == "G"
late = Client(run)
os.kill(int(os.environ["SERVICE"]), signal.SIGTERM)
assert late.receive()[0] == "end"
c.send(b"D", text)
assert open("/proc/%s/stat" % os.environ["SERVICE"]).read().rsplit(")")[1].split()[0] != "Z"
assert c.ask(b"C", b"%d" % len(text))[0] == "K"
'
	expect_queued 1
	wait_for 10 started_is_gone "$service"
}

# An enqueue whose built-in paths are in $SCRATCH, as it is installed: for its owner "nobody".
install_set_user_id() {
	[ "$(id -u)" -eq 0 ] || skip 'not root: no set-user-ID to be had'
	[ "${SANITIZE-}" != 1 ] || skip 'the sanitizers take no set-user-ID'
	needs cc setpriv
	SCRATCH=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$SCRATCH"
	(cd "$ROOT" && cc -std=c17 -O1 -D_GNU_SOURCE -Ilib -DSATCHEL_SBIN='"/nowhere"' \
	    -DSATCHEL_CONTROL_DIR="\"$SCRATCH/control\"" -DSATCHEL_SPOOL_DIR="\"$SCRATCH/spool\"" \
	    -o "$SCRATCH/enqueue" bin/enqueue/*.c lib/spool/spool.c lib/conf/control.c lib/base/helper.c \
	    "$BUILD/libsatchel.a" -lcdb -lmd)
	mkdir "$SCRATCH/control"
	echo real.test >"$SCRATCH/control/me"
	SATCHEL_SPOOL=$SCRATCH/spool qctl init -u nobody >/dev/null
	chown nobody "$SCRATCH/enqueue"
	chmod 4755 "$SCRATCH/enqueue"
}

as_caller() {
	setpriv --reuid=12345 --regid=12345 --clear-groups "$@"
}

@test "set-user-ID: nothing that the caller sets has a say" {
	install_set_user_id
	control limits 'message-size: 1'
	run as_caller "$SCRATCH/enqueue" -i joe@example.org <<<'hello'
	[ "$status" -ne 61 ] || skip 'set-user-ID has no effect here'
	assert_status 0
	file=$SCRATCH/spool/new/$output
	[ "$(stat -c '%U %a %h' "$file")" = 'nobody 600 1' ]
	grep -q '^F12345@real.test$' "$file"
	grep -q '^Suid 12345$' "$file"
	grep -q '^Received: by real.test (satchel, from uid 12345)' "$file"
	expect_queued 0
	run as_caller "$SCRATCH/enqueue" -w
	assert_status 100
	[ "$(as_caller "$SCRATCH/enqueue" --version)" = 'enqueue (satchel) 0.1' ]
}

@test "set-user-ID: an smtpd that has confined itself has it executed all the same" {
	install_set_user_id
	echo 'joe@hosted.test: joe@example.org' >"$SCRATCH/control/virtual"
	session='EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<joe@hosted.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n'
	# shellcheck disable=SC2016
	run as_caller env SATCHEL_BIN="$SCRATCH" SATCHEL_CONTROL="$SCRATCH/control" bash -c 'printf "$1" | "$2/smtpd"' smtp "$session" "$BUILD/bin"
	id=$(sed -n 's/.*queued as \([0-9a-v]*\).*/\1/p' <<<"$output")
	assert_output_has 'Ok: queued as'
	[ "$(stat -c '%U %a %h' "$SCRATCH/spool/new/$id")" = 'nobody 600 1' ]
}

@test "set-user-ID: limits, signals and closed descriptors of the caller do no harm" {
	install_set_user_id
	hostile() { files_in "$SCRATCH/spool/new"; }
	as_caller bash -c "ulimit -S -f 0; ulimit -S -n 20; trap '' TERM XFSZ; exec '$SCRATCH/enqueue' joe@example.org" <<<hello
	[ "$(hostile)" -eq 1 ]
	run as_caller bash -c "ulimit -f 0; exec '$SCRATCH/enqueue' joe@example.org" <<<hello
	assert_status 111
	[ "$(hostile)" -eq 1 ]
	run as_caller bash -c "exec '$SCRATCH/enqueue' joe@example.org <&-"
	assert_status 111
	as_caller bash -c "exec '$SCRATCH/enqueue' joe@example.org >&- 2>&-" <<<hello
	[ "$(hostile)" -eq 2 ]
	as_caller perl -MPOSIX -e '
sigprocmask(SIG_BLOCK, POSIX::SigSet->new(1 .. 31));
alarm 1;
exec { $ARGV[0] } @ARGV' "$SCRATCH/enqueue" joe@example.org < <(sleep 1.3; echo hello)
	[ "$(hostile)" -eq 3 ]
	# a caller cannot signal it, nor read its files
	mkfifo "$T/pipe"
	setpriv --reuid=12345 --regid=12345 --clear-groups "$SCRATCH/enqueue" joe@example.org <"$T/pipe" 3>&- &
	pid=$!
	exec 5>"$T/pipe"
	wait_for 5 grep -q "^Uid:.65534.65534.65534" "/proc/$pid/status"
	run as_caller kill -9 "$pid"
	[ "$status" -ne 0 ]
	# nor can his terminal stop it (TSTP, TTIN and TTOU are 20 to 22)
	heeds_no_terminal() { [ $((0x$(sed -n 's/^SigIgn:\t//p' "/proc/$pid/status") >> 19 & 7)) -eq 7 ]; }
	wait_for 10 heeds_no_terminal
	echo hello >&5
	exec 5>&-
	wait "$pid"
	[ "$(hostile)" -eq 4 ]
	# what is not counted is not taken
	echo '12345: rate=1/h' >"$SCRATCH/control/submitters"
	for i in 1 2; do
		run as_caller bash -c "ulimit -f 64; exec '$SCRATCH/enqueue' joe@example.org" <<<hello
		assert_status 111
		assert_output_has 'do not let uid 12345 be counted'
	done
	[ "$(hostile)" -eq 4 ]
	# whose parent is the owner's process qrun is not for that a worker of qrun
	echo '12345: deny' >"$SCRATCH/control/submitters"
	ln -s enqueue "$SCRATCH/qrun"
	run as_caller perl -MSocket -e '
socketpair($a, $b, AF_UNIX, SOCK_STREAM, 0);
if (fork) { open STDIN, "<&", $a; exec "$ARGV[0]/qrun", "-s" }
close $a;
for (1 .. 2000) {
	open $s, "/proc/" . getppid . "/status";
	last if join("", <$s>) =~ /^Name:\tqrun\n.*^Uid:(\t65534){4}\n/ms;
	select undef, undef, undef, .01;
}
open STDIN, "/dev/null";
$| = 1;
system "$ARGV[0]/enqueue", "joe\@example.org";
print $? >> 8, "\n"' "$SCRATCH"
	[ "${lines[-1]}" = 100 ]
	assert_output_has 'uid 12345 may not submit mail'
	[ "$(hostile)" -eq 4 ]
}

@test "BINARYMIME: the body may hold anything, the header section may not" {
	frames '
c = Client()
binary = b"Fa@example.org\0BBINARYMIME\0Tb@example.org\0"
body = b"A: b\r\n\r\n\0\n\r\r\n.\r\nno end"
assert c.message(body, b"E", binary)[0] == "K"
assert c.message(body)[0] != "K"
assert c.message(b"A: \0\r\n\r\nb\r\n", b"E", binary)[0] != "K"
assert c.message(b"A: b\n\r\nb\r\n", b"E", binary)[0] != "K"
assert c.message(b"A: b", b"E", binary)[0] != "K"
assert c.message(text)[0] == "K"
assert c.message(b"A: b\r\n\r\n\n", b"E", b"Fa@example.org\0B8BITMIME\0Tb@example.org\0")[0] != "K"
assert c.end() == 0'
	[ "$(in_new)" = 2 ]
	find "$SATCHEL_SPOOL" -type f -exec cat {} + | grep -qaF "no end"
}
