#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# deliver(8): the command line, the worker by way of t/unit/deliver_worker.c, and what hostile users
# put in the way. Some need root, to become somebody else.
# shellcheck disable=SC2154 # status and output are bats'

load helper

setup() {
	setup_satchel
	cd "$T" || return
	printf 'Subject: hello\n\nHi.\n' >message
	printf 'Subject: hello\r\n\r\nHi.\r\n' >wire
}

teardown() {
	stop_started
	if [ -d "$T/full" ]; then umount "$T/full" 2>/dev/null || true; fi
	cd / || return
}

# The one message of a Maildir.
only_message() {
	[ "$(files_in "$1/new")" -eq 1 ] || {
		find "$1" >&2
		return 1
	}
	cat "$1"/new/*
}

# job DESTINATION SENDER FILE ADDRESS[=TARGETS]…
job() {
	run "$BUILD/t/unit/deliver_worker" 1 "$@"
}

# Folders above the scratch directory are bats' and closed to others.
let_others_in() {
	local folder=$T
	while [ -O "$folder" ] && [ "$folder" != / ]; do
		case $(stat -c %A "$folder") in *t) break ;; esac
		chmod go+rx "$folder"
		folder=$(dirname "$folder")
	done
	chmod go+rx "$SATCHEL_CONTROL"
	chmod -f go+r "$T"/wire "$SATCHEL_CONTROL"/*
}

# As the user with the ID 65534, Debian's nobody.
as_nobody() {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	let_others_in
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$SATCHEL_BIN/deliver" ||
		skip 'others may not run programs from the build folder'
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# As the user "joe", ID 65534, whose home is $T/home, in a mount namespace of its own.
as_joe() {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	unshare -m true 2>/dev/null || skip 'needs mount namespaces'
	[ -e "$T/home" ] || install -d -o 65534 "$T/home"
	as_nobody true
	sed '/^joe:/d; /:65534:/d' /etc/passwd >"$T/passwd"
	echo "joe:x:65534:65534::$T/home:/bin/false" >>"$T/passwd"
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0" /etc/passwd &&
	    exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' "$T/passwd" "$@"
}

job_as_joe() {
	run as_joe "$BUILD/t/unit/deliver_worker" 1 "$@"
}

# --- the command line

@test '--help, --version, wrong usage' {
	run deliver --help
	assert_status 0
	assert_output_has 'usage: deliver'
	[ "${#lines[@]}" -le 24 ]
	run deliver --version
	assert_status 0
	[ "$output" = 'deliver (satchel) 0.1' ]
	run deliver
	assert_status 100
	run deliver --nonsense
	assert_status 100
	run deliver -w ./x/
	assert_status 100
	run deliver -f 'not an address' ./x/ <message
	assert_status 100
	assert_output_has 'not an address'
	run deliver relative/path/ <message
	assert_output_has 'neither an address'
	assert_status 100
	run deliver -w </dev/null
	assert_status 100
	assert_output_has 'is for qrun'
}

@test 'a Maildir is made and gets Return-Path, Delivered-To, LF ends' {
	run deliver -f joe@example.org -a ann@example.org ./Maildir/ <wire
	assert_status 0
	[ -z "$output" ]
	only_message Maildir >got
	printf 'Return-Path: <joe@example.org>\nDelivered-To: ann@example.org\nSubject: hello\n\nHi.\n' >want
	cmp want got
	[ "$(stat -c %a Maildir Maildir/new Maildir/cur Maildir/tmp Maildir/new/* | tr '\n' ' ')" = \
		'700 700 700 700 600 ' ]
	[ "$(files_in Maildir/tmp)" -eq 0 ]
}

@test 'names of messages are time.MmicrosecondsPpidQcount.host, with / and : escaped' {
	control me 'a/b:c.test'
	deliver ./Maildir/ <message
	run ls Maildir/new
	[[ $output =~ ^[0-9]+\.M[0-9]{6}P[0-9]+Q1\.a\\057b\\072c\.test,S=[0-9]+,W=[0-9]+$ ]]
}

@test 'the null reverse-path, no recipient' {
	deliver ./Maildir/ <message
	only_message Maildir >got
	printf 'Return-Path: <>\nSubject: hello\n\nHi.\n' | cmp - got
}

@test 'Return-Path fields that came are taken out, folded ones too, and in the header alone' {
	printf 'Return-Path: <a@b>\nSubject: x\nRETURN-PATH : <c@d>\n folded\nTo: y\n\nReturn-Path: <e@f>\n' |
		deliver -f joe@example.org ./Maildir/
	only_message Maildir >got
	printf 'Return-Path: <joe@example.org>\nSubject: x\nTo: y\n\nReturn-Path: <e@f>\n' | cmp - got
}

@test 'no line end at the end, no body, no header, nothing, NUL and 8-bit bytes' {
	printf 'Subject: x\n\nno end' | deliver ./a/
	only_message a | cmp - <(printf 'Return-Path: <>\nSubject: x\n\nno end\n')
	printf 'Subject: x\n' | deliver ./b/
	only_message b | cmp - <(printf 'Return-Path: <>\nSubject: x\n')
	printf 'no header\n' | deliver -a ann@example.org ./c/
	only_message c | cmp - <(printf 'Return-Path: <>\nDelivered-To: ann@example.org\n\nno header\n')
	deliver ./d/ </dev/null
	only_message d | cmp - <(printf 'Return-Path: <>\n')
	printf 'Subject: x\n\n\0\377\r\r\n\r\0' | deliver ./e/
	only_message e | cmp - <(printf 'Return-Path: <>\nSubject: x\n\n\0\377\r\n\r\0\n')
	printf '\nbody\n' | deliver ./f/
	only_message f | cmp - <(printf 'Return-Path: <>\n\nbody\n')
}

@test 'a first line "From " is left out, a file is read from where it stands' {
	printf 'From joe Sun Nov 22\nSubject: x\n\nbody\n' | deliver ./a/
	only_message a | cmp - <(printf 'Return-Path: <>\nSubject: x\n\nbody\n')
	printf 'first\nSubject: x\n\nbody\n' >file
	{
		python3 -S -c 'import os; os.lseek(0, 6, os.SEEK_SET)'
		deliver ./b/
	} <file
	only_message b | cmp - <(printf 'Return-Path: <>\nSubject: x\n\nbody\n')
}

@test 'a message of many blocks, with lines longer than a block' {
	python3 -S - <<'PY'
import random
random.seed(7)
lines = [b"Subject: long", b""]
for i in range(60000):
    lines.append(bytes(random.choice(b"abc >From\r") for _ in range(random.randrange(60))).replace(b"\r", b""))
lines.insert(100, b"x" * 3000000)
lines.insert(200, b"From " + b"y" * 1500000)
open("long.wire", "wb").write(b"\r\n".join(lines) + b"\r\n")
open("long.want", "wb").write(b"Return-Path: <>\n" + b"\n".join(lines) + b"\n")
PY
	deliver ./Maildir/ ./box <long.wire
	only_message Maildir | cmp - long.want
	python3 -S - <<'PY'
import re
text = open("box", "rb").read()
text = text[text.index(b"\n") + 1:]
assert text.endswith(b"\n\n")
assert re.sub(rb"(?m)^>(>*From )", rb"\1", text[:-1]) == open("long.want", "rb").read()
PY
}

@test 'an existing Maildir is used, a begun one completed, anything else refused' {
	mkdir -p a/cur a/new a/tmp a/.Sent b/tmp c d
	touch d/precious
	for i in a b c; do deliver "./$i/" <message; done
	for i in a b c; do only_message $i; done
	run deliver ./d/ <message
	assert_status 111
	assert_output_has 'holds other things than a Maildir'
	[ "$(ls d)" = precious ]
}

@test 'the last two folders of a path are made, more is not' {
	mkdir vmail
	deliver "$T/vmail/example.org/joe/" <message
	only_message vmail/example.org/joe
	[ "$(stat -c %a vmail/example.org)" = 700 ]
	run deliver "$T/vmail/a/b/c/" <message
	assert_status 111
	assert_output_has 'No such file'
	[ ! -e vmail/a ]
}

@test 'links, FIFOs, devices, folders and hard links are refused' {
	mkdir real folder
	: >file
	ln -s real link
	ln -s file filelink
	ln file other
	mkfifo fifo
	mkdir -p half/cur half/tmp
	ln -s ../real half/new
	for target in ./link/ ./filelink ./other ./fifo ./fifo/ ./file/ ./folder /dev/zero ./half/; do
		run timeout 10 deliver "$target" <message
		assert_status 111
		assert_output_has '4.3.5'
	done
	[ ! -s file ]
	[ "$(files_in real)" -eq 0 ]
}

@test 'what belongs to somebody else is refused' {
	as_nobody true
	mkdir -p his/cur his/new his/tmp
	: >hisbox
	chown -R nobody his hisbox
	for target in ./his/ ./hisbox; do
		run deliver "$target" <message
		assert_status 111
		assert_output_has 'belongs to the user ID 65534'
	done
	mkdir -p mine/new mine/cur mine/tmp
	chmod 777 mine mine/*
	run as_nobody "$SATCHEL_BIN/deliver" "$T/mine/" <message
	assert_status 111
	assert_output_has 'belongs to the user ID 0'
}

@test 'leftovers of 36 hours in tmp/ are removed, younger ones and other things are not' {
	mkdir -p Maildir/cur Maildir/new Maildir/tmp/folder
	touch -d '37 hours ago' Maildir/tmp/old Maildir/tmp/folder Maildir/new/read-me
	touch -d '35 hours ago' Maildir/tmp/young
	for i in $(seq 100); do # another name each, as a target counts once
		printf './%.0s' $(seq "$i") && echo Maildir/
	done >targets
	# shellcheck disable=SC2046
	deliver $(cat targets) <message
	[ "$(ls Maildir/tmp)" = "$(printf 'folder\nyoung')" ]
	[ "$(files_in Maildir/new)" -eq 101 ]
}

@test 'a loop is permanent, whatever the case of the letters' {
	printf 'Subject: x\nDelivered-To: \tAnn@Example.ORG \n\nx\n' >looped
	run deliver -a ann@example.org ./Maildir/ <looped
	assert_status 100
	assert_output_has '5.4.6'
	[ ! -e Maildir ]
	deliver -a ann@example.com ./Maildir/ <looped
	printf 'Subject: x\n\nDelivered-To: ann@example.org\n' | deliver -a ann@example.org ./Maildir/
	[ "$(files_in Maildir)" -eq 2 ]
}

@test 'what is refused is temporary, and nothing else is delivered then' {
	if [ "$(id -u)" -eq 0 ]; then
		run deliver ./Maildir/ '|cat' <message
		assert_status 111
		assert_output_has 'the user ID 0, which runs no programs'
	fi
	run deliver ./Maildir/ '"|cat"' <message
	assert_status 100
	[ ! -e "$T/Maildir" ] || [ "$(files_in Maildir)" -eq 0 ]
}

@test 'if a later target fails nothing is shown in the Maildir' {
	ln -s message link
	run deliver ./Maildir/ ./link <message
	assert_status 111
	[ "$(files_in Maildir)" -eq 0 ]
}

@test 'a full disk: a temporary failure 4.3.1, nothing half there' {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	mkdir full
	mount -t tmpfs -o size=256k,mode=700 tmpfs full || skip 'needs mount'
	{
		printf 'Subject: big\n\n'
		head -c 400000 /dev/zero | tr '\0' x
	} >big
	deliver ./full/Maildir/ ./full/box <message
	size=$(stat -c %s full/box)
	run deliver ./full/Maildir/ <big
	assert_status 111
	assert_output_has '4.3.1'
	[ "$(files_in full/Maildir)" -eq 1 ]
	run deliver ./full/box <big
	assert_status 111
	assert_output_has '4.3.1'
	[ "$(stat -c %s full/box)" -eq "$size" ]
	[ ! -e full/box.lock ]
}

@test 'a limit on file sizes is a full mailbox, 4.2.2' {
	head -c 40000 /dev/zero >big
	# shellcheck disable=SC2016
	run bash -c 'ulimit -f 8; deliver ./box <big'
	assert_status 111
	assert_output_has '4.2.2'
	[ ! -s box ]
}

# --- mbox

@test 'mbox: From line, mboxrd quoting, empty line' {
	printf 'Subject: x\n\nFrom me\n>From you\n>>From them\nfrom\n >From\nFromage\nFrom ' |
		deliver -f '"a b"@example.org' -a ann@example.org ./box
	sed -n 1p box | grep -E '^From "a-b"@example.org [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}$'
	sed 1d box | cmp - <(printf '%s\n' 'Return-Path: <"a b"@example.org>' \
		'Delivered-To: ann@example.org' 'Subject: x' '' '>From me' '>>From you' '>>>From them' \
		'from' ' >From' 'Fromage' '>From ' '')
	[ "$(stat -c %a box)" = 600 ]
	deliver ./box <message
	grep -c '^From ' box | grep -x 2
	grep '^From MAILER-DAEMON ' box
}

@test 'mbox: a file that does not end with an empty line is put right first' {
	printf 'From x\n\nhalf' >a
	printf 'From x\n\nbody\n' >b
	printf 'From x\n\nbody\n\n' >c
	printf '\n' >d
	for i in a b c d; do deliver "./$i" <message; done
	[ "$(sed -n 4p a)" = '' ]
	sed -n 5p a | grep '^From MAILER'
	sed -n 5p b | grep '^From MAILER'
	sed -n 5p c | grep '^From MAILER'
	sed -n 3p d | grep '^From MAILER'
}

@test 'mbox: twenty at once are twenty messages, which a reader finds' {
	local pids=()
	for i in $(seq 20); do
		printf 'Subject: number %s\n\nFrom %s\nend' "$i" "$i" | deliver ./box &
		pids[i]=$!
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	python3 -S - <<'PY'
import mailbox
box = mailbox.mbox("box")
subjects = sorted(int(m["Subject"].split()[1]) for m in box)
assert subjects == list(range(1, 21)), subjects
for m in box:
    assert m.get_payload() == ">From %s\nend\n" % m["Subject"].split()[1], m.get_payload()
PY
	[ ! -e box.lock ]
	[ "$(find . -name '.*P*Q*' | wc -l)" -eq 0 ]
}

@test 'Maildir: twenty at once are twenty messages, which a reader finds' {
	local pids=()
	for i in $(seq 20); do
		printf 'Subject: number %s\n\nx' "$i" | deliver ./Maildir/ &
		pids[i]=$!
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	python3 -S - <<'PY'
import mailbox
box = mailbox.Maildir("Maildir", create=False)
assert sorted(int(m["Subject"].split()[1]) for m in box) == list(range(1, 21))
PY
}

@test 'mbox: waits for the locks of others, the dot lock and that of fcntl' {
	: >box.lock
	start deliver ./box <message
	start sh -c 'deliver ./box <message'
	pid=$STARTED_PID
	wait_for 10 test -e box
	sleep 0.2
	[ ! -s box ]
	rm box.lock
	wait "$pid"
	grep -c '^From ' box
	python3 -S - <<'PY'
import fcntl, os, subprocess
box = open("box", "r+b")
fcntl.lockf(box, fcntl.LOCK_EX)
size = os.path.getsize("box")
child = subprocess.Popen(["deliver", "./box"], stdin=open("message"))
try:
    child.wait(0.5)
    raise SystemExit("did not wait")
except subprocess.TimeoutExpired:
    pass
assert os.path.getsize("box") == size
fcntl.lockf(box, fcntl.LOCK_UN)
assert child.wait(20) == 0
assert os.path.getsize("box") > size
PY
}

@test 'mbox: a left-over dot lock is removed, one that stays is 4.2.0 at the deadline of the job' {
	touch -d '16 minutes ago' box.lock
	deliver ./box <message
	[ ! -e box.lock ]
	: >box.lock
	DEADLINE=1 job targets: joe@example.org wire "ann@example.org=$T/box"
	assert_output_has 'temporary 4.2.0'
	assert_output_has 'locked by another program'
	[ -e box.lock ]
}

@test 'mbox: no dot lock where the folder is not ours to write in' {
	as_nobody true
	mkdir -m 755 spool-mail
	: >spool-mail/nobody
	chown nobody spool-mail/nobody
	as_nobody "$SATCHEL_BIN/deliver" "$T/spool-mail/nobody" <message
	grep '^From ' spool-mail/nobody
}

# --- forwarding

# An enqueue that keeps what it is given.
keeping_enqueue() {
	cat >keep <<-'SH'
		#!/bin/sh
		cat >"$KEPT/message"
		cat <&1 >"$KEPT/envelope"
		exit "${KEEP_CODE:-0}"
	SH
	chmod 755 keep
	export KEPT=$T ENQUEUE=$T/keep
}

@test 'an address: a new message with the same reverse-path and Delivered-To' {
	keeping_enqueue
	printf 'Return-Path: <old@example.org>\nSubject: x\n\nlast' |
		deliver -f joe@example.org -a list@example.org ann@example.com bob@example.net someone
	cmp envelope <(printf 'Fjoe@example.org\0Tann@example.com\0Tbob@example.net\0Tsomeone@here.test\0\0')
	grep -v '^Received:' <"$T/message" | cmp - \
		<(printf 'Delivered-To: list@example.org\nSubject: x\n\nlast\n')
	deliver ann@example.com <wire
	cmp envelope <(printf 'F\0Tann@example.com\0\0')
}

@test 'a refusal by the queue is permanent, its trouble temporary; nothing is shown then' {
	keeping_enqueue
	KEEP_CODE=31 run deliver ./Maildir/ ann@example.com <wire
	assert_status 100
	assert_output_has '5.3.0'
	KEEP_CODE=53 run deliver ./Maildir/ ann@example.com <wire
	assert_status 111
	[ "$(files_in Maildir)" -eq 0 ]
}

@test 'an address goes through enqueue itself' {
	[ -x "$SATCHEL_BIN/enqueue" ] || skip 'enqueue is not built'
	[ -d "$SATCHEL_SPOOL/new" ] || skip 'there is no spool: qctl is not built'
	before=$(files_in "$SATCHEL_SPOOL")
	run deliver -f joe@example.org -a ann@example.org bob@example.com <message
	assert_status 0
	[ "$(files_in "$SATCHEL_SPOOL")" -eq $((before + 1)) ]
	grep -rq 'Delivered-To: ann@example.org' "$SATCHEL_SPOOL"
}

@test 'postmaster: is a Maildir in the spool' {
	deliver postmaster: <message
	only_message "$SATCHEL_SPOOL/postmaster"
}

# --- the worker

@test 'worker: recipients with targets, answers for each, exit 0 when qrun goes' {
	job targets: joe@example.org wire "ann@example.org=$T/ann/" \
		"bob@example.org=$T/bob/	$T/bob.box" "eve@example.org=:include:/none" 'sue@example.org' "tom@example.org=./tom/"
	assert_status 0
	assert_output_has "1/0 delivered 2.0.0 [maildir:$T/ann/] delivered to maildir"
	assert_output_has "1/1 delivered 2.0.0 [maildir:$T/bob/ mbox:$T/bob.box] delivered to mbox; delivered to maildir"
	assert_output_has '1/2 temporary 4.3.5 [] '
	assert_output_has '1/3 temporary 4.3.5 [] no target is given'
	assert_output_has '1/4 permanent 5.1.3 [] "./tom/" is neither an address nor a path'
	assert_output_has '1 done'
	assert_output_has 'exit 0'
	only_message bob | cmp - <(printf 'Return-Path: <joe@example.org>\nDelivered-To: bob@example.org\nSubject: hello\n\nHi.\n')
	grep -x 'Delivered-To: ann@example.org' ann/new/*
}

@test 'worker: many jobs in a row, many recipients in one' {
	run "$BUILD/t/unit/deliver_worker" 30 targets: '' wire "ann@example.org=$T/ann/"
	assert_output_has '30 done'
	[ "$(files_in ann/new)" -eq 30 ]
	targets=$(for i in $(seq 100); do printf '%s%*s%s\t' "$T" "$i" '' "x$((i % 7))/"; done | tr ' ' /)
	job targets: '' wire "ann@example.org=$targets" "bob@example.org=$targets"
	[ "$(find x? -type f | wc -l)" -eq 200 ]
	[ "$(find x?/tmp -type f | wc -l)" -eq 0 ]
}

@test 'worker: jobs that a dead qrun left in the socket are not delivered' {
	python3 -S - <<'PY'
import os, socket, subprocess
for qrun_lives in (True, False):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fd = os.open("wire", os.O_RDONLY)
    job = ["J1", "I00000000000000000001", "Dtargets:", "F", "E60", "P0",
           "L%d" % os.path.getsize("wire"), "Tann@example.org", "G" + os.getcwd() + "/box"]
    socket.send_fds(ours, ["".join(f + "\0" for f in job).encode()], [fd])
    if not qrun_lives:
        os.unlink("box")
        ours.close()
    worker = subprocess.Popen(["deliver", "-w"], stdin=theirs)
    theirs.close()
    if qrun_lives:
        assert b"\0SD\0" in ours.recv(65536)
        ours.close()
    assert worker.wait(20) == 0
    assert os.path.exists("box") == qrun_lives
PY
}

@test 'worker: SIGTERM ends it between jobs, what is no job ends it, too' {
	python3 -S - <<'PY'
import socket, subprocess
for end in ("TERM", "nonsense"):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    worker = subprocess.Popen(["deliver", "-w"], stdin=theirs, stderr=subprocess.PIPE)
    theirs.close()
    if end == "TERM":
        worker.terminate()
        assert worker.wait(20) == -15
    else:
        ours.send(b"nonsense")
        assert b"unable to talk to qrun" in worker.communicate(timeout=20)[1]
        assert worker.returncode == 111
PY
}

@test 'worker: a loop, an unknown destination, uid 0 and another user' {
	printf 'Delivered-To: ann@example.org\r\n\r\n' >looped
	job targets: '' looped "ann@example.org=$T/ann/" "bob@example.org=$T/bob/"
	assert_output_has '1/0 permanent 5.4.6 [] mail forwarding loop'
	assert_output_has '1/1 delivered'
	job mx:example.org '' wire ann@example.org
	assert_output_has 'temporary 4.3.5'
	if [ "$(id -u)" -eq 0 ]; then
		job user:root '' wire root@example.org
		assert_output_has 'temporary 4.3.5 [] deliver runs as the user ID 0'
		run as_nobody "$BUILD/t/unit/deliver_worker" 1 user:root '' "$T/wire" root@example.org
		assert_output_has '1/0 temporary 4.3.5 [] runs as 65534, cannot deliver to root'
	else
		job user:root '' wire root@example.org
		assert_output_has 'cannot deliver to root'
	fi
	job user:nosuchuser '' wire x@example.org
	assert_output_has 'temporary 4.3.5 [] there is no user nosuchuser'
}

@test "worker: a user's own mailbox, as the control file says" {
	# what job_as_joe runs is in a subshell, from which no test can be skipped
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	job_as_joe user:joe ann@example.org "$T/wire" joe@here.test
	assert_output_has "1/0 delivered 2.0.0 [maildir:$T/home/Maildir/] delivered to maildir"
	only_message home/Maildir
	[ "$(stat -c %u home/Maildir home/Maildir/new/* | sort -u)" = 65534 ]
	control mailbox mail/inbox
	mkdir home/mail
	chown 65534 home/mail
	job_as_joe user:joe ann@example.org "$T/wire" joe@here.test
	assert_output_has "1/0 delivered 2.0.0 [mbox:$T/home/mail/inbox] delivered to mbox"
	control mailbox Maildir/
	job_as_joe targets: '' "$T/wire" "list@here.test=user:joe	user:root"
	assert_output_has 'cannot deliver to root'
	[ "$(files_in home/Maildir)" -eq 1 ]
	rm -r home/Maildir
	ln -s /tmp home/Maildir
	job_as_joe user:joe '' "$T/wire" joe@here.test
	assert_output_has 'temporary 4.3.5'
	assert_output_has 'symbolic link'
	rm home/Maildir
	mv home nohome
	: >home
	job_as_joe user:joe '' "$T/wire" joe@here.test
	assert_output_has "temporary 4.3.0 [] unable to open the home directory $T/home"
}

@test 'closed descriptors: no input is a failure, messages go to no mailbox' {
	run timeout 10 bash -c 'deliver ./Maildir/ <&-'
	assert_status 111
	[ ! -e Maildir ]
	mkfifo fifo
	run timeout 10 bash -c 'deliver ./box ./fifo <message 2>&-'
	assert_status 111
	run grep fatal box
	assert_status 1
}

@test 'a mailbox setting that leads out of the home, a control directory that is missing' {
	for bad in /var/mail/joe ../x ./x a/../../b; do
		control mailbox "$bad"
		run deliver ./Maildir/ <message
		assert_status 111
		assert_output_has 'relative path'
	done
	SATCHEL_CONTROL=$T/none run deliver ./Maildir/ <message
	assert_status 111
	assert_output_has "$T/none"
}

@test 'two syncs for a message in a Maildir, file before folder, shown in between' {
	needs strace
	[ "${SANITIZE-}" != 1 ] || skip 'not under sanitizers'
	mkdir -p Maildir/cur Maildir/new Maildir/tmp
	strace -o trace -e trace=fsync,fdatasync,renameat2,linkat deliver ./Maildir/ <message
	[ "$(sed 's/(.*//' trace | grep -v '^+' | tr '\n' ' ')" = 'fsync renameat2 fsync ' ]
}

