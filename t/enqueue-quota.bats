#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# enqueue(8), QUOTA, and the control file submitters: who may hand over how much, as whom, by which
# programs; and who is not meant.

load helper

setup() {
	setup_satchel
	[ "$(id -u)" -eq 0 ] || skip 'not root: there is one user'
	needs setpriv
	# others have to get at the socket
	RUN=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$RUN"
	mv "$SATCHEL_SPOOL" "$RUN/spool"
	mv "$SATCHEL_CONTROL" "$RUN/control"
	export SATCHEL_SPOOL=$RUN/spool SATCHEL_CONTROL=$RUN/control
	cp "$SATCHEL_BIN/sendmail" "$SATCHEL_BIN/enqueue" "$RUN"
	chown -R nobody "$SATCHEL_SPOOL"
}

teardown() {
	stop_started
	[ -z "${RUN-}" ] || rm -rf "$RUN"
}

# The service, as the spool's owner.
serve() {
	start setpriv --reuid=nobody --regid=nogroup --clear-groups enqueue -w
	LOG=$STARTED_LOG
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
}

owner() {
	setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}

as() {
	local uid=$1
	shift
	setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"
}

# mail UID ARGUMENT…: what sendmail says, and its exit code in status
mail() {
	run as "$1" env SATCHEL_SPOOL="$SATCHEL_SPOOL" SATCHEL_CONTROL="$SATCHEL_CONTROL" \
	    SATCHEL_BIN="$RUN" "$RUN/sendmail" "${@:2}" < <(printf 'Subject: x\n\nhi\n')
}

@test "a broken script sends a thousand: a hundred go, others are not touched, and one line is logged" {
	# a day's, as what is free again in the meantime counts
	control_of 'www-data: rate=100/d' '*: rate=100000/h'
	serve
	SECONDS=0
	run as 33 python3 -S -c '
import os, socket, struct
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(os.environ["SATCHEL_SPOOL"] + "/run/enqueue/socket")
f = s.makefile("rb")
def frame(letter, payload=b""):
    return letter + struct.pack(">I", len(payload)) + payload
text = b"Subject: x\r\n\r\nbuy\r\n"
said = {}
for i in range(1000):
    s.sendall(frame(b"P") + frame(b"L", b"Fa@example.org\0Tb@example.org\0") + frame(b"D", text) +
              frame(b"C", b"%d" % len(text)))
    head = f.read(5)
    answer = f.read(struct.unpack(">I", head[1:])[0])
    key = head[:1].decode() + (answer[:2].decode() if head[:1] == b"R" else "")
    said[key] = said.get(key, 0) + 1
print(sorted(said.items()), answer.decode())'
	assert_status 0
	assert_output_has "[('K', 100), ('R71', 900)] 71 www-data (uid 33) has submitted 100 messages and may rate=100/d (submitters, line 1): try again in"
	mail 33 joe@example.org
	assert_status 75
	assert_output_has 'sendmail: fatal: the message was not queued: www-data (uid 33) has submitted 100 messages and may rate=100/d'
	mail 7 joe@example.org
	assert_status 0
	# one in a minute
	[ "$(grep -c 'over-quota' "$LOG")" -le $((1 + SECONDS / 60)) ]
	assert_file_has "$LOG" 'enqueue: over-quota reason="www-data (uid 33) has submitted 100 messages'
	run owner enqueue --quota www-data games
	assert_status 0
	[ "${lines[0]}" = 'www-data (uid 33): 100 messages of rate=100/d' ]
	run as 33 env SATCHEL_SPOOL="$SATCHEL_SPOOL" enqueue --quota root
	[ "$status" -ne 0 ]
}

control_of() {
	printf '%s\n' "$@" >"$SATCHEL_CONTROL/submitters"
}

