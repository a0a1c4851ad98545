#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) as a worker under TLS: what is kept from job to job, and what must not be.

load helper
load smtp-send

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=ca" \
		    -keyout "$KEYS/ca.key" -out "$KEYS/ca.crt"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=x" \
		    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:false \
		    -CA "$KEYS/ca.crt" -CAkey "$KEYS/ca.key" -keyout "$KEYS/good.key" -out "$KEYS/good.crt"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=x" \
		    -addext subjectAltName=DNS:localhost -keyout "$KEYS/self.key" -out "$KEYS/self.crt"
	} >"$KEYS/log" 2>&1 || cat "$KEYS/log" >&2
}

setup() {
	setup_satchel
	control tlsclient "ca: $KEYS/ca.crt"
	printf 'Subject: one\r\n\r\nhello\r\n' >"$T/one"
}

# jobs [OPTION...] -- DESTINATION RECIPIENT[,FIELD]... (the message is always the same)
jobs() {
	local words=() word
	for word; do
		words+=("$word")
		[ "$word" = -- ] && words+=("$T/one")
	done
	run timeout 60 python3 -S "$ROOT/t/jobs.py" --tls smtp-send -w "${words[@]}"
	results=$(grep $'^[0-9]*\t' <<<"$output" | cut -f 3,4,7)
}

# Two servers; a job for the other one ends the connection to the first.
start_both() {
	start_sink
	other=smtp:127.0.0.1:$SINK
	start_sink "$@"
	to=smtp:localhost:$SINK
}

@test "one connection for one destination, and commands behind the message under TLS, too" {
	start_sink --tls "$KEYS/self"
	to=smtp:localhost:$SINK
	together --tls smtp-send -w -- "$T/one" "$to" a@x.test \
	    -- "$T/one" "$to" b@x.test -- "$T/one" "$to" c@x.test
	assert_status 0
	[ "$(grep -c 'TLSv1.3 unverified$' <<<"$output")" -eq 3 ]
	[ "$(grep -c ' tls ' "$OUT/log")" -eq 1 ]
	[ "$(grep -c '^1 behind b.MAIL FROM' "$OUT/log")" -eq 2 ]
	wait_for 20 grep -q QUIT "$OUT/log" # nobody waits for the reply to that
}

@test "sessions are resumed, with what was found of the server" {
	for version in TLSv1_3 TLSv1_2; do
		start_both --tls "$KEYS/good" --tls-version "$version"
		control tlspolicy 'localhost: verify'
		jobs -- "$to" a@x.test -- "$other" a@x.test -- "$to" b@x.test -- "$other" a@x.test -- "$to" c@x.test
		[ "$(grep -c "verified$" <<<"$results")" -eq 3 ]
		[ "$(grep -c $'^D\t2.0.0\t' <<<"$results")" -eq 5 ]
		[ "$(grep -o " tls ${version/_/.} .*" "$OUT/log" | cut -d' ' -f4- | tr '\n' ' ')" = \
		    "new 'localhost' resumed 'localhost' resumed 'localhost' " ]
	done
}

