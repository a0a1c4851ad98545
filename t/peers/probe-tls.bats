#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1) about TLS, and others about the same server: openssl s_client, Postfix's posttls-finger,
# testssl.sh; for DANE real signatures, a resolver that validates (unbound), and delv.

load ../helper
load ../smtp-send
load ../probe-tls
load peers
load dane

setup_file() {
	make_chains
}

setup() {
	setup_satchel
	control tlsclient "ca: $KEYS/root.crt"
	PORT=$(free_port)
	control mxport "$PORT"
}

teardown() {
	stop_started
}

# serve NAME [OPTION...]
serve() {
	start_sink --port "$PORT" --tls "$KEYS/$1" "${@:2}"
	SERVER=$STARTED_PID
}

serve_no_more() {
	stop "$SERVER" || true
}

# What openssl says of the server, as mx.example.test: ask_openssl [OPTION...]
ask_openssl() {
	timeout 60 openssl s_client -starttls smtp -connect "127.0.0.1:$PORT" -servername mx.example.test \
	    -verify_hostname mx.example.test "$@" </dev/null 2>&1 || true
}

ask_postfix() {
	MAIL_CONFIG=$T/postfix LD_LIBRARY_PATH=$PEER_LIBS timeout 60 "$PEERS/postfix/usr/sbin/posttls-finger" -c -l secure \
	    -F "$KEYS/root.crt" "[127.0.0.1]:$PORT" mx.example.test 2>&1 || true
}

# value ID: of the first result
value() {
	sed -n "s/^{\"id\":\"$1\",.*\"value\":\"\([^\"]*\)\".*/\1/p" <<<"$ITS" | head -n 1
}

# agrees OPENSSL-CODE POSTFIX-WORD: the others about the certificate at hand
agrees() {
	output=$(ask_openssl -CAfile "$KEYS/root.crt")
	assert_output_has "Verify return code: $1 ("
	assert_output_has "New, $(value tls), Cipher is $(value cipher)"
	output=$(ask_postfix)
	assert_output_has "$2 TLS connection established to 127.0.0.1[127.0.0.1]:$PORT"
	# Postfix has the digest of the key, too: that of TLSA 3 1 1
	[ "$(grep -o 'pkey_fingerprint=[0-9A-F:]*' <<<"$output" | head -n 1 | cut -d= -f2 | tr -d : | tr A-F a-f)" = \
		"$(value certificate.tlsa | cut -d' ' -f4)" ]
}

@test "certificates: openssl and Postfix find the same, of each kind of trouble" {
	peer postfix usr/sbin/posttls-finger
	mkdir "$T/postfix"
	printf '%s\n' 'compatibility_level = 3.6' 'myhostname = here.test' 'mail_owner = daemon' 'setgid_group = mail' \
	    >"$T/postfix/main.cf"
	start python3 -S "$ROOT/t/resolver.py" <(printf '%s\n' 'example.test MX 10 mx.example.test' 'mx.example.test A 127.0.0.1')
	wait_for 20 test -s "$STARTED_LOG"
	control resolvers "127.0.0.1:$(head -n 1 "$STARTED_LOG")"

	serve good
	probe example.test
	found certificate.chain yes plain
	found certificate.name yes plain
	found certificate.dates yes plain
	agrees 0 Verified
	[[ $(ask_openssl -CAfile "$KEYS/root.crt") == *"Server Temp Key: $(value tls.group | tr x X),"* ]]
	serve_no_more

	# RFC 5280, 6: what openssl numbers 20 or 21, the issuer is not to be had
	serve alone
	probe example.test
	found certificate.chain no warning incomplete
	agrees 21 Untrusted
	serve_no_more

	# where the name is wrong (RFC 9525), Postfix and openssl call all of it so; here it is the name alone
	serve other
	probe example.test
	found certificate.chain yes plain
	found certificate.name no warning
	agrees 62 Untrusted
	serve_no_more

	# what is out of date is not trusted either, for Postfix; here it is the dates alone that are wrong
	serve expired
	probe example.test
	found certificate.chain yes plain
	found certificate.dates no problem
	agrees 10 Untrusted
	serve_no_more

	serve self
	probe example.test
	found certificate.chain no warning self-signed
	agrees 18 Untrusted
}

