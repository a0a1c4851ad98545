#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Whole sessions with smtpd (t/sessions), among them the examples of RFC 5321 (appendix D), 2920, 3030,
# 3207, 3461 and 4954: the replies are the ones expected, however the session comes in.

load helper
load tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	# RFC 4954's examples: test, 1234
	control users 'test: x'
	(umask 077 && echo 'test: {PLAIN}1234' >"$SATCHEL_CONTROL/secrets")
	control aliases 'postmaster: joe@away.test'
	control virtual 'jones@foo.test: joe@away.test' 'brown@foo.test: joe@away.test' \
		'crispin@foo.test: joe@away.test' 'admin.mrc@foo.test: joe@away.test'
	control relaydomains xyz.test
	control relayhosts 192.0.2.1
	control limits 'spool-cells: 0' 'auth-delay: 0' # every message is a file of its own
	for helper in enqueue authd tlsd; do
		start "$helper" -w
		wait_for 10 test -S "$SATCHEL_SPOOL/run/$helper/socket"
	done
}

teardown() {
	stop_started
}

sessions() {
	run python3 "$ROOT/t/sessions.py" "$1" "$ROOT"/t/sessions/*.txt
	assert_status 0 || return 1
	[ "$(grep -c '^ok' <<<"$output")" -eq "$(find "$ROOT/t/sessions" -name '*.txt' | wc -l)" ]
}

@test "line by line: the replies expected" {
	sessions replies
}

@test "all at once, byte by byte, and cut in pieces at each octet: the same replies and messages" {
	sessions split
}
