#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mlmmj, a manager of mailing lists, as a program of a hosted address: subscription by mail, posts
# that come back by SMTP with a reverse-path for each member, a bounce, and the end of it. Nothing
# of it runs as root.

load ../helper
load ../qrun
load peers

NOBODY=65534

setup() {
	needs setpriv
	setup_satchel
	peer_scratch
	T=$P
	mkdir "$T/control" "$T/spool" "$T/bin" "$T/mail" "$T/lists" "$T/skeleton"
	cp "$BUILD"/bin/{qctl,qrun,deliver,enqueue,sendmail,smtpd,smtp-send} "$T/bin"
	export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	control me here.test
	: >"$T/control/aliases"
	AS=()
	if [ "$(id -u)" -eq 0 ]; then
		AS=(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups --)
	fi
	peer mlmmj usr/bin/mlmmj-receive
	cp -R "$PEERS/mlmmj/usr/bin" "$T/mlmmj"
	cp -R "$PEERS/mlmmj/usr/share/mlmmj/text.skel/en" "$T/skeleton"
	chmod -R a+rX "$T"
	chmod 755 "$T"
	[ "$(id -u)" -ne 0 ] || chown "$NOBODY:$NOBODY" "$T/spool" "$T/mail" "$T/lists"
	"${AS[@]}" "$T/bin/qctl" init >/dev/null 2>&1
	# shellcheck disable=SC2034 # the loaded functions use it
	QRUN="${AS[*]} $T/bin/qrun"
}

teardown() {
	stop_started
	remove_scratch "$P"
}

# start_smtpd: on a port of its own, PORT
start_smtpd() {
	start python3 -c 'import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
os.dup2(s.fileno(), 0)
os.execvp(sys.argv[1], sys.argv[1:])' "${AS[@]}" "$T/bin/smtpd"
	wait_for 20 grep -q '^[0-9]' "$STARTED_LOG"
	PORT=$(head -n 1 "$STARTED_LOG")
}

# say FROM TO: a message without much in it
say() {
	printf 'From: <%s>\nTo: <%s>\nSubject: hello\n\n%s\n' "$1" "$2" "${3:-x}" |
	    "${AS[@]}" "$T/bin/sendmail" -i -f "$1" "$2"
}

# The address dev+$1-... that one of ann's messages says to write to.
confirmation() {
	find "$T/mail/ann/new" -type f -exec cat {} + | sed -n "s/^Reply-To: \(dev+$1-.*@box.test\)$/\1/p" | head -n 1
}

has_confirmation() {
	[ -n "$(confirmation "$1")" ]
}

is_member() {
	grep -qx "$1" "$T"/lists/dev/subscribers.d/*
}

is_no_member() {
	! is_member "$1"
}

# got PATTERN: a message of ann's has such a line
got() {
	find "$T/mail/ann/new" -type f -exec grep -hx -e "$1" {} + | grep -q .
}

@test "mlmmj: subscribe by mail, confirm, post, a bounce, unsubscribe" {
	start_smtpd
	start_sink --at 'rcpt=550 5.1.1 nobody of that name'
	control virtual "ann@box.test: $T/mail/ann/" "joe@box.test: $T/mail/joe/" \
	    "dev@box.test: |$T/mlmmj/mlmmj-receive -L $T/lists/dev/"
	printf 'box.test\njoe@box.test\n%s\n' "$T/skeleton/en" |
	    "${AS[@]}" sh "$T/mlmmj/mlmmj-make-ml" -L dev -s "$T/lists" >/dev/null 2>&1
	printf '%s\n' 127.0.0.1 | "${AS[@]}" tee "$T/lists/dev/control/relayhost" >/dev/null
	printf '%s\n' "$PORT" | "${AS[@]}" tee "$T/lists/dev/control/smtpport" >/dev/null
	"${AS[@]}" "$T/mlmmj/mlmmj-sub" -L "$T/lists/dev" -a gone@away.test -s

	say ann@box.test dev+subscribe@box.test
	pass_until 30 has_confirmation confsub
	is_no_member ann@box.test
	say ann@box.test "$(confirmation confsub)"
	pass_until 30 is_member ann@box.test

	say joe@box.test dev@box.test 'what was posted'
	pass_until 30 got 'what was posted'
	got 'Return-Path: <dev+bounces-1-ann=box.test@box.test>'
	got 'From: <joe@box.test>'
	# the other member's server does not know him: the bounce finds the list by his address
	pass_until 30 test -s "$T/lists/dev/bounce/gone=away.test"
	grep -q 'from="dev+bounces-1-gone=away.test@box.test" to=gone@away.test .*status=failed' "$T/log.all"

	say ann@box.test dev+unsubscribe@box.test
	pass_until 30 has_confirmation confunsub
	say ann@box.test "$(confirmation confunsub)"
	pass_until 30 is_no_member ann@box.test
	pass_until 30 queue_has 0
}
