#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mta-sts(8): policies over HTTPS from a server that does each thing right and wrong, the cache, and
# the service.

load helper
load dns
load sts

GOOD="enforce testing none changing capped"
BAD="redirect notfound created html notype large endless slow syntax down"

setup_file() {
	# shellcheck disable=SC2086
	make_sts_keys $GOOD $BAD
	setup_satchel
	start_dns < <(zone)
	start_sts
	DNS_ZONE=$T/dns/example.test.zone
	SERVERS=$STARTED
	export DNS_ZONE SERVERS
}

teardown_file() {
	STARTED=$SERVERS
	stop_started
}

setup() {
	STARTED=
	setup_satchel
	CACHE=$SATCHEL_SPOOL/run/mta-sts/cache
	use_sts
	policies
	: >"$STS/requests"
}

teardown() {
	stop_started
}

zone() {
	local name
	for name in $GOOD $BAD wrongcert; do
		echo "mta-sts.$name A 127.0.0.1"
		echo "_mta-sts.$name TXT \"v=STSv1; id=1$name;\""
	done
	cat <<-ZONE
		enforce MX 10 mx
		enforce MX 20 mx.mail.example.org.
		enforce MX 30 other
		_mta-sts.noaddress TXT "v=STSv1; id=1;"
		_mta-sts.twice TXT "v=STSv1; id=1;"
		_mta-sts.twice TXT "v=STSv1; id=2;"
		_mta-sts.beside TXT "v=spf1 -all"
		_mta-sts.malformed TXT "v=STSv1; id=-;"
		_mta-sts.split TXT "v=STS" "v1; id=1" ";"
		mta-sts.split CNAME mta-sts.enforce
	ZONE
}

# What hosts of $GOOD serve.
policies() {
	rm -f "$STS"/policies/*
	policy enforce "version: STSv1" "mode: enforce" "mx: mx.example.test" "mx: *.mail.example.org" \
	    "max_age: 604800"
	policy testing "version: STSv1" "mode: testing" "mx: mx.example.test" "max_age: 86400"
	policy none "version: STSv1" "mode: none" "max_age: 604800"
	policy changing "version: STSv1" "mode: testing" "mx: one.example.test" "max_age: 864000"
	policy capped "version: STSv1" "mode: enforce" "mx: *.example.test" "max_age: 4000000000"
}

# Edits the zone: change_zone SED-SCRIPT
change_zone() {
	local serial
	serial=$(sed -n 's/^@ SOA ns hostmaster \([0-9]*\).*/\1/p' "$DNS_ZONE")
	sed -i "$1; s/^\(@ SOA ns hostmaster\) [0-9]*/\1 $((serial + 1))/" "$DNS_ZONE"
	kill -HUP "$DNS_PID"
}

# True if mta-sts NAME shows that line.
shows() {
	mta-sts "$1.example.test" | grep -qx "$2.*"
}

# Moves the times of a file of the cache back: older NAME SECONDS
older() {
	python3 -S "$ROOT/t/sts_cache.py" "$CACHE/$1.example.test" "$2"
}

# Asks as smtp-send does, by the program or the service: ask NAME
ask() {
	output=$(python3 -S "$ROOT/t/sts_ask.py" "${ASK-}" "$1.example.test" 2>"$T/log")
}

@test "a policy is shown, with what it says of the mail exchangers" {
	run mta-sts enforce.example.test
	assert_status 0
	[ "${lines[0]}" = "domain: enforce.example.test" ]
	[ "${lines[1]}" = "id: 1enforce" ]
	[[ ${lines[2]} =~ ^expires:\ 20[0-9-]+T[0-9:]+Z$ ]]
	[ "${lines[3]}" = "version: STSv1" ]
	[ "${lines[4]}" = "mode: enforce" ]
	[ "${lines[5]}" = "mx: mx.example.test" ]
	[ "${lines[6]}" = "mx: *.mail.example.org" ]
	[ "${lines[7]}" = "max_age: 604800" ]
	[ "${lines[8]}" = "exchanger: mx.example.test (matches)" ]
	[ "${lines[9]}" = "exchanger: mx.mail.example.org (matches)" ]
	[ "${lines[10]}" = "exchanger: other.example.test (does not match)" ]
	[ "${#lines[@]}" -eq 11 ]
	[ "$(cat "$STS/requests")" = \
	    "GET mta-sts.enforce.example.test:$STS_PORT /.well-known/mta-sts.txt - -" ]
	run mta-sts capped.example.test none.example.test
	assert_status 0
	assert_output_has "max_age: 31557600"
	assert_output_has "mode: none"
	[ ! -e "$CACHE" ] # a look at it changes nothing
}

