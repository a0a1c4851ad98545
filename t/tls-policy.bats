#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What TLS is required of a server, as mxlookup --tls says it: DANE by a resolver that says of each
# name whether it is signed, tlspolicy, and nobody. Real signatures are in peers/dane.bats.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

HASH=$(printf '%064d' 1)

start_resolver() {
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	QUERIES=$STARTED_LOG
	control resolvers "127.0.0.1:$(head -n 1 "$QUERIES")"
}

# explain DOMAIN...: one line each, "DOMAIN WHAT"
explain() {
	run mxlookup --tls --tab "$@"
	lines=()
	while IFS=$'\t' read -r domain kind _ _ _ note; do
		[ "$kind" != tls ] || lines+=("$domain: $note")
	done <<<"$output"
}

# is DOMAIN WHAT: each line has to be there
is() {
	local line
	for line in "${lines[@]}"; do
		[ "$line" != "$1: $2" ] || return 0
	done
	printf 'expected: %s: %s\nthe output is:\n%s\n' "$1" "$2" "$output" >&2
	return 1
}

records() {
	sed "s/HASH/$HASH/" >"$T/records"
}

@test "DANE: where each name is signed, and no question where it is not" {
	records <<-END
		+good.test MX 10 mx.good.test
		+mx.good.test A 127.0.0.1
		+_25._tcp.mx.good.test TLSA 3 1 1 HASH
		+_25._tcp.mx.good.test TLSA 3 0 2 HASH$HASH
		+anchor.test MX 10 mx.anchor.test
		+mx.anchor.test A 127.0.0.1
		+_25._tcp.mx.anchor.test TLSA 2 0 1 HASH
		+alias.test CNAME anchor.test
		nomx.test MX 10 mx.good.test
		+noaddress.test MX 10 mx.noaddress.test
		mx.noaddress.test A 127.0.0.1
		+_25._tcp.mx.noaddress.test TLSA 3 1 1 HASH
		+notlsa.test MX 10 mx.notlsa.test
		+mx.notlsa.test A 127.0.0.1
		+unsigned.test MX 10 mx.unsigned.test
		+mx.unsigned.test A 127.0.0.1
		_25._tcp.mx.unsigned.test TLSA 3 1 1 HASH
		+pkix.test MX 10 mx.pkix.test
		+mx.pkix.test A 127.0.0.1
		+_25._tcp.mx.pkix.test TLSA 1 1 1 HASH
		+_25._tcp.mx.pkix.test TLSA 3 1 1 aa
		+mixed.test MX 10 mx.mixed.test
		+mx.mixed.test A 127.0.0.1
		+_25._tcp.mx.mixed.test TLSA 0 0 1 HASH
		+_25._tcp.mx.mixed.test TLSA 3 1 1 HASH
		+broken.test MX 10 mx.broken.test
		+mx.broken.test A 127.0.0.1
		!_25._tcp.mx.broken.test TLSA
		+implicit.test A 127.0.0.1
		+_25._tcp.implicit.test TLSA 3 1 1 HASH
		?+old.test MX 10 mx.old.test
		?+mx.old.test A 127.0.0.1
		?+_25._tcp.mx.old.test TLSA 3 1 1 HASH
	END
	start_resolver
	explain good.test anchor.test alias.test nomx.test noaddress.test notlsa.test unsigned.test pkix.test \
		mixed.test broken.test implicit.test old.test
	is good.test "dane: 2 usable TLSA records (secure) at _25._tcp.mx.good.test"
	is anchor.test "dane mx.anchor.test anchor.test: 1 usable TLSA record (secure) at _25._tcp.mx.anchor.test"
	is alias.test "dane mx.anchor.test alias.test anchor.test: 1 usable TLSA record (secure) at _25._tcp.mx.anchor.test"
	is nomx.test "may: opportunistic; no DANE, as the MX records are not signed"
	is noaddress.test "may: opportunistic; no DANE, as the server's address is not signed"
	is notlsa.test "may: opportunistic; no TLSA records at _25._tcp.mx.notlsa.test"
	is unsigned.test "may: opportunistic; no TLSA records at _25._tcp.mx.unsigned.test"
	is pkix.test "encrypt: opportunistic; TLSA records, none of them usable, at _25._tcp.mx.pkix.test"
	is mixed.test "dane: 1 usable TLSA record (secure) at _25._tcp.mx.mixed.test"
	is broken.test "refused (4.7.5): TLSA records cannot be looked up at _25._tcp.mx.broken.test"
	is implicit.test "dane: 1 usable TLSA record (secure) at _25._tcp.implicit.test"
	is old.test "dane: 1 usable TLSA record (secure) at _25._tcp.mx.old.test"
	# RFC 7672, 2.2.2: servers of unsigned zones may answer TLSA by a failure
	run grep 'noaddress.test TLSA' "$QUERIES"
	assert_status 1
	run mxlookup --tls --table anchor.test
	assert_output_has $'\n         dane mx.anchor.test anchor.test: 1 usable'
}

