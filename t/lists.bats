#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Mailing lists: deliver(8) Lists, the control file lists, VERP of spool(5) and EXPN.

load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# queue SENDER RECIPIENT...: a message by qmail-queue's way, which alone brings VERP
queue() {
	local envelope=F$1%0
	shift
	for to; do envelope="${envelope}T$to%0"; done
	printf '%b' "${envelope//%/\\}\\0" >"$T/envelope"
	printf 'From: joe@example.com\nSubject: hello\n\nHi.\n' >"$T/message"
	enqueue <"$T/message" 1<"$T/envelope"
}

@test "VERP: every recipient sees a reverse-path of his own, and so does his bounce" {
	control virtual "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" \
	    "dev-@box.test: $T/mail/owner/" "dev-nobody=box.test@box.test: $T/mail/nobody/" \
	    "dev-none=box.test@box.test: $T/mail/none/"
	queue 'dev-@box.test-@[]' ann@box.test bob@box.test nobody@box.test none@box.test
	qstat | grep -F '<dev-@box.test-@[]>'
	qrun -n --sender dev-@box.test | grep -F 'from=dev-@box.test-@[] to=ann@box.test'
	pass
	grep -x 'Return-Path: <dev-ann=box.test@box.test>' "$(mailbox ann)"
	grep -x 'Return-Path: <dev-bob=box.test@box.test>' "$(mailbox bob)"
	logged 1 '^qrun: delivery .*from="dev-nobody=box.test@box.test" to=nobody@box.test .*status=failed'
	logged 2 '^qrun: bounce .*to="dev-no.*=box.test@box.test" status=queued'
	pass_until 20 queue_has 0
	has nobody 1
	has none 1
	grep '^Final-Recipient: rfc822; *nobody@box.test' "$(mailbox nobody)"
	lacks "$(mailbox nobody)" 'none@box.test'
	has owner 0
	queue_has 0
}

@test "VERP: goes out by SMTP as one transaction for each recipient, and never comes in by it" {
	start_sink
	queue 'dev+@box.test-@[]' ann@away.test bob@away.test
	pass
	grep -rhi 'MAIL FROM:<dev+ann=away.test@box.test>' "$OUT"
	grep -rhi 'MAIL FROM:<dev+bob=away.test@box.test>' "$OUT"
	printf 'EHLO x\r\nMAIL FROM:<dev-@box.test-@[]>\r\nQUIT\r\n' | smtpd | grep '^501 '
	run sendmail -f 'dev-@box.test-@[]' ann@box.test <<<'Hi.'
	[ "$status" -ne 0 ]
}

# members FILE LINE...
members() {
	local file=$T/$1
	shift
	printf '%s\n' "$@" >"$file"
}

# posted MAILBOX: the one message there
posted() {
	has "$1" 1 >&2 && cat "$(mailbox "$1")"
}

@test "a list: one copy for each member, whatever else the file holds; the owner is the sender" {
	control virtual "dev@box.test: :include:$T/dev" "ann@box.test: $T/mail/ann/" \
	    "bob@box.test: $T/mail/bob/" "joe@box.test: $T/mail/joe/" \
	    "dev-owner@box.test: $T/mail/owner/"
	control lists "dev@box.test: owner=dev-owner@box.test"
	members dev '# who develops' '' 'ann@box.test' 'Bob B. <bob@box.test>, "Joe, J." <joe@box.test>' \
	    'ann@BOX.test' 'no address at all' '|/bin/false' '/etc/passwd' 'nobody@box.test   # left'
	submit joe@example.com dev@box.test
	pass_until 20 queue_has 0
	for who in ann bob joe; do
		posted "$who" | grep -x 'Return-Path: <dev-owner@box.test>'
		posted "$who" | grep -x 'Delivered-To: dev@box.test'
	done
	# bad lines are logged, by their number, without what they say
	for line in 6 7 8; do
		grep "deliver: list-line id=.* list=dev@box.test file=$T/dev line=$line reason=\"no address\"" "$T/log.all"
	done
	lacks "$T/log.all" 'no address at all'
	# of the dead member, the owner is told
	posted owner | grep '^Final-Recipient: rfc822; *nobody@box.test'
}

