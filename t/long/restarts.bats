#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What clients notice while services are restarted under load: see RESTARTS in satchel(7).
# CI runs it: t/run t/long/restarts.bats.

load ../helper
load ../login
load ../tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	printf '%s\n' 'auth-delay: 0' 'auth-failures-address: 0' 'smtpd-sessions-address: 1000' >"$SATCHEL_CONTROL/limits"
	echo 127.0.0.1 >"$SATCHEL_CONTROL/relayhosts"
	printf '%s\n' 'ann@example.org: x' >"$SATCHEL_CONTROL/users"
	(umask 077 && printf '%s\n' "ann@example.org: $KEY {PLAIN}secret" >"$SATCHEL_CONTROL/secrets")
	printf '%s\n' 'plaintext: yes' 'mechanisms: PLAIN SCRAM-SHA-256' >"$SATCHEL_CONTROL/authentication"
	export SECRET=secret
}

teardown() {
	stop_started
}

# A folder of programs in which no helper can be executed: only services do their work.
take_helpers_away() {
	mkdir "$T/bin"
	ln -s "$SATCHEL_BIN"/* "$T/bin"
	rm "$T/bin/enqueue" "$T/bin/authd" "$T/bin/tlsd"
	SATCHEL_BIN=$T/bin
}

# supervise OPTION…: enqueue, authd and tlsd, which are restarted.
supervise() {
	start env PYTHONDONTWRITEBYTECODE=1 python3 -S "$ROOT/t/restarts.py" "$@"
	SUPERVISOR=$STARTED_PID RESTARTED=$STARTED_LOG
	wait_for 10 grep -qx up "$RESTARTED" || {
		tail -n 20 "$RESTARTED" "$T"/*.log >&2
		return 1
	}
}

# A smtpd that listens at PORT.
start_smtpd() {
	PORT=$(free_port)
	start smtpd -l "127.0.0.1:$PORT" "$@"
	SMTPD_LOG=$STARTED_LOG
	wait_for 10 port_open "$PORT"
}

# load_smtpd MESSAGES OPTION…: and all are taken.
load_smtpd() {
	run timeout 100 smtp-load -m "$@" --from ann@example.org --to joe@elsewhere.test --json "127.0.0.1:$PORT"
	[ "$status" -eq 0 ] || grep -hv 'smtpd: message\|result=accepted\|end=quit' "$SMTPD_LOG" | tail -n 20 >&2
	assert_status 0
	assert_output_has "\"taken\":$1,\"failed\":0,"
	SENT=$((${SENT:-0} + $1))
}

each_way() {
	load_smtpd 1000 -c 8 --per-connection 17
	load_smtpd 30 -c 4 --size 300000 --per-connection 3
	load_smtpd 150 -c 6 --per-connection 1 --login ann@example.org --password-env SECRET --mechanisms plain
	load_smtpd 60 -c 6 --per-connection 1 --login ann@example.org --password-env SECRET --mechanisms scram-sha-256
	load_smtpd 120 -c 6 --per-connection 1 --tls starttls
}

# All that was taken is there, once, and each service was restarted.
expect_all() {
	local name
	stop "$SUPERVISOR"
	for name in "$@"; do
		[ "$(grep -c "^$name " "$RESTARTED")" -gt 2 ]
	done
	[ "$(qstat -q | wc -l)" -eq "$SENT" ]
}

@test "services whose sockets are passed end and are killed: nobody notices" {
	supervise -p -w term,kill,worker-term enqueue authd tlsd
	take_helpers_away
	start_smtpd
	each_way
	expect_all enqueue authd tlsd
}

@test "services with sockets of their own end and are killed: helpers are executed meanwhile" {
	supervise -w term,kill,worker-term,remove enqueue authd tlsd
	start_smtpd
	each_way
	expect_all enqueue authd tlsd
}

@test "or, by whom that would be of no use, they are waited for" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$T"
	echo 'users: nobody' >"$SATCHEL_CONTROL/tls"
	echo 'clients: nobody' >>"$SATCHEL_CONTROL/authentication"
	supervise -w term,kill enqueue authd tlsd
	start_smtpd -u nobody
	each_way
	expect_all enqueue authd tlsd
}

@test "smtpd itself is restarted: clients wait in its socket" {
	PORT=$(free_port)
	supervise -w term "smtpd:$PORT"
	SMTPD_LOG=$T/smtpd.log
	load_smtpd 800 -c 8 --per-connection 3
	expect_all smtpd
}
