#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What clients, disks and helpers can do to smtpd: it answers as RFC 5321 has it, no process stays, and
# nothing that was accepted is lost, nor anything else delivered.

load helper

setup() {
	setup_satchel
	control virtual 'jones@foo.test: joe@away.test'
	control limits 'spool-cells: 0'
}

teardown() {
	stop_started
}

# smtpd on a port of its own: PORT, SMTPD, LOG
listen() {
	start smtpd -l 127.0.0.1:0
	SMTPD=$STARTED_PID LOG=$STARTED_LOG
	wait_for 10 grep -q 'smtpd: listening' "$LOG"
	PORT=$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$LOG")
}

serve_enqueue() {
	start enqueue -w
	ENQUEUE_PID=$STARTED_PID
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
}

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

# Nothing but the server, and what it starts for all sessions.
all_gone() {
	[ "$(ps -o comm= --ppid "$SMTPD" | grep -cv "executor\|spare")" -eq 0 ]
}

sessions_end() {
	wait_for 10 all_gone || {
		ps -o pid,stat,args --ppid "$SMTPD" >&2
		return 1
	}
}

# goes_away HOW: at each point; what is in the spool is what was accepted, and smtpd serves on
goes_away() {
	listen
	serve_enqueue
	run timeout 60 python3 -S "$ROOT/t/hostile.py" "$1" "$PORT"
	assert_status 0
	accepted=${lines[0]}
	[ "$accepted" -ge 8 ]
	sessions_end
	# what was accepted is there, and nothing else in new/ or tmp/
	case $1 in
	half) [ "$(queued)" -eq "$accepted" ] ;;
	*) [ "$(queued)" -le "$accepted" ] && [ "$(queued)" -ge $((accepted - 2)) ] ;;
	esac
	[ "$(files_in "$SATCHEL_SPOOL/tmp")" -eq 0 ]
	for file in "$SATCHEL_SPOOL"/new/*; do
		tail -n 1 "$file" | grep -qx $'hello\r'
	done
	grep -q 'smtpd: session .*end=\(eof\|failed\)' "$LOG"
	[ "$(printf 'QUIT\r\n' | timeout 60 nc -N 127.0.0.1 "$PORT" | grep -c '^2')" -eq 2 ]
}

@test "clients that end their side at each point get the replies to what they said" {
	goes_away half
}

@test "clients that reset the connection at each point" {
	goes_away reset
}

@test "clients that close it at each point" {
	goes_away close
}

@test "a client that never reads is thrown out" {
	control limits 'smtpd-timeout: 1'
	listen
	run timeout 60 python3 -S "$ROOT/t/hostile.py" deaf "$PORT"
	assert_status 0
	sessions_end
	grep -q 'smtpd: session .*end=\(silent\|failed\)' "$LOG"
}

BEGIN='EHLO client.test\r\nMAIL FROM:<ann@away.test>\r\nRCPT TO:<jones@foo.test>\r\n'

# The replies to a session behind the one to RCPT.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=$(sed -e '1,/^250 2.1.5/d' <<<"${output//$'\r'/}")
}

@test "a full spool: 452 by DATA and BDAT, nothing is kept, and the next message goes in" {
	control limits 'spool-cells: 0' 'spool-free: 1000000000000'
	for message in 'DATA\r\na\r\n.\r\n' 'BDAT 3\r\na\r\nBDAT 0 LAST\r\n'; do
		smtp "$BEGIN${message}NOOP\r\nQUIT\r\n"
		grep -q '^452 4.3.1 ' <<<"$output"
		grep -q '^250 2.0.0 Ok$' <<<"$output"
		[ "$(queued)" -eq 0 ]
		[ "$(files_in "$SATCHEL_SPOOL/tmp")" -eq 0 ]
	done
	control limits 'spool-cells: 0'
	smtp "${BEGIN}DATA\r\na\r\n.\r\nQUIT\r\n"
	assert_output_has '250 2.0.0 Ok: queued'
}

@test "the disk is full in the midst of a message: a temporary refusal" {
	# no file may grow beyond 64 KiB
	head -c 200000 /dev/zero | tr '\0' x | fold -w 70 | sed 's/$/\r/' >"$T/text"
	{
		printf '%bDATA\r\n' "$BEGIN"
		cat "$T/text"
		printf '\n.\r\nNOOP\r\nQUIT\r\n' # fold leaves the last line open
	} >"$T/session"
	run bash -c 'ulimit -f 64; smtpd <"$T/session" 2>"$T/log"'
	output=${output//$'\r'/}
	grep -q '^45[12] 4\.3\.' <<<"$output"
	[ "$(queued)" -eq 0 ]
	[ "$(files_in "$SATCHEL_SPOOL/tmp")" -eq 0 ]
}

@test "the service enqueue dies between two chunks: 451, and the session goes on" {
	serve_enqueue
	mkfifo "$T/in"
	start bash -c 'exec smtpd <"$T/in"'
	log=$STARTED_LOG
	exec 9>"$T/in"
	printf '%bBDAT 70000\r\n' "$BEGIN" >&9
	head -c 70000 /dev/zero | tr '\0' x >&9
	wait_for 10 grep -q '70000 octets' "$log"
	# its workers, too, without others in their place
	kill -STOP "$ENQUEUE_PID"
	wait_for 10 is_stopped "$ENQUEUE_PID"
	pkill -KILL -P "$ENQUEUE_PID" || true
	stop "$ENQUEUE_PID" KILL || true
	printf 'BDAT 3 LAST\r\nb\r\nNOOP\r\n' >&9
	wait_for 10 grep -q '^250 2.0.0 Ok' "$log"
	grep -q '^451 4.3.0 ' "$log"
	[ "$(queued)" -eq 0 ]
	exec 9>&-
}