@test "a list that cannot be read waits; one that was put there to lead us astray is not read" {
	control virtual "dev@box.test: :include:$T/dev" "ann@box.test: $T/mail/ann/"
	submit joe@example.com dev@box.test
	pass
	logged 1 "status=deferred dsn=4.3.5 reply=\"unable to read $T/dev: No such file"
	members dev ''
	qctl retry all
	pass
	logged 1 'status=deferred dsn=4.3.5 reply="the list has no members"'
	members dev ann@box.test
	chmod 666 "$T/dev"
	qctl retry all
	pass
	logged 1 'status=deferred dsn=4.3.5 reply=".*/dev may be written by everybody"'
	chmod 640 "$T/dev"
	ln -s "$T/dev" "$T/link"
	control virtual "dev@box.test: :include:$T/link" "ann@box.test: $T/mail/ann/"
	qctl retry all
	pass
	logged 1 'reply=".*/link is a symbolic link"'
	has ann 0
	control virtual "dev@box.test: :include:$T/dev" "ann@box.test: $T/mail/ann/"
	qctl retry all
	pass_until 20 has ann 1
}

@test "lists within lists and aliases are expanded in place; one with an owner is a message of its own" {
	control locals here.test
	control aliases 'all: dev, ops, ann@box.test, jane' 'owner-all: joe@box.test' \
	    "dev: :include:$T/dev" 'ops: bob@box.test, staff' 'staff: ann@box.test, jane' \
	    'jane: jane@box.test' "club: :include:$T/club" 'owner-club: joe@box.test'
	control virtual "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" \
	    "jane@box.test: $T/mail/jane/" "joe@box.test: $T/mail/joe/"
	members dev 'ann@box.test' ":include:$T/more" staff club@here.test
	members more bob@box.test 'jane@box.test' ":include:$T/dev"
	members club bob@box.test
	submit joe@example.com all@here.test
	pass_until 20 queue_has 0
	for who in ann jane; do
		posted "$who" | grep -x 'Return-Path: <owner-all@here.test>'
	done
	# bob is a member of the club, too, which is a list of its own
	has bob 2
	mailbox bob | xargs grep -lx 'Return-Path: <owner-club@here.test>'
	# the file that includes itself is named
	grep -F "deliver: list-loop id=" "$T/log.all" | grep -F "way=\"$T/dev in $T/more in $T/dev\""
	has joe 0
}

@test "a list that is its own member goes out once; two lists that have owners end in a bounce" {
	control virtual "a@box.test: :include:$T/a" "b@box.test: :include:$T/b" \
	    "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" "joe@box.test: $T/mail/joe/"
	control lists 'a@box.test: owner=joe@box.test' 'b@box.test: owner=joe@box.test'
	members a ann@box.test A@box.test b@box.test
	members b bob@box.test a@box.test
	submit x@example.com a@box.test
	pass_until 20 queue_has 0
	has ann 1
	has bob 1
	grep 'deliver: list-loop .*list=a@box.test way="a@box.test in .*/a in a@box.test"' "$T/log.all"
	posted joe | grep 'mail forwarding loop'
}

@test "VERP by setting: the bounce of a member comes to the owner's address with his in it" {
	control virtual "dev@box.test: :include:$T/dev" "ann@box.test: $T/mail/ann/" \
	    "dev-owner@box.test: $T/mail/owner/"
	control lists "dev@box.test: owner=dev-owner@box.test verp"
	members dev ann@box.test nobody@box.test
	submit joe@example.com dev@box.test
	pass_until 20 queue_has 0
	posted ann | grep -x 'Return-Path: <dev-owner+ann=box.test@box.test>'
	posted owner | grep -x 'Delivered-To: dev-owner+nobody=box.test@box.test'
	# what comes from nobody stays so: a bounce is never sent for it
	submit '<>' dev@box.test
	pass_until 20 queue_has 0
	mailbox ann | xargs grep -hx 'Return-Path: <>'
	has owner 1
}

