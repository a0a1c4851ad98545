#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Nothing but CRLF.CRLF ends a message of DATA, nothing but the count of octets a chunk of BDAT, and no
# command comes out of a message: t/smuggling.py tries all that could be taken for an end.

load helper

setup() {
	setup_satchel
	control virtual 'jones@foo.test: joe@away.test'
	control limits 'smtpd-errors: 100000' 'spool-cells: 0'
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
}

teardown() {
	stop_started
}

# smuggling ARGUMENT...: of t/smuggling.py
smuggling() {
	run python3 -S "$ROOT/t/smuggling.py" "$@"
	assert_status 0
}

@test "DATA: all strings of CR, LF, dot, NUL and x" {
	smuggling data 6 60000
}

@test "DATA: the same in small pieces" {
	smuggling data 4 1 7
}

@test "BDAT: the same strings in chunks" {
	smuggling bdat 5 60000
	smuggling bdat 3 1 7
}
