#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# DANE (RFC 7672) as it is in the world: zones that are signed, or wrongly, a resolver that validates
# (unbound), and a server with TLS (smtpd behind tlsd) that has another certificate under each name.

load ../helper
load peers
load dane

# One authority, and what it has issued; each certificate is named like the host that shows it.
setup_file() {
	export KEYS=$BATS_FILE_TMPDIR/keys
	mkdir "$KEYS"
	{
		self_signed ca ca 30 -extfile <(echo basicConstraints=critical,CA:TRUE) &&
			self_signed ee ee.example.test 30 &&
			self_signed eename elsewhere.test 30 &&
			self_signed eeold eeold.example.test -1 &&
			issue ta ta.example.test 30 &&
			issue tadomain tadomain.mail.example.test 30 &&
			issue taname elsewhere.test 30 &&
			issue taold taold.example.test -1
	} >"$KEYS/log" 2>&1 || {
		cat "$KEYS/log" >&2
		return 1
	}
}

# request FILE NAME
request() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
		-addext "subjectAltName=DNS:$2" -keyout "$KEYS/$1.key" -out "$KEYS/$1.csr"
}

# sign FILE DAYS OPTION...: days may be negative, as they may not where one program does it all
sign() {
	local file=$1 days=$2
	shift 2
	openssl x509 -req -in "$KEYS/$file.csr" -days "$days" -copy_extensions copy "$@" -out "$KEYS/$file.crt"
}

# self_signed FILE NAME DAYS OPTION...
self_signed() {
	local file=$1 name=$2 days=$3
	shift 3
	request "$file" "$name" && sign "$file" "$days" -signkey "$KEYS/$file.key" "$@"
}

# issue FILE NAME DAYS: with its authority behind it, as 3.1.2 wants
issue() {
	request "$1" "$2" && sign "$1" "$3" -CA "$KEYS/ca.crt" -CAkey "$KEYS/ca.key" &&
		cat "$KEYS/ca.crt" >>"$KEYS/$1.crt"
}

# The data of TLSA records: the key of a certificate, and a certificate itself.
key_of() {
	openssl x509 -in "$KEYS/$1.crt" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1
}

whole_of() {
	openssl x509 -in "$KEYS/$1.crt" -outform DER | sha256sum | cut -d ' ' -f 1
}

setup() {
	setup_satchel
	dane_peers
	start_server
	main_zone | zone example.test -
	# signed, and no longer in force
	echo "_$PORT._tcp.late TLSA 3 1 1 $(key_of ee)" | zone expired.test -i 20200101 -e 20200201
	printf '@ MX 10 ee.example.test.\nhost A 127.0.0.1\n' | zone plain.test
	start_zones
}

teardown() {
	stop_started
}

# One port: another certificate for each name that the client says (SNI), PORT.
start_server() {
	local name
	mkdir -p "$SATCHEL_SPOOL/run/tlsd"
	control relaydomains .example.test .expired.test plain.test
	{
		echo "*: $KEYS/ee.crt $KEYS/ee.key"
		for name in eename eeold ta tadomain taname taold; do
			echo "$name.example.test: $KEYS/$name.crt $KEYS/$name.key"
		done
	} >"$SATCHEL_CONTROL/certificates"
	start smtpd -l 127.0.0.1:0
	wait_for 20 grep -q 'smtpd: listening' "$STARTED_LOG"
	PORT=$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$STARTED_LOG")
	control mxport "$PORT"
	# and one without TLS
	start smtp-sink --host 127.0.0.2 --port "$PORT"
	wait_for 20 test -s "$STARTED_LOG"
}

# host NAME TLSA-DATA...: where mail for NAME.mail.example.test goes
host() {
	local name=$1 data
	shift
	printf '%s.mail MX 10 %s\n' "$name" "$name"
	printf '%s A 127.0.0.%d\n' "$name" "$([ "$name" = bare ] && echo 2 || echo 1)"
	for data; do
		echo "_$PORT._tcp.$name TLSA $data"
	done
}

