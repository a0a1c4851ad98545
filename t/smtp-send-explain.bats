#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1010 # "done" is a result
# smtp-send --explain: the way of a delivery, told and not gone to its end.

load helper
load smtp-send

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=mx.test" \
	    -addext subjectAltName=DNS:mx.test -keyout "$KEYS/self.key" -out "$KEYS/self.crt" 2>"$KEYS/log" ||
	    cat "$KEYS/log" >&2
}

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# A resolver with the records on standard input, and the port that mail goes to.
start_resolver() {
	cat >"$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	control resolvers "127.0.0.1:$(head -n 1 "$STARTED_LOG")"
}

# explain ARGUMENT...: the lines without the times
explain() {
	run smtp-send --explain "$@"
	output=$(awk -F'\t' -v OFS='\t' '{ if ($5 != "-") $5 = "MS"; print }' <<<"$output")
}

# has STEP RESULT SERVER CODE WORDS: a line that has all of that; * for anything within one
has() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053 # patterns
		[[ $line == $1$'\t'$2$'\t'$3$'\t'$4$'\t'*$'\t'$5 ]] && return 0
	done <<<"$output"
	printf 'expected: %s\nthe output is:\n%s\n' "$*" "$output" >&2
	return 1
}

steps() {
	cut -f1,2 <<<"$output" | tr '\t\n' '= '
}

@test "the whole way to a server of a route, with recipients, and no message" {
	start_sink --at 'rcpt:no@x.test=550 5.1.1 nobody' --at 'rcpt:later@x.test=450 4.2.0 greylisted'
	explain -f me@example.org "smtp:127.0.0.1:$SINK" yes@x.test no@x.test
	assert_status 100
	[ "$(steps)" = "address=note policy=done connect=done session=done tls=note login=note mail=done rcpt=done rcpt=permanent reset=done result=done result=permanent " ]
	has address note "127.0.0.1\[127.0.0.1\]:$SINK" - 'not signed'
	has policy done 127.0.0.1 - 'default: may: opportunistic*'
	has connect done "127.0.0.1\[127.0.0.1\]:$SINK" - 'from 127.0.0.1'
	has session done '*' - 'EHLO as here.test: PIPELINING SIZE 8BITMIME DSN'
	has tls note '*' - 'none: the server does not do STARTTLS, and need not'
	has mail done '*' - 'MAIL FROM:<me@example.org> is taken'
	has rcpt done yes@x.test '2.*' '250*'
	has rcpt permanent no@x.test 5.1.1 '550 5.1.1 nobody'
	explain -f me@example.org "smtp:127.0.0.1:$SINK" yes@x.test later@x.test
	assert_status 111
	has rcpt temporary later@x.test 4.2.0 '450 4.2.0 greylisted'
	# never DATA nor BDAT, and a transaction is taken back
	lacks '[DB]DAT\|DATA' "$OUT/log"
	grep -q RSET "$OUT/log"
	wait_for 20 grep -q QUIT "$OUT/log"
	[ ! -e "$OUT/1.eml" ]
}

@test "without recipients it ends with the session" {
	start_sink
	explain "smtp:127.0.0.1:$SINK" </dev/zero
	assert_status 0
	has result done - - 'a message could be sent now'
	lacks 'MAIL\|RSET' "$OUT/log"
}

@test "mail exchangers in their order: who cannot be reached, who is not tried, who refuses" {
	local port
	start_sink --host 127.0.0.3 --at 'mail=451 4.7.1 come back later'
	port=$SINK
	control mxport "$port"
	start_resolver <<-END
		example.test MX 10 gone.example.test
		example.test MX 20 mx.example.test
		example.test MX 30 none.example.test
		gone.example.test A 127.0.0.2
		mx.example.test A 127.0.0.3
	END
	explain -f me@example.org example.test joe@example.test
	assert_status 111
	has destination done - - 'MX records, not signed'
	has exchanger note gone.example.test - 'preference 10'
	has connect temporary "gone.example.test\[127.0.0.2\]:$port" 4.4.1 'unable to connect: Connection refused'
	has connect done "mx.example.test\[127.0.0.3\]:$port" - 'from *'
	has mail temporary '*' 4.7.1 '451 4.7.1 come back later'
	has address temporary - 4.4.4 'mail exchanger has no address: none.example.test'
	has result temporary "mx.example.test\[127.0.0.3\]:$port" 4.7.1 '451 4.7.1 come back later'
}

@test "whose word the policy is, and what TLS comes to" {
	start_sink --host 127.0.0.3 --tls "$KEYS/self"
	control mxport "$SINK"
	start_resolver <<-END
		+dane.test MX 10 mx.test
		+mx.test A 127.0.0.3
		+_$SINK._tcp.mx.test TLSA 3 1 1 $(key_print)
		+wrong.test MX 10 other.test
		+other.test A 127.0.0.3
		+_$SINK._tcp.other.test TLSA 3 1 1 $(printf '%064d' 1)
		plain.test MX 10 mx.test
		table.test MX 10 mx.test
		+broken.test MX 10 mx.broken.test
		+mx.broken.test A 127.0.0.3
		!_$SINK._tcp.mx.broken.test TLSA
	END
	control tlspolicy 'table.test: verify'
	explain dane.test
	assert_status 0
	has destination done - - 'MX records, signed (DNSSEC)'
	has policy done mx.test - 'dane: dane: 1 usable TLSA record (secure) at *'
	has tls done '*' - 'TLSv1.3 dane, TLS_*'
	explain wrong.test
	assert_status 111
	has tls unmet '*' 4.7.5 'TLS is required, but it cannot be had: no TLSA record matches the certificate'
	has result unmet '*' 4.7.5 '*no TLSA record matches*'
	explain plain.test
	assert_status 0
	has policy done mx.test - 'default: may: opportunistic; no DANE, as the MX records are not signed'
	has tls done '*' - 'TLSv1.3 unverified, TLS_*; mail goes all the same: certificate is self-signed'
	explain table.test
	assert_status 111
	has policy done mx.test - 'table: verify mx.test: tlspolicy for table.test*'
	has tls unmet '*' 4.7.5 '*certificate is self-signed'
	# what bounces is no less permanent for that
	explain -f me@example.org --require-tls plain.test
	assert_status 100
	has policy permanent - 5.7.10 '*nobody vouches *'
	has result permanent - 5.7.10 '*nobody vouches *'
	explain broken.test
	assert_status 111
	has policy temporary - 4.7.5 '*TLSA records cannot be looked up*'
	explain --tls encrypt table.test
	assert_status 0
	has policy done mx.test - 'command: encrypt, *'
}

key_print() {
	openssl x509 -in "$KEYS/self.crt" -pubkey -noout | openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -r | cut -d' ' -f1
}

@test "domains that no mail goes to, and words that no terminal obeys" {
	start_resolver <<-END
		null.test MX 0 .
	END
	explain null.test
	assert_status 100
	has destination permanent - 5.1.10 '*'
	explain nothing.test
	assert_status 100
	has destination permanent - 5.1.2 '*'
	start_sink --at $'greeting=554 go \033[2Jaway'
	explain "smtp:127.0.0.1:$SINK"
	has session permanent '*' '5.*' '554 go \\x1b*away'
}

@test "usage" {
	run smtp-send --explain
	assert_status 100
	run smtp-send --explain -w
	assert_status 100
	run smtp-send x.test
	assert_status 100
	assert_output_has RECIPIENT
}