@test "DANE: a server that is an alias (RFC 7672, 2.2.2)" {
	records <<-END
		+both.test MX 10 mx.both.test
		+mx.both.test CNAME host.test
		+host.test A 127.0.0.1
		+_25._tcp.host.test TLSA 2 1 1 HASH
		+_25._tcp.mx.both.test TLSA 3 1 1 HASH
		+own.test MX 10 mx.own.test
		+mx.own.test CNAME bare.test
		+bare.test A 127.0.0.1
		+_25._tcp.mx.own.test TLSA 2 1 1 HASH
		+out.test MX 10 mx.out.test
		+mx.out.test CNAME elsewhere.test
		elsewhere.test A 127.0.0.1
		+_25._tcp.mx.out.test TLSA 2 1 1 HASH
		+in.test MX 10 mx.in.test
		mx.in.test CNAME host.test
		+domain.test CNAME implicit.test
		+implicit.test A 127.0.0.1
		+_25._tcp.domain.test TLSA 2 1 1 HASH
	END
	start_resolver
	explain both.test own.test out.test in.test domain.test
	is both.test "dane host.test both.test: 1 usable TLSA record (secure) at _25._tcp.host.test"
	is own.test "dane mx.own.test own.test: 1 usable TLSA record (secure) at _25._tcp.mx.own.test"
	is out.test "dane mx.out.test out.test: 1 usable TLSA record (secure) at _25._tcp.mx.out.test"
	is in.test "may: opportunistic; no DANE, as the server's address is not signed"
	is domain.test "dane domain.test implicit.test: 1 usable TLSA record (secure) at _25._tcp.domain.test"
}

@test "which resolver is believed: the file dnssec, and where the resolver is" {
	records <<-END
		+good.test MX 10 mx.good.test
		+mx.good.test A 127.0.0.1
		+_25._tcp.mx.good.test TLSA 3 1 1 HASH
	END
	start_resolver
	for words in "own:dane: 1 usable" "Trust:dane: 1 usable" "off:may: opportunistic; no DANE, as the resolver is not trusted"; do
		control dnssec "${words%%:*}"
		run mxlookup --tls --tab good.test
		assert_output_has "${words#*:}"
	done
	run grep -c TLSA "$QUERIES"
	[ "$output" -eq 2 ]
	# one that is elsewhere beside ours, which answers
	rm "$SATCHEL_CONTROL/dnssec"
	control resolvers "127.0.0.1:$(head -n 1 "$QUERIES"),192.0.2.1"
	run mxlookup --tls --tab good.test
	assert_output_has 'the resolver is not trusted'
	control dnssec maybe
	run mxlookup --tls good.test
	assert_status 100
	assert_output_has 'dnssec: own, trust or off is expected, not "maybe"'
	run smtp-send good.test joe@good.test </dev/null
	assert_status 100
	assert_output_has 'dnssec: own, trust or off is expected'
}

