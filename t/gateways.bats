#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # status and output are bats'
# The examples of satchel-gateways(7), from one queue to the other side, and back. As root the mail
# is that of nobody, as deliver runs no gateway as root.

bats_require_minimum_version 1.5.0
load helper

GATEWAYS=$ROOT/lib/service/gateways
NOBODY=65534

setup() {
	needs setpriv
	needs curl
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-gateways.XXXXXX")
	chmod 755 "$T"
	mkdir "$T/bin" "$T/gateways"
	for program in qctl qrun deliver enqueue sendmail bsmtp smtp-send; do
		cp "$BUILD/bin/$program" "$T/bin"
	done
	cp "$GATEWAYS"/* "$T/gateways"
	export T SATCHEL_BIN=$T/bin PATH=$T/bin:$PATH
	unset ENQUEUE RELAYCLIENT
	if [ "$(id -u)" -eq 0 ]; then
		AS=(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups --)
	else
		AS=()
	fi
	ME=$("${AS[@]}" id -un)
	make_host here
}

teardown() {
	stop_started
	rm -rf "$T"
}

# A host whose control files and spool are in $T/NAME.
make_host() {
	mkdir -p "$T/$1/control" "$T/$1/out" "$T/$1/mail"
	mkdir "$T/$1/spool"
	[ "$(id -u)" -ne 0 ] || chown "$NOBODY:$NOBODY" "$T/$1" "$T/$1/spool" "$T/$1/out" "$T/$1/mail"
	echo "$1.test" >"$T/$1/control/me"
	echo "$ME" >"$T/$1/control/mailuser"
	: >"$T/$1/control/aliases"
	: >"$T/$1/control/locals"
	on "$1" qctl init >"$T/init.log" 2>&1
}

on() {
	"${AS[@]}" env SATCHEL_CONTROL="$T/$1/control" SATCHEL_SPOOL="$T/$1/spool" TMPDIR="$T/$1" "${@:2}"
}

# send FROM TO: the message on standard input
send() {
	on here sendmail -i -f "$1" -- "${@:2}"
}

pass() {
	on "${1-here}" qrun >>"$T/log" 2>&1
}

# What the sender got back: report HOST
report() {
	pass "$1" # the bounce is a message of its own
	cat "$T/$1/mail/ann/new"/*
}

@test "UUCP's way: in batches to another host, and in again, compressed" {
	needs gzip
	needs flock
	make_host far
	echo "far.test: bsmtp:dsn $T/here/out/" >"$T/here/control/routes"
	echo "joe@far.test: $T/far/mail/joe/" >"$T/far/control/virtual"
	"${AS[@]}" mkdir "$T/far/in"
	printf 'Subject: dots\n\n.\n..\n...\n.text\ncaf\303\251 \n\nend\n' >"$T/message"
	{
		printf 'EHLO x\nMAIL FROM:<ann@here.test> RET=HDRS ENVID=mine BODY=8BITMIME\n'
		printf 'RCPT TO:<joe@far.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;first@here.test\n'
		printf 'RCPT TO:<nobody@far.test>\nDATA\n'
		sed 's/^\./../' "$T/message"
		echo .
	} | on here bsmtp
	send '' joe@far.test <"$T/message"
	pass here
	[ "$(find "$T/here/out" -type f | wc -l)" -eq 2 ]
	grep -qx $'RCPT TO:<joe@far.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;first@here.test\r' "$T/here/out"/*
	# not while somebody else is at it, and not to where nothing can be
	run "${AS[@]}" flock "$T/here/out/.lock" "$T/gateways/batch-send" -z "$T/here/out" "$T/far/in"
	assert_status 111
	run "${AS[@]}" "$T/gateways/batch-send" "$T/here/out" false
	assert_status 111
	[ "$(find "$T/here/out" -type f ! -name .lock | wc -l)" -eq 2 ]
	on here "$T/gateways/batch-send" -z "$T/here/out" "$T/far/in"
	[ "$(find "$T/here/out" -type f ! -name .lock | wc -l)" -eq 0 ]
	[ "$(find "$T/far/in" -name '[!.]*.gz' | wc -l)" -eq 2 ]
	# one that is cut off is not taken in part, one that is not whole yet not at all
	for file in "$T/far/in"/*.gz; do head -c 100 "$file"; break; done | "${AS[@]}" tee "$T/far/in/cut.gz" "$T/far/in/.new" >/dev/null
	run on far "$T/gateways/batch-receive" "$T/far/in" -r
	assert_status 100
	[ "$(find "$T/far/in" -type f | sed 's|.*/in/||' | sort | tr '\n' ' ')" = '.new bad/cut.gz ' ]
	pass far
	for file in "$T/far/mail/joe/new"/*; do
		sed '1,/^$/d' "$file" | diff - <(sed '1,/^$/d' "$T/message")
		cat "$file"
	done >"$T/all"
	assert_file_has "$T/all" 'Return-Path: <ann@here.test>'
	assert_file_has "$T/all" 'Return-Path: <>'
	assert_file_has "$T/all" 'from here.test'
	# the one that nobody@far.test is not in the queue of far anymore: its bounce waits for a way
	grep -q 'to=nobody@far.test.*dsn=5.1.1' "$T/log"
	# the same by a program, as uux is one
	send ann@here.test joe@far.test <"$T/message"
	pass here
	printf '#!/bin/sh\nexec env SATCHEL_CONTROL=%s/far/control SATCHEL_SPOOL=%s/far/spool TMPDIR=%s/far bsmtp\n' "$T" "$T" "$T" >"$T/bin/carry"
	chmod +x "$T/bin/carry"
	on here "$T/gateways/batch-send" "$T/here/out" carry
	pass far
	[ "$(find "$T/far/mail/joe/new" -type f | wc -l)" -eq 3 ]
}

@test "a webhook: what the server answers decides" {
	start python3 -u "$ROOT/t/webhook.py" "$T/posted"
	wait_for 20 test -s "$STARTED_LOG"
	url=http://127.0.0.1:$(cat "$STARTED_LOG")
	echo 'X-Token: secret' >"$T/token"
	chmod 644 "$T/token"
	for code in 200 202 302 404 429 503; do
		echo "$code.test: pipe:bare,crlf $T/gateways/webhook $url/$code $T/token"
	done >"$T/here/control/routes"
	echo "down.test: pipe:bare,crlf $T/gateways/webhook http://127.0.0.1:$(free_port)/" >>"$T/here/control/routes"
	echo "ann@here.test: $T/here/mail/ann/" >"$T/here/control/virtual"
	printf 'Subject: hook\n\n.\ncaf\303\251\n' |
	    send ann@here.test joe@200.test "-o'@202.test" joe@302.test joe@404.test joe@429.test joe@503.test joe@down.test
	pass here
	while read -r to status dsn said; do
		grep -F "to=$to " "$T/log" | grep -q " status=$status dsn=$dsn .*$said" || {
			cat "$T/log" >&2
			return 1
		}
	done <<-'end'
	joe@200.test sent 2.0.0
	-o'@202.test sent 2.0.0
	joe@302.test deferred 4.3.0 answered 302
	joe@404.test failed 5.3.0 answered 404
	joe@429.test deferred 4.3.2 answered 429
	joe@503.test deferred 4.3.0 answered 503
	joe@down.test deferred 4.4.1 no answer
	end
	assert_file_has "$T/posted" '/200 X-Envelope-From: <ann@here.test>'
	assert_file_has "$T/posted" "/202 X-Envelope-To: <-o'@202.test>"
	assert_file_has "$T/posted" '/404 X-Token: secret'
	assert_file_has "$T/posted" '/503 Content-Type: message/rfc822'
	[ "$(grep -c $'^caf\303\251\r$' "$T/posted")" -eq 6 ]
	report here | grep -q 'the HTTP server answered 404'
}

@test "a telephone takes text, and everything else comes back with the reason" {
	cat >"$T/bin/modem" <<-END
		#!/bin/sh
		[ "\$1" != 999 ] || exit 3
		cat >"$T/here/out/\$1"
	END
	chmod +x "$T/bin/modem"
	echo "sms.test: pipe:bare $T/gateways/sms -l 20 $T/bin/modem" >"$T/here/control/routes"
	echo "ann@here.test: $T/here/mail/ann/" >"$T/here/control/virtual"
	text='MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9?\n'
	image='Content-Type: image/png\nContent-Disposition: attachment; filename=x.png\n\nx\n'
	html='Content-Type: text/html\n\n<b>hi</b>\n'
	plain='Content-Type: text/plain\n\nhi\n'
	mixed='MIME-Version: 1.0\nContent-Type: multipart/%s; boundary=b\n\n'
	# shellcheck disable=SC2059
	{
		printf "$text" | send ann@here.test 111@sms.test
		printf "$mixed--b\n$plain\n--b\n$html\n--b--\n" alternative | send ann@here.test 112@sms.test
		printf 'Subject: s\n\n12345678901234567890\n' | send ann@here.test +113@sms.test
		printf "$mixed--b\n$plain\n--b\n$image\n--b--\n" mixed | send ann@here.test 211@sms.test
		printf "MIME-Version: 1.0\n$image" | send ann@here.test 212@sms.test
		printf 'Subject: s\n\n123456789012345678901\n' | send ann@here.test 213@sms.test
		printf 'Subject: s\n\n' | send ann@here.test 214@sms.test
		printf 'Content-Type: text/plain; charset=none-such\n\nx\n' | send ann@here.test 215@sms.test
		printf 'Subject: s\n\nx\n' | send ann@here.test joe@sms.test '-l@sms.test' 999@sms.test
	}
	pass here
	[ "$(cat "$T/here/out/111")" = 'café?' ]
	[ "$(cat "$T/here/out/112")" = hi ]
	[ "$(cat "$T/here/out/+113")" = 12345678901234567890 ]
	[ "$(find "$T/here/out" -type f | wc -l)" -eq 3 ]
	grep -q 'to=999@sms.test .*status=deferred dsn=4.3.0 reply="modem exited with 3"' "$T/log"
	report here >"$T/reports"
	while read -r to dsn said; do
		assert_file_has "$T/reports" "Final-Recipient: rfc822; $to@sms.test"
		grep -q "to=$to@sms.test .*status=failed dsn=$dsn " "$T/log"
		assert_file_has "$T/reports" "$said"
	done <<-'end'
	211 5.6.1 no image/png
	212 5.6.1 no image/png
	213 5.2.3 has 21 characters
	214 5.6.0 no text
	215 5.6.0 character set
	joe 5.1.1 no telephone number
	-l 5.1.1 no telephone number
	end
}
