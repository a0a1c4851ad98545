#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) under TLS: what it verifies, what it does where that fails, and REQUIRETLS.

load helper
load smtp-send

# One authority, and what it has issued: KIND "good" for mx.test, and such as are not.
setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=ca" \
		    -keyout "$KEYS/ca.key" -out "$KEYS/ca.crt"
		issue good mx.test 30
		issue wild '*.mail.test' 30
		issue expired mx.test -1
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=mx.test" \
		    -addext subjectAltName=DNS:mx.test -keyout "$KEYS/self.key" -out "$KEYS/self.crt"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=mx.test" \
		    -keyout "$KEYS/bare.key" -out "$KEYS/bare.crt"
	} >"$KEYS/log" 2>&1 || cat "$KEYS/log" >&2
	# what sends a chain has its authority behind it
	cat "$KEYS/good.crt" "$KEYS/ca.crt" >"$KEYS/chain.crt"
	cp "$KEYS/good.key" "$KEYS/chain.key"
	cat "$KEYS/expired.crt" "$KEYS/ca.crt" >"$KEYS/oldchain.crt"
	cp "$KEYS/expired.key" "$KEYS/oldchain.key"
}

# issue FILE NAME DAYS
issue() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=x" \
	    -addext "subjectAltName=DNS:$2" -keyout "$KEYS/$1.key" -out "$KEYS/$1.csr" &&
	    openssl x509 -req -in "$KEYS/$1.csr" -CA "$KEYS/ca.crt" -CAkey "$KEYS/ca.key" -days "$3" \
	        -copy_extensions copy -out "$KEYS/$1.crt"
}

setup() {
	setup_satchel
	control tlsclient "ca: $KEYS/ca.crt"
}

# start_tls KEYS OPTION...
start_tls() {
	local keys=$1
	shift
	start_sink --tls "$KEYS/$keys" "$@"
}

# use_tls KEYS: one sink for each, that is kept
use_tls() {
	[ -z "${SINKS[$1]-}" ] || {
		SINK=${SINKS[$1]}
		return
	}
	start_tls "$1"
	SINKS[$1]=$SINK
}

# to_tls [OPTION...] RECIPIENT
to_tls() {
	send -f me@example.org "${@:1:$#-1}" "smtp:127.0.0.1:$SINK" "${@: -1}"
}

# gives STATUS CODE TLS [TEXT]: what the one recipient's line says.
gives() {
	[[ $output == "$1"$'\tjoe@x.test\t'"$2"$'\t127.0.0.1[127.0.0.1]:'"$SINK"$'\t'*"${4-}"*$'\t'"$3" ]] && return
	printf 'expected: %s\ngot: %s\n' "$*" "$output" >&2
	return 1
}

# HEX of SHA-256: fingerprint NAME, key_print NAME
fingerprint() {
	openssl x509 -in "$KEYS/$1.crt" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1
}

key_print() {
	openssl x509 -in "$KEYS/$1.crt" -pubkey -noout | openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -r | cut -d' ' -f1
}

