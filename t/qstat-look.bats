#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # each test may have a spool of its own
# qstat(1) for people: one message, the shape of the queue, destinations, and what a terminal shows.

bats_require_minimum_version 1.5.0
load helper
load qstat

setup() {
	setup_satchel
	export LC_ALL=C.UTF-8 TERM=dumb
}

teardown() {
	stop_started
}

@test "show: envelope, recipients, and a header that is decoded and safe" {
	printf '%s\n' 'Subject: =?utf-8?Q?J=C3=BCrgen=1b[2J?=' ' =?utf-8?B?IDIx?=' \
	    $'X-Turn: a\xe2\x80\xaeb\e[31m' '' $'body \e[2J' . >"$T/message"
	a=$(enqueue -i -f ann@example.org -- joe@example.org sue@example.org <"$T/message")
	defer "$a"
	mark "$SATCHEL_SPOOL/deferred/001770000000/$a" 0 . 2 '4.3.0 mx.example.org[192.0.2.1]:25 451 try later'
	mark "$SATCHEL_SPOOL/deferred/001770000000/$a" 1 D 1 '2.0.0 mx.example.org[192.0.2.1]:25 250 ok'
	run qstat show "$a"
	assert_status 0
	name=$(getent passwd "$(id -u)" | cut -d: -f1)
	for line in "$a" '  state         deferred' "  file          deferred/001770000000/$a" \
	    '  sender        <ann@example.org>' "  submitter     uid $(id -u)${name:+ ($name)}" '  recipients    2' \
	    '  <joe@example.org>' '    mx.example.org[192.0.2.1]:25: 4.3.0 451 try later' \
	    '  Subject: Jürgen\x1b[2J 21' '  X-Turn: a\xe2\x80\xaeb\x1b[31m'; do
		grep -qxF -- "$line" <<<"$output"
	done
	assert_output_has '    waiting, 2 attempts, the last 2026-02-02 02:23:20, '
	assert_output_has '    delivered, 1 attempt, '
	run -1 grep -q 'body' <<<"$output"
	run qstat show --body "$a"
	assert_output_has $'Message\n'
	assert_output_has $'\nbody \\x1b[2J\n.'
	run -1 grep -q $'[\e\r]' <<<"$output"
	qstat show --raw "$a" >"$T/raw"
	tail -c "$(stat -c %s "$T/raw")" "$SATCHEL_SPOOL/deferred/001770000000/$a" | cmp - "$T/raw"
	grep -q $'body \e\\[2J\r$' "$T/raw"
	run on_terminal 24 80 "qstat show --raw $a"
	assert_output_has 'is not for a terminal'
	run qstat show 0123456789abcdefghij "$a"
	assert_status 100
	assert_output_has 'there is no message 0123456789abcdefghij'
	run qstat show
	assert_output_has 'fatal: ID is missing behind qstat show.'
	run qstat example.org
	assert_status 100
	assert_output_has 'example.org is no queue id; for a domain say -d'
	qstat -q | qstat show - | grep -qx "$a"
}

# Nine for a.test, six of which one server put off, one for b.test, and one that is done.
fill_shape() {
	local id i
	for i in 1 2 3 4 5 6; do
		id=$(queue "u$i@A.test")
		mark "$SATCHEL_SPOOL/new/$id" 0 . 1 "4.7.1 mx$i.a.test 450 Greylisted, come back in $i seconds"
	done
	id=$(queue x@a.test y@a.test z@a.test w@c.test)
	mark "$SATCHEL_SPOOL/new/$id" 3 D 1 '2.0.0 - ok'
	printf x | enqueue -i -f eve@b.test -- v@b.test >/dev/null
}

