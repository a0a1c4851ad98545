#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mxlookup(1) against a DNS server of its own.

load helper
load dns

setup_file() {
	start_dns_of_file < <(zone)
}

teardown_file() {
	stop_started
}

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

zone() {
	cat <<-'ZONE'
		several MX 20 mx2
		several MX 10 mx1
		several MX 30 mx3
		mx1 A 192.0.2.1
		mx2 A 198.51.100.2
		mx2 AAAA 2001:db8::2
		mx3 A 192.0.2.3
		ties MX 5 t1
		ties MX 5 t2
		ties MX 5 t3
		t1 A 192.0.2.11
		t2 A 192.0.2.12
		t3 A 192.0.2.13
		implicit A 192.0.2.21
		implicit AAAA 2001:db8::21
		null MX 0 .
		nullandmore MX 0 .
		nullandmore MX 10 mx1
		nodata TXT "nothing else"
		toalias MX 10 alias
		alias CNAME mx1
		noaddress MX 10 nodata
		nohost MX 10 missing
		mixed MX 10 missing
		mixed MX 20 mx1
		literal MX 10 192.0.2.1.
		aliased CNAME several
		aliasedimplicit CNAME implicit
		loop1 CNAME loop2
		loop2 CNAME loop1
		toloop MX 10 loop1
		other MX 10 mx.example.org.
		_under MX 10 mx1
		xn--bcher-kva MX 10 mx1
	ZONE
	for i in {1..300}; do
		echo "hundreds MX 10 h$i"
		echo "h$i A 192.0.2.1"
	done
	for i in $(seq 1 120); do
		echo "large MX $i large-exchanger-with-a-long-name-$i"
		echo "large-exchanger-with-a-long-name-$i A 192.0.2.$i"
	done
	for i in {1..8}; do
		printf '%s\n' "flood MX 10 flood$i" "flood$i CNAME addresses"
		printf "addresses A 10.1.$i.%d\n" {0..255}
	done
}

look() {
	run mxlookup -s "127.0.0.1:$DNS_PORT" "$@"
}

@test "exchangers come by preference, IPv6 addresses first" {
	look several.example.test
	assert_status 0
	[ "${lines[0]}" = $'several.example.test\tmx\t10\tmx1.example.test\t192.0.2.1\t-' ]
	[ "${lines[1]}" = $'several.example.test\tmx\t20\tmx2.example.test\t2001:db8::2,198.51.100.2\t-' ]
	[ "${lines[2]}" = $'several.example.test\tmx\t30\tmx3.example.test\t192.0.2.3\t-' ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "equal preferences come in random order" {
	seen=
	for _ in $(seq 1 60); do
		look ties.example.test
		assert_status 0
		[ "${#lines[@]}" -eq 3 ]
		IFS=$'\t' read -r _ _ _ first _ <<<"${lines[0]}"
		seen="$seen $first"
	done
	for host in t1 t2 t3; do
		[[ $seen == *" $host.example.test"* ]]
	done
}

@test "the shape for people" {
	look --table several.example.test null.example.test
	assert_status 2
	[[ ${lines[0]} =~ ^several.example.test\ +10\ +mx1.example.test\ +192.0.2.1$ ]]
	[[ ${lines[3]} == "null.example.test  Domain accepts no mail (null MX)" ]]
}

@test "a domain without MX that has an address is its own exchanger" {
	look implicit.example.test
	assert_status 0
	[[ $output == $'implicit.example.test\timplicit\t0\timplicit.example.test\t2001:db8::21,192.0.2.21\t'* ]]
	look aliasedimplicit.example.test
	assert_status 0
	assert_output_has $'\timplicit\t0\timplicit.example.test\t'
}

@test "a null MX is exit code 2, and counts only alone" {
	look null.example.test
	assert_status 2
	[[ $output == $'null.example.test\tnull\t-\t-\t-\t'* ]]
	look nullandmore.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 1 ]
	assert_output_has mx1.example.test
}

@test "no domain, and no exchanger or address, are exit code 1" {
	look missing.example.test
	assert_status 1
	assert_output_has $'\tnone\t'
	assert_output_has "not found"
	look nodata.example.test
	assert_status 1
	assert_output_has "no mail exchanger and no address"
}

@test "what is no domain name is not asked for" {
	for name in "" . .. a..b "a b" "$(printf 'x%.0s' $(seq 1 64)).test" 192.0.2.1 $'a\tb' 'a\.b'; do
		run mxlookup -s 127.0.0.1:9 -t 5 -- "$name"
		assert_status 1
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "exchangers without an address are exit code 3" {
	look noaddress.example.test
	assert_status 3
	assert_output_has $'\tmx\t10\tnodata.example.test\t-\tno address'
	look nohost.example.test
	assert_status 3
	look literal.example.test
	assert_status 3
	assert_output_has broken
	look mixed.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
}

@test "aliases are followed, at the domain and at the exchanger" {
	look aliased.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 3 ]
	look toalias.example.test
	assert_status 0
	assert_output_has 192.0.2.1
	look _under.example.test
	assert_status 0
}

@test "a loop of aliases is temporary" {
	look loop1.example.test
	assert_status 111
	look toloop.example.test
	assert_status 111
}

@test "an answer too large for UDP comes whole by TCP" {
	look large.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 120 ]
	[[ ${lines[119]} == *$'\t120\tlarge-exchanger-with-a-long-name-120.example.test\t192.0.2.120\t-' ]]
}

@test "a refusal, and a server that is silent, are temporary" {
	look elsewhere.invalid
	assert_status 111
	assert_output_has $'\ttemporary\t'
	run timeout 60 mxlookup -s "127.0.0.1:$(free_port)" -t 2 several.example.test
	assert_status 111
	start python3 -S -c 'import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(60)'
	wait_for 5 test -s "$STARTED_LOG"
	run timeout 60 mxlookup -s "127.0.0.1:$(cat "$STARTED_LOG")" -t 1 several.example.test
	assert_status 111
}