@test "recipients, sizes, senders, programs, deny: what is said and which exit code" {
	control_of '# who may what' '33: recipients=3/d size=2k/h' 'lp: senders=lp@here.test,@example.com,<>' \
	    '@news: deny' 'uucp: programs=backup' '*: unlimited'
	serve
	mail 33 a@example.org b@example.org c@example.org d@example.org
	assert_status 77
	assert_output_has 'www-data (uid 33) may submit recipients=3/d (submitters, line 2), and this message alone has 4 recipients'
	mail 33 a@example.org b@example.org
	assert_status 0
	mail 33 a@example.org b@example.org
	assert_status 75
	assert_output_has 'has submitted 2 recipients and may recipients=3/d (submitters, line 2): try again in'
	for try in '0 lp@here.test' '0 any@example.com' '77 lp@example.org' '0 <>'; do
		mail 7 -f "${try#* }" joe@example.org
		[ "$status" -eq "${try% *}" ] || { echo "$try: $status $output"; false; }
	done
	mail 7 -f lp@example.org joe@example.org
	assert_output_has 'lp (uid 7) may not submit mail from that address (submitters, line 3)'
	mail 9 joe@example.org
	assert_status 77
	assert_output_has 'news (uid 9) may not submit mail (submitters, line 4)'
	mail 10 joe@example.org
	assert_status 77
	assert_output_has 'uucp (uid 10) may not submit by way of '
	printf '#!/bin/sh\nprintf "Subject: x\\n\\nhi\\n" | "$@"\nexit $?\n' >"$RUN/backup"
	chmod 755 "$RUN/backup"
	run as 10 env SATCHEL_SPOOL="$SATCHEL_SPOOL" SATCHEL_CONTROL="$SATCHEL_CONTROL" \
	    SATCHEL_BIN="$RUN" "$RUN/backup" "$RUN/sendmail" joe@example.org
	assert_status 0
	mail 12345 joe@example.org
	assert_status 0
}

@test "root, the owner, smtpd and what deliver forwards are not meant by others' lines" {
	control_of '*: deny'
	serve
	for uid in 0 65534; do
		mail "$uid" joe@example.org
		assert_status 0
	done
	mail 12345 joe@example.org
	assert_status 77
	assert_output_has 'uid 12345 may not submit mail (submitters, line 1)'
	# whoever has the folder of smtpd is smtpd, and has to be named
	install -d -m 700 -o 12345 "$SATCHEL_SPOOL/run/smtpd"
	mail 12345 joe@example.org
	assert_status 0
	# a program may call itself qrun, but cannot run as its owner
	cat >"$RUN/qrun" <<-'END'
		#!/bin/sh
		printf 'Subject: x\n\nhi\n' | "$@"
		exit $?
	END
	chmod 755 "$RUN/qrun"
	run as 7 env SATCHEL_SPOOL="$SATCHEL_SPOOL" SATCHEL_CONTROL="$SATCHEL_CONTROL" \
	    SATCHEL_BIN="$RUN" "$RUN/qrun" "$RUN/sendmail" joe@example.org
	assert_status 77
	run owner enqueue --quota 12345 0 7
	[ "${lines[0]}" = 'uid 12345: unlimited' ]
	[ "${lines[1]}" = 'uid 0: unlimited' ]
	[ "${lines[2]}" = 'lp (uid 7): may not submit mail' ]
}

@test "what is wrong in submitters is said, by enqueue and by mailconf" {
	for line in 'joe' 'joe: rate=1' 'joe: rate=0/h' 'joe: rate=1/x' 'joe: rate=1/h rate=2/h' 'joe: size=1T/h' \
	    'joe: senders=' 'joe: senders=a b' 'joe: programs=,a' 'joe: nothing' 'a/b: deny' 'joe:'; do
		control_of "$line"
		run owner enqueue joe@example.org </dev/null
		[ "$status" -eq 111 ] || { echo "$line: $status $output"; false; }
		assert_output_has 'submitters, line 1'
	done
	run mailconf check
	assert_output_has 'submitters'
}
