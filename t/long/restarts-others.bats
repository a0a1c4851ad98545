#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What clients notice while mta-sts(8) and pop3d(8) are restarted under load: see RESTARTS in
# satchel(7). CI runs it: t/run t/long/*.bats. Of the other services: restarts.bats.

load ../helper
load ../dns
load ../sts
load ../tls
load ../pop3d

RESTARTS=12 # of each service, while it is asked

teardown() {
	teardown_pop3d
}

# supervise OPTION… NAME…: what is restarted; LOGS is where whoever runs it may write.
supervise() {
	start "${AS[@]}" env T="${LOGS:-$T}" PYTHONDONTWRITEBYTECODE=1 python3 -S "$ROOT/t/restarts.py" "$@"
	SUPERVISOR=$STARTED_PID RESTARTED=$STARTED_LOG
	wait_for 10 grep -qx up "$RESTARTED" || {
		tail -n 20 "$RESTARTED" "${LOGS:-$T}"/*.log >&2
		return 1
	}
}

# restarted NAME…: true once each was, often enough
restarted() {
	local name
	for name; do
		[ "$(grep -c "^$name " "$RESTARTED")" -ge "$RESTARTS" ] || return 1
	done
}

# One message to a domain whose policy names none of its servers: what became of it
ask_policy() {
	smtp-send -t 60 moved.example.test joe@moved.example.test <<<"Subject: x" >>"$T/sent.$1" 2>>"$T/log" || true
}

# Messages, four at a time, until mta-sts was restarted often enough
many() {
	local i pids
	while ! restarted mta-sts; do
		pids=()
		for i in 1 2 3 4; do
			ask_policy "$i" 3>&- 4>&- &
			pids+=($!)
		done
		wait "${pids[@]}"
		is_child "$SUPERVISOR"
	done
	stop "$SUPERVISOR"
	cat "$T"/sent.* >"$T/sent"
	# nobody was told that there is no policy, nor that nobody knows
	if grep -v 'not in the MTA-STS policy of moved.example.test (enforce)' "$T/sent"; then
		false
	fi
	[ "$(wc -l <"$T/sent")" -ge "$RESTARTS" ]
}

setup_policy() {
	AS=()
	BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR make_sts_keys moved
	setup_satchel
	start_dns <<-'ZONE'
		mx A 127.0.0.1
		moved MX 10 mx
		_mta-sts.moved TXT "v=STSv1; id=1;"
		mta-sts.moved A 127.0.0.1
	ZONE
	start_sts
	control resolvers "127.0.0.1:$DNS_PORT"
	control mta-sts "ca-file: $KEYS/ca.crt" "port: $STS_PORT" "timeout: 20"
	control mxport "$(free_port)" # 25 of this address would be this host's
	policy moved "version: STSv1" "mode: enforce" "mx: *.mail.example.test" "max_age: 86400"
	mkdir -p "$SATCHEL_SPOOL/run/mta-sts"
}

@test "mta-sts: each message waits for the policy, and heeds it" {
	setup_policy
	supervise -p -w term,kill,worker-term mta-sts
	many
}

@test "mta-sts with a socket of its own: it is waited for, and never out of use" {
	setup_policy
	supervise -w term,kill,remove mta-sts
	many
}

@test "pop3d, and authd and tlsd that it asks: clients wait in its socket" {
	setup_pop3d
	KEYS=$T
	make_key here ec
	setup_tls
	control users 'a@here.test:'
	for name in a b c d e f; do
		mkdir -p "$BOX/$name"/{new,cur,tmp}
		echo 'Subject: x' >"$BOX/$name/new/1700000001.x"
		echo "$name@here.test: $BOX/$name/"
	done >"$SATCHEL_CONTROL/users"
	(umask 077 && printf '%s\n' {a,b,c,d,e,f}"@here.test: $POP3_HASH" >"$SATCHEL_CONTROL/secrets")
	control limits 'auth-delay: 0' 'pop3d-sessions-address: 1000'
	LOGS=$T/logs
	mkdir "$LOGS"
	give
	[ "${#AS[@]}" -eq 0 ] || chown -R games "$T"/here.* "$SATCHEL_SPOOL" "$LOGS"
	PORT=$(free_port)
	supervise -p -w term,worker-term "pop3d:$PORT" authd tlsd
	timeout 150 python3 -B "$ROOT/t/pop3d.py" load "$PORT" "$RESTARTED" "$RESTARTS" a b c d e f
	stop "$SUPERVISOR"
}
