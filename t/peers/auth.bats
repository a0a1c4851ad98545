#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# authd with what others make: a checkpassword program, Dovecot's users, clients that know SCRAM.
# shellcheck disable=SC2016,SC2154

load ../helper
load ../tls
load peers
bats_require_minimum_version 1.5.0

HASH='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
KEY='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	peer_scratch
	control limits 'auth-delay: 0'
	control relayhosts 192.0.2.1
}

teardown() {
	stop_started
	remove_scratch "$P"
}

ask() {
	run -0 python3 -SI "$ROOT/t/authd.py" "$@"
}

@test "checkpw" {
	local library
	peer checkpw usr/bin/checkpw libnss-wrapper
	library=$(find "$PEERS/libnss-wrapper" -name 'libnss_wrapper.so' | head -n 1)
	cp "$library" "$P/wrapper.so"
	cp "$PEERS/checkpw/usr/bin/checkpw" "$P/checkpw"
	chmod 755 "$P/wrapper.so" "$P/checkpw"
	mkdir -p "$P/home/Maildir"
	printf 'secret\n' >"$P/home/Maildir/.password"
	chown -R "$EXIM_USER" "$P/home"
	chmod 600 "$P/home/Maildir/.password"
	echo "ann:x:$(id -u "$EXIM_USER"):$(id -g "$EXIM_USER")::$P/home:/bin/false" >"$P/passwd"
	getent group >"$P/group"
	control authentication "checkpassword: /usr/bin/env LD_PRELOAD=$P/wrapper.so NSS_WRAPPER_PASSWD=$P/passwd NSS_WRAPPER_GROUP=$P/group $P/checkpw"
	ask tls names begin PLAIN '^ann^secret' begin LOGIN say ann say secret begin PLAIN '^ann^Secret' \
		begin PLAIN '^joe^secret'
	[ "$output" = "list PLAIN LOGIN
known ann
ask Username:
ask Password:
known ann
failed refused Lann
failed refused Ljoe" ]
}

@test "Dovecot" {
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	dovecot_auth_start plain
	control authentication "dovecot: $P/run/auth-client"
	ask tls names begin PLAIN '^ann@example.org^secret' begin LOGIN say ann@example.org say secret \
		begin PLAIN '^ann@example.org^wrong' begin PLAIN '^joe@example.org^secret'
	[ "$output" = "list PLAIN LOGIN
known ann@example.org
ask Username:
ask Password:
known ann@example.org
failed refused Lann@example.org
failed refused Ljoe@example.org" ] || {
		echo "$output"
		cat "$P/log"
		return 1
	}
	control authentication "dovecot: $P/run/no-such-socket"
	ask tls begin PLAIN '^ann@example.org^secret'
	[ "${lines[-1]}" = 'failed temporary Lann@example.org' ]
}

serve() {
	control users 'ann@example.org: x'
	(umask 077 && echo "ann@example.org: $HASH $KEY" >"$SATCHEL_CONTROL/secrets")
	PORT=$(free_port)
	start smtpd -l "127.0.0.1:$PORT"
	wait_for 20 port_open "$PORT"
}

# msmtp MECHANISM PASSWORD OPTION...
msmtp() {
	local mechanism=$1 password=$2
	shift 2
	printf 'Subject: x\n\nx\n' | LD_LIBRARY_PATH=$PEER_LIBS timeout 60 "$PEERS/msmtp/usr/bin/msmtp" \
		-C /dev/null --host=127.0.0.1 --port="$PORT" --auth="$mechanism" --user=ann@example.org \
		--passwordeval="echo $password" --from=ann@example.org "$@" joe@far.test
}

@test "msmtp by SCRAM-SHA-256, in the clear and under TLS" {
	peer msmtp usr/bin/msmtp
	serve
	run -0 msmtp scram-sha-256 secret
	run -77 msmtp scram-sha-256 wrong
	assert_output_has '535'
	for mechanism in on scram-sha-256 plain login; do
		run -0 msmtp "$mechanism" secret --tls=on --tls-starttls=on --tls-certcheck=off
	done
	[ "$(grep -c 'mechanism=SCRAM-SHA-256 result=accepted' "$STARTED_LOG")" -ge 2 ]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 5 ]
}