# The zone example.test, whose servers are all at 127.0.0.1.
dane_zone() {
	cat <<-END
		right MX 10 mx1
		mx1 A 127.0.0.1
		_$PORT._tcp.mx1 TLSA 3 1 1 $(tlsa_key good)
		anchor MX 10 mx2
		mx2 A 127.0.0.1
		_$PORT._tcp.mx2 TLSA 2 0 1 $(tlsa_whole middle)
		wrong MX 10 mx
		mx A 127.0.0.1
		_$PORT._tcp.mx TLSA 3 1 1 $(tlsa_key self)
		none MX 10 mx4
		mx4 A 127.0.0.1
		ready A 127.0.0.1
	END
}

# What delv and openssl make of DANE at HOST: the records that are signed, then whether one matches.
# ask_others HOST
ask_others() {
	local record records=()
	while read -r record; do
		records+=(-dane_tlsa_rrdata "$record")
	done < <(delv @127.0.0.1 -p "$RESOLVER" -a "$T/dns/delv" +root=example.test "_$PORT._tcp.$1" TLSA 2>&1 | tee -a "$T/delv.log" |
	    awk '/^; fully validated/ { good = 1 } good && $4 == "TLSA" { print $5, $6, $7, $8 $9 $10 }')
	[ "${#records[@]}" -gt 0 ] || {
		echo none
		return
	}
	if ask_openssl -dane_tlsa_domain "$1" "${records[@]}" -dane_ee_no_namechecks | grep -q '^Verification: OK'; then
		echo ok
	else
		echo mismatch
	fi
}

@test "DANE: unbound, delv and openssl find the same" {
	needs delv
	dane_peers
	serve good
	dane_zone | zone example.test -
	printf 'unsigned MX 10 mx\nmx A 127.0.0.1\n_%s._tcp.mx TLSA 3 1 1 %s\n' "$PORT" "$(tlsa_key good)" | zone plain.test
	start_zones
	# delv wants anchors in its own form
	sed -n 's/^\([^[:space:]]*\).*DNSKEY[[:space:]]*\([0-9]*\) \([0-9]*\) \([0-9]*\) \([^ ;]*\).*/trust-anchors { \1 static-key \2 \3 \4 "\5"; };/p' \
	    "$T/dns/anchors" >"$T/dns/delv"
	for one in right:mx1:yes:ok anchor:mx2:yes:ok wrong:mx:no:mismatch none:mx4:no:none; do
		IFS=: read -r domain host verdict word <<<"$one"
		probe "$domain.example.test"
		found dane "$verdict" '*' "\"value\":\"$word\""
		[ "$(ask_others "$host.example.test")" = "$word" ] || {
			echo "the others say of $host: $(ask_others "$host.example.test")" >&2
			cat "$T/delv.log" "$T/dns/anchors" "$T/dns/delv" >&2
			return 1
		}
	done
	# a zone that is not signed has no DANE, whatever is in it (RFC 7672, 2.2)
	probe unsigned.plain.test
	found dane no plain 'not signed'
	[ "$(ask_others mx.plain.test)" = none ]
	# smtp-send goes by the same
	run smtp-send --explain wrong.example.test
	assert_status 111
	assert_output_has 'no TLSA record matches'
	run smtp-send --explain anchor.example.test
	assert_status 0
	assert_output_has 'TLSv1.3 dane'
}

@test "versions of TLS: testssl.sh finds the same" {
	peer testssl.sh ''
	serve good --tls-version TLSv1_2
	probe --tls-versions "127.0.0.1:$PORT"
	found tls.version no plain 'not take TLSv1\.'
	found tls.version no plain 'not take TLSv1.1\.'
	found tls.version yes plain TLSv1.2
	found tls.version no warning TLSv1.3
	output=$(TESTSSL_INSTALL_DIR=$PEERS/testssl.sh/etc/testssl timeout 480 bash "$PEERS/testssl.sh/usr/bin/testssl" \
	    --quiet --color 0 --warnings off -t smtp -p --nodns none --ip 127.0.0.1 "127.0.0.1:$PORT" 2>&1) || true
	[[ $output == *"TLS 1 "*"not offered"*"TLS 1.1 "*"not offered"*"TLS 1.2 "*"offered (OK)"*"TLS 1.3 "*"not offered"* ]] || {
		printf '%s\n' "$output" >&2
		return 1
	}
}
