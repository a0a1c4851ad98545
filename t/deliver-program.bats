#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Programs and batch files that deliver(8) hands mail to, as routes name them. Nothing of it runs as
# root, so root runs it as somebody else.

bats_require_minimum_version 1.5.0
load helper

NOBODY=65534

setup() {
	needs setpriv
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-program.XXXXXX")
	chmod 755 "$T"
	mkdir "$T/control" "$T/spool" "$T/bin" "$T/out"
	for program in qctl qrun deliver enqueue sendmail smtpd; do
		cp "$BUILD/bin/$program" "$T/bin"
	done
	export T SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	unset ENQUEUE RELAYCLIENT
	control me here.test
	: >"$T/control/aliases"
	if [ "$(id -u)" -eq 0 ]; then
		chown "$NOBODY:$NOBODY" "$T/spool" "$T/out"
		AS=(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups --)
	else
		AS=()
	fi
	ME=$("${AS[@]}" id -un)
	"${AS[@]}" "$T/bin/qctl" init >/dev/null 2>&1
	gate
}

teardown() {
	stop_started
	rm -rf "$T"
}

# The program: notes all that it is given, then does what the local part says.
gate() {
	cat >"$T/bin/gate" <<-END
		#!/bin/sh
		to=$T/out/\${LOCAL-all}
		env | sort >"\$to.env"
		printf '<%s>' "\$@" >"\$to.words"
		cat >"\$to.message"
		case \$LOCAL in
		code-*) exit "\${LOCAL#code-}" ;;
		says-*)
		    printf '\n5.7.9 no\001such\n thing \n\nhere\n' >&2
		    exit "\${LOCAL#says-}" ;;
		killed) kill -KILL \$\$ ;;
		idle) sleep 1000 & echo \$\$ \$! >"\$to.pids"; trap '' TERM; wait; sleep 1000 ;;
		noisy) exec yes ;;
		left) sleep 1000 & echo \$! >"\$to.pids" ;;
		place) pwd; umask; ls /proc/self/fd | tr '\n' ' '; [ \$(ps -o sid= -p \$\$) = \$\$ ] && echo first ;;
		esac
	END
	chmod 755 "$T/bin/gate"
}

# submit FROM RECIPIENT...: TEXT, or a few words
submit() {
	local from=$1
	shift
	printf '%b' "${TEXT:-Subject: test\n\ntext\n}" |
	    "${AS[@]}" "$T/bin/sendmail" -i -f "$from" "$@"
}

pass() {
	"${AS[@]}" "$T/bin/qrun" 2>"$T/log" || return
	cat "$T/log"
}

# delivery ADDRESS: what the log says of it
delivery() {
	grep -F " to=$1 " "$T/log" | grep ' delivery ' |
	    sed 's/.* relay=\([^ ]*\) .* status=/relay=\1 status=/'
}

is_gone() {
	! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1")" = Z ]
}

@test "a program gets the message, the envelope in its environment, and nothing else" {
	control routes "pipe.test: pipe:$T/bin/gate -x {sender} {recipient}"
	SECRET=1 TEXT='From: x\nSubject: hi\n\n.\n..two\nFrom here\n' \
	    submit joe@example.org -N failure -V id1 'ann+list@pipe.test'
	pass
	[[ $(delivery 'ann+list@pipe.test') == "relay=pipe:$T/bin/gate status=sent dsn=2.0.0 "* ]]
	[ "$(cat "$T/out/ann+list.words")" = '<-x><joe@example.org><ann+list@pipe.test>' ]
	run -0 sed 's/=.*//' "$T/out/ann+list.env"
	[ "$(grep -v '^$' <<<"$output" | tr '\n' ' ')" = "BODY DOMAIN DTLINE ENVID EXT EXTENSION HOME HOST LOCAL LOGNAME NOTIFY ORCPT PATH PWD QUEUE_ID RECIPIENT RECIPIENTS RET RPLINE SENDER SHELL TZ UFLINE USER " ] ||
	    { echo "$output"; false; }
	run -0 cat "$T/out/ann+list.env"
	for line in DOMAIN=pipe.test HOST=pipe.test LOCAL=ann+list EXT=list EXTENSION=list \
	    RECIPIENT=ann+list@pipe.test RECIPIENTS=ann+list@pipe.test SENDER=joe@example.org \
	    NOTIFY=FAILURE ENVID=id1 "USER=$ME" PATH=/usr/local/bin:/usr/bin:/bin PWD=/ \
	    'DTLINE=Delivered-To: ann+list@pipe.test' 'RPLINE=Return-Path: <joe@example.org>'; do
		grep -qxF "$line" <<<"$output"
	done
	grep -q '^QUEUE_ID=[0-9a-v]\{20\}$' <<<"$output"
	grep -q '^UFLINE=From joe@example.org ' <<<"$output"
	run -1 grep -q 'SECRET\|SATCHEL' <<<"$output"
	run -0 cat "$T/out/ann+list.message"
	[ "${lines[0]}" = 'Return-Path: <joe@example.org>' ]
	[ "${lines[1]}" = 'Delivered-To: ann+list@pipe.test' ]
	[[ $output == *$'\nSubject: hi\n'*$'\n.\n..two\nFrom here' ]]
	run -1 grep -q "$(printf '\r')" "$T/out/ann+list.message"
}

