#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# An ordinary user's own messages by way of qrun -w (satchel(7), ASKING QRUN): nobody else's, never
# more than a few at a time, and nothing of the user's but his number.

bats_require_minimum_version 1.5.0
load helper

ANN=12345
JOE=12346

setup() {
	[ "$(id -u)" -eq 0 ] || skip 'not root: nobody else to be'
	needs setpriv
	T=$(mktemp -d /tmp/satchel.XXXXXX)
	mkdir "$T/control" "$T/bin"
	chmod 755 "$T" "$T/control" "$T/bin"
	export T SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool
	control me here.test
	control askers root
	for program in enqueue qstat qrun sendmail smtp-send deliver; do
		cp "$BUILD/bin/$program" "$T/bin"
	done
	PATH=$T/bin:$PATH
	export SATCHEL_BIN=$T/bin
	qctl init -u nobody >"$T/log"
	cat >"$T/ask.py" <<-'PYTHON'
		import array, os, socket, sys, time
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.settimeout(60)
		s.connect(sys.argv[1])
		try:
		    s.send("".join(a + "\0" for a in sys.argv[2:] if a != "--hold").encode())
		except OSError:
		    pass
		for i in range(3):
		    try:
		        data, ancillary, _, _ = s.recvmsg(4096, 64)
		    except ConnectionResetError:
		        try:
		            data, ancillary, _, _ = s.recvmsg(4096, 64)
		        except ConnectionResetError:
		            data = b""
		    if not data:
		        print("closed")
		        break
		    print(data.replace(b"\0", b"").decode(), flush=True)
		    for _, _, raw in ancillary:
		        if "--hold" in sys.argv:
		            time.sleep(100)
		        print(os.fdopen(array.array("i", raw)[0], "rb").read().decode(), end="", flush=True)
	PYTHON
}

teardown() {
	stop_started
	case ${T-} in /tmp/satchel.*) remove "$T" ;; esac
}

