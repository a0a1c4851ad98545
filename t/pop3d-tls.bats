#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # heard is set by what is loaded
# pop3d(8) under TLS: STLS and TLS first, by the service tlsd, by tlsd executed, behind tlsd.

load helper
load tls
load pop3d

setup_file() {
	KEYS=$BATS_FILE_TMPDIR
	export KEYS
	make_key here ec
}

setup() {
	setup_pop3d
	control authentication 'plaintext: no'
	cp "$KEYS"/here.* "$T"
	KEYS=$T setup_tls
	[ "${#AS[@]}" -eq 0 ] || chown games "$T"/here.* "$SATCHEL_SPOOL/run/tlsd"
	three_messages
}

teardown() {
	teardown_pop3d
}

client() {
	run timeout 60 python3 -B "$ROOT/t/pop3d.py" "$@"
	assert_status 0
}

@test "STLS and TLS first, with tlsd executed, and by the service" {
	needs python3
	listen
	client stls "$PORT"
	client inject "$PORT"
	wait_for 20 grep -q 'pop3d: tls client=127.0.0.1 reason="the client sent more behind STLS"' "$STARTED_LOG"
	start "${AS[@]}" tlsd -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/tlsd/socket"
	client stls "$PORT"
	listen -t
	client pop3s "$PORT"
	wait_for 20 grep -q 'login=joe@here.test .* tls=TLSv1.3 cipher=.*end=quit' "$STARTED_LOG"
}

@test "behind tlsd, which does TLS first or is asked for it" {
	needs python3 tcpserver
	start_behind "${AS[@]}" tlsd pop3d
	client pop3s "$PORT"
	start_behind "${AS[@]}" tlsd -d pop3d
	client stls "$PORT"
}

@test "without certificates that work" {
	rm "$T/here.key"
	pop3 'STLS\r\n'
	assert_output_has '-ERR [SYS/TEMP] TLS is not available now'
	grep -q 'end=eof' "$T/log"
	listen -t
	exec 8<>"/dev/tcp/127.0.0.1/$PORT" 9<&8
	if hear; then false; fi
	close_session
	wait_for 20 grep -q 'pop3d: session .*end=tls' "$STARTED_LOG"
}