@test "a session that was made unverified does not serve where verification is required" {
	start_both --tls "$KEYS/self" --with REQUIRETLS
	jobs -- "$to" a@x.test -- "$to" b@x.test,Q1 -- "$to" c@x.test
	[ "$results" = $'D\t2.0.0\tTLSv1.3 unverified\nP\t5.7.10\tnone\nD\t2.0.0\tTLSv1.3 unverified' ]
	assert_output_has 'certificate is self-signed'
	# the last one took up the session of the first
	[ "$(grep -o ' tls [^ ]* [a-z]*' "$OUT/log")" = ' tls TLSv1.3 new
 tls TLSv1.3 resumed' ]
	[ "$(grep -c REQUIRETLS "$OUT/log")" -eq 0 ]
}

@test "REQUIRETLS over the connection that is there, if it is good enough" {
	start_both --tls "$KEYS/good" --with REQUIRETLS
	jobs -- "$to" a@x.test -- "$to" b@x.test,Q1 -- "$to" c@x.test
	[ "$results" = $'D\t2.0.0\tTLSv1.3 trusted\nD\t2.0.0\tTLSv1.3 trusted\nD\t2.0.0\tTLSv1.3 trusted' ]
	[ "$(grep -c ' tls ' "$OUT/log")" -eq 1 ]
	[ "$(grep -l REQUIRETLS "$OUT"/*.env)" = "$OUT/2.env" ]
	# and a new one where the first does without TLS
	start_both
	jobs -- "$to" a@x.test -- "$to" b@x.test,Q1 -- "$to" c@x.test
	[ "$results" = $'D\t2.0.0\tnone\nP\t5.7.10\tnone\nD\t2.0.0\tnone' ]
}

@test "REQUIRETLS over the connection of another domain, if the same was verified for it" {
	printf '+%s\n' 'a.test MX 10 localhost' 'b.test MX 10 localhost' 'c.test MX 10 localhost' \
	    'localhost A 127.0.0.1' >"$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	control resolvers "127.0.0.1:$(cat "$STARTED_LOG")"
	start_sink --tls "$KEYS/good" --with REQUIRETLS
	control mxport "$SINK"
	jobs -- mx:b.test a@b.test -- mx:c.test a@c.test,Q1 -- mx:c.test b@c.test,Q1
	[ "$(sort -u <<<"$results")" = $'D\t2.0.0\tTLSv1.3 trusted' ]
	[ "$(grep -c ' tls ' "$OUT/log")" -eq 1 ]
	# a name that another domain made do with is not that of this server
	sed -i 's/localhost/mx.test/' "$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	control resolvers "127.0.0.1:$(cat "$STARTED_LOG")"
	control tlspolicy 'a.test: verify localhost'
	jobs -- mx:a.test a@a.test,Q1 -- mx:b.test a@b.test,Q1 -- mx:a.test b@a.test -- mx:b.test b@b.test -- mx:b.test c@b.test,Q1
	[ "$results" = $'D\t2.0.0\tTLSv1.3 verified
P\t5.7.10\tnone
D\t2.0.0\tTLSv1.3 verified
D\t2.0.0\tTLSv1.3 verified
P\t5.7.10\tnone' ]
}

@test "where TLS has failed, it is not tried again" {
	start_both --tls "$KEYS/self" --at 'tls=close'
	jobs -- "$to" a@x.test -- "$other" a@x.test -- "$to" b@x.test
	[ "$(sort -u <<<"$results")" = $'D\t2.0.0\tnone' ]
	[ "$(grep -c STARTTLS "$OUT/log")" -eq 1 ]
	# but for what requires it
	jobs -- "$to" a@x.test -- "$to" b@x.test,Q1
	[ "$results" = $'D\t2.0.0\tnone\nT\t4.7.10\tnone' ]
	[ "$(grep -c STARTTLS "$OUT/log")" -eq 3 ]
}

@test "our own server, with tlsd: the log says what TLS there was" {
	needs tcpserver
	mkdir -p "$SATCHEL_SPOOL/run/tlsd"
	control certificates "*: $KEYS/good.crt $KEYS/good.key"
	control locals here.test localhost
	start tcpserver -1 -R -H -l here.test 127.0.0.1 0 smtpd
	wait_for 10 grep -qx '[0-9]*' "$STARTED_LOG"
	port=$(grep -m 1 -x '[0-9]*' "$STARTED_LOG")
	control routes "away.test: smtp:localhost:$port"
	control tlspolicy 'localhost: verify'
	printf 'Subject: x\n\nhello\n' | enqueue -f ann@here.test root@away.test
	qrun 2>"$T/qrun.log"
	grep -E ' relay=localhost\[127\.0\.0\.1\]:[0-9]+ tls="TLSv1.3 verified" ' "$T/qrun.log"
	assert_file_has "$STARTED_LOG" 'tls=TLSv1.3'
}