@test "whatever is wrong with a policy host, there is no policy" {
	local code name text
	while read -r code name text; do
		use_sts
		[ "$name" != slow ] || control mta-sts "ca-file: $KEYS/ca.crt" "port: $STS_PORT" "timeout: 5"
		run mta-sts "$name.example.test"
		echo "$name:" >&2
		assert_status "$code"
		assert_output_has "$text"
		[[ $output != *"mode:"* ]]
	done <<-END
		111 redirect failure: sts-policy-fetch-error
		111 redirect reason: the server says 301, not 200
		111 notfound reason: the server says 404, not 200
		111 created reason: the server says 201, not 200
		100 html failure: sts-policy-invalid
		100 html reason: the policy is not text/plain
		100 notype reason: the policy is not text/plain
		100 large reason: the policy is larger than 65536 octets
		100 endless reason: the policy is larger than 65536 octets
		111 slow failure: sts-policy-fetch-error
		100 syntax reason: line 5: not a name, a colon and a value
		100 wrongcert failure: sts-webpki-invalid
		111 noaddress failure: sts-policy-fetch-error
		100 twice reason: there are several TXT records
		100 malformed reason: the TXT record of _mta-sts is malformed
		100 beside reason: no TXT record of _mta-sts is for MTA-STS
		100 missing reason: there is no TXT record
	END
	[ "$(grep -c other.txt "$STS/requests")" -eq 0 ]
	run mta-sts split.example.test # an alias of a host has its own name in the certificate
	assert_status 100
	assert_output_has sts-webpki-invalid
	control mta-sts "port: $STS_PORT" # a CA that nobody knows
	run mta-sts enforce.example.test
	assert_status 100
	assert_output_has sts-webpki-invalid
}

@test "nobody there, and no DNS, are temporary; proxies of the environment do not count" {
	control mta-sts "ca-file: $KEYS/ca.crt" "port: $(free_port)" "timeout: 20"
	run mta-sts down.example.test
	assert_status 111
	assert_output_has "failure: sts-policy-fetch-error"
	control mta-sts "ca-file: $KEYS/ca.crt" "port: $STS_PORT" "timeout: 20"
	run env https_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9 mta-sts enforce.example.test
	assert_status 0
	control resolvers "127.0.0.1:$(free_port)"
	run mta-sts enforce.example.test
	assert_status 111
	assert_output_has "cannot be looked up now"
}

@test "what is no domain is neither asked for nor a file" {
	local name
	for name in ../../etc/passwd . .. a..b 127.0.0.1 '[::1]' a/b 'a@b' 'a:1' 'a%2fb' 'a b' -x.test; do
		run mta-sts -- "$name"
		assert_status 100
		assert_output_has "not the name of a domain"
	done
	[ ! -s "$STS/requests" ]
}