@test "shape: by domain, sender and reason; the others are summed up" {
	[ "$(qstat shape | sed -n 2p | tr -s ' ')" = ' 0 0 0 0 0 0 0 0 TOTAL' ]
	fill_shape
	qstat shape | tr -s ' ' | sed 's/in [1-6] sec/in 1 sec/' >"$T/out"
	cat >"$T/want" <<-'END'
		 COUNT <5m <20m <1h <4h <1d <3d >3d DOMAIN
		 10 10 0 0 0 0 0 0 TOTAL
		 9 9 0 0 0 0 0 0 a.test (6x 4.7.1 450 Greylisted, come back in 1 seconds)
		 1 1 0 0 0 0 0 0 b.test
	END
	diff "$T/want" "$T/out"
	qstat shape --by sender | grep -q '^ *9 .* example.org (6x'
	qstat shape --by recipient | grep -q '^ *1 .* u3@a.test (1x 4.7.1 450'
	qstat shape --by submitter | grep -q "^ *10 .* uid $(id -u) ($(id -un)) (6x"
	qstat shape --by submitter --json | grep -q "\"kind\": \"submitter\", \"name\": \"uid $(id -u)\""
	qstat shape --by reason | tr -s ' ' | sed 's/in [1-6] sec/in 1 sec/' >"$T/out"
	grep -qx ' 6 6 0 0 0 0 0 0 4.7.1 450 Greylisted, come back in 1 seconds' "$T/out"
	grep -qx ' 4 4 0 0 0 0 0 0 not tried yet' "$T/out"
	qstat shape --top 1 | tr -s ' ' | grep -qx ' 1 1 0 0 0 0 0 0 others (1)'
	qstat shape -d b.test | tr -s ' ' | sed -n 2p | grep -qx ' 1 1 .* TOTAL'
	on_terminal 24 80 'qstat shape' >"$T/out"
	[ "$(wc -L <"$T/out")" -le 80 ]
	grep -q '^ ████████████████████ 6x 4.7.1 450 Greylisted' "$T/out"
	grep -q '^ ██▎' "$T/out"
	LC_ALL=C on_terminal 24 80 'qstat shape' | grep -q '^ #################### 6x '
	# of one sender whatever the recipient, of nobody, and a local part that has an @
	printf x | enqueue -i -f 'list-@verp.test-@[]' -- '"v@b.test"@q.test' >/dev/null
	printf x | enqueue -i -f '' -- w@c.test >/dev/null
	qstat shape --by sender >"$T/out"
	assert_file_has "$T/out" ' verp.test'
	assert_file_has "$T/out" ' <>'
	qstat shape | grep -q ' q\.test$'
	# who waits for nothing but that his sender is told does not count
	id=$(queue gone@f.test)
	mark "$SATCHEL_SPOOL/new/$id" 0 F 1 '5.1.1 - no'
	qstat show "$id" | grep -q 5.1.1
	qstat shape >"$T/out"
	run -1 grep -q ' f\.test' "$T/out"
	[ "$(qstat shape | tr -s ' ' | cut -d ' ' -f 2 | sed -n 2p)" -eq 12 ]
}

@test "shape: ages, and a great many domains in bounded memory" {
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	"$BUILD/t/bench/fill" -d 0 deferred 4500
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 40000; fi
	qstat shape --top 3 | tr -s ' ' >"$T/out"
	grep -q '^ 4500 .* TOTAL$' "$T/out"
	grep -q '^ 4497 .* others (4497)$' "$T/out"
	[ "$(wc -l <"$T/out")" -eq 6 ]
	[ "$(qstat shape --older 3d | tr -s ' ' | sed -n 2p | cut -d ' ' -f 9)" -gt 300 ]
}

@test "hosts: what is known, today's before yesterday's" {
	day_lasts
	now=$(date +%s)
	today=$SATCHEL_SPOOL/hosts/$((now / 86400))
	yesterday=$SATCHEL_SPOOL/hosts/$((now / 86400 - 1))
	mkdir -p "$today" "$yesterday"
	[ "$(qstat hosts)" = '0 destinations, 0 left alone for now' ]
	printf 'U%d\nN3\nA%d\nC4.4.1\nYmx.a.test[192.0.2.1]:25\nXtimed out \\x1b\n' $((now + 1015)) $((now - 365)) >"$today/mx:a.test"
	printf 'S1\n' >"$yesterday/mx:a.test"
	printf 'S%d\nRmx.b.test[192.0.2.2]:25\nTTLSv1.3\n' $((now - 7300)) >"$yesterday/mx:b.test"
	printf 'S%d\n' "$now" >"$today/smtp:=5B192.0.2.3=5D:25"
	echo nonsense >"$today/=XX"
	mkdir "$today/mx:folder.test"
	ln -s /etc/passwd "$today/mx:link.test"
	run qstat hosts
	assert_status 0
	[[ $output =~ 16m\ +3\ +6m\ +-\ mx:a.test$'\n'\ +'timed out \x1b' ]]
	[[ $output =~ ok\ +0\ +-\ +2h\ mx:b.test\ TLSv1.3 ]]
	assert_output_has ' smtp:[192.0.2.3]:25'
	[ "${lines[${#lines[@]} - 1]}" = '3 destinations, 1 left alone for now' ]
	[ "$(qstat hosts -d '@test' | tail -n 1)" = '2 destinations, 1 left alone for now' ]
	[ "$(qstat hosts -d '[192.0.2.3]' | tail -n 1)" = '1 destination, 0 left alone for now' ]
	on_terminal 24 40 'qstat hosts' | grep -q '    timed out'
}

