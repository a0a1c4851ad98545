#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# AUTH in smtpd(8): replies, limits, what a login may, and a dead authd. Its secrets: t/authd.bats.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper
load tls
bats_require_minimum_version 1.5.0

HASH='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
KEY='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='
EHLO='EHLO client.test\r\n'

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	control me here.test
	control limits 'auth-delay: 0' 'auth-failures-address: 0' 'spool-cells: 0'
	control authentication 'plaintext: yes'
	control users 'ann@example.org: x' 'test: x'
	# RFC 4954's examples: test, 1234
	secrets "ann@example.org: $HASH $KEY" "test: {PLAIN}1234"
}

teardown() {
	stop_started
}

secrets() {
	(umask 077 && rm -f "$SATCHEL_CONTROL/secrets" && printf '%s\n' "$@" >"$SATCHEL_CONTROL/secrets")
}

b64() {
	printf '%b' "$1" | base64 -w 0
}

# The replies to a session, without the greeting and those to the first EHLO and to QUIT.
smtp() {
	run bash -c 'printf "%bQUIT\r\n" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=$(tr -d '\r' <<<"$output" | sed -e '1,/^250 HELP$/d' -e '/^221 2.0.0/d')
}

replies() {
	local want
	want=$(printf '%s\n' "$@")
	[ "$output" = "$want" ] && return
	diff <(echo "$want") <(echo "$output") >&2
	cat "$T/log" >&2
	return 1
}

welcome='235 2.7.0 Welcome'
wrong='535 5.7.8 These credentials are not valid'
no_base64='501 5.5.2 This is no base 64'
ANN=$(b64 '\0ann@example.org\0secret')
BAD=$(b64 '\0ann@example.org\0Secret')

@test "without a file about logins there is no AUTH" {
	rm "$SATCHEL_CONTROL/authentication" "$SATCHEL_CONTROL/secrets"
	run bash -c 'printf "EHLO x\r\nAUTH PLAIN\r\nQUIT\r\n" | smtpd 2>/dev/null'
	[[ $output != *250-AUTH* ]]
	assert_output_has '502 5.5.1'
}

@test "EHLO says which mechanisms work; HELO none" {
	run bash -c 'printf "EHLO x\r\nQUIT\r\n" | smtpd 2>/dev/null'
	assert_output_has '250-AUTH SCRAM-SHA-256 PLAIN LOGIN'
	run bash -c 'printf "HELO x\r\nAUTH PLAIN\r\nQUIT\r\n" | smtpd 2>/dev/null'
	assert_output_has '503 5.5.1 Say EHLO first'
	rm "$SATCHEL_CONTROL/authentication"
	run bash -c 'printf "EHLO x\r\nQUIT\r\n" | smtpd 2>/dev/null'
	assert_output_has '250-AUTH SCRAM-SHA-256'
	[[ $output != *PLAIN* ]]
	smtp "${EHLO}AUTH PLAIN $ANN\r\n"
	replies '538 5.7.11 This mechanism needs TLS'
	secrets "ann@example.org: $HASH"
	run bash -c 'printf "EHLO x\r\nQUIT\r\n" | smtpd 2>/dev/null'
	[[ $output != *250-AUTH* ]]
}

@test "the examples of RFC 4954, 4.1: PLAIN with and without initial response, CRAM-MD5, EXTERNAL" {
	smtp "${EHLO}AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=\r\n"
	replies "$welcome"
	smtp "${EHLO}AUTH PLAIN\r\ndGVzdAB0ZXN0ADEyMzQ=\r\n"
	replies '334 ' "$welcome"
	smtp "${EHLO}auth plain dGVzdAB0ZXN0ADEyMzQ=\r\n"
	replies "$welcome"
	smtp "${EHLO}AUTH CRAM-MD5\r\nAUTH EXTERNAL =\r\n"
	replies '534 5.7.9 This mechanism is switched off' '504 5.5.4 There is no such mechanism'
	control authentication 'plaintext: yes' 'mechanisms: CRAM-MD5 PLAIN'
	smtp "${EHLO}AUTH CRAM-MD5\r\ncmpzMyBlYzNhNTlmZWQzOTVhYmExZWM2MzY3YzRmNGI0MWFjMA==\r\n"
	[[ $output == '334 '*$'\n'"$wrong" ]]
}