@test "tlspolicy: behind DANE, but for what begins with only" {
	records <<-END
		+good.test MX 10 mx.good.test
		+mx.good.test A 127.0.0.1
		+_25._tcp.mx.good.test TLSA 3 1 1 HASH
		+pkix.test MX 10 mx.pkix.test
		+mx.pkix.test A 127.0.0.1
		+_25._tcp.mx.pkix.test TLSA 0 1 1 HASH
		plain.test MX 10 mx.plain.test
		mx.plain.test A 127.0.0.1
		a.plain.test MX 10 mx.plain.test
		b.a.plain.test MX 10 mx.plain.test
		other.test MX 10 mx.plain.test
		named.test MX 10 mx.plain.test
		printed.test MX 10 mx.plain.test
	END
	start_resolver
	control tlspolicy 'Good.test: encrypt' 'pkix.test: none' 'plain.test: encrypt' '.plain.test: verify' \
		'a.plain.test: none' 'named.test: verify mx.plain.test .plain.test' '*: dane-only' \
		"printed.test: fingerprint sha256:$HASH"
	explain good.test pkix.test plain.test a.plain.test b.a.plain.test named.test printed.test other.test
	is good.test "dane: 1 usable TLSA record (secure) at _25._tcp.mx.good.test"
	is pkix.test "encrypt: tlspolicy for pkix.test; TLSA records, none of them usable, at _25._tcp.mx.pkix.test"
	local unsigned="; no DANE, as the MX records are not signed"
	is plain.test "encrypt: tlspolicy for plain.test$unsigned"
	is a.plain.test "none: tlspolicy for a.plain.test$unsigned"
	is b.a.plain.test "verify mx.plain.test: tlspolicy for .plain.test$unsigned"
	is named.test "verify mx.plain.test .plain.test: tlspolicy for named.test$unsigned"
	is printed.test "fingerprint: tlspolicy for printed.test$unsigned"
	is other.test "refused (4.7.5): tlspolicy wants DANE: no DANE, as the MX records are not signed"
	control tlspolicy 'good.test: only encrypt' 'pkix.test: only none' '*: only verify'
	: >"$QUERIES"
	explain good.test pkix.test
	is good.test "encrypt: tlspolicy, only, for good.test"
	is pkix.test "none: tlspolicy, only, for pkix.test"
	run grep TLSA "$QUERIES"
	assert_status 1
}

# start_policies, for those on standard input; ASKED is what it is asked
start_policies() {
	cat >"$T/policies"
	start python3 -S "$ROOT/t/policies.py" "$SATCHEL_SPOOL/run/mta-sts/socket" "$T/policies" "$@"
	ASKED=$STARTED_LOG POLICIES=$STARTED_PID
	wait_for 10 grep -q ready "$ASKED"
}