@test "the header fields of a list, and which of another list's stay" {
	control virtual "dev@box.test: :include:$T/dev" "sub@box.test: :include:$T/dev" \
	    "ann@box.test: $T/mail/ann/"
	control lists 'dev@box.test: id=dev.box.test unsubscribe=<https://box.test/u>,<mailto:dev-leave@box.test> oneclick precedence=list' \
	    'sub@box.test: id=sub.box.test help=<mailto:help@box.test> sublist'
	members dev ann@box.test
	{
		printf 'From: joe@example.com\nList-Id: <x.example.com>\nList-Owner: <mailto:x@example.com>\n'
		printf 'List-Post: <mailto:x@example.com>\nPrecedence: bulk\nDKIM-Signature: v=1;\n\tb=x\nSubject: hi\n\nList-Id: text\n'
	} >"$T/message"
	sendmail -f joe@example.com dev@box.test <"$T/message"
	pass_until 20 queue_has 0
	posted ann >"$T/got"
	sed '/^$/q' "$T/got" | grep -c '^List-Id:' | grep -x 1
	grep -x 'List-Id: <dev.box.test>' "$T/got"
	grep -A1 -x 'List-Unsubscribe: <https://box.test/u>,' "$T/got" | grep -x $'\t<mailto:dev-leave@box.test>'
	grep -x 'List-Unsubscribe-Post: List-Unsubscribe=One-Click' "$T/got"
	grep -x 'Precedence: list' "$T/got"
	lacks "$T/got" 'Precedence: bulk'
	lacks "$T/got" 'List-Owner'
	grep -x 'List-Post: <mailto:x@example.com>' "$T/got"
	grep -A1 '^DKIM-Signature: v=1;' "$T/got" | grep -x $'\tb=x'
	grep -x 'List-Id: text' "$T/got"
	rm "$(mailbox ann)"
	sendmail -f joe@example.com sub@box.test <"$T/message"
	pass_until 20 queue_has 0
	posted ann >"$T/got"
	sed '/^$/q' "$T/got" | grep '^List-' | sort | diff - <(printf '%s\n' 'List-Help: <mailto:help@box.test>' \
	    'List-Id: <x.example.com>' 'List-Post: <mailto:x@example.com>')
}