spooled() {
	find "$SATCHEL_SPOOL" -type f -exec cat {} +
}

# binary_job TARGET…: a BINARYMIME message for joe@here.test
binary_job() {
	local target fields=joe@here.test

	for target; do fields=$fields,G$target; done
	run timeout 60 python3 -S "$ROOT/t/jobs.py" --body BINARYMIME deliver -w -- "$T/binary" targets: "$fields"
}

@test "BINARYMIME: mailboxes get it as 8-bit, a forward as it came" {
	printf 'Return-Path: <x>\r\nMIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\n\r\r\n\377' >binary
	binary_job "$T/maildir/" "$T/mbox" ann@example.org
	assert_output_has $'1\t0\tD\t'
	only_message maildir >stored
	tail -n +2 stored >expected
	printf 'Delivered-To: joe@here.test\nMIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: base64\n\nAAoNDQr/\n' | cmp - expected
	[ "$(tail -n +2 mbox)" = "$(cat stored)" ]
	spooled >queued
	grep -qaFx BBINARYMIME queued
	python3 -S -c 'import sys
sys.exit(not open("queued", "rb").read().count(b"binary\r\n\r\n\0\n\r\r\n\xff"))'
}

@test "BINARYMIME: what cannot be converted is for no mailbox, and for no filter, but is forwarded" {
	printf 'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\n\r\n--b--\r\n' >binary
	binary_job "$T/maildir/"
	assert_output_has $'1\t0\tP\t5.6.3\t'
	assert_output_has "a part is signed or encrypted"
	[ "$(files_in maildir)" -eq 0 ]
	binary_job ann@example.org
	assert_output_has $'1\t0\tD\t'
	ENQUEUE="enqueue" binary_job ann@example.org
	assert_output_has $'1\t0\tP\t5.6.3\t'
}

@test "BINARYMIME: a filter gets what it knows" {
	printf 'MIME-Version: 1.0\r\nContent-Type: image/x\r\n\r\n\0\n' >binary
	ENQUEUE="enqueue" binary_job ann@example.org
	assert_output_has $'1\t0\tD\t'
	spooled | grep -qaF "AAo="
}