@test "a list on a terminal fits it, whatever is in it" {
	a=$(queue joe@example.org "$(printf 'l%.0s' {1..60})@$(printf 'd%.0s' {1..60}).example.org" \
		c@example.org d@example.org e@example.org)
	mark "$SATCHEL_SPOOL/new/$a" 0 . 1 "4.3.0 - $(printf 'ü%.0s' {1..70})"
	mark "$SATCHEL_SPOOL/new/$a" 2 . 1 $'4.3.0 - \e[2J'
	for width in 60 80 132; do
		on_terminal 24 "$width" qstat >"$T/out"
		[ "$(wc -L <"$T/out")" -le "$width" ]
		grep -q "^$a" "$T/out"
		grep -q '^  and 2 more$' "$T/out"
		grep -q '…$' "$T/out"
	done
	grep -qF '\x1b[2J' "$T/out"
	run -1 grep -q $'\e' "$T/out"
	TERM=xterm on_terminal 24 80 qstat | grep -q $'\e\[1m'
	NO_COLOR=1 TERM=xterm on_terminal 24 80 qstat | grep -c $'\e' | grep -qx 0
	on_terminal 24 80 'COLUMNS=40 qstat' | grep -q "^  joe@example\.…"
	# with --full there are all recipients; a pipe gets the lines for programs
	on_terminal 24 80 'qstat --full' | grep -q '^  e@example.org'
	on_terminal 24 80 'qstat | cat' | grep -q $'^\t<e@example.org>'
}

@test "on a narrow terminal, the sender and the name of a group have lines of their own" {
	local width line i id sender=a.sender.name@example.net
	a=$(printf 'Subject: x\n\nx\n' | enqueue -i -f "$sender" joe@example.org)
	for width in 28 45 64; do
		on_terminal 24 "$width" qstat >"$T/out"
		grep -qx 'ID  *AGE  *SIZE STATE' "$T/out"
		grep -q "^$a .* new$" "$T/out" # blanks could need one more line
		line=$(grep -A1 "^$a" "$T/out" | tail -n 1)
		[ "$line" = "  from $sender" ] || [ "$width $line" = '28   from a.sender.name@exampl…' ]
	done
	on_terminal 24 65 qstat | grep -q "^$a .* a.sender.name@examp…$"
	for width in 28 57 76; do
		on_terminal 24 "$width" 'qstat shape' >"$T/out"
		grep -qx '  DOMAIN' "$T/out"
		grep -qx '  example.org' "$T/out"
	done
	on_terminal 24 77 'qstat shape' | grep -q '^      1  .* 0 example.org$'
	# and the groups still fit the screen, and fill it
	for i in {a..t}; do
		id=$(queue "joe@$i.example.org")
		mark "$SATCHEL_SPOOL/new/$id" 0 . 1 "4.7.1 - 450 Greylisted, $i"
	done
	on_terminal 24 60 'qstat shape --by reason' >"$T/out"
	[ "$(wc -l <"$T/out")" -le 24 ]
	[ "$(grep -c Greylisted "$T/out")" -eq 8 ]
	for width in 60 80; do
		on_terminal 24 "$width" 'qstat shape' >"$T/out"
		[ "$(wc -l <"$T/out")" -le 24 ]
		grep -q 'others (1[0-9])$' "$T/out"
	done
}

@test "a full queue is one screen of a terminal, which says why" {
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	"$BUILD/t/bench/fill" -d 3 deferred 500
	on_terminal 24 80 qstat >"$T/out"
	[ "$(wc -l <"$T/out")" -le 24 ]
	[ "$(wc -L <"$T/out")" -le 80 ]
	grep -q '^\.\.\. and 4[0-9][0-9] more messages$' "$T/out"
	grep -q '^500 messages, 500 deferred; 500 recipients' "$T/out"
	grep -Eq '^ +500 +[34]d 4.4.1 connection to mail server: Connection refused' "$T/out"
	grep -Eq '^ +167 +[34]d d[0-9].test +4.4.1 ' "$T/out"
	on_terminal 10 80 qstat >"$T/small"
	[ "$(on_terminal 24 80 'qstat --full' | grep -c ' deferred ')" -eq 500 ]
	# what fits is shown whole
	rm -r "$SATCHEL_SPOOL"/deferred/*
	"$BUILD/t/bench/fill" -d 3 deferred 10
	on_terminal 24 80 qstat >"$T/out"
	[ "$(grep -c ' deferred ' "$T/out")" -eq 10 ]
	run -1 grep -q more "$T/out"
}
