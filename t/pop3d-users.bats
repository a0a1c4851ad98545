#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # heard is set by what is loaded
# As whom pop3d(8) runs, before the login and after it.

load helper
load pop3d

setup() {
	setup_pop3d
	FOLDER=
}

teardown() {
	teardown_pop3d
	[ -z "$FOLDER" ] || remove "$FOLDER"
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	getent passwd mail >/dev/null || skip 'there is no user mail'
	getent passwd nobody >/dev/null || skip 'there is no user nobody'
}

# The service authd, and pop3d by root: hosted mail is games', and nobody talks before the login.
setup_root() {
	needs_root
	control mailuser games
	control users "joe@here.test: $BOX/" 'mail:' 'mail@box.test:' 'root:'
	(umask 077 && printf '%s\n' "joe@here.test: $POP3_HASH" "mail: $POP3_HASH" \
	    "mail@box.test: $POP3_HASH" "root: $POP3_HASH" >"$SATCHEL_CONTROL/secrets")
	# shellcheck disable=SC2034 # the loaded functions use it
	AS=()
	start authd -w
	AUTHD=$STARTED_PID
	wait_for 20 grep -q "authd: ready" "$STARTED_LOG"
}

# The real, effective and saved user of a process.
uids() {
	awk '/^Uid:/ { print $2, $3, $4 }' "/proc/$1/status"
}

is_user() {
	local uid
	uid=$(id -u "$2")
	[ "$(uids "$1")" = "$uid $uid $uid" ]
}

@test "root: another user talks before the login, and the owner of the mailbox after it" {
	setup_root
	three_messages
	chown -hR games "$BOX"
	open_session pop3d -u nobody
	[ "$heard" = '+OK here.test POP3' ]
	front=$(pgrep -P "$STARTED_PID")
	is_user "$front" nobody
	is_user "$STARTED_PID" root
	say 'USER joe@here.test'
	say 'PASS secret'
	[ "$heard" = '+OK 3 messages' ]
	is_user "$STARTED_PID" games
	[ "$(awk '/^Groups:/ { $1 = ""; print }' "/proc/$STARTED_PID/status" | xargs)" = \
	    "$(id -G games | tr ' ' '\n' | sort -n | paste -sd ' ')" ]
	wait_for 20 started_is_gone "$front"
	say 'DELE 1'
	say 'QUIT'
	[ "$heard" = '+OK Goodbye' ]
	close_session
	[ "$(files_in "$BOX/new" "$BOX/cur")" -eq 2 ]
	[ "$(stat -c %U "$BOX/pop3d-sizes")" = games ]
}

@test "root: system users get their own mail, and nobody gets any as root" {
	setup_root
	home=$(getent passwd mail | cut -d : -f 6)
	[ -d "$home" ] || skip 'the user mail has no home'
	FOLDER=$(mktemp -d "$home/satchel-test.XXXXXX")
	mkdir "$FOLDER/M" "$FOLDER/M/new" "$FOLDER/M/cur"
	echo 'Subject: x' >"$FOLDER/M/new/1700000001.x"
	chown -R mail "$FOLDER"
	control mailbox "${FOLDER##*/}/M/"
	open_session pop3d -u nobody
	say 'USER mail'
	say 'PASS secret'
	[ "$heard" = '+OK 1 messages' ]
	is_user "$STARTED_PID" mail
	close_session
	wait_for 20 started_is_gone "$STARTED_PID"
	LOGIN='USER root\r\nPASS secret\r\n'
	run bash -c "printf '%b' '$LOGIN' | pop3d -u nobody 2>'$T/log'"
	assert_output_has '-ERR [SYS/PERM] This login has no mailbox here'
	assert_file_has "$T/log" "nobody's mail is served as the user ID 0"
	# one of a domain that is not local is no system user
	run bash -c "printf 'USER mail@box.test\r\nPASS secret\r\n' | pop3d -u nobody 2>'$T/log'"
	assert_output_has '-ERR [SYS/PERM] This login has no mailbox here'
	# unless the compiled list says that it is, whatever its text says since
	control locals box.test
	mailconf compile locals
	control locals
	run bash -c "printf 'USER mail@box.test\r\nPASS secret\r\nQUIT\r\n' | pop3d -u nobody 2>'$T/log'"
	assert_output_has '+OK 1 messages'
	rm "$SATCHEL_CONTROL"/locals*
	control mailuser root
	run bash -c "printf '%b' 'USER joe@here.test\r\nPASS secret\r\n' | pop3d -u nobody 2>'$T/log'"
	assert_output_has '-ERR [SYS/PERM] This login has no mailbox here'
	control mailbox mbox
	run bash -c "printf 'USER mail\r\nPASS secret\r\n' | pop3d -u nobody 2>'$T/log'"
	assert_file_has "$T/log" 'the mailbox is no Maildir'
}

@test "root: nobody talks as root, and no authd is executed by root" {
	setup_root
	for user in root no-such-user-here; do
		run pop3d -u "$user" -l 127.0.0.1:0
		assert_status 111
	done
	stop "$AUTHD"
	run bash -c "printf 'AUTH PLAIN AGEAYg==\r\n' | pop3d -u nobody 2>'$T/log'"
	assert_output_has '-ERR [SYS/TEMP] Logins cannot be checked now'
	assert_file_has "$T/log" 'pop3d: failed reason="unable to ask authd'
}

@test "anybody else serves his own mail, and says so of others'" {
	other=mail
	[ "$OWNER" != mail ] || other=games
	control users "$other:" "$OWNER:" "joe@here.test: $BOX/"
	(umask 077 && printf '%s\n' "$other: $POP3_HASH" "$OWNER: $POP3_HASH" \
	    "joe@here.test: $POP3_HASH" >"$SATCHEL_CONTROL/secrets")
	give
	pop3 "USER $other\r\nPASS secret\r\n"
	assert_output_has '-ERR [SYS/PERM] This login has no mailbox here'
	assert_file_has "$T/log" "cannot serve $other"
	pop3 "USER joe@here.test\r\nPASS secret\r\nQUIT\r\n"
	assert_output_has '+OK 0 messages'
}
