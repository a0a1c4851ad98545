#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The control file routes (satchel-control(5)), from smtpd and qrun to where mail goes. Programs and
# batch files are in deliver-program.bats, LMTP in lmtp.bats, hold in turn.bats.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# rcpt ADDRESS...: the replies to RCPT
rcpt() {
	{
		printf 'EHLO client.test\r\nMAIL FROM:<joe@example.org>\r\n'
		printf 'RCPT TO:<%s>\r\n' "$@"
		printf 'QUIT\r\n'
	} | smtpd 2>"$T/smtpd.log" | sed -n 's/\r$//; /^2[25]0[- ]/!p; /^250 2.1.5/p'
}

# relay, status, code and reply of the delivery to ADDRESS
delivery() {
	grep -F " to=$1 " "$T/log" | sed -n 's/.* relay=\([^ ]*\) .* status=/\1 /p'
}

@test "error: smtpd refuses, with its words, those who could send there" {
	control routes 'a.test: error:5.1.2 This domain has moved to b.test' \
	    'b.test: error:4.3.2 100% full' 'x*@c.test: error:no x' 'd.test: discard'
	control relaydomains b.test
	run -0 rcpt joe@a.test joe@b.test
	[ "${lines[0]}" = '550 5.7.1 Relaying denied' ]
	[ "${lines[1]}" = '450 4.3.2 100% full' ]
	RELAYCLIENT='' run -0 rcpt joe@a.test joe@b.test xjoe@c.test joe@c.test joe@d.test
	[ "${lines[0]}" = '550 5.1.2 This domain has moved to b.test' ]
	[ "${lines[1]}" = '450 4.3.2 100% full' ]
	[ "${lines[2]}" = '550 5.1.0 no x' ]
	[ "${lines[3]}" = '250 2.1.5 Ok' ]
	[ "${lines[4]}" = '250 2.1.5 Ok' ]
	grep -q 'This domain has moved' "$T/smtpd.log"
}

@test "error: qrun returns it or keeps it; discard: nobody hears of it but the log" {
	control routes 'a.test: error:5.1.2 This domain has moved to b.test' \
	    'b.test: error:4.3.2 later' 'c.test: discard' 'd.test: discard:not wanted'
	OPTIONS='-N success,failure' submit ann@box.test sue@a.test sue@b.test sue@c.test sue@d.test
	pass
	[[ $(delivery sue@a.test) == *'failed dsn=5.1.2 reply="This domain has moved to b.test"' ]]
	[[ $(delivery sue@b.test) == *'deferred dsn=4.3.2 reply=later' ]]
	[[ $(delivery sue@c.test) == 'discard '*'sent dsn=2.0.0 reply=discarded' ]]
	[[ $(delivery sue@d.test) == 'discard '*'sent dsn=2.0.0 reply="not wanted"' ]]
	run -0 mailbox ann
	[ "${#lines[@]}" -eq 1 ]
	grep -q 'Status: 5.1.2' "${lines[0]}"
	grep -q 'This domain has moved to b.test' "${lines[0]}"
	run -1 grep -q 'sue@[bcd].test' "${lines[0]}"
}

@test "an address and its beginning come before its domain, and servers in their order" {
	start_sink
	port=$(free_port)
	control routes "a.test: error:no" "sue@a.test: smtp:127.0.0.1:$port, smtp:127.0.0.1:$SINK" \
	    "fax-*@a.test: smtp:127.0.0.1:$SINK" "*: error:5.7.1 not from here"
	submit ann@box.test joe@a.test sue@a.test fax-1@a.test bob@box.test joe@b.test
	pass
	[[ $(delivery joe@a.test) == *'dsn=5.1.0 reply=no' ]]
	[[ $(delivery sue@a.test) == "127.0.0.1[127.0.0.1]:$SINK "*'sent '* ]]
	[[ $(delivery fax-1@a.test) == "127.0.0.1[127.0.0.1]:$SINK "*'sent '* ]]
	[[ $(delivery bob@box.test) == *'sent '* ]]
	[[ $(delivery joe@b.test) == *'dsn=5.7.1 reply="not from here"' ]]
	# neither of them there
	control routes "sue@a.test: smtp:127.0.0.1:$port,smtp:127.0.0.1:$port"
	submit ann@box.test sue@a.test
	pass
	[[ $(delivery sue@a.test) == *"deferred dsn=4.4.1 "* ]]
}

