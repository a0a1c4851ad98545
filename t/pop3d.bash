# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154 # set for who loads it, and by what is loaded before
# What the tests of pop3d share. Load it behind helper.

# of "secret"
POP3_HASH='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
POP3_KEY='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='

# nobody's mail is served as uid 0: where root runs the tests, games has the mailboxes, and T is
# where everybody may go.
setup_pop3d() {
	setup_satchel
	OWNER=$(id -un)
	AS=()
	if [ "$(id -u)" -eq 0 ]; then
		OWNER=games
		getent passwd games >/dev/null || skip 'there is no user games'
		needs setpriv
		T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-pop3d.XXXXXX")
		AS=(setpriv --reuid=games --regid="$(id -g games)" --clear-groups --)
		mkdir "$T/control" "$T/spool" "$T/bin"
		cp "$BUILD"/bin/{pop3d,authd,tlsd,qctl} "$T/bin"
		export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin PATH=$T/bin:$PATH
		chmod 755 "$T"
		chown games "$T/spool"
		"${AS[@]}" qctl init >/dev/null
		control me here.test
	fi
	BOX=$T/joe
	mkdir -p "$BOX/new" "$BOX/cur" "$BOX/tmp"
	control users "joe@here.test: $BOX/" 'ann@here.test:'
	control authentication 'plaintext: yes'
	control limits 'auth-delay: 0'
	(umask 077 && printf '%s\n' "joe@here.test: $POP3_HASH $POP3_KEY" \
	    "ann@here.test: $POP3_HASH" >"$SATCHEL_CONTROL/secrets")
	give
}

# Gives what the test made to whom it should belong.
give() {
	[ "${#AS[@]}" -eq 0 ] || chown -hR games "$BOX" "$SATCHEL_CONTROL/secrets"
}

teardown_pop3d() {
	stop_started
	case $T in */satchel-pop3d.*) remove "$T" ;; esac
}

# message FOLDER/NAME TEXT, with printf's escapes
message() {
	printf '%b' "$2" >"$BOX/$1"
}

# Three of them: two lines with dots, one that was seen, one with CRLF.
three_messages() {
	message new/1700000001.M1P1.here 'Subject: one\n\n.dot\n..two\n'
	message cur/1700000002.M1P1.here:2,FS 'Subject: two\n\nhello'
	message new/1700000003.M1P1.here 'Subject: three\r\n\r\nhello\r\n'
	give
}

# One session on pipes: its text with printf's escapes; the replies become $output.
pop3() {
	# shellcheck disable=SC2016
	run bash -c 'printf "%b" "$1" | timeout 20 "${@:2}" pop3d 2>"$T/log"' pop3 "$1" "${AS[@]}"
	output=${output//$'\r'/}
}

LOGIN='USER joe@here.test\r\nPASS secret\r\n'

# The same after a login; the replies to that are left out.
joe() {
	pop3 "$LOGIN$1"
	[ "$(head -n 2 <<<"$output")" = $'+OK here.test POP3\n+OK Go on with PASS' ]
	output=$(tail -n +3 <<<"$output")
}

# Exactly these lines: is LINE...
is() {
	local expected
	expected=$(printf '%s\n' "$@")
	[ "$output" = "$expected" ] && return
	printf 'expected:\n%s\nthe output is:\n%s\n' "$expected" "$output" >&2
	cat "$T/log" >&2
	return 1
}

# pop3d -l, perhaps with options, as OWNER; PORT
listen() {
	PORT=$(free_port)
	start "${AS[@]}" pop3d -l "127.0.0.1:$PORT" "$@"
	wait_for 20 port_open "$PORT"
}

# A session of which this shell has both ends: 8 to say, 9 to hear. open_session COMMAND...
open_session() {
	rm -f "$T/say" "$T/hear"
	mkfifo "$T/say" "$T/hear"
	# shellcheck disable=SC2016
	start bash -c 'exec "$@" <"$T/say" >"$T/hear"' open "$@"
	exec 8>"$T/say" 9<"$T/hear"
	hear
}

close_session() {
	exec 8>&- 9<&-
}

# Says a line, and hears one: say LINE; $heard
say() {
	printf '%s\r\n' "$1" >&8
	hear
}

hear() {
	IFS= read -r -t 20 heard <&9 || return 1
	heard=${heard%$'\r'}
}
