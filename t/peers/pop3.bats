#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# pop3d(8) with the clients that people have: fetchmail, mpop, curl, python's poplib.
# shellcheck disable=SC2154

load ../helper
load ../tls
load ../pop3d
load peers

setup_file() {
	KEYS=$BATS_FILE_TMPDIR
	export KEYS
	make_key here ec
}

setup() {
	setup_pop3d
	peer_scratch
	control authentication 'plaintext: no'
	cp "$KEYS"/here.* "$T"
	KEYS=$T setup_tls
	[ "${#AS[@]}" -eq 0 ] || chown games "$T"/here.* "$SATCHEL_SPOOL/run/tlsd"
	three_messages
	printf 'Subject: three\n\nhello\n' >"$P/three"
	export HOME=$P
	listen -t
	POP3S=$PORT
	listen
}

teardown() {
	teardown_pop3d
	remove_scratch "$P"
}

left() {
	files_in "$BOX/new" "$BOX/cur"
}

has_left() {
	[ "$(left)" -eq "$1" ]
}

# fetch PORT OPTION...: fetchmail into $P/got
fetch() {
	local port=$1
	shift
	printf '%s\n' "poll 127.0.0.1 service $port protocol pop3 uidl user joe@here.test" \
	    "  password secret no sslcertck $* mda 'cat >>$P/got; echo --- >>$P/got'" >"$P/fetchmailrc"
	chmod 600 "$P/fetchmailrc"
	run env LD_LIBRARY_PATH="$PEER_LIBS" timeout 60 "$PEERS/fetchmail/usr/bin/fetchmail" \
	    --nosyslog --nodetach -v -f "$P/fetchmailrc" --idfile "$P/ids" --pidfile "$P/pid"
}

@test "fetchmail: STLS, what it has seen already, POP3S and removing" {
	peer fetchmail usr/bin/fetchmail
	fetch "$PORT" keep "sslproto 'tls1.2+'"
	assert_status 0
	assert_output_has 'STLS'
	[ "$(grep -c '^---$' "$P/got")" -eq 3 ]
	[ "$(grep -c '^\.\.two' "$P/got")" -eq 1 ]
	[ "$(left)" -eq 3 ]
	fetch "$PORT" keep "sslproto 'tls1.2+'"
	assert_status 1 # nothing new
	message new/1700000004.M1P1.here 'Subject: four\n\nx\n'
	give
	fetch "$POP3S" keep ssl
	assert_status 0
	[ "$(grep -c '^---$' "$P/got")" -eq 4 ]
	fetch "$POP3S" nokeep fetchall ssl
	assert_status 0
	[ "$(left)" -eq 0 ]
}

# collect PORT LINE...: mpop into the Maildir $P/mail
collect() {
	local port=$1
	shift
	mkdir -p "$P/mail/cur" "$P/mail/new" "$P/mail/tmp"
	printf '%s\n' 'defaults' 'account joe' 'host 127.0.0.1' "port $port" 'user joe@here.test' \
	    'password secret' 'tls on' 'tls_certcheck off' "uidls_file $P/uidls" \
	    "delivery maildir $P/mail" "$@" >"$P/mpoprc"
	chmod 600 "$P/mpoprc"
	run env LD_LIBRARY_PATH="$PEER_LIBS" timeout 60 "$PEERS/mpop/usr/bin/mpop" -C "$P/mpoprc" joe
}

@test "mpop: SCRAM under STLS, unique-ids over restarts, pipelining, POP3S" {
	peer mpop usr/bin/mpop
	collect "$PORT" 'tls_starttls on' 'auth scram-sha-256' 'keep on' 'pipelining on'
	assert_status 0
	[ "$(files_in "$P/mail/new")" -eq 3 ]
	wait_for 20 grep -q 'auth .*mechanism=SCRAM-SHA-256 result=accepted' "$STARTED_LOG"
	stop "$STARTED_PID"
	listen
	message new/1700000004.M1P1.here 'Subject: four\n\nx\n'
	give
	collect "$PORT" 'tls_starttls on' 'auth plain' 'keep on'
	assert_status 0
	[ "$(files_in "$P/mail/new")" -eq 4 ]
	collect "$POP3S" 'tls_starttls off' 'auth user' 'keep off'
	assert_status 0
	[ "$(files_in "$P/mail/new")" -eq 4 ]
	[ "$(left)" -eq 0 ]
}

@test "curl: a list, a message, one removed" {
	needs curl
	for url in "pop3s://127.0.0.1:$POP3S" "pop3://127.0.0.1:$PORT"; do
		run curl -sS -k --ssl-reqd -m 60 -u joe@here.test:secret "$url/"
		[ "${output//$'\r'/}" = $'1 29\n2 23\n3 25' ]
		run curl -sS -k --ssl-reqd -m 60 -u joe@here.test:secret "$url/1"
		[ "${output//$'\r'/}" = $'Subject: one\n\n.dot\n..two' ]
	done
	run curl -sS -k --ssl-reqd -m 60 -u joe@here.test:secret --login-options AUTH=PLAIN \
	    -X 'DELE 1' -I "pop3://127.0.0.1:$PORT/"
	assert_status 0
	wait_for 20 has_left 2
	run curl -sS -k --ssl-reqd -m 60 -u joe@here.test:wrong "pop3://127.0.0.1:$PORT/"
	assert_status 67
}

@test "poplib: two at once, and one that is killed in the middle of a message" {
	needs python3
	yes 'a line of 30 octets, as stored' | head -n 100000 >"$BOX/new/1700000009.large"
	give
	cat >"$P/two.py" <<-'END'
		import os, poplib, signal, ssl, sys
		ctx = ssl.create_default_context()
		ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE

		def login():
		    c = poplib.POP3_SSL("127.0.0.1", int(sys.argv[1]), timeout=60, context=ctx)
		    c.user("joe@here.test")
		    c.pass_("secret")
		    return c

		first = login()
		try:
		    login()
		    raise SystemExit("two sessions")
		except poplib.error_proto as e:
		    assert b"[IN-USE]" in e.args[0], e
		ids = first.uidl()[1]
		assert len(ids) == 4
		first.dele(1)
		first._putcmd("RETR 4")
		assert first._getline()[0].startswith(b"+OK 3200000")
		first.close()
		for attempt in range(100):
		    try:
		        second = login()
		        break
		    except poplib.error_proto:
		        __import__("time").sleep(0.1)
		assert second.uidl()[1] == ids and second.stat()[0] == 4
		assert second.retr(4)[2] == 3200000
		second.dele(4)
		second.quit()
	END
	run timeout 60 python3 "$P/two.py" "$POP3S"
	assert_status 0
	[ "$(left)" -eq 3 ]
}
