#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8): from a domain to an open connection.

load helper
load dns
load smtp-send

# black_hole ADDRESS PORT: a server whose backlog is full, so that the kernel drops whoever comes.
black_hole() {
	start python3 -S -c 'import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen(0)
full = []
for i in range(4):
    c = socket.socket(family)
    c.setblocking(False)
    c.connect_ex(s.getsockname())
    full.append(c)
probe = socket.socket(family)
probe.settimeout(0.2)
try:
    probe.connect(s.getsockname())
    sys.exit("not full")
except TimeoutError:
    print("full", flush=True)
time.sleep(600)' "$1" "$2"
	wait_for 10 grep -q full "$STARTED_LOG"
}

has_ipv6() {
	python3 -S -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip "no IPv6 here"
}

# worker ARGUMENT...: jobs of t/jobs.py
worker() {
	run timeout 60 python3 -S "$ROOT/t/jobs.py" "$@"
}

wire() {
	printf 'Subject: one\r\n\r\nhello\r\n' >"$T/one"
}

@test "IPv6 that leads nowhere delays by less than a second, and only the first message" {
	has_ipv6
	start_dns < <(echo "six AAAA ::1
six A 127.0.0.1
only AAAA ::1")
	start_sinks
	black_hole ::1 "$SINK"
	start_sink_at 127.0.0.1
	wire
	# a connection for each, so that both have to find the way
	control limits "smtp-connect-delay: 2500" "smtp-connect-timeout: 5" "smtp-idle: 0"
	worker --ms smtp-send -w -- "$T/one" mx:six.example.test joe@six.example.test \
		-- "$T/one" mx:six.example.test ann@six.example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tD\t2.0.0\tsix.example.test[127.0.0.1]:'* ]]
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\tsix.example.test[127.0.0.1]:'* ]]
	[ "${lines[0]##*$'\t'}" -ge 2490 ]
	[ "${lines[2]##*$'\t'}" -lt 2490 ]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u | wc -l)" -eq 2 ]
	rm "$SATCHEL_CONTROL/limits"
	send six.example.test joe@six.example.test
	assert_status 0
	# where there is nothing else, it fails in the time that one address has
	control limits "smtp-connect-timeout: 1"
	send only.example.test joe@only.example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@only.example.test\t4.4.1\tonly.example.test[::1]:'*"Connection timed out"* ]]
}

@test "a refused connection costs nothing, and another server of the same preference is as good" {
	start_dns < <(zone)
	start_sinks
	control limits "smtp-connect-delay: 60000"
	start_sink_at 127.0.0.12
	begin=$SECONDS
	for _ in 1 2 3; do
		send many.example.test joe@many.example.test
		assert_status 0
		[[ $output == *$'\tb.example.test[127.0.0.12]:'* ]]
	done
	[ $((SECONDS - begin)) -le 20 ]
}

@test "servers of a worse preference are not raced" {
	start_dns < <(zone)
	start_sinks
	black_hole 127.0.0.11 "$SINK"
	start_sink_at 127.0.0.12
	control limits "smtp-connect-timeout: 1" "smtp-connect-delay: 10"
	wire
	worker --ms smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test
	[[ ${lines[0]} == $'1\t0\tD\t2.0.0\tb.example.test[127.0.0.12]:'* ]]
	# but among equals the one that answers is taken
	control limits "smtp-connect-delay: 10"
	for _ in 1 2 3; do
		worker --ms smtp-send -w -- "$T/one" mx:many.example.test joe@many.example.test
		[[ ${lines[0]} == $'1\t0\tD\t2.0.0\tb.example.test[127.0.0.12]:'* ]]
		[ "${lines[0]##*$'\t'}" -lt 15000 ]
	done
}

@test "sendfrom: the address to come from, and the name that goes with it" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.12
	control sendfrom "*: 127.0.0.5" "implicit.example.test: 127.0.0.6=six.example.org" \
		".implicit.example.test: no-ipv4" "127.0.0.12: 192.0.2.1"
	sent_from() {
		[ "$(head -n "$1" "$OUT/peers" | tail -n 1)" = "$2" ]
	}
	send two.example.test joe@two.example.test
	assert_status 0
	sent_from 1 127.0.0.5
	assert_file_has "$OUT/log" "EHLO here.test"
	send implicit.example.test joe@implicit.example.test
	assert_status 0
	sent_from 2 127.0.0.6
	assert_file_has "$OUT/log" "EHLO six.example.org"
	send "smtp:127.0.0.12:$SINK" joe@two.example.test
	assert_status 111
	assert_output_has $'\t4.3.5\t127.0.0.12[127.0.0.12]:'
	assert_output_has "unable to connect from 192.0.2.1, as sendfrom says: Cannot assign requested address"
	control sendfrom "implicit.example.test: no-ipv4"
	send implicit.example.test joe@implicit.example.test
	assert_status 111
	assert_output_has $'\t4.4.4\t-\tsendfrom leaves out all addresses there are for implicit.example.test'
	control sendfrom "implicit.example.test: mail.example.org"
	send implicit.example.test joe@implicit.example.test
	assert_status 100
	assert_output_has "sendfrom, line 1: "
}

