#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) behind a proxy that says who its clients are (control file proxies).
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	control proxies 127.0.0.9 2001:db8:9::/48
	control relayhosts 192.0.2.0/24 127.0.0.9
	export TCPREMOTEIP=127.0.0.9
	V2='\r\n\r\n\0\r\nQUIT\n'
	SESSION='EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\nQUIT\r\n'
}

teardown() {
	stop_started
}

# from HEADER: the session behind it; the replies in $output, the log in $T/log.
from() {
	run bash -c 'printf "%b" "$1" | python3 -S "$ROOT/t/proxied.py" ask 2>"$T/log"' from "$1$SESSION"
	output=${output//$'\r'/}
}

@test "version 1: the client is who the header says, and relays by that address alone" {
	from 'PROXY TCP4 192.0.2.7 127.0.0.1 4000 25\r\n'
	assert_output_has '250 2.1.5 Ok'
	assert_file_has "$T/log" 'client=192.0.2.7'
	from 'PROXY TCP4 198.51.100.1 127.0.0.1 4000 25\r\n'
	assert_output_has '550 5.7.1 Relaying denied'
	assert_file_has "$T/log" 'client=198.51.100.1'
	from 'PROXY TCP6 2001:db8::7 ::1 4000 25\r\n'
	assert_file_has "$T/log" 'session client=2001:db8::7'
}

@test "version 2, with things behind the addresses" {
	from "$V2"'\x21\x11\0\x11\xc0\0\x02\x07\x7f\0\0\x01\x0f\xa0\0\x19\x04\0\x02xy'
	assert_output_has '250 2.1.5 Ok'
	assert_file_has "$T/log" 'client=192.0.2.7'
	from "$V2"'\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x0f\xa0\0\x19'
	assert_file_has "$T/log" 'session client=2001:db8::7'
}

@test "more than a buffer behind the addresses is skipped to the octet" {
	from "$V2"'\x21\x11\x10\x0c\xc0\0\x02\x07\x7f\0\0\x01\x0f\xa0\0\x19'"$(printf 'x%.0s' {1..4096})"
	assert_output_has '250 2.1.5 Ok'
	assert_file_has "$T/log" 'errors=0'
}

@test "the proxy's rights and name are never its client's, even where that has no address" {
	export RELAYCLIENT='' TCPREMOTEHOST=proxy.test
	for header in 'PROXY TCP4 198.51.100.1 127.0.0.1 4000 25\r\n' 'PROXY UNKNOWN\r\n' \
		"$V2"'\x20\0\0\0' "$V2"'\x21\0\0\0'; do
		from "$header"
		assert_output_has '550 5.7.1 Relaying denied'
		[ "$(grep -c 'name=proxy.test' "$T/log")" -eq 0 ]
	done
	assert_file_has "$T/log" 'client=127.0.0.9'
}

@test "a client without an address cannot speak for others, whatever the proxy may" {
	control xclient 127.0.0.9
	SESSION='XCLIENT LOGIN=joe\r\n'$SESSION
	for header in 'PROXY UNKNOWN\r\n' "$V2"'\x20\0\0\0'; do
		from "$header"
		assert_output_has '550 5.7.1 You may not speak for others'
		assert_output_has '550 5.7.1 Relaying denied'
	done
}

@test "without a header there is no session with a proxy" {
	for header in '' 'PROXY TCP4 192.0.2.7\r\n' "$V2"'\x31\x11\0\x0c'; do
		from "$header"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		assert_file_has "$T/log" 'smtpd: proxy client=127.0.0.9 reason="no PROXY header'
	done
	SESSION=''
	from 'PROXY TCP4 19'
	assert_file_has "$T/log" 'smtpd: proxy client=127.0.0.9 reason="no PROXY header'
	from ''
	[ "$status" -eq 0 ] && [ ! -s "$T/log" ]
}

@test "a header from anybody else is a wrong command" {
	TCPREMOTEIP=127.0.0.8 from 'PROXY TCP4 192.0.2.7 127.0.0.1 4000 25\r\n'
	assert_output_has '500 5.5.1 No such command'
	assert_output_has '550 5.7.1 Relaying denied'
}

@test "a header may come in pieces" {
	printf '%b' 'PROXY TCP4 192.0.2.7 127.0.0.1 4000 25\r\nEHLO a.test\r\nQUIT\r\n' |
		python3 -S "$ROOT/t/proxied.py" split 45 2>"$T/log" >"$T/out"
	assert_file_has "$T/out" '221 2.0.0'
	[ "$(grep -c 'session client=192.0.2.7' "$T/log")" -eq 46 ]
	printf '%b' "$V2"'\x21\x11\0\x11\xc0\0\x02\x07\x7f\0\0\x01\x0f\xa0\0\x19\x04\0\x02xyEHLO a.test\r\nQUIT\r\n' |
		python3 -S "$ROOT/t/proxied.py" split 36 2>"$T/log" >"$T/out"
	assert_file_has "$T/out" '221 2.0.0'
	[ "$(grep -c 'session client=192.0.2.7' "$T/log")" -eq 37 ]
}

@test "while listening: a proxy's connections are not one client's" {
	control limits 'smtpd-sessions-address: 1'
	control proxies 127.0.0.1
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	wait_for 10 grep -q listening "$STARTED_LOG"
	python3 -S - "$port" <<-'END'
		import socket, sys
		def client(n):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
		    s.sendall(b"PROXY TCP4 192.0.2.%d 127.0.0.1 4000 25\r\n" % n)
		    assert s.recv(100).startswith(b"220 "), n
		    return s
		sockets = [client(n) for n in range(1, 6)]
		for s in sockets:
		    s.sendall(b"QUIT\r\n")
		    assert s.recv(100).startswith(b"221 ")
	END
	for n in 1 2 3 4 5; do
		wait_for 10 grep -q "session client=192.0.2.$n " "$STARTED_LOG"
	done
}

@test "while listening: a proxy that only looks whether somebody is there, and resets the connection, is no trouble" {
	control proxies 127.0.0.1
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	wait_for 10 grep -q listening "$STARTED_LOG"
	python3 -S - "$port" <<-'END'
		import socket, struct, sys
		def connect():
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    return s
		# before anybody takes it, and while its header is waited for
		for n in range(10):
		    connect().close()
		waiting = [connect() for n in range(10)]
		last = connect()
		last.sendall(b"PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\n")
		assert last.recv(100).startswith(b"220 ")
		for s in waiting:
		    s.close()
		last.sendall(b"QUIT\r\n")
		assert last.recv(100).startswith(b"221 ")
	END
	wait_for 10 grep -q 'session client=192.0.2.1 ' "$STARTED_LOG"
	# all have ended when it has
	stop "$STARTED_PID"
	[ "$(grep -cv 'smtpd: listening\|smtpd: session client=192.0.2.1 ' "$STARTED_LOG")" -eq 0 ] || {
		cat "$STARTED_LOG" >&2
		return 1
	}
}