@test "MTA-STS: behind DANE, before tlspolicy unless it is only tested" {
	local domain unsigned="; no DANE, as the MX records are not signed"
	{
		for domain in enforce testing none failed unknown mixed table tabletest only wanted broken.enforce; do
			printf '%s.test MX 10 mx.example.test\n%s.test MX 20 other.test\n' "$domain" "$domain"
		done
		printf 'mx.example.test A 127.0.0.1\nother.test A 127.0.0.1\n'
		printf '+dane.test MX 10 mx.dane.test\n+mx.dane.test A 127.0.0.1\n'
		printf '+_25._tcp.mx.dane.test TLSA 3 1 1 HASH\n'
		printf '+pkix.test MX 10 mx.pkix.test\n+mx.pkix.test A 127.0.0.1\n'
		printf '+_25._tcp.mx.pkix.test TLSA 1 1 1 HASH\n'
		printf '+bogus.test MX 10 mx.bogus.test\n+mx.bogus.test A 127.0.0.1\n'
		printf '!_25._tcp.mx.bogus.test TLSA\n'
		printf '+testpkix.test MX 10 mx.pkix.test\n'
	} | records
	start_policies <<-'END'
		enforce.test enforce *.example.test
		testing.test testing mx.example.test
		none.test none
		failed.test !sts-policy-fetch-error
		unknown.test gone
		table.test enforce mx.example.test
		tabletest.test testing mx.example.test
		only.test enforce mx.example.test
		wanted.test enforce mx.example.test
		dane.test enforce elsewhere.test
		pkix.test enforce mx.pkix.test
		testpkix.test testing mx.pkix.test
		bogus.test enforce mx.bogus.test
	END
	start_resolver
	control tlspolicy 'table.test: none' 'tabletest.test: encrypt' 'only.test: only none' 'wanted.test: dane-only'
	explain Enforce.test
	is Enforce.test "verify mx.example.test: MTA-STS policy of enforce.test (enforce)$unsigned"
	is Enforce.test "refused (4.7.5): the server is not in the MTA-STS policy of enforce.test (enforce)"
	# the dot at the end is no way round it
	explain testing.test.
	is testing.test. "verify mx.example.test (testing): MTA-STS policy of testing.test (testing)$unsigned"
	explain testing.test
	is testing.test "verify mx.example.test (testing): MTA-STS policy of testing.test (testing)$unsigned"
	is testing.test "verify other.test (testing): the server is not in the MTA-STS policy of testing.test (testing)$unsigned"
	explain none.test failed.test unknown.test table.test tabletest.test only.test wanted.test
	is none.test "may: opportunistic$unsigned"
	is failed.test "may: no MTA-STS policy to be had: it could not be fetched; opportunistic$unsigned"
	# what is in force, mta-sts alone knows
	is unknown.test "refused (4.7.5): whether there is an MTA-STS policy is not known: mta-sts did not answer"
	is table.test "verify mx.example.test: MTA-STS policy of table.test (enforce)$unsigned"
	is tabletest.test "encrypt: tlspolicy for tabletest.test$unsigned"
	is only.test "none: tlspolicy, only, for only.test"
	is wanted.test "refused (4.7.5): tlspolicy wants DANE: no DANE, as the MX records are not signed"
	explain dane.test pkix.test bogus.test testpkix.test
	is dane.test "dane: 1 usable TLSA record (secure) at _25._tcp.mx.dane.test"
	local unusable="; TLSA records, none of them usable, at _25._tcp.mx.pkix.test"
	is pkix.test "verify mx.pkix.test: MTA-STS policy of pkix.test (enforce)$unusable"
	is testpkix.test "encrypt: opportunistic$unusable"
	is bogus.test "refused (4.7.5): TLSA records cannot be looked up at _25._tcp.mx.bogus.test"
	# asked once for all servers of a domain, and not where it would not count
	run grep -c 'Q enforce.test' "$ASKED"
	[ "$output" = 1 ]
	run grep -E 'Q (only|wanted|dane|bogus).test' "$ASKED"
	assert_status 1
	# a service that was killed is in use yet
	stop "$POLICIES" KILL || true
	explain enforce.test
	is enforce.test "refused (4.7.5): whether there is an MTA-STS policy is not known: mta-sts cannot be asked"
	control mta-sts 'ask: never'
	explain enforce.test
	is enforce.test "may: opportunistic$unsigned"
}

@test "MTA-STS: many domains at once, and who waits for its turn loses no time by it" {
	local n unsigned="; no DANE, as the MX records are not signed"
	for ((n = 0; n < 192; n++)); do
		printf 'd%d.test MX 10 mx.example.test\n' "$n"
	done | { cat && echo 'mx.example.test A 127.0.0.1'; } | records
	for ((n = 0; n < 192; n++)); do
		printf 'd%d.test enforce mx.example.test\n' "$n"
	done >"$T/enforced"
	start_policies 16 <"$T/enforced"
	start_resolver
	# 12 turns of half a second
	cut -d ' ' -f 1 "$T/enforced" >"$T/domains"
	explain --timeout 5 <"$T/domains"
	[ "${#lines[@]}" -eq 192 ]
	for ((n = 0; n < 192; n++)); do
		[ "${lines[n]}" = "d$n.test: verify mx.example.test: MTA-STS policy of d$n.test (enforce)$unsigned" ]
	done
}