@test "it has a session of its own, no terminal, no other descriptors, and may leave children" {
	control routes "pipe.test: pipe:$T/bin/gate"
	submit '' place@pipe.test left@pipe.test
	pass
	run -0 delivery place@pipe.test
	[[ $output == *'reply="delivered to program: / / 0077 / 0 1 2 3 first"' ]]
	[[ $(delivery left@pipe.test) == *'status=sent'* ]]
	pid=$(cat "$T/out/left.pids")
	run ! is_gone "$pid"
	kill "$pid"
}

@test "exit codes are those of sysexits and of qmail" {
	control routes "pipe.test: pipe:$T/bin/gate"
	want='0 2.0.0 99 2.0.0 100 5.3.0 111 4.3.0 112 5.3.0 1 4.3.0 64 5.3.5 65 5.6.0 66 5.3.0 67 5.1.1
	    68 5.1.2 69 5.3.0 70 5.3.0 71 4.3.0 72 5.3.0 73 5.2.0 74 4.3.0 75 4.3.0 76 5.5.0 77 5.7.0
	    78 5.3.5 127 4.3.0 255 4.3.0'
	# shellcheck disable=SC2086 # words
	set -- $want
	to=()
	while [ $# -gt 0 ]; do
		to+=("code-$1@pipe.test")
		shift 2
	done
	submit joe@example.org "${to[@]}" says-100@pipe.test says-111@pipe.test killed@pipe.test
	pass
	# shellcheck disable=SC2086
	set -- $want
	while [ $# -gt 0 ]; do
		[[ $(delivery "code-$1@pipe.test") == *" dsn=$2 "* ]] || { echo "$1"; return 1; }
		shift 2
	done
	[[ $(delivery code-75@pipe.test) == *' reply="the program wants to be tried again"' ]]
	[[ $(delivery says-100@pipe.test) == *'dsn=5.7.9 reply="no\x5cx01such / thing / here"' ]]
	[[ $(delivery says-111@pipe.test) == *'dsn=4.3.0 reply="5.7.9 no\x5cx01such / thing / here"' ]]
	[[ $(delivery killed@pipe.test) == *"dsn=4.3.0 reply=\"$T/bin/gate was ended by the signal 9\"" ]]
}

@test "what takes too long is ended with all that it started, and what talks too much" {
	control routes "pipe.test: pipe:$T/bin/gate"
	for deadline in 2 10 50; do # longer, if it was ended before it had started anything
		control limits "delivery-deadline: $deadline"
		submit joe@example.org idle@pipe.test
		submit joe@example.org noisy@pipe.test
		pass
		[[ $(delivery idle@pipe.test) == *'status=deferred dsn=4.3.0 reply="'*' took too long"' ]]
		[[ $(delivery noisy@pipe.test) == *'status=deferred dsn=4.3.0 reply="'*' took too long"' ]]
		[ ! -s "$T/out/idle.pids" ] || break
	done
	read -r one two <"$T/out/idle.pids"
	wait_for 5 is_gone "$one"
	wait_for 5 is_gone "$two"
}

@test "recipients go together where the route says so; what a shell could read goes nowhere" {
	control routes "all.test: pipe:$T/bin/gate {recipients}" "one.test: pipe:$T/bin/gate {recipient}" \
	    "env.test: pipe:$T/bin/gate"
	submit 'a&b@example.org' -- a@all.test b@all.test -x@one.test 'x&id@one.test' \
	    '"x y"@one.test' '/etc/passwd@one.test' '+49-123@one.test' "'@env.test"
	pass
	[ "$(cat "$T/out/all.words")" = '<a@all.test><b@all.test>' ]
	run -0 cat "$T/out/all.env"
	grep -qx 'RECIPIENTS=a@all.test' <<<"$output"
	grep -qx b@all.test <<<"$output"
	run -1 grep -q '^LOCAL=\|Delivered-To' "$T/out/all.env" "$T/out/all.message"
	for to in '-x' 'x&id' '/etc/passwd'; do
		[[ $(delivery "$to@one.test") == *'status=failed dsn=5.1.3 reply="the address '* ]]
	done
	[ "$(grep -c 'dsn=5.1.3' "$T/log")" -eq 4 ]
	[ "$(cat "$T/out/+49-123.words")" = '<+49-123@one.test>' ]
	grep -qx "LOCAL='" "$T/out/'.env"
	control routes "one.test: pipe:$T/bin/gate {sender}"
	submit 'a&b@example.org' sue@one.test
	submit '' null@one.test
	pass
	[[ $(delivery sue@one.test) == *'dsn=5.1.7 '* ]]
	[ "$(cat "$T/out/null.words")" = '<>' ]
}

@test "options: crlf, from and bare" {
	control routes "a.test: pipe:crlf $T/bin/gate" "b.test: pipe:from,bare $T/bin/gate"
	submit joe@example.org a@a.test b@b.test
	pass
	[ "$(grep -c "$(printf '\r$')" "$T/out/a.message")" -eq "$(wc -l <"$T/out/a.message")" ]
	[[ $(head -n 1 "$T/out/a.message") == 'Return-Path: <joe@example.org>'* ]]
	[[ $(head -n 1 "$T/out/b.message") == 'From joe@example.org '* ]]
	run -1 grep -q 'Return-Path\|Delivered-To' "$T/out/b.message"
}

@test "what cannot be run, is for another user, or loops, says so" {
	ln -s /nowhere "$T/bin/dangling"
	control routes "a.test: pipe:$T/bin/none" "b.test: pipe:$T/control/me" \
	    "c.test: pipe:user=root $T/bin/gate" "d.test: pipe:$T/bin/gate"
	submit joe@example.org a@a.test b@b.test c@c.test
	TEXT='Delivered-To: D@d.test\n\ntext\n' submit joe@example.org d@d.test
	pass
	[[ $(delivery a@a.test) == *"dsn=4.3.5 reply=\"unable to run $T/bin/none: No such file or directory\"" ]]
	[[ $(delivery b@b.test) == *"dsn=4.3.5 reply=\"unable to run $T/control/me: Permission denied\"" ]]
	[[ $(delivery c@c.test) == *'dsn=4.3.5 reply="the route is for the user root, and deliver runs as '* ]]
	[[ $(delivery d@d.test) == *'status=failed dsn=5.4.6 reply="mail forwarding loop"' ]]
	[ ! -e "$T/out/d.env" ]
}

@test "what the control files do not name is not run, whatever qrun says" {
	# qrun itself reads routes again as soon as they have changed
	cp "$BUILD/t/unit/deliver_worker" "$T/bin"
	printf 'Subject: x\r\n\r\n' >"$T/wire"
	given() {
		run "${AS[@]}" "$T/bin/deliver_worker" 1 "pipe:$T/bin/gate" joe@example.org "$T/wire" joe@pipe.test
	}
	control routes "other.test: pipe:$T/bin/gate x"
	given
	assert_output_has '1/0 temporary 4.3.5 '
	assert_output_has "\"pipe:$T/bin/gate\" is in no route; qrun may have to be started anew"
	[ ! -e "$T/out/joe.env" ]
	control routes "pipe.test: pipe:$T/bin/gate"
	given
	assert_output_has '1/0 delivered '
	[ -e "$T/out/joe.env" ]
}

@test "a message larger than pipes hold arrives whole, and a reader may stop early" {
	control routes "pipe.test: pipe:$T/bin/gate" "head.test: pipe:/usr/bin/head -n 1"
	{
		printf 'Subject: long\n\n'
		seq 1 400000
	} >"$T/long"
	"${AS[@]}" "$T/bin/sendmail" -f '' long@pipe.test x@head.test <"$T/long"
	pass
	[ "$(tail -n 400000 "$T/out/long.message" | cksum)" = "$(seq 1 400000 | cksum)" ]
	[[ $(delivery x@head.test) == *'status=sent dsn=2.0.0 reply="delivered to program: Return-Path: <>"' ]]
}

@test "bsmtp: transactions in a file, which smtpd can read, and files in a folder" {
	"${AS[@]}" mkdir "$T/out/folder"
	control routes "batch.test: bsmtp:$T/out/batch" "folder.test: bsmtp:$T/out/folder/"
	TEXT='Subject: one\n\n.\n..\ntext\n' submit joe@example.org ann@batch.test bob@batch.test
	TEXT='Subject: two\n\ntext' submit '' ann@batch.test sue@folder.test
	pass
	[[ $(delivery ann@batch.test | head -n 1) == "relay=bsmtp:$T/out/batch status=sent dsn=2.0.0 reply=\"added to batch\"" ]]
	run -0 tr -d '\r' <"$T/out/batch"
	[[ $output == *$'HELO here.test\nMAIL FROM:<joe@example.org>\nRCPT TO:<ann@batch.test>\nRCPT TO:<bob@batch.test>\nDATA\nReceived:'* ]]
	[[ $output == *$'\n..\n...\ntext\n.'* ]]
	[ "$(grep -c "$(printf '^HELO here.test\r$')" "$T/out/batch")" -eq 2 ]
	[ "$(tr -dc '\r' <"$T/out/batch" | wc -c)" -eq "$(wc -l <"$T/out/batch")" ]
	[ "$(stat -c %a "$T/out/batch")" = 600 ]
	run -0 ls -A "$T/out/folder"
	[ "${#lines[@]}" -eq 1 ]
	run -0 tr -d '\r' <"$T/out/folder/${lines[0]}"
	[[ $output == $'HELO here.test\nMAIL FROM:<>\nRCPT TO:<sue@folder.test>\nDATA\n'*$'\ntext\n.\nQUIT' ]]
	rm "$T/control/routes"
	control locals here.test batch.test
	control aliases 'ann: /dev/null/' 'bob: /dev/null/'
	run -0 "${AS[@]}" env RELAYCLIENT= "$T/bin/smtpd" <"$T/out/batch"
	[ "$(grep -c '^250 2.6.0\|^250 2.0.0 .*ueued' <<<"$output")" -eq 2 ] || { echo "$output"; return 1; }
}

@test "bsmtp: what fails leaves the file as it was" {
	"${AS[@]}" sh -c "printf 'before\r\n.\r\n' >'$T/out/batch'; echo DATA >'$T/out/half'"
	control routes "batch.test: bsmtp:$T/out/batch" "a.test: bsmtp:$T/out/none/file" \
	    "b.test: bsmtp:$T/out/none/" "c.test: bsmtp:$T/out/link" "d.test: bsmtp:$T/out/half"
	"${AS[@]}" ln -s batch "$T/out/link"
	{
		printf 'Subject: long\n\n'
		seq 1 300000
	} >"$T/long"
	"${AS[@]}" "$T/bin/sendmail" -f '' joe@batch.test <"$T/long"
	submit '' a@a.test b@b.test c@c.test d@d.test
	(ulimit -f 500 && pass)
	[[ $(delivery joe@batch.test) == *'status=deferred dsn=4.2.2 '* ]]
	[ "$(tr -d '\r' <"$T/out/batch")" = $'before\n.' ]
	[[ $(delivery d@d.test) == *'dsn=4.3.5 '*' does not end with a whole transaction"' ]]
	[[ $(delivery a@a.test) == *'status=deferred dsn=4.3.0 reply="unable to open the folder '* ]]
	[[ $(delivery b@b.test) == *'status=deferred dsn=4.3.0 reply="unable to open the folder '* ]]
	[[ $(delivery c@c.test) == *'status=deferred dsn=4.3.5 '*'is a symbolic link'* ]]
}
