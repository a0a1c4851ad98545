# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # T and more are set by what is loaded before
# What the tests of logging in to relays share. Load it behind helper and smtp-send.

# of "secret"
HASH='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
KEY='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='

b64() {
	printf '%b' "$1" | base64 -w 0
}

credentials() {
	(umask 077 && rm -f "$SATCHEL_CONTROL/credentials" && printf '%s\n' "$@" >"$SATCHEL_CONTROL/credentials")
}

# A relay that offers PLAIN and answers AUTH as told.
auth_sink() {
	start_sink --with 'AUTH PLAIN' "$@"
}

wire() {
	printf 'Subject: %s\r\n\r\nhello\r\n' "$1" >"$T/$1"
}

jobs() {
	run timeout 60 python3 -S "$ROOT/t/jobs.py" "$@"
}

# How many times the sink was asked.
count() {
	grep -c "$1" "$OUT/log" || true
}

# Our own smtpd and authd, for ann@example.org and token holders; PORT.
start_smtpd() {
	mkdir -p "$T/far"
	(umask 077 && printf '%s\n' "ann@example.org: $HASH $KEY {PLAIN}secret" >"$T/far/secrets")
	echo far.test >"$T/far/me"
	echo 192.0.2.1 >"$T/far/relayhosts"
	echo 'ann@example.org: x' >"$T/far/users"
	printf '%s\n' 'auth-delay: 0' 'auth-failures-address: 0' >"$T/far/limits"
	printf '%s\n' 'plaintext: yes' "mechanisms: $1" ${2:+"token-verifier: $2"} >"$T/far/authentication"
	PORT=$(free_port)
	start env SATCHEL_CONTROL="$T/far" smtpd -l "127.0.0.1:$PORT"
	wait_for 10 port_open "$PORT"
}