@test "tlspolicy is checked when it is read" {
	control resolvers 127.0.0.1:9
	while IFS='|' read -r line problem; do
		control tlspolicy '# x' "$line"
		run mxlookup --tls example.test
		assert_status 100
		assert_output_has "/tlspolicy, line 2: $problem"
	done <<-END
		example.test|"key: value" is expected
		example.test: perhaps|none, may, encrypt, verify, fingerprint or dane-only is expected
		example.test: only|none, may, encrypt, verify, fingerprint or dane-only is expected
		example.test: encrypt now|nothing behind this level is expected
		example.test: verify a..b|at most 4 host names, or ".parent", is expected
		example.test: verify a b c d e|at most 4 host names, or ".parent", is expected
		example.test: fingerprint|one SHA-256 fingerprint or more, of 64 hexadecimal digits, is expected
		example.test: fingerprint sha1:$HASH|one SHA-256 fingerprint or more
		example.test: fingerprint ${HASH}0|one SHA-256 fingerprint or more
		exa mple.test: may|a domain, ".parent" or "*" is expected
		*.example.test: may|a domain, ".parent" or "*" is expected
	END
	run smtp-send example.test joe@example.test </dev/null
	assert_status 100
	assert_output_has '/tlspolicy, line 2:'
}

@test "smtp-send: a server whose TLSA records nobody can look up gets no mail, the next does" {
	records <<-END
		+example.test MX 10 mx1.example.test
		+example.test MX 20 mx2.example.test
		+mx1.example.test A 127.0.0.1
		+mx2.example.test A 127.0.0.1
		!_PORT._tcp.mx1.example.test TLSA
		+alone.test MX 10 mx1.example.test
		+two.test MX 10 mx2.example.test
		+two.test MX 10 mx3.example.test
		+mx3.example.test A 127.0.0.1
		+wanted.test MX 10 mx2.example.test
	END
	mkdir "$T/out"
	start smtp-sink --out "$T/out"
	wait_for 10 test -s "$STARTED_LOG"
	port=$(cat "$STARTED_LOG")
	control mxport "$port"
	sed -i "s/PORT/$port/" "$T/records"
	start_resolver
	control tlspolicy 'wanted.test: dane-only' '[127.0.0.1]: verify'
	run smtp-send example.test joe@example.test < <(echo hello)
	assert_status 0
	assert_output_has 'mx2.example.test[127.0.0.1]'
	# all that is needed of servers of one preference is asked at once, and nothing twice
	: >"$QUERIES"
	run smtp-send two.test joe@two.test < <(echo hello)
	assert_status 0
	run sort "$QUERIES"
	[ "$(uniq <<<"$output")" = "$output" ]
	[ "${#lines[@]}" -eq 7 ]
	[[ $(tail -n 2 "$QUERIES") == *"mx"?".example.test TLSA"*"mx"?".example.test TLSA" ]]
	run smtp-send alone.test joe@alone.test < <(echo hello)
	assert_status 111
	assert_output_has $'temporary\tjoe@alone.test\t4.7.5\t'
	assert_output_has "mx1.example.test: TLSA records cannot be looked up at _$port._tcp.mx1.example.test"
	run smtp-send wanted.test joe@wanted.test < <(echo hello)
	assert_status 111
	assert_output_has "mx2.example.test: tlspolicy wants DANE: no TLSA records at"
	run smtp-send '[127.0.0.1]' 'joe@[127.0.0.1]' < <(echo hello)
	assert_status 111
	assert_output_has "the server has no name to verify"
}