@test "asked by smtp-send: one fetch, then the cache" {
	ask enforce
	[ "$output" = "I1enforce
E
Lversion: STSv1
Lmode: enforce
Lmx: mx.example.test
Lmx: *.mail.example.org
Lmax_age: 604800" ]
	ask enforce
	assert_output_has "Lmode: enforce"
	[ "$(requests enforce)" -eq 1 ]
	[ "$(stat -c %a "$CACHE")" = 700 ]
	[ "$(stat -c %a "$CACHE/enforce.example.test")" = 600 ]
	run mta-sts -c enforce.example.test
	assert_status 0
	assert_output_has "mode: enforce"
	[ "$(requests enforce)" -eq 1 ]
	ask missing
	[ "$output" = "Wthere is no TXT record of _mta-sts" ]
	[ ! -e "$CACHE/missing.example.test" ]
	ask none
	assert_output_has "Lmode: none"
}

@test "a failed fetch is remembered for a while, then tried again" {
	ask notfound
	[ "$output" = "Fsts-policy-fetch-error
Wthe server says 404, not 200" ]
	[ "$(cat "$T/log")" = "mta-sts: fetch-failed domain=notfound.example.test failure=sts-policy-fetch-error reason=\"the server says 404, not 200\"" ]
	ask notfound
	[ "$output" = "Fsts-policy-fetch-error
Wthe server says 404, not 200" ]
	[ "$(requests notfound)" -eq 1 ]
	older notfound 301
	ask notfound
	[ "$(requests notfound)" -eq 2 ]
	older notfound 301 # twice as long now
	ask notfound
	[ "$(requests notfound)" -eq 2 ]
	policy notfound "version: STSv1" "mode: none" "max_age: 1000"
	older notfound 301
	ask notfound
	assert_output_has "Lmode: none"
	[ "$(requests notfound)" -eq 3 ]
}

@test "a new id brings the new policy; without the TXT record the old one holds until it expires" {
	ask changing
	assert_output_has "Lmx: one.example.test"
	policy changing "version: STSv1" "mode: enforce" "mx: two.example.test" "max_age: 864000"
	older changing 3601
	ask changing # the same id
	assert_output_has "Lmx: one.example.test"
	change_zone "s/^_mta-sts.changing .*/_mta-sts.changing TXT \"v=STSv1; id=2;\"/"
	wait_for 10 shows changing "id: 2"
	ask changing # the TXT record is not asked for so soon
	assert_output_has "Lmx: one.example.test"
	older changing 3601
	ask changing
	assert_output_has "Lmx: two.example.test"
	assert_output_has "I2"
	policy changing "this is none"
	change_zone "s/id=2;/id=3;/"
	wait_for 10 shows changing "failure: sts-policy-invalid"
	older changing 3601
	ask changing # what cannot be read does not take the place of what is valid
	assert_output_has "Lmx: two.example.test"
	assert_output_has "Fsts-policy-invalid"
	control resolvers "127.0.0.1:$(free_port)"
	older changing 3601
	ask changing
	assert_output_has "Lmx: two.example.test"
	older changing 864000
	ask changing
	[ "$output" = "Wthe TXT record of _mta-sts cannot be looked up now" ]
}

@test "a damaged file of the cache counts for nothing" {
	ask enforce
	sed -i s/enforce/testing/ "$CACHE/enforce.example.test"
	run mta-sts -c enforce.example.test
	assert_status 100
	ask enforce
	assert_output_has "Lmode: enforce"
	[ "$(requests enforce)" -eq 2 ]
	: >"$CACHE/enforce.example.test"
	ask enforce
	[ "$(requests enforce)" -eq 3 ]
	cp "$CACHE/enforce.example.test" "$CACHE/testing.example.test" # another domain's
	ask testing
	assert_output_has "Lmode: testing"
	rm "$CACHE/enforce.example.test"
	ln -s "$CACHE/testing.example.test" "$CACHE/enforce.example.test"
	ask enforce
	assert_output_has "Lmode: enforce"
	[ ! -L "$CACHE/enforce.example.test" ]
}

@test "--refresh renews what is a day old, without the TXT record, and removes what is over" {
	ask none
	ask testing
	ask notfound
	run mta-sts --refresh
	assert_status 0
	[ "$(requests none)" -eq 1 ]
	older none 86401
	older testing 86401
	older notfound 90000
	: >"$CACHE/.1"
	touch -d "2 hours ago" "$CACHE/.1"
	change_zone "/^_mta-sts.none/d"
	wait_for 10 shows none "reason: there is no TXT record of _mta-sts"
	count=$(requests none)
	run mta-sts --refresh
	assert_status 0
	[ "$(requests none)" -eq $((count + 1)) ]
	[ "$(requests testing)" -eq 1 ]
	[ "$(ls -A "$CACHE")" = ".lock
none.example.test" ]
	older none 86401
	policy none "not any more"
	run mta-sts --refresh
	assert_status 111
	run mta-sts -c none.example.test
	assert_status 0
	assert_output_has "mode: none"
	assert_output_has "failure: sts-policy-invalid"
}

@test "the service answers, many at once, with one fetch" {
	start mta-sts -w
	local log=$STARTED_LOG pid=$STARTED_PID i pids=()
	wait_for 10 grep -q "mta-sts: ready reason=" "$log"
	ASK=$SATCHEL_SPOOL/run/mta-sts/socket
	for i in 1 2 3 4 5 6; do
		python3 -S "$ROOT/t/sts_ask.py" "$ASK" enforce.example.test >"$T/answer.$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in 1 2 3 4 5 6; do
		assert_file_has "$T/answer.$i" "Lmode: enforce"
	done
	[ "$(requests enforce)" -eq 1 ]
	ask testing
	assert_output_has "Lmode: testing"
	run python3 -S "$ROOT/t/sts_ask.py" "$ASK" ../etc/passwd
	[ "$output" = "" ]
	stop "$pid"
	[ ! -e "$ASK" ]
}

@test "settings are checked, usage is" {
	control mta-sts "port: 0"
	run mta-sts example.test
	assert_status 111
	assert_output_has "mta-sts: fatal: mta-sts, line 1: a number from 1 to 65535 is expected"
	control mta-sts "prot: 1"
	run mta-sts example.test
	assert_status 111
	assert_output_has "satchel-control(5)"
	control mta-sts "ca-file: here"
	run mta-sts example.test
	assert_status 111
	rm "$SATCHEL_CONTROL/mta-sts"
	for arguments in "" "-x" "-s -w" "-w x" "--post https://a.test/" "-c"; do
		# shellcheck disable=SC2086
		run mta-sts $arguments
		assert_status 100
		assert_output_has "Try 'mta-sts --help'"
	done
	run mta-sts --version
	[ "$output" = "mta-sts (satchel) 0.1" ]
	run mta-sts --help
	assert_status 0
}

@test "--post sends standard input by HTTPS, once" {
	local url=https://mta-sts.enforce.example.test:$STS_PORT
	run mta-sts --post "$url/report?a=b" application/tlsrpt+gzip <<<"hello"
	assert_status 0
	[ "$(cat "$STS/posted")" = "application/tlsrpt+gzip
hello" ]
	run mta-sts --post "$url/fail" text/plain <<<"hello"
	assert_status 111
	assert_output_has "the server says 500"
	for url in http://mta-sts.enforce.example.test/ https://127.0.0.1/ https://a@mta-sts.enforce.example.test/ \
	    file:///etc/passwd https:// "https://mta-sts.enforce.example.test\\@127.0.0.1/"; do
		run mta-sts --post "$url" text/plain <<<"hello"
		assert_status 100
	done
	[ "$(wc -l <"$STS/requests")" -eq 2 ]
}
