#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe: eight reasons why mail does not flow, each staged with real servers and a validating
# resolver. One command finds it, and the first screen of a terminal says what it is.

bats_require_minimum_version 1.5.0

load ../helper
load ../tls
load peers
load mail_servers
load dane

setup_file() {
	make_peer_key
	# a certificate of an authority that this host trusts, and one of it that was good a day ago
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca \
		-keyout "$KEYS/ca.key" -out "$KEYS/ca.crt" 2>/dev/null
	issue good "$(date -u -d '+30 days' +%y%m%d%H%M%SZ)"
	issue old "$(date -u -d '-1 day' +%y%m%d%H%M%SZ)"
}

# issue NAME END: $KEYS/NAME.crt for mx.NAME.test, good until END.
issue() {
	mkdir "$KEYS/$1.ca"
	touch "$KEYS/$1.ca/index"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\n' \
		"$KEYS/$1.ca/index" "$KEYS/$1.ca" >"$KEYS/$1.cnf"
	printf 'policy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n' >>"$KEYS/$1.cnf"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=mx.$1.test" \
		-addext "subjectAltName=DNS:mx.$1.test" -keyout "$KEYS/$1.key" -out "$KEYS/$1.csr" 2>/dev/null
	openssl ca -batch -config "$KEYS/$1.cnf" -in "$KEYS/$1.csr" -cert "$KEYS/ca.crt" -keyfile "$KEYS/ca.key" \
		-startdate 260101000000Z -enddate "$2" -notext -out "$KEYS/$1.crt" 2>/dev/null
}

setup() {
	setup_satchel
	export TERM=xterm COLUMNS=80 LINES=24 NO_COLOR=1
}

teardown() {
	stop_servers
}

# first_screen EXIT-CODE ARGUMENT...: what smtp-probe shows at a terminal of 80 by 24, without what
# it takes away again, in $T/screen.
first_screen() {
	local want=$1 code=0
	shift
	printf 'exec smtp-probe' >"$T/command"
	printf ' %q' "$@" >>"$T/command"
	timeout 60 script -qec "stty cols 80 rows 24; sh $T/command" /dev/null </dev/null >"$T/all" || code=$?
	tr -d '\r' <"$T/all" | sed 's/.*\x1b\[K//' | head -n 24 >"$T/screen"
	[ "$code" -eq "$want" ] || {
		cat "$T/all"
		echo "exit code $code"
		return 1
	}
}

# says TEXT...: in the first screen, lines run together.
says() {
	local all
	all=$(tr -s '\n ' '  ' <"$T/screen")
	for text; do
		[[ $all == *"$text"* ]] || {
			cat "$T/screen"
			echo "does not say: $text"
			return 1
		}
	done
}

# zones: on standard input, a line "DOMAIN RECORD..." each; all are signed.
zones() {
	local domain record last=
	while read -r domain record; do
		[ "$domain" = "$last" ] || : >"$T/records.$domain"
		last=$domain
		echo "$record" >>"$T/records.$domain"
	done
	dane_peers
	for file in "$T"/records.*; do
		zone "${file##*/records.}" - <"$file"
	done
	zone example.test - <<<'ready A 127.0.0.1
ready MX 0 ready'
	start_zones
}

# with_certificate NAME: what start_server has.
with_certificate() {
	for part in crt key; do
		cp "$KEYS/$1.$part" "$KEYS/peer.$part"
	done
	control tlsclient "ca: $KEYS/ca.crt"
}

@test "an expired certificate" {
	with_certificate old
	start_server exim tls
	control mxport "$PORT"
	zones <<-'END'
		old.test @ MX 10 mx
		old.test mx A 127.0.0.1
	END
	first_screen 1 old.test
	says expired "mx.old.test"
}

@test "a TLSA record of another key" {
	with_certificate good
	start_server exim tls
	control mxport "$PORT"
	zones <<-END
		good.test @ MX 10 mx
		good.test mx A 127.0.0.1
		good.test _$PORT._tcp.mx TLSA 3 1 1 $(printf '%064d' 7)
	END
	first_screen 1 good.test
	says TLSA "3 1 1 $(openssl x509 -in "$KEYS/good.crt" -noout -pubkey | openssl pkey -pubin -outform DER |
		sha256sum | cut -c 1-16)"
}

@test "an exchanger that there is not" {
	zones <<-'END'
		nowhere.test @ MX 10 gone
	END
	first_screen 68 nowhere.test
	says gone.nowhere.test
}

@test "greylisting" {
	start smtp-sink --at "rcpt=450 4.7.1 <joe@example.test>: Recipient address rejected: Greylisted"
	wait_for 20 test -s "$STARTED_LOG"
	first_screen 2 --to joe@example.test "127.0.0.1:$(cat "$STARTED_LOG")"
	says greylist "could not tell"
}

@test "relay denied" {
	start_server postfix
	first_screen 1 --from me@example.test --to ann@example.com "127.0.0.1:$PORT"
	says relay ann@example.com
}

@test "a limit on the size of messages" {
	control limits "message-size: 100000"
	start_server satchel
	first_screen 1 --size 2M --to joe@example.test "127.0.0.1:$PORT"
	says "too big" 100000
}

@test "a login under TLS alone" {
	with_certificate good
	PLAINTEXT_LACKS_TLS=yes start_server dovecot-submission tls
	# from an address that Dovecot does not take for its own host
	first_screen 2 --source 127.0.0.2 --tls off "127.0.0.1:$PORT"
	says "It offers no login before TLS" "--tls auto"
	first_screen 0 --source 127.0.0.2 "127.0.0.1:$PORT"
	says "Login is offered behind STARTTLS only"
}

@test "IPv6 that leads nowhere" {
	python3 -SI -c 'import _socket; _socket.socket(_socket.AF_INET6).bind(("::1", 0))' || skip 'there is no ::1 here'
	with_certificate good
	start_server exim tls
	control mxport "$PORT"
	zones <<-'END'
		good.test @ MX 10 mx
		good.test mx A 127.0.0.1
		good.test mx AAAA ::1
	END
	first_screen 1 good.test
	says IPv6 "[::1]:$PORT"
}
