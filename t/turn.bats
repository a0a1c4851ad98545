#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Mail that is kept until it is asked for: the route hold, ETRN and ATRN.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# ask LETTER DOMAIN...: asks qrun as smtpd does, and prints the answer
ask() {
	python3 - "$SATCHEL_SPOOL/run/qrun/socket" "$@" <<'PYTHON'
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
	control limits 'queue-lifetime: 1'
	submit ann@box.test joe@away.test
	pass
	held_is 1
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
	wait_for 5 test -S "$SATCHEL_SPOOL/run/qrun/socket"
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
	run ! grep -q 'joe@far.test' "$OUT"/*.env
	run ask E nothing.test
	[ "$output" = N0 ]
	run ask E 'no domain'
	[ "$output" = '' ] || [ "$status" -ne 0 ]
	run ask E far.test
	[ "$output" = N1 ]
	wait_for 10 held_is 0
	[ -z "$(ls "$SATCHEL_SPOOL/hold")" ]
}
