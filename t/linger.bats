#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Services with one worker, and clients who hand over sockets that linger (SO_LINGER): whoever lets
# go of one last would wait for its peer. The worker is free again within its deadline.

bats_require_minimum_version 1.5.0
load helper
load tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	cat >"$T/linger.py" <<-'PYTHON'
		import array, socket, struct, sys
		path, head, size = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3])
		server = socket.socket()
		server.bind(("127.0.0.1", 0))
		server.listen(64)
		def lingering():
		    s = socket.create_connection(server.getsockname())
		    s.setblocking(False)
		    try:
		        while True:
		            s.send(b"x" * 65536)
		    except BlockingIOError:
		        pass
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
		    return s
		def connect():
		    u = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		    u.settimeout(60)
		    u.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * 65536)
		    u.connect(path)
		    return u
		def hand_over(u, data):
		    sockets = [lingering() for i in range(4)]
		    u.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno() for s in sockets]))])
		    for s in sockets:
		        s.close()
		# nobody serves by now, so that the worker is who lets go last
		reads, closes, asks = connect(), connect(), connect()
		hand_over(reads, head)  # and no more
		closes.send((b"?\0\0\0\0" + b"x" * size)[:size])
		hand_over(closes, b"x")
		asks.send(b"?\0\0\0\0")
		print("sent", flush=True)
		try:
		    asks.recv(100)
		except ConnectionResetError:
		    pass
		print("answered", flush=True)
	PYTHON
}

teardown() {
	stop_started
}

# linger NAME HEAD SIZE: HEAD begins what the service reads, SIZE octets are read of what is none
linger() {
	local service processes
	start "$1" -w
	service=$STARTED_PID
	wait_for 20 grep -q ready "$STARTED_LOG"
	has_worker() { [ -n "$(pgrep -P "$service")" ]; }
	wait_for 20 has_worker
	mapfile -t processes < <(pgrep -P "$service")
	processes+=("$service")
	kill -STOP "${processes[@]}"
	start python3 -S "$T/linger.py" "$SATCHEL_SPOOL/run/$1/socket" "$2" "$3"
	wait_for 20 grep -qx sent "$STARTED_LOG"
	kill -CONT "${processes[@]}"
	wait_for 10 grep -qx answered "$STARTED_LOG"
	stop "$service"
}

@test "enqueue -w: sockets that linger hold no worker beyond its deadline" {
	control limits 'enqueue-workers: 1' 'enqueue-timeout: 2'
	linger enqueue 44 65536
}

@test "authd -w: sockets that linger hold no worker beyond its deadline" {
	control limits 'authd-workers: 1' 'authd-timeout: 2'
	linger authd 4e 16384
}

@test "mta-sts -w: sockets that linger hold no worker beyond its deadline" {
	control mta-sts 'workers: 1'
	linger mta-sts 51 5
}

@test "tlsd -w: sockets that linger hold no worker beyond its deadline" {
	setup_tls
	control limits 'tlsd-sessions: 1'
	linger tlsd 53 5
}