as() {
	setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

# submit UID RECIPIENT: its id is ID
submit() {
	printf 'Subject: x\n\nhello\n' | as "$1" sendmail -f ann@example.org "$2"
	# once, though it may move from one folder to another meanwhile
	ID=$(qstat -q -r "$2" | head -n 1)
	[ -n "$ID" ]
}

serve() {
	start setpriv --reuid=nobody --regid=nogroup --clear-groups "$T/bin/enqueue" -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	control routes '*: hold:mx'
	watch
}

watch() {
	start setpriv --reuid=nobody --regid=nogroup --clear-groups "$T/bin/qrun" -w
	QRUN=$STARTED_PID
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/qrun/socket"
}

# ask UID FIELD...: one request, and what qrun answers to it
ask() {
	as "$1" python3 -S "$T/ask.py" "$SATCHEL_SPOOL/run/qrun/socket" "${@:2}"
}

# A qstat that says what it is called with, and hangs.
hang() {
	cat >"$T/bin/qstat.new" <<-END
		#!/bin/sh
		echo "\$* \$(id -u)" >>$T/called/\$\$
		exec sleep 1000
	END
	chmod 755 "$T/bin/qstat.new"
	mkdir -m 777 "$T/called"
	mv "$T/bin/qstat.new" "$T/bin/qstat"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

@test "each sees their own messages, in every form, and nobody else's" {
	serve
	submit $ANN joe@a.test
	a=$ID
	submit $ANN bob@d.test
	submit $JOE sue@b.test
	b=$ID
	# who moves from one folder to another might be seen in both
	all_held() { [ "$(files_in "$SATCHEL_SPOOL/hold")" -eq 3 ]; }
	wait_for 20 all_held
	run as $ANN qstat
	assert_status 0
	assert_output_has "$a"
	assert_output_has '<joe@a.test>'
	assert_output_has '<bob@d.test>'
	assert_output_has '2 messages'
	[[ $output != *"$b"* && $output != *sue@b.test* ]]
	run as $JOE qstat -q
	[ "$output" = "$b" ]
	[[ $(as $JOE qstat --json) == *'"sue@b.test"'* ]]
	[[ $(as $JOE qstat -c) == '1 message, '* ]]
	[[ $(as $JOE qstat -a) == *sue@b.test* ]]
	[[ $(as $JOE qstat --mailq) == *' Kbytes in 1 Request.' ]]
	run as $JOE sendmail -bp
	assert_status 0
	assert_output_has sue@b.test
	run as 12399 sendmail -bp
	assert_status 0
	[ "$output" = 'Mail queue is empty' ]
	# root and the owner read it themselves
	[[ $(qstat -c) == '3 messages, '* ]]
	for wrong in "$a" '-d a.test' 'show x' shape hosts '-a --json'; do
		# shellcheck disable=SC2086 # words
		run as $ANN qstat $wrong
		assert_status 100
		assert_output_has "only the spool's owner and root may see more"
	done
	stop "$QRUN"
	run as $ANN qstat
	assert_status 111
	[ "$output" = "qstat: only the spool's owner may see all of the queue; your own messages are shown while qrun -w runs, and it does not" ]
	run as $ANN sendmail -bp
	assert_status 75
}

@test "a forward is nobody's" {
	for forwarder in '' 'Dx@y.test\0'; do
		printf 'Fann@example.org\0%bTeve@c.test\0\0' "$forwarder" >"$T/envelope"
		setpriv --reuid=nobody --regid=nogroup --clear-groups "$T/bin/enqueue" </dev/null 1<"$T/envelope"
	done
	[ "$(qstat -q | wc -l)" -eq 2 ]
	[ "$(qstat -q --submitter nobody | wc -l)" -eq 1 ]
}

@test "what is asked for is no command, and servers have no mail" {
	control askers games
	watch
	for form in '' '-h' 'list -a' '--help' '../list' lists; do
		[ "$(ask $ANN "M$form")" = closed ]
	done
	[ "$(ask $ANN Mlist Mlist)" = closed ]
	[ "$(ask $ANN Eann Dexample.org)" = closed ]
	[ "$(ask $ANN Aann Dexample.org)" = closed ]
	[ "$(ask games Mlist)" = $'Bwho serves others has no mail of their own\nclosed' ]
	[ "$(ask games Egames Dexample.org)" = $'N0\nclosed' ]
	[ "$(ask $ANN Mcounts)" = $'O\n0 messages; 0 recipients, 0 octets\nX0\nclosed' ]
}

@test "one of each user and four in all, ended when who asked has gone; mail goes on meanwhile" {
	hang
	watch
	askers=()
	for uid in 12001 12002 12003 12004; do
		start setpriv --reuid=$uid --regid=$uid --clear-groups python3 -S "$T/ask.py" "$SATCHEL_SPOOL/run/qrun/socket" Mlist --hold
		askers+=("$STARTED_PID")
		wait_for 20 grep -qx O "$STARTED_LOG"
	done
	[ "$(ask 12001 Mlist)" = $'Byou, or too many others, are asking already\nclosed' ]
	[ "$(ask 0 Eroot Dexample.org)" = $'N0\nclosed' ]
	four() { [ "$(cat "$T/called"/* | wc -l)" -eq 4 ]; }
	wait_for 20 four
	[ "$(cat "$T/called"/* | sort | head -n 1)" = "--submitter 12001 $(id -u nobody)" ]
	pid_of() { basename "$(grep -l "^--submitter $1 " "$T/called"/*)"; }
	kill "${askers[0]}"
	wait_for 20 gone "$(pid_of 12001)"
	for uid in 12002 12003 12004; do kill -0 "$(pid_of $uid)"; done
	kill "${askers[@]:1}"
	# no zombie is left
	children() { [ -z "$(pgrep -P "$QRUN")" ]; }
	wait_for 20 children
}

@test "who asks while all places are taken waits for one, and a list that nobody reads gives way" {
	hang
	watch
	pid_of() { basename "$(grep -l "^--submitter $1 " "$T/called"/*)"; }
	is_begun() { grep -q "^--submitter $1 " "$T/called"/*; }
	for uid in 12001 12002 12003 12004 12005 12006; do
		start setpriv --reuid=$uid --regid=$uid --clear-groups python3 -S "$T/ask.py" "$SATCHEL_SPOOL/run/qrun/socket" Mlist --hold
		[ $uid -gt 12004 ] || wait_for 20 is_begun $uid
	done
	# those who came first go first, and only as many as others wait for
	wait_for 20 is_begun 12005
	wait_for 20 is_begun 12006
	wait_for 20 gone "$(pid_of 12001)"
	wait_for 20 gone "$(pid_of 12002)"
	for uid in 12003 12004 12005 12006; do kill -0 "$(pid_of $uid)"; done
}

@test "who hands over a socket that lingers keeps nobody waiting" {
	watch
	cat >"$T/linger.py" <<-'PYTHON'
		import array, socket, struct, sys, time
		server = socket.socket()
		server.bind(("127.0.0.1", 0))
		server.listen(1)
		s = socket.create_connection(server.getsockname())
		s.setblocking(False)
		try:
		    while True:
		        s.send(b"x" * 65536)
		except BlockingIOError:
		    pass
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
		# one is received, the other goes unread when the connection is closed
		for what in b"Mcounts\0", b"M":
		    u = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    u.connect(sys.argv[1])
		    if what == b"M":
		        u.send(b"Mbad\0")
		    try:
		        u.sendmsg([what], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
		    except OSError:
		        pass
		    u.close()
		s.close()
		print("sent", flush=True)
		time.sleep(100)
	PYTHON
	# qrun stands still until the sender has let go, so that it is qrun that lets go last
	kill -STOP "$QRUN"
	start setpriv --reuid=$ANN --regid=$ANN --clear-groups python3 -S "$T/linger.py" "$SATCHEL_SPOOL/run/qrun/socket"
	wait_for 20 grep -qx sent "$STARTED_LOG"
	kill -CONT "$QRUN"
	[ "$(ask $JOE Mcounts)" = $'O\n0 messages; 0 recipients, 0 octets\nX0\nclosed' ]
	# by now it has closed all that came before
	[ "$(ask $JOE Mcounts)" = $'O\n0 messages; 0 recipients, 0 octets\nX0\nclosed' ]
}