@test "a connection serves another domain that has the same server, if it comes from the same place" {
	start_dns < <(zone
		printf '%s\n' "one MX 5 a" "third MX 10 b" "third MX 20 a" "fourth MX 10 alias" "alias A 127.0.0.11")
	start_sinks
	start_sink_at 127.0.0.11
	wire
	worker smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/one" mx:one.example.test ann@one.example.test -- "$T/one" mx:one.example.test bob@one.example.test
	assert_status 0
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\ta.example.test[127.0.0.11]:'* ]]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u | wc -l)" -eq 1 ]
	[ "$(grep -c EHLO "$OUT/log")" -eq 1 ]
	[ -e "$OUT/3.eml" ]
	# not where it is the second choice, nor by another name, nor from elsewhere
	start_sink_at 127.0.0.12
	for other in third fourth one; do
		[ "$other" != one ] || control sendfrom "one.example.test: 127.0.0.7"
		worker smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
			-- "$T/one" "mx:$other.example.test" "ann@$other.example.test"
		assert_status 0
		[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
	done
	[ "$(cut -d " " -f 1 "$T"/sink.*/log | wc -l)" -ge 7 ]
	[ "$(cat "$T"/sink.*/peers | wc -l)" -eq 7 ]
}

@test "a connection that the server has had enough of is opened anew for another domain" {
	start_dns < <(zone
		echo "one MX 5 a")
	start_sinks
	start_sink_at 127.0.0.11 --at "mail=421 4.3.2 enough@2"
	wire
	worker smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/one" mx:one.example.test ann@one.example.test
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\ta.example.test[127.0.0.11]:'* ]]
	[ "$(wc -l <"$OUT/peers")" -eq 2 ]
}

@test "this host is known by ownaddresses, too, and by its name among hundreds" {
	start_dns < <(zone
		for i in $(seq 1 60); do
			echo "hundreds MX 10 h$i"
			echo "h$i A 127.0.0.11"
		done
		echo "hundreds MX 10 me")
	start_sinks
	control ownaddresses "# behind NAT" "127.0.0.8/29"
	send self.example.test joe@self.example.test
	assert_status 100
	assert_output_has $'\t5.4.6\t-\tmail loops back to this host: mx:self.example.test'
	send "mx:[127.0.0.12]" "joe@[127.0.0.12]"
	assert_status 100
	assert_output_has $'\t5.4.6\t'
	control ownaddresses 192.0.2.1
	control me me.example.test
	for _ in 1 2 3; do
		send hundreds.example.test joe@hundreds.example.test
		assert_status 100
		assert_output_has $'\t5.4.6\t'
	done
	control ownaddresses 192.0.2.x
	send self.example.test joe@self.example.test
	assert_status 100
	assert_output_has "ownaddresses, line 1: "
}

@test "of hundreds of exchangers ten addresses are tried" {
	start_dns < <(for i in $(seq 1 200); do
		echo "hundreds MX 10 h$i"
		echo "h$i A 127.0.1.$i"
	done)
	start_sinks
	wire
	worker smtp-send -w -- "$T/one" mx:hundreds.example.test joe@hundreds.example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.4.1\t'* ]]
}

@test "a domain in the script of its owner: A-labels for the DNS and for servers" {
	start_dns < <(printf '%s\n' "xn--bcher-kva MX 10 a" "a A 127.0.0.11")
	start_sinks
	start_sink_at 127.0.0.11
	send -f "jürgen@bücher.example.test" bücher.example.test joe@bücher.example.test
	assert_status 100
	[[ $output == *$'\t5.6.7\t'* ]]
	send -f "joe@BÜCHER.example.test" bücher.example.test joe@bücher.example.test ann@xn--bcher-kva.example.test
	assert_status 0
	[[ ${lines[0]} == $'delivered\tjoe@bücher.example.test\t'* ]]
	assert_file_has "$OUT/1.env" "MAIL FROM:<joe@xn--bcher-kva.example.test>"
	assert_file_has "$OUT/1.env" "RCPT TO:<joe@xn--bcher-kva.example.test>"
	lacks SMTPUTF8 "$OUT/1.env"
	send "smtp:bücher.invalid:25" joe@example.test
	assert_status 111
	assert_output_has "xn--bcher-kva.invalid"
	send "mx:$(printf 'b\303.test')" joe@example.test
	assert_status 100
	assert_output_has $'\t5.1.2\t'
}

@test "what the DNS was asked once it is not asked again for the next message" {
	start_odd_dns "a.test MX 10 mx.test" "mx.test A 127.0.0.1"
	start_sink
	control mxport "$SINK"
	control resolvers "127.0.0.1:$ODD_PORT"
	control limits "smtp-idle: 0"
	wire
	worker smtp-send -w -- "$T/one" mx:a.test joe@a.test -- "$T/one" mx:a.test joe@a.test
	assert_status 0
	[ "$(wc -l <"$OUT/peers")" -eq 2 ]
	[ "$(grep -cx "a.test MX" "$ODD_LOG")" -eq 1 ]
	[ "$(grep -cx "mx.test A" "$ODD_LOG")" -eq 1 ]
}