@test "what is wrong is said with its line and what would be right" {
	control routes '# all' 'a.test: mx' 'b.test: uucp:host'
	run -111 qrun
	[[ $output == "qrun: fatal: "*"routes, line 3: mx, smtp:host:port, "*'is expected, not "b.test: uucp:host"'* ]]
	control routes 'a.test: pipe:/bin/mail "$RECIPIENT"'
	run -111 qrun
	[[ $output == *'routes, line 1: words without quotes and other signs for a shell, '* ]]
	control routes '*@*: mx'
	run -111 qrun
	[[ $output == *'routes, line 1: '*'address'* ]]
}

@test "sendmail -bv says what would become of mail" {
	control routes 'a.test: error:5.1.2 gone' 'b.test: discard' 'c.test: pipe:/bin/cat' \
	    'd.test: error:4.1.2 later'
	run -69 sendmail -bv joe@a.test
	[ "$output" = 'joe@a.test: refused: 5.1.2 gone' ]
	run -75 sendmail -bv joe@d.test
	run -0 sendmail -bv joe@b.test joe@c.test
	[ "${lines[0]}" = 'joe@b.test: discarded' ]
	[ "${lines[1]}" = 'joe@c.test: pipe:/bin/cat' ]
}

@test "root: a program runs as the user of its route, else as mailuser, and never as root" {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	getent passwd games >/dev/null || skip 'there is no user games'
	needs setpriv
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-routes.XXXXXX")
	chmod 755 "$T"
	mkdir "$T/control" "$T/spool" "$T/bin"
	cp "$BUILD"/bin/{qctl,qrun,deliver,enqueue,sendmail} "$T/bin"
	export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	games=(setpriv --reuid=games --regid="$(id -g games)" --clear-groups --)
	chown games: "$T/spool"
	"${games[@]}" "$T/bin/qctl" init
	control me here.test
	control mailuser nobody
	control routes 'a.test: pipe:/usr/bin/id -un' 'b.test: pipe:user=mail /usr/bin/id -un' \
	    'c.test: pipe:user=root /usr/bin/id -un' 'd.test: pipe:user=nobody-here /usr/bin/id -un'
	printf 'Subject: x\n\n' | "${games[@]}" "$T/bin/sendmail" -f '' x@{a,b,c,d}.test
	pass || true
	log=$(cat "$T/log")
	remove "$T"
	grep -q 'to=x@a.test .*status=sent .*reply="delivered to program: nobody"' <<<"$log"
	grep -q 'to=x@b.test .*status=sent .*reply="delivered to program: mail"' <<<"$log"
	grep -q 'to=x@c.test .*status=deferred .*reply="nothing is delivered as uid 0, the user root"' <<<"$log"
	grep -q 'to=x@d.test .*status=deferred .*there is no user nobody-here' <<<"$log"
}

@test "lmtpdomains: who has the mailboxes of accounts, by domain; others are refused as ever" {
	control domains a.test sub.b.test c.test
	control users 'joe@a.test: /mail/joe/ quota=5C' 'joe@sub.b.test: /mail/b/' 'joe@c.test: /mail/c/' \
		'login@a.test:'
	control lmtpdomains 'a.test: lmtp:unix:/run/lmtp' '.b.test: lmtp:mail.b.test:24'
	run -0 mailconf route joe@a.test
	[[ $output == *'lmtpdomains:1'*'=> '*'lmtp:unix:/run/lmtp'* ]]
	[[ $output != */mail/joe/* ]] || [[ $output == *'users:1'* ]]
	run mailconf route joe+x@sub.b.test
	[[ $output == *'lmtpdomains:2'*'=> '*'lmtp:mail.b.test:24'* ]]
	run -0 mailconf route joe@c.test
	[[ $output == *'=> '*'/mail/c/'* ]]
	run -100 mailconf route nobody@a.test login@a.test
	[ "$(grep -c 'refused: 5.1.1' <<<"$output")" -eq 2 ]
	control lmtpdomains 'a.test: lmtp:unix:/run/lmtp' '*: lmtp:127.0.0.1:24'
	run -0 mailconf route joe@c.test
	[[ $output == *'=> '*'lmtp:127.0.0.1:24'* ]]
	for wrong in 'a.test: smtp:x' 'a.test: /mail/' 'joe@a.test: lmtp:unix:/x' 'a.test: hold:lmtp:unix:/x'; do
		control lmtpdomains "$wrong"
		run -100 mailconf check
		[[ $output == *'lmtpdomains, line 1: '* ]] || { echo "$output"; return 1; }
	done
}
