#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# How smtpd confines itself, and what goes on working (t/unit/confine.c has what is refused).

load helper
load tls

setup() {
	setup_satchel
	control me here.test
	control aliases 'joe: joe@away.test'
	HELLO='EHLO client.test\r\nMAIL FROM:<ann@away.test>\r\n'
	TO='RCPT TO:<joe@here.test>\r\n'
	DATA='DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\n'
}

teardown() {
	stop_started
}

# One session on a pipe: its text with printf's escapes; the replies become $output.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# One session over TCP: talk PORT TEXT
talk() {
	# shellcheck disable=SC2016
	run bash -c 'printf "%b" "$2" | timeout 60 nc -N 127.0.0.1 "$1"' talk "$1" "$2"
	output=${output//$'\r'/}
}

# smtpd -l, perhaps under another program: listen [PROGRAM ARGUMENT…]; PORT is its port.
listen() {
	PORT=$(free_port)
	start "$@" smtpd -l "127.0.0.1:$PORT"
	wait_for 10 port_open "$PORT"
	talk "$PORT" 'QUIT\r\n' # before it answers it may have come to any point of its start
}

# Whether the kernel has both parts: what is tested of one that has neither is tested anyway.
has_confinement() {
	"$BUILD/t/unit/confine" kernel 2>/dev/null | grep -q '^# landlock [1-9].* seccomp yes' ||
		skip "this kernel has no Landlock or seccomp"
}

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

# The server says so, now or soon: that its port is open says no more than that it has begun.
logs() {
	wait_for 10 grep -qF -- "$1" "$STARTED_LOG"
}

is_confined() {
	grep -q '^NoNewPrivs:[[:space:]]1' "/proc/$1/status" && grep -q '^Seccomp:[[:space:]]2' "/proc/$1/status"
}

# The server has one, which may be the last to begin: executor is its pid.
has_executor() {
	executor=$(pgrep -P "$STARTED_PID" -x executor)
}

has_one_socket() {
	[ "$(readlink /proc/"$1"/fd/* | grep -c socket)" -eq 1 ]
}

@test "a server is confined before it answers, and its executor is not" {
	has_confinement
	listen
	is_confined "$STARTED_PID"
	wait_for 10 has_executor
	run is_confined "$executor"
	assert_status 1
	# it has neither the port nor a connection: standard error, /dev/null, and two of its own
	# (where its memory is its own, only root sees them)
	[ "$(id -u)" -ne 0 ] || wait_for 10 has_one_socket "$executor"
	run cat "$STARTED_LOG"
	[[ $output != *confinement* ]]
	stop "$STARTED_PID"
	wait_for 5 started_is_gone "$executor"
}

@test "a single connection is confined before the greeting" {
	has_confinement
	mkfifo "$T/in"
	start bash -c 'exec smtpd <"$T/in" >"$T/out"'
	exec 9>"$T/in"
	wait_for 10 grep -q '^220 ' "$T/out"
	is_confined "$STARTED_PID"
	exec 9>&-
	wait "$STARTED_PID"
}

@test "confinement: none is a way out; nonsense is refused" {
	control confinement none
	listen
	grep -q '^Seccomp:[[:space:]]0' "/proc/$STARTED_PID/status"
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	control confinement some
	run smtpd -l 127.0.0.1:0
	assert_status 111
	assert_output_has 'confinement: "full" or "none" is expected'
}

@test "enqueue is executed for a confined smtpd, by the server and by one connection" {
	smtp "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	[ "$(queued)" -eq 1 ]
	listen
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	[ "$(queued)" -eq 3 ]
}

@test "a service is asked, and where it runs one connection needs no executor" {
	start enqueue -w
	service=$STARTED_PID
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	mkfifo "$T/in"
	start bash -c 'exec smtpd <"$T/in" >"$T/out"'
	exec 9>"$T/in"
	printf '%b' "$HELLO$TO$DATA" >&9
	wait_for 10 grep -q 'Ok: queued as' "$T/out"
	run pgrep -P "$STARTED_PID"
	[ "$output" = '' ]
	exec 9>&-
	wait "$STARTED_PID"
	# what is left of a service that was killed is no service
	kill_service "$service"
	test -S "$SATCHEL_SPOOL/run/enqueue/socket"
	smtp "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	[ "$(queued)" -eq 2 ]
}

@test "filters run: what they say, how they end, and that nothing is left of them" {
	cat >"$T/filter" <<-'END'
		#!/bin/sh
		# reads outside of what smtpd may read, and writes
		cat >"$T/message"
		[ ! -e "$T/refuse" ] || exit 31
		exec "$@" <"$T/message"
	END
	chmod +x "$T/filter"
	export ENQUEUE="$T/filter enqueue"
	smtp "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has '250 2.0.0 Ok'
	[ "$(queued)" -eq 1 ]
	grep -q hello "$T/message"
	listen
	talk "$PORT" "$HELLO$TO$DATA"
	[ "$(queued)" -eq 2 ]
	touch "$T/refuse"
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has '554 5.6.0'
	smtp "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has '554 5.6.0'
	export ENQUEUE=/no/such/filter
	smtp "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has '451 4.3.0'
	[ "$(queued)" -eq 2 ]
	wait_for 5 bash -c '! pgrep -P "$0" -x executor | xargs -r -n 1 pgrep -P' "$STARTED_PID"
}

@test "a client who goes away in the middle leaves no filter behind" {
	cat >"$T/filter" <<-'END'
		#!/bin/sh
		echo $$ >"$T/pid"
		exec sleep 100
	END
	chmod +x "$T/filter"
	export ENQUEUE=$T/filter
	listen
	exec 8<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%b' "$HELLO${TO}DATA\r\nx\r\n" >&8
	wait_for 10 test -s "$T/pid"
	for child in $(pgrep -P "$STARTED_PID" -x smtpd); do
		kill -KILL "$child"
	done
	wait_for 5 started_is_gone "$(cat "$T/pid")"
	exec 8>&-
}

@test "system users are looked up" {
	user=$(id -un)
	[ "$(id -u)" -ne 0 ] || user=nobody
	smtp "${HELLO}RCPT TO:<$user@here.test>\r\nRCPT TO:<no-such-user-here@here.test>\r\nQUIT\r\n"
	assert_output_has '250 2.1.5 Ok'
	assert_output_has '550 5.1.1'
	listen
	talk "$PORT" "${HELLO}RCPT TO:<$user@here.test>\r\nRCPT TO:<no-such-user-here@here.test>\r\nQUIT\r\n"
	assert_output_has '250 2.1.5 Ok'
	assert_output_has '550 5.1.1'
}

@test "a kernel that lacks it: mail goes, and a server says what is missing" {
	needs strace
	# with -D what is started is the server, and strace its child
	listen strace -D -f -o /dev/null -e inject=landlock_create_ruleset:error=EOPNOTSUPP
	is_confined "$STARTED_PID"
	logs 'smtpd: confinement landlock=none seccomp=yes reason="Operation not supported"'
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	stop_started

	listen strace -D -f -o /dev/null -e inject=landlock_create_ruleset:error=ENOSYS \
		-e inject=seccomp:error=EINVAL
	logs 'smtpd: confinement landlock=none seccomp=none reason="Function not implemented"'
	talk "$PORT" "$HELLO$TO${DATA}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	stop_started

	has_confinement
	listen strace -D -f -o /dev/null -e inject=seccomp:error=EINVAL
	logs 'seccomp=none reason="Invalid argument"'
}

# True if one that was asked, among the children of process $1, has confined itself.
asked_is_confined() {
	local pid
	for pid in $(pgrep -x tlsd -P "$1"); do
		! is_confined "$pid" || return 0
	done
	return 1
}

@test "tlsd is confined before the handshake, as a service and executed" {
	has_confinement
	needs openssl
	export KEYS=$T
	make_key here ec
	setup_tls
	for way in executed service; do
		listen
		wait_for 10 has_executor
		parent=$executor
		if [ "$way" = service ]; then
			start tlsd -w
			wait_for 10 listens_at "$SATCHEL_SPOOL/run/tlsd/socket"
			parent=$STARTED_PID
		fi
		exec 8<>"/dev/tcp/127.0.0.1/$PORT"
		printf 'EHLO x\r\nSTARTTLS\r\n' >&8
		wait_for 10 asked_is_confined "$parent"
		exec 8>&-
		# shellcheck disable=SC2016
		run bash -c 'printf "EHLO x\r\nQUIT\r\n" |
		    timeout 60 openssl s_client -quiet -starttls smtp -connect "127.0.0.1:$0"' "$PORT"
		assert_output_has '221 2.0.0'
		stop_started
	done
}

@test "smtp-load and smtp-sink, too, and mail goes between them all the same" {
	has_confinement
	local target sink
	mkdir "$T/out"
	for target in tcp unix; do
		rm -f "$T/out/1.end" "$T/go"
		if [ $target = tcp ]; then
			start smtp-sink --out "$T/out" --at "end=wait $T/go"
			wait_for 20 test -s "$STARTED_LOG"
			target=127.0.0.1:$(cat "$STARTED_LOG")
		else
			start smtp-sink --out "$T/out" --at "end=wait $T/go" --socket "$T/socket"
			wait_for 20 test -s "$STARTED_LOG"
			target=unix:$T/socket
		fi
		sink=$STARTED_PID
		start smtp-load -m 1 "$target"
		wait_for 20 test -e "$T/out/1.end"
		is_confined "$sink"
		is_confined "$STARTED_PID"
		: >"$T/go"
		wait_for 20 grep -q '^messages  *1 taken' "$STARTED_LOG"
		stop "$sink" || true
	done
}
