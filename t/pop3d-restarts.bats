#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # heard is set by what is loaded
# pop3d(8) while authd(8) is restarted: the login waits for it. Under load: t/long/restarts-others.bats.

load helper
load pop3d

setup() {
	setup_pop3d
}

teardown() {
	teardown_pop3d
}

# returning PAUSE HANG-UPS: authd, of which at first there is but the socket, as of one that was killed. Told
# so ("back"), it listens PAUSE seconds later, hangs up on so many clients, and begins.
returning() {
	mkdir -p "$SATCHEL_SPOOL/run/authd"
	[ "${#AS[@]}" -eq 0 ] || chown games "$SATCHEL_SPOOL/run/authd"
	mkfifo "$T/back"
	cat >"$T/returning.py" <<-'END'
		import os, socket, sys, time
		path = os.environ["SATCHEL_SPOOL"] + "/run/authd/socket"
		socket.socket(socket.AF_UNIX).bind(path)
		listener = socket.socket(socket.AF_UNIX)
		print("ready", flush=True)
		open(sys.argv[1]).read()
		time.sleep(float(sys.argv[2]))
		os.unlink(path)
		listener.bind(path)
		listener.listen(5)
		for _ in range(int(sys.argv[3])):
		    listener.accept()[0].close()
		os.dup2(listener.fileno(), 3)
		os.set_inheritable(3, True)
		os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
		os.execvp("authd", ["authd", "-w"])
	END
	start "${AS[@]}" python3 -S "$T/returning.py" "$T/back" "$@"
	wait_for 10 grep -q ready "$STARTED_LOG"
}

@test "authd hangs up on the keeper, and the next one that is asked does not" {
	returning 0 2
	: >"$T/back"
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/authd/socket"
	open_session "${AS[@]}" pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	[ "$heard" = '+OK 0 messages' ]
	close_session
}

# pop3d by root, of whom the service alone may be asked
open_root() {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	getent passwd nobody >/dev/null || skip 'there is no user nobody'
	AS=()
	control mailuser games
	returning "$@"
	open_session pop3d -u nobody
}

@test "root: authd that was killed is waited for" {
	open_root 0.2 0
	printf 'USER joe@here.test\r\n' >&8
	: >"$T/back"
	hear
	[[ $heard == +OK* ]]
	say 'PASS secret'
	[ "$heard" = '+OK 0 messages' ]
	close_session
}

@test "root: and that for three seconds, once a question" {
	open_root 0 0
	say 'AUTH PLAIN AGpvZUBoZXJlLnRlc3QAc2VjcmV0'
	[[ $heard == '-ERR [SYS/TEMP]'* ]]
	close_session
	[ "$(grep -c 'unable to ask authd' "$STARTED_LOG")" -le 2 ] # for its mechanisms, too
}