@test "a server that only refers to others, and garbage, say nothing; the next server is asked" {
	local silent how
	start_odd_dns --how silent
	timeout 60 mxlookup -s "127.0.0.1:$ODD_PORT" -s "127.0.0.1:$DNS_PORT" -t 20 null.example.test >"$T/silent" 3>&- &
	silent=$!
	for how in lame garbage servfail; do
		start_odd_dns --how "$how"
		run timeout 60 mxlookup -s "127.0.0.1:$ODD_PORT" -t 3 several.example.test
		assert_status 111
		run timeout 60 mxlookup -s "127.0.0.1:$ODD_PORT" -s "127.0.0.1:$DNS_PORT" -t 20 several.example.test
		assert_status 0
		[ "${#lines[@]}" -eq 3 ]
	done
	status=0
	wait "$silent" || status=$?
	output=$(cat "$T/silent")
	assert_status 2
}

@test "an alias that the server leaves to us is asked on for" {
	start_odd_dns "alias.test CNAME second.test" "second.test CNAME real.test" "real.test MX 10 mx.test" \
		"mx.test CNAME host.test" "host.test A 192.0.2.9" "gone.test CNAME end.none" "here.test CNAME there.test" \
		"there.test CNAME here.test" "noend.test MX 10 here.test" "nodata.test CNAME empty.test"
	run mxlookup -s "127.0.0.1:$ODD_PORT" -t 20 alias.test
	assert_status 0
	[ "$output" = $'alias.test\tmx\t10\tmx.test\t192.0.2.9\tthe domain is an alias of real.test; an alias of host.test' ]
	for row in "gone.test 1" "nodata.test 1" "here.test 111" "noend.test 111"; do
		run timeout 60 mxlookup -s "127.0.0.1:$ODD_PORT" -t 20 "${row% *}"
		assert_status "${row#* }"
	done
	[ "$(grep -c -e "here.test MX" -e "there.test MX" "$ODD_LOG")" -le 17 ]
}

@test "what was asked for is not asked for again while it holds" {
	start_odd_dns "a.test MX 10 mx.test" "b.test MX 10 mx.test" "mx.test A 192.0.2.9"
	run mxlookup -s "127.0.0.1:$ODD_PORT" a.test b.test a.test no.none no.none
	assert_status 1
	[ "${#lines[@]}" -eq 5 ]
	for question in "a.test MX" "mx.test A" "mx.test AAAA" "no.none MX"; do
		[ "$(grep -cx "$question" "$ODD_LOG")" -eq 1 ]
	done
}

@test "hundreds of exchangers" {
	look hundreds.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 300 ]
}

@test "a domain of which there is too much to say keeps no other from its answer" {
	local code=0
	# into a file: what is wrong here may be megabytes
	mxlookup -s "127.0.0.1:$DNS_PORT" --json --why flood.example.test several.example.test >"$T/out" || code=$?
	[ "$code" -eq 111 ]
	[ "$(head -n 1 "$T/out")" = '{"v":1,"domain":"flood.example.test","result":"temporary","reason":"There is too much to say of it","ad":false,"secure":false,"hosts":[],"exit":111}' ]
	[[ $(sed -n 2p "$T/out") == *'"domain":"several.example.test"'*'"result":"mx"'* ]]
}

@test "several domains: a line each, and the highest exit code" {
	look toalias.example.test missing.example.test null.example.test
	assert_status 2
	[ "${#lines[@]}" -eq 3 ]
}

@test "the control file resolvers names the servers" {
	control resolvers "127.0.0.1:$DNS_PORT"
	run mxlookup several.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 3 ]
}

@test "help, version and wrong usage" {
	run mxlookup --help
	assert_status 0
	assert_output_has usage:
	run mxlookup --version
	assert_status 0
	[ "$output" = "mxlookup (satchel) 0.1" ]
	run mxlookup --idn
	assert_status 100
	run mxlookup --seed x example.test
	assert_status 100
	run mxlookup --nonsense example.test
	assert_status 100
	run mxlookup -t 0 example.test
	assert_status 100
	run mxlookup -s "not a server" example.test
	assert_status 100
}

@test "a domain in either of its forms" {
	look bücher.example.test
	assert_status 0
	[[ $output == *$'\tmx\t10\tmx1.example.test\t192.0.2.1\t-' ]]
	run mxlookup --idn bücher.example xn--bcher-kva.example
	assert_status 0
	[ "${lines[0]}" = "bücher.example: xn--bcher-kva.example" ]
	[ "${lines[1]}" = "${lines[0]}" ]
	for name in example.org "a b" "$(printf 'b\303.test')"; do
		run mxlookup --idn "$name"
		assert_status 1
	done
	# the line is what the control file wants
	mxlookup --idn bücher.example >"$SATCHEL_CONTROL/idn"
	control locals
	control virtual "joe@bücher.example: /tmp/joe/" "ann@xn--bcher-kva.example: /tmp/ann/"
	control routes ".bücher.example: smtp:127.0.0.1:2525"
	for address in joe@xn--bcher-kva.example ann@xn--bcher-kva.example; do
		run sendmail -bv "$address"
		assert_status 0
		assert_output_has "/tmp/${address%%@*}/"
	done
	run sendmail -bv sue@mail.xn--bcher-kva.example
	assert_output_has "smtp:127.0.0.1:2525"
	control idn "example.org: example.net"
	run sendmail -bv joe@xn--bcher-kva.example
	assert_output_has "idn, line 1: "
}