main_zone() {
	local ee ca
	ee=$(key_of ee) ca=$(whole_of ca)
	echo 'ready MX 10 ee'
	host ee "3 1 1 $ee"
	host eename "3 1 1 $(key_of eename)"
	host eeold "3 0 1 $(whole_of eeold)"
	host ta "2 0 1 $ca"
	host tadomain "2 0 1 $ca"
	host taname "2 0 1 $ca"
	host taold "2 0 1 $ca"
	host wrong "3 1 1 $(key_of ta)"
	host rollover "3 1 1 $(key_of ta)" "3 1 1 $ee" "3 0 2 $ee$ee"
	host pkix "1 1 1 $(key_of ta)" "3 1 1 abcd"
	host bare "3 1 1 $ee"
	host nothing
	host late
	echo "_$PORT._tcp.late CNAME _$PORT._tcp.late.expired.test."
	printf 'second.mail MX 10 late\nsecond.mail MX 20 ee\n'
	printf 'alias.mail MX 10 aliased\naliased CNAME ta\n'
	# an alias out of what is signed: its own name counts (2.2.2)
	printf 'out.mail MX 10 out\nout CNAME host.plain.test.\n'
	echo "_$PORT._tcp.out TLSA 3 1 1 $ee"
}

# try DOMAIN: what smtp-send says
try() {
	run timeout 60 smtp-send -f me@example.org "$1" "joe@$1" < <(printf 'Subject: x\n\nx\n')
}

# A line each, "DOMAIN PATTERN": what smtp-send says of it matches.
try_all() {
	local domain pattern wrong=0
	while read -r domain pattern; do
		try "$domain"
		# shellcheck disable=SC2254 # a pattern it is
		case $output in
		$pattern) ;;
		*)
			printf '%s: expected %s, not\n%s\n' "$domain" "$pattern" "$output" >&2
			wrong=1
			;;
		esac
	done
	return "$wrong"
}

asked_for_tlsa() {
	grep -q " $1\. TLSA IN" "$QUESTIONS"
}

@test "who shows what the signed records say gets mail, and nobody else" {
	try_all <<-'END'
		ee.mail.example.test delivered*dane
		eename.mail.example.test delivered*dane
		eeold.mail.example.test delivered*dane
		ta.mail.example.test delivered*dane
		tadomain.mail.example.test delivered*dane
		taname.mail.example.test temporary*4.7.5*
		taold.mail.example.test temporary*4.7.5*
		wrong.mail.example.test temporary*4.7.5*
		rollover.mail.example.test delivered*dane
		pkix.mail.example.test delivered*unverified
		bare.mail.example.test temporary*4.7.*
		alias.mail.example.test delivered*dane
		out.mail.example.test delivered*dane
		ee.example.test delivered*dane
	END
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 10 ]
}

@test "what cannot be looked up is no answer; what is not signed is as without DANE" {
	try_all <<-'END'
		nothing.mail.example.test delivered*unverified
		late.mail.example.test temporary*4.7.5*TLSA?records?cannot?be?looked?up?at*
		second.mail.example.test delivered*ee.example.test*dane
		expired.test temporary*4.4.3*
		plain.test delivered*ee.example.test*unverified
	END
	asked_for_tlsa "_$PORT._tcp.nothing.example.test"
	# what is signed of plain.test leads nowhere, and is not asked for
	start_unbound
	try plain.test
	assert_status 0
	run asked_for_tlsa "_$PORT._tcp.ee.example.test"
	assert_status 1
}

@test "a resolver that is not trusted, or says nothing, leaves it to chance" {
	control dnssec off
	try wrong.mail.example.test
	assert_status 0
	assert_output_has unverified
	# with records that only a validated answer makes count
	control dnssec own
	try wrong.mail.example.test
	assert_status 111
	control resolvers "127.0.0.1:$AUTHORITY"
	try wrong.mail.example.test
	assert_status 0
	assert_output_has unverified
}

@test "tlspolicy and DANE" {
	control tlspolicy "wrong.mail.example.test: none" "nothing.mail.example.test: dane-only" \
		"ee.mail.example.test: dane-only" "taold.mail.example.test: only none" \
		"bare.mail.example.test: only may"
	try_all <<-'END'
		wrong.mail.example.test temporary*4.7.5*
		nothing.mail.example.test temporary*4.7.5*tlspolicy?wants?DANE*
		ee.mail.example.test delivered*dane
		taold.mail.example.test delivered*none
		bare.mail.example.test delivered*none
	END
	run mxlookup --tls --tab ta.mail.example.test
	assert_output_has "dane ta.example.test ta.mail.example.test: 1 usable TLSA record (secure) at _$PORT._tcp.ta.example.test"
}
