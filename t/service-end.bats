#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# How services that make their own sockets end: RESTARTS in satchel(7).

bats_require_minimum_version 1.5.0
load helper
load tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
}

teardown() {
	stop_started
}

# serve NAME: its service, at $SOCKET
serve() {
	SOCKET=$SATCHEL_SPOOL/run/$1/socket
	start "$1" -w
	wait_for 10 listens_at "$SOCKET"
}

# ends_soon PID: before those who ask give up to wait for the next
ends_soon() {
	local code=0
	kill "$1"
	wait_for 10 started_is_gone "$1"
	wait "$1" || code=$?
	[ "$code" -eq 0 ]
	[ ! -e "$SOCKET" ]
}

@test "who holds a worker keeps nobody from the next service, and is served to the end" {
	local first
	cat >"$T/hold.py" <<-'PYTHON'
		import socket, struct, sys
		def frame(letter, content=b""):
		    return letter + struct.pack(">I", len(content)) + content
		u = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		u.settimeout(60)
		u.connect(sys.argv[1])
		u.sendall(frame(b"E", b"Fa@b.test\0Tc@d.test\0"))
		print(u.recv(100)[:1].decode(), flush=True)
		sys.stdin.readline()
		u.sendall(frame(b"D", b"Subject: x\r\n\r\n") + frame(b"C", b"14"))
		print(u.recv(100)[:1].decode(), flush=True)
	PYTHON
	mkfifo "$T/go"
	serve enqueue
	first=$STARTED_PID
	start bash -c "exec python3 -S '$T/hold.py' '$SOCKET' <>'$T/go'"
	wait_for 10 grep -qx G "$STARTED_LOG"
	local held=$STARTED_LOG
	ends_soon "$first"
	serve enqueue
	printf '\n' >"$T/go"
	wait_for 10 grep -qx K "$held"
	[ "$(complete_in "$SATCHEL_SPOOL/new")" -eq 1 ]
	ends_soon "$STARTED_PID"
}

@test "a client that says nothing holds up the end of no service" {
	local name service
	for name in enqueue authd mta-sts tlsd; do
		serve "$name"
		service=$STARTED_PID
		start python3 -S -c 'import socket, sys
u = socket.socket(socket.AF_UNIX)
u.connect(sys.argv[1])
print("there", flush=True)
import time
time.sleep(60)' "$SOCKET"
		wait_for 10 grep -qx there "$STARTED_LOG"
		ends_soon "$service"
	done
}

@test "a service that is told to stop before it is ready leaves no socket behind" {
	needs strace
	local name
	for name in enqueue authd mta-sts tlsd; do
		SOCKET=$SATCHEL_SPOOL/run/$name/socket
		# for a second it goes no further; it is its own process, and the tracer another
		start env ASAN_OPTIONS=detect_leaks=0 strace -D -qq -o /dev/null -e trace=listen \
		    -e inject=listen:delay_exit=1000000 "$name" -w
		wait_for 10 listens_at "$SOCKET"
		ends_soon "$STARTED_PID"
	done
}

@test "a server that is told to stop once it listens, and before it says so, ends in order" {
	needs strace
	local name port user=()
	for name in smtpd pop3d; do
		[ "$name" = smtpd ] || [ "$(id -u)" -ne 0 ] || user=(-u nobody)
		port=$(free_port)
		start env ASAN_OPTIONS=detect_leaks=0 strace -D -qq -o /dev/null -e trace=listen \
		    -e inject=listen:delay_exit=1000000 "$name" -l "127.0.0.1:$port" "${user[@]}"
		wait_for 10 port_open "$port"
		stop "$STARTED_PID"
		grep "^$name: listening .*port=$port" "$STARTED_LOG"
	done
}