@test "STARTTLS where it is offered: EHLO again, all commands in one write, and nothing in plaintext" {
	start_tls self
	to_tls joe@x.test
	assert_status 0
	gives delivered 2.0.0 'TLSv1.3 unverified'
	[ "$(cut -d' ' -f2- "$OUT/log" | head -n 5)" = "b'EHLO here.test\\r\\n'
b'STARTTLS\\r\\n'
tls TLSv1.3 new None
b'EHLO here.test\\r\\n'
b'MAIL FROM:<me@example.org> SIZE=24\\r\\nRCPT TO:<joe@x.test>\\r\\nDATA\\r\\n'" ]
	[ -s "$OUT/1.eml" ]
	to_tls --tls none joe@x.test
	gives delivered 2.0.0 none
}

@test "verification by level, and why not, in words" {
	local good key_of
	good=$(fingerprint good) key_of=$(key_print good)
	declare -A SINKS
	while read -r keys level wanted tls text; do
		use_tls "$keys"
		to_tls --tls "${level//+/ }" joe@x.test
		gives "${wanted%,*}" "${wanted#*,}" "${tls//+/ }" "$text"
	done <<-ROWS
		good may delivered,2.0.0 TLSv1.3+unverified
		good encrypt delivered,2.0.0 TLSv1.3+unverified
		good verify+mx.test delivered,2.0.0 TLSv1.3+verified
		good verify+MX.test delivered,2.0.0 TLSv1.3+verified
		good verify+a.test+mx.test delivered,2.0.0 TLSv1.3+verified
		good verify+.test delivered,2.0.0 TLSv1.3+verified
		good verify+a.test temporary,4.7.5 none certificate is for mx.test, not for a.test
		good verify temporary,4.7.5 none there is no name
		wild verify+a.mail.test delivered,2.0.0 TLSv1.3+verified
		wild verify+mail.test temporary,4.7.5 none certificate is for *.mail.test, not for mail.test
		wild verify+a.b.mail.test temporary,4.7.5 none certificate is for *.mail.test, not for a.b.mail.test
		expired verify+mx.test temporary,4.7.5 none certificate expired on 20
		expired encrypt delivered,2.0.0 TLSv1.3+unverified
		self verify+mx.test temporary,4.7.5 none certificate is self-signed
		bare verify+mx.test temporary,4.7.5 none certificate is self-signed
		good fingerprint+$good delivered,2.0.0 TLSv1.3+fingerprint
		self fingerprint+$good temporary,4.7.5 none certificate has another fingerprint: $(fingerprint self)
		expired fingerprint+$good+$(key_print expired) delivered,2.0.0 TLSv1.3+fingerprint
		good fingerprint+$key_of delivered,2.0.0 TLSv1.3+fingerprint
	ROWS
}

@test "an authority that is not known, and a name in the subject alone" {
	control tlsclient "ca: $KEYS/self.crt"
	start_tls good
	to_tls --tls 'verify mx.test' joe@x.test
	assert_status 111
	gives temporary 4.7.5 none 'issued by an authority that is not known here: /CN=ca'
	control tlsclient "ca: $KEYS/bare.crt"
	start_tls bare
	to_tls --tls 'verify mx.test' joe@x.test
	gives temporary 4.7.5 none 'certificate names no server, and not mx.test'
	lacks MAIL "$OUT/log"
}

@test "DANE: usage 3 minds neither name nor time, usage 2 minds both; and what does not match" {
	local ca
	ca=$(openssl x509 -in "$KEYS/ca.crt" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
	declare -A SINKS
	while read -r keys name wanted tls record text; do
		use_tls "$keys"
		to_tls --tls "verify $name" --tlsa "${record//+/ }" joe@x.test
		gives "${wanted%,*}" "${wanted#*,}" "${tls//+/ }" "$text"
	done <<-ROWS
		good mx.test delivered,2.0.0 TLSv1.3+dane 3+1+1+$(key_print good)
		good mx.test delivered,2.0.0 TLSv1.3+dane 3+0+1+$(fingerprint good)
		expired other.test delivered,2.0.0 TLSv1.3+dane 3+1+1+$(key_print expired)
		self mx.test temporary,4.7.5 none 3+1+1+$(key_print good) no TLSA record matches the certificate
		good mx.test temporary,4.7.5 none 3+1+1+$(key_print self) no TLSA record matches the certificate
		chain mx.test delivered,2.0.0 TLSv1.3+dane 2+0+1+$ca
		chain other.test temporary,4.7.5 none 2+0+1+$ca certificate is for mx.test, not for other.test
		oldchain mx.test temporary,4.7.5 none 2+0+1+$ca certificate expired on 20
		self mx.test delivered,2.0.0 TLSv1.3+unverified 3+1+1+abcd
	ROWS
}

@test "without STARTTLS, or where it is refused, only what need not have it goes" {
	start_sink
	to_tls --tls encrypt joe@x.test
	assert_status 111
	gives temporary 4.7.4 none 'TLS is required, but the server does not offer STARTTLS'
	to_tls joe@x.test
	gives delivered 2.0.0 none
	for reply in '454 4.7.0 not now' '502 5.5.1 no'; do
		start_tls good --at "starttls=$reply"
		to_tls --tls encrypt joe@x.test
		gives temporary 4.7.4 none "the server refuses STARTTLS: $reply"
		to_tls joe@x.test
		gives delivered 2.0.0 none
	done
}

@test "a handshake that fails: once more in plaintext where that may be, and no further" {
	control limits 'smtp-timeout: 6' # three seconds or so
	for action in close garbage reset stall; do
		start_tls good --at "tls=$action"
		to_tls joe@x.test
		gives delivered 2.0.0 none
		[ "$(grep -c "STARTTLS" "$OUT/log")" -eq 1 ]
		[ "$(grep -c "^2 .*MAIL FROM" "$OUT/log")" -eq 1 ]
		to_tls --tls encrypt joe@x.test
		assert_status 111
		[[ $output == $'temporary\tjoe@x.test\t4.7.5\t'*"it cannot be had: "* ]]
		[ "$(grep -c "MAIL FROM" "$OUT/log")" -eq 1 ]
	done
	[[ $output == *"did not answer in time"* ]]
	# the same before it, and behind one that went well
	for step in starttls secure; do
		start_tls good --at "$step=close"
		to_tls joe@x.test
		gives delivered 2.0.0 none
		[ "$(grep -c "STARTTLS" "$OUT/log")" -eq 1 ]
	done
}

@test "what stands behind the reply to STARTTLS is an attack: nothing is sent" {
	for more in 'hello' '250 injected'; do
		start_tls good --at "starttls=220 go on\\r\\n$more"
		to_tls joe@x.test
		assert_status 111
		gives temporary 4.5.0 none 'the server spoke before TLS'
		lacks 'MAIL\|injected' "$OUT/log"
	done
	start_tls good --at 'starttls=250 go on'
	to_tls joe@x.test
	gives temporary 4.5.0 none '250 go on'
}

@test "what was offered in plaintext is forgotten" {
	start_tls good --at 'ehlo=250-sink.test\r\n250-SIZE 10\r\n250-PIPELINING\r\n250 STARTTLS@1' --without SIZE
	to_tls joe@x.test
	gives delivered 2.0.0 'TLSv1.3 unverified'
	assert_file_has "$OUT/1.env" 'MAIL FROM:<me@example.org>'
	lacks SIZE= "$OUT/log"
}

@test "smtps: TLS comes first, and there is no way back" {
	start_tls good --smtps
	send -f me@example.org --tls 'verify mx.test' "smtps:127.0.0.1:$SINK" joe@x.test
	gives delivered 2.0.0 'TLSv1.3 verified'
	assert_file_has "$OUT/log" "tls TLSv1.3 new 'mx.test'"
	send -f me@example.org "smtps:127.0.0.1:$SINK" joe@x.test
	gives delivered 2.0.0 'TLSv1.3 unverified'
	start_sink
	control limits 'smtp-timeout: 20'
	send -f me@example.org "smtps:127.0.0.1:$SINK" joe@x.test
	gives temporary 4.7.5 none 'it cannot be had: what the server says is not TLS'
	lacks MAIL "$OUT/log"
}

@test "REQUIRETLS: a verified server that promises the same, or none" {
	start_tls good --with REQUIRETLS
	to_tls --require-tls --tls 'verify mx.test' joe@x.test
	gives delivered 2.0.0 'TLSv1.3 verified'
	assert_file_has "$OUT/1.env" 'MAIL FROM:<me@example.org> SIZE=24 REQUIRETLS'
	to_tls --require-tls --tls "encrypt" --tlsa "3 1 1 $(key_print good)" joe@x.test
	gives permanent 5.7.10 none 'message requires TLS, but'
	to_tls --require-tls joe@x.test
	assert_status 100
	[[ $output == $'permanent\tjoe@x.test\t5.7.10\t-\t'*'nobody vouches for the name'* ]]
	to_tls --require-tls --tls 'verify other.test' joe@x.test
	gives permanent 5.7.10 none 'certificate is for mx.test, not for other.test'
	start_tls good
	to_tls --require-tls --tls 'verify mx.test' joe@x.test
	gives permanent 5.7.30 'TLSv1.3 verified' 'which the server does not promise'
	lacks MAIL "$OUT/log"
	# reports go all the same
	send --require-tls "smtp:127.0.0.1:$SINK" joe@x.test
	gives delivered 2.0.0 'TLSv1.3 unverified'
	lacks REQUIRETLS "$OUT/log"
	start_sink
	to_tls --require-tls --tls 'verify mx.test' joe@x.test
	gives permanent 5.7.10 none 'does not offer STARTTLS'
}

@test "settings and options that are wrong" {
	start_tls good
	while IFS='|' read -r setting text; do
		control tlsclient "$setting"
		to_tls joe@x.test
		assert_status 100
		assert_output_has "$text"
	done <<-ROWS
		ca: x|tlsclient, line 1: ca: the full name of a file is expected
		ca: /nowhere|tlsclient: /nowhere:
		certificate: $KEYS/good.crt|a certificate has no private key
		minimum: SSLv3|minimum: TLSv1.2 or TLSv1.3 is expected
		other: 1|a setting that satchel-control(5) lists is expected
	ROWS
	control tlsclient
	for option in '--tls=maybe' '--tls=verify a b c d e' '--tls=fingerprint' '--tls=dane-only' \
	    '--tlsa=1 1 1 ab' '--tlsa=3 1 1 abc' '--tlsa=3 1 1' '--tlsa=3 1 1 ab cd'; do
		to_tls "$option" joe@x.test
		assert_status 100
		assert_output_has "Try 'smtp-send --help'"
	done
}

@test "TLS 1.2, and a server that wants to know who we are" {
	control tlsclient "ca: $KEYS/ca.crt" 'minimum: TLSv1.3'
	start_tls good --tls-version TLSv1_2
	to_tls --tls encrypt joe@x.test
	gives temporary 4.7.5 none 'it cannot be had'
	control tlsclient "ca: $KEYS/ca.crt"
	to_tls --tls 'verify mx.test' joe@x.test
	gives delivered 2.0.0 'TLSv1.2 verified'
	# the reason is what ended the handshake, not a certificate that need not be good
	start_tls self --tls-ca "$KEYS/ca.crt" --tls-version TLSv1_2
	to_tls --tls encrypt joe@x.test
	gives temporary 4.7.5 none 'it cannot be had: '
	[[ $output == *alert* && $output != *self-signed* ]]
	to_tls --tls 'verify mx.test' joe@x.test
	gives temporary 4.7.5 none 'it cannot be had: certificate is self-signed'
	start_tls good --tls-ca "$KEYS/ca.crt"
	to_tls --tls encrypt joe@x.test
	assert_status 111
	lacks MAIL "$OUT/log"
	chmod o= "$KEYS/wild.key"
	control tlsclient "ca: $KEYS/ca.crt" "certificate: $KEYS/wild.crt $KEYS/wild.key"
	to_tls --tls encrypt joe@x.test
	gives delivered 2.0.0 'TLSv1.3 unverified'
}

@test "TLS-Required: No goes where TLS fails, but not against an administrator here" {
	start_tls self
	printf 'TLS-Required: No\nSubject: your certificate\n\nhello\n' >"$T/no"
	for message in 'TLS-Required: No' 'subject: x\nTls-required:\n no' ''; do
		printf "$message\nSubject: your certificate\n\nhello\n" >"$T/message"
		MESSAGE=$T/message to_tls --tls 'verify mx.test' --tlsa "3 1 1 $(key_print good)" joe@x.test
		if [ -n "$message" ]; then
			gives delivered 2.0.0 'TLSv1.3 unverified'
		else
			gives temporary 4.7.5 none
		fi
		MESSAGE=$T/message to_tls --tls 'verify mx.test' joe@x.test
		gives temporary 4.7.5 none
	done
	for message in 'TLS-Required: No\nTLS-Required: No' 'TLS-Required: Nope'; do
		printf "$message\n\nTLS-Required: No\n" >"$T/message"
		MESSAGE=$T/message to_tls --tls 'verify mx.test' --tlsa "3 1 1 $(key_print good)" joe@x.test
		gives temporary 4.7.5 none
	done
	# REQUIRETLS overrules it
	MESSAGE=$T/no to_tls --require-tls --tls 'verify mx.test' --tlsa "3 1 1 $(key_print good)" joe@x.test
	gives permanent 5.7.10 none
	start_sink
	MESSAGE=$T/no to_tls --tls 'verify mx.test' --tlsa "3 1 1 $(key_print good)" joe@x.test
	gives delivered 2.0.0 none
}