@test "a large list goes as several messages; one that is too large waits" {
	start_sink
	control virtual "dev@box.test: :include:$T/dev"
	control lists "dev@box.test: owner=joe@away.test"
	control limits 'message-recipients: 100' 'list-members: 5000' 'send-workers: 1'
	seq -f 'member%.0f@away.test' 250 >"$T/dev"
	submit joe@example.com dev@box.test
	cp "$SATCHEL_SPOOL"/new/* "$T"
	pass_until 20 queue_has 0
	cat "$OUT"/*.env | grep -io '<member[0-9]*@away.test>' | sort -u | wc -l | grep -x 250
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 3 ]
	# tried again, as if it had failed behind the first parts: only a part that has changed goes
	cp "$T/${ID:=$(cd "$T" && ls -d [0-9a-v]???????????????????)}" "$SATCHEL_SPOOL/new/"
	pass_until 20 queue_has 0
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 3 ]
	echo more@away.test >>"$T/dev"
	cp "$T/$ID" "$SATCHEL_SPOOL/new/"
	pass_until 20 queue_has 0
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 4 ]
	[ "$(cat "$OUT"/*.env | grep -c '<more@away.test>')" -eq 1 ]
	control limits 'list-members: 249'
	submit joe@example.com dev@box.test
	pass
	logged 1 'dsn=4.3.5 reply="the list has more than 249 members"'
}

@test "the file lists: what is wrong is said" {
	control lists 'dev@box.test: owner=nobody'
	run qrun
	assert_status 111
	assert_output_has 'lists, line 1: owner= is followed by an address'
	run mailconf check
	assert_output_has 'lists, line 1: owner='
}

# expn ADDRESS...: what smtpd answers
expn() {
	{
		printf 'EHLO x\r\n'
		printf 'EXPN %s\r\n' "$@"
		printf 'QUIT\r\n'
	} | TCPREMOTEIP=${CLIENT-127.0.0.1} smtpd | tr -d '\r' | sed -n '/^250 HELP/,$p' | grep -v 'HELP\|^221'
}

@test "EXPN shows a list to whom the policy allows, of files that smtpd may read, if it is not too long" {
	control locals here.test
	control virtual "dev@box.test: :include:$SATCHEL_CONTROL/members/dev, bob@example.com" "secret@box.test: :include:$SATCHEL_CONTROL/members/dev" \
	    "long@box.test: :include:$SATCHEL_CONTROL/members/long" "loop@box.test: :include:$SATCHEL_CONTROL/members/loop" \
	    "none@box.test: :include:$T/outside" "mixed@box.test: :include:$SATCHEL_CONTROL/members/dev, /mail/x/" \
	    'runs@box.test: ann@box.test, |/usr/bin/true'
	control lists 'dev@box.test: owner=joe@box.test' 'secret@box.test: expn=no'
	mkdir "$SATCHEL_CONTROL/members"
	members control/members/dev '# who' ann@box.test 'Joe <joe>' 'bad line'
	members control/members/loop ann@box.test ":include:$SATCHEL_CONTROL/members/loop"
	seq -f 'member%.0f@away.test' 1001 >"$SATCHEL_CONTROL/members/long"
	members outside ann@box.test
	control verify trusted
	expn dev@box.test >"$T/said"
	printf '%s\n' '250-2.1.5 <ann@box.test>' '250-2.1.5 <joe@here.test>' '250 2.1.5 <bob@example.com>' |
	    diff - "$T/said"
	expn secret@box.test none@box.test mixed@box.test loop@box.test runs@box.test >"$T/said"
	[ "$(grep -c '^252 2.0.0 Send some mail' "$T/said")" -eq 5 ]
	[ "$(wc -l <"$T/said")" -eq 5 ]
	expn long@box.test | grep -x '252 2.0.0 That list is too long to show'
	CLIENT=192.0.2.9 expn dev@box.test | grep '^252 2.0.0 Send some mail'
}

@test "an alias that is a program keeps to its rules where it has an owner" {
	control aliases "prog: \"|cat >$T/mail/got\"" 'owner-prog: joe@box.test'
	submit joe@example.com prog@here.test
	run qrun -n
	assert_output_has 'to=prog@here.test destination='
	assert_output_has ' by=deliver as=nobody'
}

# What each of these addresses has of a list.
settings() {
	mailconf route devs@b.test devs@d.test chat@b.test devs@localhost chat@localhost owner-devs@b.test \
	    news@h.test all@h.test owner-all@h.test | sed -n 's/^address  *//p; s/.*mailing list: *//p'
}

@test "settings and owners of lists are the same of compiled tables" {
	control me a.test
	control locals b.test c.test d.test
	control aliases 'devs: ann@x.test, bob@x.test' 'owner-devs: nobody' 'chat: ann@x.test' 'owner-chat: root'
	control virtual 'news@h.test: joe@x.test' 'owner-news@h.test: chief@x.test' 'all@h.test: joe@x.test' \
	    'owner-all@h.test: x@x.test'
	control lists 'devs@d.test: id=devs.d.test' $'news@h.test: owner=other@x.test\tid=news.h.test' 'chat@localhost: id=chat.test'
	cat >"$T/want" <<-'END'
		devs@b.test
		id=devs.d.test owner=owner-devs@b.test
		devs@d.test
		id=devs.d.test owner=owner-devs@b.test
		chat@b.test
		owner=owner-chat@b.test
		devs@localhost
		chat@localhost
		owner-devs@b.test
		news@h.test
		owner=other@x.test id=news.h.test
		all@h.test
		owner=owner-all@h.test
		owner-all@h.test
	END
	settings | diff "$T/want" -
	sendmail -bi
	mailconf compile lists locals virtual
	rm "$SATCHEL_CONTROL"/{aliases,virtual,locals,lists}
	settings | diff "$T/want" -
	# where there is no locals, this host's name and localhost are
	rm "$SATCHEL_CONTROL/locals.cdb"
	settings >"$T/out"
	[ "$(sed -n '/^chat@localhost/{n;p;}' "$T/out")" = 'id=chat.test owner=owner-chat@a.test' ]
}
