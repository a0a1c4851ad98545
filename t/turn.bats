#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# Mail that is kept until it is asked for: the route hold, ETRN and ATRN.

bats_require_minimum_version 1.5.0
load helper
load qrun
load tls

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# ask LETTER DOMAIN...: asks qrun as smtpd does, and prints the answer
ask() {
	python3 -S - "$SATCHEL_SPOOL/run/qrun/socket" "$@" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(10)
s.connect(sys.argv[1])
s.send((sys.argv[2] + "tester\0" + "".join("D%s\0" % d for d in sys.argv[3:])).encode())
print(s.recv(1000).decode().replace("\0", ""))
PYTHON
}

held() {
	files_in "$SATCHEL_SPOOL/hold"
}

held_is() {
	[ "$(held)" -eq "$1" ]
}

@test "mail for a domain with the route hold is kept, also across passes, and not tried" {
	start_sink
	control routes "away.test: hold:smtp:127.0.0.1:$SINK"
	submit ann@box.test joe@away.test bob@box.test
	pass
	has bob 1
	logged 1 '^qrun: held id=[^ ]* folder=away.test$'
	files=("$SATCHEL_SPOOL"/hold/away.test/*)
	[ "${#files[@]}" -eq 1 ]
	run qstat
	assert_output_has held
	assert_output_has 'kept until its domain is asked for'
	pass
	[ ! -s "$T/log" ]
	[ ! -e "$OUT/1.env" ]
	held_is 1
}

@test "mail that is kept is returned when it is too old" {
	control routes 'away.test: hold'
	submit ann@box.test joe@away.test
	pass
	held_is 1
	control limits 'queue-lifetime: 1'
	pass_until 10 has ann 1
	held_is 0
	[ ! -e "$SATCHEL_SPOOL/hold/away.test" ]
}

@test "asked for, it is tried: by name, by the domain above; others are not" {
	start_sink
	control routes ".away.test: hold:smtp:127.0.0.1:$SINK" "away.test: hold:smtp:127.0.0.1:$SINK" \
	    "far.test: hold:smtp:127.0.0.1:$SINK"
	submit ann@box.test joe@away.test
	submit ann@box.test joe@a.away.test
	submit ann@box.test joe@far.test joe@b.away.test
	start qrun -w
	wait_for 10 held_is 3
	test -d "$SATCHEL_SPOOL/hold/+"
	wait_for 5 listens_at "$SATCHEL_SPOOL/run/qrun/socket"
	run ask E away.test
	[ "$output" = N1 ]
	wait_for 10 test -s "$OUT/1.env"
	wait_for 10 held_is 2
	run ask E away.test
	[ "$output" = G ]
	run ask E @away.test
	[ "$output" = N2 ]
	wait_for 10 test -s "$OUT/3.env"
	wait_for 10 held_is 1
	grep -q 'joe@b.away.test' "$OUT/2.env" "$OUT/3.env"
	run -1 grep -q 'joe@far.test' "$OUT"/*.env
	run ask E nothing.test
	[ "$output" = N0 ]
	run ask E 'no domain'
	[ "$output" = '' ] || [ "$status" -ne 0 ]
	run ask E far.test
	[ "$output" = N1 ]
	wait_for 10 held_is 0
	no_folder() { [ -z "$(ls "$SATCHEL_SPOOL/hold")" ]; }
	wait_for 10 no_folder
}

# smtpd on a port of its own, and qrun; joe may fetch away.test and far.test.
start_both() {
	control routes 'away.test: hold' '.away.test: hold' 'far.test: hold' 'other.test: hold'
	control xclient 127.0.0.0/8
	control turn 'joe: away.test, far.test' 'ann: other.test'
	start qrun -w
	QRUN_LOG=$STARTED_LOG
	QRUN_PID=$STARTED_PID
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/qrun/socket"
	start smtpd -l 127.0.0.1:0
	SMTPD_LOG=$STARTED_LOG
	wait_for 10 grep -q 'listening' "$STARTED_LOG"
	PORT=$(sed -n 's/.*listening .*port=//p' "$STARTED_LOG")
}

atrn() {
	run timeout 40 python3 -S "$ROOT/t/atrn.py" "$PORT" "$@"
}

smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

@test "ETRN: who may, what is said" {
	start_sink
	start_both
	export TCPREMOTEIP=192.0.2.1
	control etrn 'away.test: 192.0.2.0/24, joe' '.away.test: 192.0.2.2'
	submit ann@box.test joe@away.test
	wait_for 10 held_is 1
	smtp 'EHLO a.test\r\nETRN away.test\r\nETRN @away.test\r\nETRN far.test\r\nETRN #queue\r\nETRN\r\nETRN a b\r\nQUIT\r\n'
	assert_output_has '250-ETRN'
	assert_output_has '253 2.0.0 Ok, 1 pending messages for node away.test started'
	[ "$(grep -c '^459 4.7.1 Node' <<<"$output")" -eq 2 ]
	assert_output_has '458 4.3.3'
	[ "$(grep -c '^501 5.5.4' <<<"$output")" -eq 2 ]
	# of what was asked for a moment ago nobody counts the messages again
	smtp 'EHLO a.test\r\nETRN away.test\r\nQUIT\r\n'
	assert_output_has '250 2.0.0 Ok, queuing for node away.test started'
	# whom it speaks for may not for that
	control xclient 192.0.2.1
	smtp 'XCLIENT NAME=client.test\r\nEHLO a.test\r\nETRN away.test\r\nQUIT\r\n'
	[[ $output != *250-ETRN* ]]
	assert_output_has '459 4.7.1'
	TCPREMOTEIP=198.51.100.1
	smtp 'EHLO a.test\r\nETRN away.test\r\nQUIT\r\n'
	[[ $output != *ETRN* ]]
	assert_output_has '459 4.7.1'
	TCPREMOTEIP=127.0.0.1
	smtp 'ETRN x.test\r\nEHLO a.test\r\nETRN nothing.test\r\nMAIL FROM:<a@b.test>\r\nETRN x.test\r\nQUIT\r\n'
	[ "$(grep -c '^503 5.5.1' <<<"$output")" -eq 2 ]
	assert_output_has '251 2.0.0 Ok, no messages waiting for node nothing.test'
	assert_file_has "$QRUN_LOG" 'asked by=192.0.2.1 domains=away.test'
}

@test "ETRN is not offered without qrun -w, and says so" {
	export TCPREMOTEIP=127.0.0.1
	smtp 'EHLO a.test\r\nETRN away.test\r\nATRN\r\nQUIT\r\n'
	[[ $output != *250-ETRN* ]]
	assert_output_has '458 4.3.2'
	assert_output_has '502 5.5.1'
}

@test "ATRN: the connection turns round, and all that waits goes over it" {
	start_both
	for n in 1 2 3; do SUBJECT=m$n submit ann@box.test joe@away.test; done
	SUBJECT=both submit ann@box.test joe@far.test ann@away.test bob@other.test
	wait_for 10 held_is 4
	atrn joe 'far.test,away.test' "$T/got"
	assert_status 0
	[ "${lines[0]}" = '250 2.0.0 Ok, now reversing the connection' ]
	[ "${lines[1]}" = quit ]
	[ "$(sort "$T/got" | cut -d' ' -f1 | xargs)" = 'both m1 m2 m3' ]
	grep -q '^both .*joe@far.test' "$T/got"
	grep -q '^both .*ann@away.test' "$T/got"
	run -1 grep -q 'other.test' "$T/got"
	wait_for 5 held_is 1
	wait_for 10 grep -q 'end=turned' "$SMTPD_LOG"
	assert_file_has "$QRUN_LOG" 'turn by=joe domains=far.test,away.test'
	wait_for 10 grep -q 'relay=atrn:joe' "$QRUN_LOG"
	atrn joe '' "$T/got"
	[ "${lines[0]}" = '453 4.0.0 You have no mail' ]
	[[ ${lines[1]} == 221* ]]
	atrn ann '' "$T/got"
	[ "${lines[1]}" = quit ]
	wait_for 5 held_is 0
	has ann 0
}

@test "ATRN under STARTTLS, with a login by AUTH" {
	export KEYS=$T
	make_key here ec
	control certificates "*: $T/here.crt $T/here.key"
	control users 'joe: x'
	(umask 077 && echo 'joe: {PLAIN}sesame' >"$SATCHEL_CONTROL/secrets")
	control limits 'auth-delay: 0' 'auth-failures-address: 0'
	start_both
	control xclient
	submit ann@box.test joe@away.test
	submit ann@box.test bob@other.test
	wait_for 10 held_is 2
	PASSWORD=wrong atrn joe '' "$T/got"
	[ "${lines[0]}" = '535 5.7.8 These credentials are not valid' ]
	[ "${lines[1]}" = '530 5.7.0 Log in first' ]
	PASSWORD=sesame atrn joe '' "$T/got"
	[ "${lines[0]}" = '235 2.7.0 Welcome' ]
	[ "${lines[1]}" = '250 2.0.0 Ok, now reversing the connection' ]
	[ "${lines[2]}" = quit ]
	grep -q 'joe@away.test$' "$T/got"
	[ "$(wc -l <"$T/got")" -eq 1 ]
	wait_for 10 held_is 1
	wait_for 10 grep -q 'session .* login=joe .*tls=TLSv1.3 .*end=turned' "$SMTPD_LOG"
}

@test "ATRN: refused without login, for others' domains, wrong, or with something behind it" {
	start_both
	submit ann@box.test joe@other.test
	wait_for 10 held_is 1
	atrn '' away.test "$T/got"
	[ "${lines[0]}" = '530 5.7.0 Log in first' ]
	for domains in other.test away.test,other.test x.away.test; do
		atrn joe "$domains" "$T/got"
		[ "${lines[0]}" = '450 4.7.1 You may not fetch that mail' ]
	done
	atrn nobody '' "$T/got"
	[ "${lines[0]}" = '450 4.7.1 You may not fetch that mail' ]
	for domains in 'away.test,' ',away.test' 'away' 'away.test far.test'; do
		atrn joe "$domains" "$T/got"
		[[ ${lines[0]} == '501 5.5.4'* ]]
	done
	atrn ann $'\r\n220 customer.test' "$T/got"
	[ "${lines[0]}" = '503 5.5.0 Nothing may be sent before the reply to ATRN; closing' ]
	wait_for 10 grep -q 'end=ahead' "$SMTPD_LOG"
	# pipes cannot be handed over
	TCPREMOTEIP=127.0.0.1 smtp 'XCLIENT LOGIN=ann\r\nEHLO a.test\r\nATRN\r\nQUIT\r\n'
	[[ $output != *250-ATRN* ]]
	assert_output_has '502 5.5.1'
	held_is 1
	[ ! -e "$T/got" ]
}

@test "ATRN: who vanishes at any step finds his mail the next time, and nothing twice" {
	start_both
	local step n=0
	for step in greeting RCPT text after; do
		: >"$T/got"
		SUBJECT=a$step submit ann@box.test joe@away.test
		SUBJECT=b$step submit ann@box.test joe@far.test
		wait_for 10 held_is 2
		atrn joe '' "$T/got" "$step"
		# what it takes for qrun to see the end of that
		n=$((n + 1))
		wait_for 10 turns_ended "$n"
		wait_for 10 fetched_again
		n=$((n + 1))
		[ "$(sort "$T/got" | xargs)" = "a$step joe@away.test b$step joe@far.test" ]
		wait_for 10 turns_ended "$n"
		wait_for 10 held_is 0
	done
	has ann 0
}

@test "ATRN: a qrun that is killed in the midst of it loses nothing, and the next one goes on" {
	start_both
	SUBJECT=one submit ann@box.test joe@away.test
	SUBJECT=two submit ann@box.test joe@away.test
	wait_for 10 held_is 2
	atrn joe '' "$T/got" kill "$QRUN_PID"
	held_is 2
	start qrun -w
	QRUN_LOG=$STARTED_LOG
	wait_for 10 fetched_again
	# the one in flight may have gone out before its worker saw that qrun was gone
	[ "$(sort -u "$T/got" | xargs)" = 'one joe@away.test two joe@away.test' ]
	[ "$(wc -l <"$T/got")" -le 3 ]
	wait_for 10 held_is 0
	has ann 0
}

turns_ended() {
	[ "$(grep -c '^qrun: turn-over' "$QRUN_LOG")" -ge "$1" ]
}

fetched_again() {
	atrn joe '' "$T/got"
	[ "${lines[1]}" = quit ]
}

@test "ATRN: what is refused for good is returned, what was deferred elsewhere comes along" {
	start_sink --at 'rcpt=451 4.2.0 later'
	control limits 'retry-minimum: 600'
	submit ann@box.test joe@away.test
	pass
	start_both
	SUBJECT=kept submit ann@box.test joe@far.test
	wait_for 10 held_is 1
	atrn joe '' "$T/got" plain
	[ "$(sort "$T/got" | xargs)" = 'kept joe@far.test test joe@away.test' ]
	wait_for 5 queue_has 0
	submit ann@box.test joe@away.test
	wait_for 10 held_is 1
	atrn joe '' "$T/got" refuse
	wait_for 10 has ann 1
	wait_for 5 held_is 0
}
