#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) and who it is to relays: whom a secret is told, and which mail goes as whom.
# shellcheck disable=SC2030,SC2031,SC2154

load helper
load dns
load smtp-send
load tls
load login

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key here ec
	make_key mx.example ec
}

@test "a connection serves those alone who would log in likewise" {
	auth_sink --auth '235 2.7.0 in'
	credentials "127.0.0.1 @a.test: login=a insecure password=x" "127.0.0.1 @b.test: login=b insecure password=x"
	wire one
	to=smtp:127.0.0.1:$SINK
	together smtp-send -w \
		-- "$T/one" "$to" from=x@a.test joe@example.test -- "$T/one" "$to" from=y@a.test joe@example.test \
		-- "$T/one" "$to" from=x@b.test joe@example.test -- "$T/one" "$to" from=x@c.test joe@example.test \
		-- "$T/one" "$to" from=z@c.test joe@example.test
	assert_status 0
	[ "$(grep -o '[0-9]* b.AUTH PLAIN [^\\]*' "$OUT/log")" = \
		"1 b'AUTH PLAIN $(b64 '\0a\0x')"$'\n'"2 b'AUTH PLAIN $(b64 '\0b\0x')" ]
	[ "$(sed -n 's/^\([0-9]\).*MAIL FROM:<\([a-z]@[a-z]\).*/\1 \2/p' "$OUT/log" | tr '\n' ,)" = \
		'1 x@a,1 y@a,2 x@b,3 x@c,3 z@c,' ]
}

@test "under TLS: who the server is must be sure, and SCRAM is bound to the connection" {
	local print
	setup_tls
	mkdir "$T/far"
	mv "$SATCHEL_CONTROL/certificates" "$T/far"
	start_smtpd 'SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN'
	rm "$T/far/authentication" # the passwords of who speaks in plaintext are not taken
	control tlsclient "ca: $KEYS/here.crt"
	credentials "127.0.0.1: login=ann@example.org password=secret" \
		"127.0.0.1 weak@example.org: login=ann@example.org mechanisms=plain password=secret" \
		"127.0.0.1 wrong@example.org: login=ann@example.org password=wrong" \
		"localhost: login=ann@example.org password=secret"
	send -f ann@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
	assert_status 111
	assert_output_has 'no login: it is not sure who the server is'
	# with a login, verification is wanted of whoever has a name
	send -f ann@example.org "smtp:localhost:$PORT" joe@elsewhere.test
	assert_status 111
	assert_output_has 'certificate is for here.test, not for localhost'
	lacks result= "$STARTED_LOG"
	print=$(openssl x509 -in "$KEYS/here.crt" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
	for policy in 'verify here.test' "fingerprint $print"; do
		control tlspolicy "127.0.0.1: $policy"
		: >"$STARTED_LOG"
		send -f ann@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
		assert_status 0
		assert_file_has "$STARTED_LOG" 'mechanism=SCRAM-SHA-256-PLUS result=accepted'
	done
	send -f weak@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
	assert_status 0
	assert_file_has "$STARTED_LOG" 'mechanism=PLAIN result=accepted'
	send -f wrong@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
	assert_status 111
	assert_output_has 'login by SCRAM-SHA-256-PLUS failed: 535'
	# a login of the command line wants no less
	send -l ann@example.org -p /dev/fd/4 "smtp:localhost:$PORT" joe@elsewhere.test 4< <(echo secret)
	assert_status 111
	send --tls 'verify here.test' -l ann@example.org -p /dev/fd/4 "smtp:localhost:$PORT" joe@elsewhere.test 4< <(echo secret)
	assert_status 0
}

@test "a name that the DNS alone gave, unsigned, is told no secret" {
	start_dns <<-ZONE
		far MX 10 mx
		mx A 127.0.0.1
	ZONE
	auth_sink --tls "$KEYS/mx.example" --auth '235 2.7.0 in'
	control mxport "$SINK"
	control resolvers "127.0.0.1:$DNS_PORT"
	control tlsclient "ca: $KEYS/mx.example.crt"
	for level in may verify; do
		send --tls "$level" -l joe -p /dev/fd/4 far.example.test joe@far.example.test 4< <(echo secret)
		assert_status 111
		assert_output_has 'no login: it is not sure who the server is'
	done
	credentials 'far.example.test: login=joe password=secret'
	send --tls verify far.example.test joe@far.example.test
	assert_status 111
	lacks AUTH "$OUT/log"
	send --tls 'verify mx.example.test' far.example.test joe@far.example.test
	assert_status 0
	assert_file_has "$OUT/log" 'AUTH PLAIN'
}

@test "queued mail goes by the relay of its sender, each with its own login" {
	auth_sink --auth '235 2.7.0 in'
	local first=$SINK first_out=$OUT
	auth_sink --auth '235 2.7.0 in'
	control routes "*: smtp:127.0.0.1:$SINK"
	control senderroutes "joe@a.test: smtp:127.0.0.1:$first" "@b.test: smtp:127.0.0.1:$first"
	credentials "127.0.0.1:$first joe@a.test: login=joe insecure password=x" \
		"127.0.0.1:$first @b.test: login=b insecure password=x"
	for from in joe@a.test ann@a.test ann@b.test; do
		message | sendmail -f "$from" x@far.test
	done
	wait_for 10 pass_sent
	[ "$(cat "$OUT"/*.env | grep -o 'FROM:<[^>]*' | sort)" = 'FROM:<ann@a.test' ]
	[ "$(cat "$first_out"/*.env | grep -o 'FROM:<[^>]*' | sort | tr '\n' ' ')" = 'FROM:<ann@b.test FROM:<joe@a.test ' ]
	lacks "b'AUTH" "$OUT/log"
	assert_file_has "$first_out/log" "AUTH PLAIN $(b64 '\0joe\0x')"
	assert_file_has "$first_out/log" "AUTH PLAIN $(b64 '\0b\0x')"
	# what may not be read is an error where there is mail to be sent
	chmod 644 "$SATCHEL_CONTROL/credentials"
	run smtp-send -w </dev/null
	assert_status 100
}

pass_sent() {
	qrun 2>>"$T/log"
	[ "$(files_in "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred")" -eq 0 ]
}

@test "who submitted the message is told to whom this host has logged in, and to nobody else" {
	local n=0
	wire one
	auth_sink --auth '235 2.7.0 in'
	for submitter in joe+2Ba@example.test "<>" ""; do
		credentials "127.0.0.1: login=joe insecure password=secret"
		jobs ${submitter:+--submitter "$submitter"} smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
		assert_status 0
		assert_file_has "$OUT/$((++n)).env" " AUTH=${submitter:-<>}"
		rm "$SATCHEL_CONTROL/credentials"
		jobs ${submitter:+--submitter "$submitter"} smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
		assert_status 0
		lacks "AUTH=" "$OUT/$((++n)).env"
	done
}