@test "AUTH= of MAIL (RFC 4954, 5): who may say who submitted a message" {
	local said from to='RCPT TO:<postmaster>\r\nDATA\r\n.\r\n'
	submitter() {
		smtp "$1"
		said=$(grep -haoE '^A.*' "$SATCHEL_SPOOL"/new/* | tail -n 1)
		rm -f "$SATCHEL_SPOOL"/new/*
	}
	control aliases 'postmaster: joe@away.test'
	from='MAIL FROM:<e=mc2@example.com> AUTH=e+3Dmc2@example.com\r\n'
	submitter "$EHLO$from$to"
	[ "$said" = 'A<>' ]
	submitter "${EHLO}AUTH PLAIN $ANN\r\n$from$to"
	[ "$said" = 'A<>' ]
	submitter "${EHLO}AUTH PLAIN $ANN\r\nMAIL FROM:<a@b.test> AUTH=Ann@example.org\r\n$to"
	[ "$said" = 'AAnn@example.org' ]
	submitter "${EHLO}MAIL FROM:<john+@example.org> AUTH=<>\r\n$to"
	[ "$said" = 'A<>' ]
	RELAYCLIENT='' submitter "$EHLO$from$to"
	[ "$said" = 'Ae+3Dmc2@example.com' ]
	smtp "${EHLO}MAIL FROM:<a@b.test> AUTH=\r\nMAIL FROM:<a@b.test> AUTH=a+0\r\n"
	[ "$(grep -c '^501 5.5.4' <<<"$output")" -eq 2 ]
}

@test "what is wrong with AUTH, each with its reply" {
	smtp "AUTH PLAIN\r\n${EHLO}AUTH\r\nAUTH FOO\r\nAUTH $(printf 'A%.0s' {1..30})\r\nAUTH PLAIN AA=A\r\n"
	replies '501 5.5.4 Say AUTH and a mechanism' '504 5.5.4 There is no such mechanism' \
		'504 5.5.4 There is no such mechanism' "$no_base64"
	smtp "${EHLO}AUTH PLAIN =\r\nAUTH PLAIN\r\n=\r\nAUTH PLAIN\r\n*\r\nAUTH LOGIN\r\n\r\n\r\n"
	replies '501 5.5.2 This is no response of this mechanism' '334 ' "$no_base64" '334 ' \
		'501 5.7.0 Cancelled' '334 VXNlcm5hbWU6' '334 UGFzc3dvcmQ6' "$wrong"
	smtp "${EHLO}AUTH PLAIN $ANN extra\r\n"
	replies "$no_base64"
	smtp "${EHLO}MAIL FROM:<>\r\nAUTH PLAIN $ANN\r\nRSET\r\nAUTH PLAIN $ANN\r\nAUTH PLAIN $ANN\r\n"
	replies '250 2.1.0 Ok' '503 5.5.1 Not between MAIL and the end of a message' '250 2.0.0 Ok' \
		"$welcome" '503 5.5.1 You have logged in already'
	smtp "${EHLO}AUTH LOGIN\r\nx\ny\r\nAUTH LOGIN\r\n\\\\0000\r\nNOOP\r\n"
	[ "$(grep -c '^500 5.5.2\|^501 5.5.2' <<<"$output")" -ge 2 ]
	[ "$(tail -n 1 <<<"$output")" = '250 2.0.0 Ok' ]
}

@test "a response may have 12288 octets, and no more; other lines stay short" {
	local long
	long=$(head -c 12288 /dev/zero | tr '\0' A)
	smtp "${EHLO}AUTH PLAIN\r\n$long\r\nNOOP\r\n"
	replies '334 ' '501 5.5.2 This is no response of this mechanism' '250 2.0.0 Ok'
	smtp "${EHLO}AUTH PLAIN\r\n${long}AAAA\r\nNOOP\r\n"
	replies '334 ' '500 5.5.6 Line too long' '250 2.0.0 Ok'
	smtp "${EHLO}AUTH PLAIN $long\r\nNOOP\r\n"
	replies '500 5.5.2 Line too long' '250 2.0.0 Ok'
}

@test "a login may relay, is in Received and in the log, and nothing of the password is" {
	control aliases 'postmaster: joe@away.test'
	smtp "${EHLO}AUTH LOGIN\r\n$(b64 ANN@example.org)\r\n$(b64 secret)\r\nMAIL FROM:<ann@example.org>\r
RCPT TO:<joe@far.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
	assert_output_has '250 2.1.5 Ok'
	grep -qF 'with ESMTPA id' "$SATCHEL_SPOOL"/new/*
	assert_file_has "$T/log" 'smtpd: auth login=ann@example.org mechanism=LOGIN result=accepted'
	grep -q '^smtpd: message .*login=ann@example.org' "$T/log"
	grep -q '^smtpd: session .*login=ann@example.org' "$T/log"
	run grep -rq "secret\|$(b64 secret)\|$ANN" "$T/log" "$SATCHEL_SPOOL/new"
	assert_status 1
}

@test "failures are logged with what was tried, escaped, and end the session" {
	echo 'smtpd-auth-failures: 3' >>"$SATCHEL_CONTROL/limits"
	TCPREMOTEIP=192.0.2.7 smtp "${EHLO}AUTH PLAIN $BAD\r\nAUTH LOGIN $(b64 'a b\nsmtpd: auth')\r\n$(b64 x)\r
AUTH PLAIN $(b64 '\0no body\0x')\r\nNOOP\r\n"
	replies "$wrong" '334 UGFzc3dvcmQ6' "$wrong" "$wrong" \
		'421 4.7.0 here.test Too many failed logins, closing the connection'
	[ "$(grep -c '^smtpd: auth client=192.0.2.7 .*result=refused$' "$T/log")" -eq 3 ]
	assert_file_has "$T/log" 'login=ann@example.org mechanism=PLAIN result=refused'
	assert_file_has "$T/log" 'login="no body" mechanism=PLAIN'
	assert_file_has "$T/log" 'end=logins'
}

@test "a failure makes its client wait; too many end all trying" {
	local before
	control limits 'auth-delay: 1' 'auth-failures-address: 1'
	before=$(date +%s%N)
	TCPREMOTEIP=192.0.2.7 smtp "${EHLO}AUTH PLAIN $BAD\r\n"
	[ $(($(date +%s%N) - before)) -ge 500000000 ]
	TCPREMOTEIP=192.0.2.7 smtp "${EHLO}AUTH PLAIN $ANN\r\n"
	replies '454 4.7.0 Too many failures; try again later'
	TCPREMOTEIP=192.0.2.8 smtp "${EHLO}AUTH PLAIN $ANN\r\n"
	replies "$welcome"
}

@test "without authd, AUTH is 454 and the session goes on" {
	mkdir "$T/bin"
	ln -s "$SATCHEL_BIN/enqueue" "$T/bin/enqueue"
	control aliases 'postmaster: joe@away.test'
	export SATCHEL_BIN=$T/bin
	smtp "${EHLO}AUTH PLAIN $ANN\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n.\r\n"
	[ "$(head -n 1 <<<"$output")" = '454 4.7.0 Logins cannot be checked now; try again later' ]
	assert_output_has '250 2.0.0 Ok: queued'
	ln -s /bin/false "$T/bin/authd"
	smtp "${EHLO}AUTH PLAIN $ANN\r\nNOOP\r\n"
	replies '454 4.7.0 Logins cannot be checked now; try again later' '250 2.0.0 Ok'
	[ "$(grep -c 'result=temporary' "$T/log")" -eq 1 ]
}

serve() {
	start authd -w
	wait_for 10 grep -q ready "$STARTED_LOG"
	SERVICE=$STARTED_PID
}

@test "the service may die in the middle of an exchange" {
	local worker
	serve
	export SATCHEL_BIN=/nonexistent
	mkfifo "$T/in"
	start bash -c 'exec smtpd <"$T/in"'
	exec 5>"$T/in"
	printf 'EHLO x\r\nAUTH LOGIN\r\n' >&5
	wait_for 10 grep -q '^334 VXN' "$STARTED_LOG"
	for worker in $(pgrep -P "$SERVICE"); do
		kill -s KILL "$worker"
	done
	printf '%s\r\nAUTH PLAIN %s\r\nQUIT\r\n' "$(b64 ann@example.org)" "$ANN" >&5
	exec 5>&-
	wait_for 10 grep -q '^smtpd: session' "$STARTED_LOG"
	[ "$(tr -d '\r' <"$STARTED_LOG" | grep -c '^454 4.7.0')" -eq 1 ]
	grep -q '^235 ' "$STARTED_LOG"
}

@test "who goes away in the middle leaves nothing running" {
	run bash -c 'printf "EHLO x\r\nAUTH LOGIN\r\n" | timeout 60 smtpd 2>"$T/log"'
	assert_status 0
	assert_file_has "$T/log" 'end=eof'
	no_authd() { [ -z "$(ours '^authd -s')" ]; }
	wait_for 20 no_authd
}

@test "a session with AUTH may come in any pieces" {
	serve
	run bash -c 'printf "EHLO x\r\nAUTH LOGIN\r\n%s\r\n%s\r\nAUTH FOO\r\nRSET\r\nQUIT\r\n" "$1" "$2" |
		python3 -S "$ROOT/t/smtpd.py" split' split "$(b64 ann@example.org)" "$(b64 secret)"
	assert_status 0
	assert_output_has "$welcome"
}

# Clients of others, over TCP.
listening() {
	serve
	PORT=$(free_port)
	start smtpd -l "127.0.0.1:$PORT"
	wait_for 10 port_open "$PORT"
	control relayhosts 192.0.2.1
}

@test "swaks, curl and python3 log in" {
	control relayhosts 192.0.2.1
	control authentication 'plaintext: yes' 'mechanisms: SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5'
	listening
	for mechanism in PLAIN LOGIN; do
		run -0 swaks --server 127.0.0.1 --port "$PORT" --helo x.test --from ann@example.org \
			--to joe@far.test --auth "$mechanism" --auth-user ann@example.org --auth-password secret
	done
	run -28 swaks --server 127.0.0.1 --port "$PORT" --helo x.test --from ann@example.org \
		--to joe@far.test --auth PLAIN --auth-user ann@example.org --auth-password no
	printf 'Subject: x\r\n\r\nx\r\n' >"$T/message"
	run -0 curl -sS --user test:1234 --login-options AUTH=CRAM-MD5 --url "smtp://127.0.0.1:$PORT/x.test" \
		--mail-from a@x.test --mail-rcpt joe@far.test --upload-file "$T/message"
	run -0 curl -sS --user ann@example.org:secret --login-options AUTH=PLAIN --sasl-ir \
		--url "smtp://127.0.0.1:$PORT/x.test" --mail-from a@x.test --mail-rcpt joe@far.test \
		--upload-file "$T/message"
	run -0 python3 -S - "$PORT" <<-'END'
		import smtplib, sys
		for login, password, known in (("test", "1234", True), ("ann@example.org", "secret", True),
		                               ("test", "x", False)):
		    with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
		        try:
		            s.login(login, password)
		            assert known
		        except smtplib.SMTPAuthenticationError as e:
		            assert not known and e.smtp_code == 535, e
	END
}

@test "under TLS: SCRAM bound to it by both bindings, certificates, and STARTTLS forgets the login" {
	local print
	control relayhosts 192.0.2.1
	setup_tls
	control tls 'client-certificates: ask' "client-ca: $KEYS/client.crt"
	print=$(openssl x509 -in "$KEYS/client.crt" -outform DER | sha256sum | cut -d ' ' -f 1)
	control fingerprints "$print: ann@example.org"
	listening
	for what in end-point exporter again; do
		run -0 python3 -S "$ROOT/t/smtpd-auth.py" "$what" "$PORT" ann@example.org secret
		[ "${output:0:4}" = '235 ' ]
	done
	[ "$(grep -c 'mechanism=SCRAM-SHA-256-PLUS result=accepted' "$STARTED_LOG")" -eq 2 ]
	run -0 python3 -S "$ROOT/t/smtpd-auth.py" end-point "$PORT" ann@example.org wrong
	[ "${output:0:4}" = '535 ' ]
	run -0 python3 -S "$ROOT/t/smtpd-auth.py" forged "$PORT" ann@example.org secret
	[ "${output:0:4}" = '535 ' ]
	run -0 python3 -S "$ROOT/t/smtpd-auth.py" external "$PORT" "$KEYS/client"
	[ "${output:0:4}" = '235 ' ]
	run -1 python3 -S "$ROOT/t/smtpd-auth.py" external "$PORT" "$KEYS/other"
	assert_output_has AssertionError
}
