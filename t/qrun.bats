#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# qrun(8): what is tried when, and what becomes of it. What workers may do to it is in
# qrun-workers.bats.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# The parts of the only message of a mailbox that a bounce has, as lines "name: value".
parse_bounce() {
	mailbox "$1" | head -n 1 | xargs cat >"$T/bounce"
	python3 -S - "$T/bounce" <<'PYTHON'
import email, sys
from email import policy
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=policy.default)
print("return-path:", m["Return-Path"])
print("to:", m["To"])
print("auto-submitted:", m["Auto-Submitted"])
print("type:", m.get_content_type(), m.get_param("report-type"))
parts = list(m.iter_parts())
print("parts:", *[p.get_content_type() for p in parts])
print("first:", " ".join(parts[0].get_content().split("\n\n")[0].split()))
print("text:", " ".join(parts[0].get_content().split()))
for n, block in enumerate(parts[1].get_payload()):
    for name, value in block.items():
        print("block%d-%s:" % (n, name.lower()), " ".join(value.split()))
original = parts[2].get_payload()
if isinstance(original, list):
    original = original[0].as_string()
print("original:", " ".join(original.split()))
print("defects:", [d for p in [m] + parts for d in p.defects])
PYTHON
}

@test "usage: --help, --version, what is not known" {
	run qrun --help
	assert_status 0
	assert_output_has 'usage: qrun'
	[ "${#lines[@]}" -le 24 ]
	run qrun --version
	[ "$output" = 'qrun (satchel) 0.1' ]
	run qrun -x
	assert_status 100
	run qrun message
	assert_status 100
	assert_output_has 'unexpected operand: message'
}

@test "one pass delivers what is there, says so in one line, and ends" {
	submit ann@box.test bob@box.test
	id=$(basename "$(queue_file)")
	pass
	has bob 1
	queue_has 0
	logged 1 "^qrun: delivery id=$id from=ann@box.test to=bob@box.test relay=[^ ]* delay=[0-9.]* queue=[0-9.]* connect=[0-9.]* transfer=[0-9.]* status=sent dsn=2.0.0 reply="
	logged 1 "^qrun: removed id=$id\$"
	pass
	[ ! -s "$T/log" ]
}

@test "-w delivers what comes within a second, and ends when it is told" {
	start qrun -w
	pid=$STARTED_PID
	submit ann@box.test bob@box.test
	wait_for 10 has bob 1
	# on a machine that has time: once in a while
	in_a_second() {
		local begun count
		begun=$(date +%s%N) count=$(mailbox bob | wc -l)
		submit ann@box.test bob@box.test
		wait_for 10 has bob $((count + 1))
		[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	}
	wait_for 20 in_a_second
	stop "$pid"
}

@test "-w reads tables again that have changed, and keeps the old ones in force while they are wrong" {
	start qrun -w
	log=$STARTED_LOG
	submit joe@box.test joe@box.test
	arrived() { [ "$(mailbox "$1" | wc -l)" -eq "$2" ]; }
	wait_for 20 arrived joe 1
	control users "sue@box.test: $T/mail/sue/"
	submit joe@box.test sue@box.test
	wait_for 20 arrived sue 1
	echo 'no entry' >>"$SATCHEL_CONTROL/virtual"
	submit joe@box.test nobody@box.test
	wait_for 20 grep -q 'those from before stay in force: virtual, line 4' "$log"
	submit joe@box.test joe@box.test
	wait_for 20 arrived joe 2
	grep -q 'to=nobody@box.test .*status=deferred' "$log"
}

@test "-w finds what was queued while nobody listened, and what falls due" {
	control limits 'retry-minimum: 1' 'retry-maximum: 2'
	start_sink --at 'rcpt=451 4.2.0 later@1'
	submit ann@box.test joe@away.test
	start qrun -w
	wait_for 10 test -s "$OUT/1.env"
	wait_for 5 queue_has 0
}

@test "a temporary failure is tried again when the interval is over, and no sooner" {
	control limits 'retry-minimum: 60'
	start_sink --at 'rcpt=451 4.2.0 later@1'
	submit ann@box.test joe@away.test
	now=$(date +%s)
	pass
	logged 1 'status=deferred dsn=4.2.0 reply="451 4.2.0 later"'
	until=$(sed -n 's/^qrun: deferred id=.* until=//p' "$T/log")
	[ "$until" -ge $((now + 54)) ]
	[ "$until" -le $(($(date +%s) + 72)) ]
	test -d "$SATCHEL_SPOOL/deferred/$(printf %012d "$until")"
	pass
	[ ! -s "$T/log" ]
	# the time comes
	mv "$SATCHEL_SPOOL/deferred/$(printf %012d "$until")" "$SATCHEL_SPOOL/deferred/001000000000"
	pass
	logged 1 'status=sent'
	queue_has 0
	[ -z "$(ls "$SATCHEL_SPOOL/deferred")" ]
}

@test "retries on their own until it works" {
	control limits 'retry-minimum: 1' 'retry-maximum: 1'
	start_sink --at 'rcpt=451 4.2.0 later@1' --at 'rcpt=451 4.2.0 later@2'
	submit ann@box.test joe@away.test
	pass_until 15 test -s "$OUT/1.env"
	[ "$(grep -c status=deferred "$T/log.all")" -eq 2 ]
}

@test "gives up at the end of its lifetime, and says so" {
	control limits 'queue-lifetime: 0'
	start_sink --at 'rcpt=451 4.2.0 the box is full'
	submit ann@box.test joe@away.test
	pass
	logged 1 '^qrun: expired id=[^ ]* to=joe@away.test age=[0-9]*$'
	logged 1 '^qrun: bounce id=[^ ]* to=ann@box.test status=queued report='
	queue_has 0
	run parse_bounce ann
	assert_output_has 'given up'
	assert_output_has '451 4.2.0 the box is full'
	assert_output_has 'block1-action: failed'
	assert_output_has 'block1-status: 4.2.0'
}

@test "tells of a delay, once" {
	control limits 'retry-minimum: 1' 'retry-maximum: 1' 'delay-notice: 1'
	start_sink --at 'rcpt=451 4.2.0 later'
	submit ann@box.test joe@away.test
	pass_until 15 has ann 1
	tried_again() { pass && [ "$(grep -c 'to=joe@away.test.*status=deferred' "$T/log.all")" -ge 4 ]; }
	wait_for 15 tried_again
	has ann 1
	run parse_bounce ann
	assert_output_has 'block1-action: delayed'
	assert_output_has 'block1-will-retry-until:'
	assert_output_has 'parts: text/plain message/delivery-status text/rfc822-headers'
	assert_output_has 'still being tried'
	assert_output_has 'defects: []'
}

@test "a bounce is a report of RFC 3464" {
	start_sink --at 'rcpt=550 5.1.1 no such user'
	OPTIONS='-V envelope-7' SUBJECT='lost message' submit ann@box.test joe@away.test
	id=$(basename "$(queue_file)")
	pass
	run parse_bounce ann
	assert_output_has 'return-path: <>'
	assert_output_has 'to: ann@box.test'
	assert_output_has 'auto-submitted: auto-replied'
	assert_output_has 'type: multipart/report delivery-status'
	assert_output_has 'parts: text/plain message/delivery-status message/rfc822'
	assert_output_has 'first: Your message could not be delivered'
	assert_output_has 'block0-reporting-mta: dns; here.test'
	assert_output_has 'block0-arrival-date: '
	assert_output_has 'block0-original-envelope-id: envelope-7'
	assert_output_has "block0-x-satchel-queue-id: $id"
	assert_output_has 'block1-final-recipient: rfc822; joe@away.test'
	assert_output_has 'block1-action: failed'
	assert_output_has 'block1-status: 5.1.1'
	assert_output_has 'block1-remote-mta: dns; '
	assert_output_has 'block1-diagnostic-code: smtp; 550 5.1.1 no such user'
	assert_output_has 'Subject: lost message'
	assert_output_has 'defects: []'
}

@test "a bounce quotes the whole message if it is small and RET allows, else its header" {
	control limits 'bounce-size: 2000'
	start_sink --at 'rcpt=550 5.1.1 no such user'
	TEXT='a small secret' submit ann@box.test joe@away.test
	pass
	run parse_bounce ann
	assert_output_has 'message/rfc822'
	assert_output_has 'a small secret'
	TEXT='a small secret' OPTIONS='-R hdrs' submit bob@box.test joe@away.test
	pass
	run parse_bounce bob
	assert_output_has 'text/rfc822-headers'
	lacks "$T/bounce" 'secret'
	TEXT="a secret $(printf '%2000s' x)" submit joe@box.test joe@away.test
	pass
	run parse_bounce joe
	assert_output_has 'text/rfc822-headers'
	lacks "$T/bounce" 'secret'
}

@test "the null sender is never told; the log is" {
	control doublebounce none
	start_sink --at 'rcpt=550 5.1.1 no such user'
	submit '' joe@away.test
	pass
	logged 1 '^qrun: delivery .* from="" to=joe@away.test .*status=failed'
	logged 1 '^qrun: double-bounce id='
	logged 1 '^qrun: removed id='
	logged 0 '^qrun: bounce'
	queue_has 0
	[ -z "$(find "$T/mail" -type f)" ]
}

@test "the null sender's mail is given up after bounce-lifetime" {
	control doublebounce none
	control limits 'bounce-lifetime: 0'
	start_sink --at 'rcpt=451 4.2.0 later'
	submit '' joe@away.test
	submit ann@box.test joe@away.test
	pass
	queue_has 1
	logged 1 '^qrun: double-bounce'
}

@test "NOTIFY: never means never, and a delay alone is not told of a failure" {
	start_sink --at 'rcpt=550 5.1.1 no such user'
	OPTIONS='-N never' submit ann@box.test joe@away.test
	OPTIONS='-N delay' submit ann@box.test joe@away.test
	pass
	logged 2 'status=failed'
	queue_has 0
	has ann 0
	OPTIONS='-N delay,failure' submit ann@box.test joe@away.test
	pass
	has ann 1
}

@test "who failed is told of; who waits is tried again; who got it gets it once" {
	control limits 'retry-minimum: 1' 'retry-maximum: 1'
	start_sink --at 'rcpt:bad@away.test=550 5.1.1 no such user' \
	    --at 'rcpt:slow@away.test=451 4.2.0 later@1'
	submit ann@box.test good@away.test bad@away.test slow@away.test bob@box.test
	pass_until 15 queue_has 0
	has ann 1
	has bob 1
	[ "$(cat "$OUT"/*.env | grep -c 'TO:<good@away.test>')" -eq 1 ]
	[ "$(cat "$OUT"/*.env | grep -c 'TO:<slow@away.test>')" -eq 1 ]
	run parse_bounce ann
	assert_output_has 'bad@away.test'
	lacks "$T/bounce" 'Final-Recipient.*\(good\|slow\|bob\)'
}

@test "a recipient who does not exist here: a bounce" {
	submit ann@box.test nosuch@box.test
	pass
	run parse_bounce ann
	assert_output_has 'block1-status: 5.1.1'
	submit bob@box.test satchel-nosuch@here.test
	pass
	run parse_bounce bob
	assert_output_has 'block1-status: 5.1.1'
}

@test "mail to the postmaster goes to the spool's Maildir where nobody else is named" {
	submit ann@box.test postmaster@here.test
	pass
	logged 1 'to=postmaster@here.test .*status=sent'
	[ "$(files_in "$SATCHEL_SPOOL/postmaster/new")" -eq 1 ]
}

@test "a bounce that cannot be queued is made later, and nothing is lost" {
	start_sink --at 'rcpt=550 5.1.1 no such user'
	submit ann@box.test joe@away.test
	printf '#!/bin/sh\nexit 71\n' >"$T/full"
	chmod 755 "$T/full"
	ENQUEUE=$T/full pass
	logged 1 '^qrun: bounce id=[^ ]* to=ann@box.test status=deferred reason='
	logged 1 '^qrun: deferred id='
	queue_has 1
	qctl retry all
	pass
	logged 0 '^qrun: delivery .*to=joe@away.test'
	logged 1 '^qrun: bounce .*status=queued'
	has ann 1
	queue_has 0
}

@test "so is one of a message that is given up" {
	control limits 'queue-lifetime: 0'
	start_sink --at 'rcpt=451 4.2.0 later'
	submit ann@box.test joe@away.test
	printf '#!/bin/sh\nexit 71\n' >"$T/full"
	chmod 755 "$T/full"
	ENQUEUE=$T/full pass
	queue_has 1
	qctl retry all
	pass
	has ann 1
	queue_has 0
}

@test "a bounce that is refused for good is not tried for ever" {
	start_sink --at 'rcpt=550 5.1.1 no such user'
	submit ann@box.test joe@away.test
	printf '#!/bin/sh\nexit 31\n' >"$T/refuse"
	chmod 755 "$T/refuse"
	ENQUEUE=$T/refuse pass
	logged 1 '^qrun: bounce .*status=refused reason='
	queue_has 0
}

@test "bounce-rate: what is more waits" {
	control limits 'bounce-rate: 1'
	# a minute that ends in between lets both through
	minute=none
	until [ "$minute" = $(($(date +%s) / 60)) ]; do
		rm -rf "$SATCHEL_SPOOL"/new/* "$SATCHEL_SPOOL"/deferred/*
		submit ann@box.test nosuch@box.test
		submit ann@box.test nosuch@box.test
		minute=$(($(date +%s) / 60))
		pass
	done
	logged 1 '^qrun: bounce .*status=queued'
	logged 1 '^qrun: bounce .*status=deferred reason="bounce-rate reached"'
	queue_has 1
}

@test "two qruns at once over 200 messages deliver each once" {
	for n in $(seq 200); do SUBJECT="load $n" submit ann@box.test bob@box.test; done
	start qrun
	first=$STARTED_PID
	start qrun
	second=$STARTED_PID
	wait "$first"
	wait "$second"
	pass
	has bob 200
	[ "$(mailbox bob | xargs grep -h '^Subject: ' | sort -u | wc -l)" -eq 200 ]
	queue_has 0
}

@test "kill -9 in the middle, and another pass: nothing is lost" {
	start_sink
	for n in $(seq 60); do SUBJECT="load $n" submit ann@box.test joe@away.test; done
	start qrun
	wait_for 10 test -e "$OUT/5.eml"
	kill -s KILL "$STARTED_PID"
	wait "$STARTED_PID" || true
	# a worker that outlived qrun may have one of them still
	arrived() {
		[ "$(cat "$OUT"/*.eml | grep '^Subject: load' | sort -u | wc -l)" -eq 60 ] && queue_has 0
	}
	pass_until 20 arrived
}

@test "a dead destination costs one connection, in this pass and in the next" {
	day_lasts
	control limits 'retry-minimum: 300'
	cat >"$T/dead.py" <<-'PYTHON'
		import socket
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(50)
		print(s.getsockname()[1], flush=True)
		while True:
		    connection = s.accept()[0]
		    print("connection", flush=True)
		    connection.close()
	PYTHON
	start python3 -S "$T/dead.py"
	connections=$STARTED_LOG
	wait_for 10 test -s "$connections"
	port=$(head -n 1 "$connections")
	control routes "away.test: smtp:127.0.0.1:$port"
	for n in $(seq 20); do submit ann@box.test "joe$n@away.test"; done
	pass
	[ "$(grep -c connection "$connections")" -eq 1 ]
	logged 20 'status=deferred dsn=4.4'
	logged 19 'tried=no$'
	file=$(echo "$SATCHEL_SPOOL"/hosts/*/smtp:127.0.0.1:"$port")
	grep -q '^U[0-9]*$' "$file"
	grep -q '^C4\.4\.' "$file"
	grep -q "^Y127.0.0.1.*:$port" "$file"
	# all of them wait until it is tried again
	until=$(sed -n 's/^U//p' "$file")
	[ "$(sed -n 's/^qrun: deferred .* until=//p' "$T/log" |
	    awk -v until="$until" '$1 >= until { n++ } END { print n }')" -eq 20 ]
	submit ann@box.test joe@away.test
	pass
	logged 1 'tried=no$'
	[ "$(grep -c connection "$connections")" -eq 1 ]
	# unless somebody asks
	qctl retry all
	pass
	[ "$(grep -c connection "$connections")" -eq 2 ]
	# a record of another time is of no consequence
	printf 'U99999999999\nC4.4.1\nY-\nXold\n' >"$file"
	submit ann@box.test joe@away.test
	pass
	[ "$(grep -c connection "$connections")" -eq 3 ]
}

# day N: the folder of hosts/ for the day N days ago
day() {
	local name=$SATCHEL_SPOOL/hosts/$(($(date +%s) / 86400 - $1))
	mkdir -p "$name"
	echo "$name"
}

@test "hosts/: a success ends what is on record, of whatever day" {
	day_lasts
	start_sink
	for ago in 0 1; do
		file=$(day "$ago")/smtp:127.0.0.1:$SINK
		printf 'U%s\nC4.4.1\n' $(($(date +%s) - 5)) >"$file"
		submit ann@box.test joe@away.test
		pass
		logged 1 'status=sent'
		file=$(day 0)/smtp:127.0.0.1:$SINK
		lacks "$file" '^[UN]'
		grep -q '^S[0-9]*$' "$file"
		grep -q "^R127.0.0.1.*:$SINK\$" "$file"
		rm "$file"
	done
}

@test "hosts/: each failure in a row doubles the time, up to the longest interval" {
	day_lasts
	control limits 'retry-minimum: 100' 'retry-maximum: 350'
	control routes 'away.test: smtp:127.0.0.1:9'
	file=$(day 0)/smtp:127.0.0.1:9
	submit ann@box.test joe@away.test
	for wanted in '1 100' '2 200' '3 350' '4 350'; do
		pass
		[ "$(sed -n 's/^N//p' "$file") $(($(sed -n 's/^U//p' "$file") - $(sed -n 's/^A//p' "$file")))" = "$wanted" ]
		# its time comes
		sed -i "s/^U.*/U$(($(date +%s) - 1))/" "$file"
		mv "$SATCHEL_SPOOL"/deferred/* "$SATCHEL_SPOOL/deferred/001000000000"
	done
	# what somebody asks for is tried at once, and counts
	sed -i "s/^U.*/U$(($(date +%s) + 100))/" "$file"
	qctl retry all
	pass
	grep -qx N5 "$file"
	# what cannot be is as if it were not there
	now=$(date +%s)
	printf 'U%s\nA%s\nN9\n' $((now + 351)) "$now" >"$file"
	submit ann@box.test joe@away.test
	pass
	logged 0 'tried=no'
}

@test "hosts/: what is known is kept until the end of the next day, then it goes" {
	day_lasts
	printf 'U%s\nC4.4.1\nYa\nXasleep\n' $(($(date +%s) + 200)) >"$(day 1)/smtp:127.0.0.1:9"
	old=$(day 2)
	later=$(day -3)
	(cd "$old" && seq -f mx:d%g.test 1100 | xargs touch)
	printf 'U5\n' >"$later/mx:old.test"
	printf 'U5\n' >"$SATCHEL_SPOOL/hosts/mx:stray.test"
	control routes 'away.test: smtp:127.0.0.1:9'
	submit ann@box.test joe@away.test
	pass
	logged 1 'reply=asleep tried=no$'
	# a part at a time
	[ "$(files_in "$old")" -gt 0 ]
	pass
	[ ! -e "$old" ]
	[ ! -e "$later" ]
	[ "$(files_in "$SATCHEL_SPOOL/hosts")" -eq 1 ]
}

@test "hosts/: what another process writes there at the moment stays what it is" {
	day_lasts
	control routes 'away.test: smtp:127.0.0.1:9'
	printf 'S5\n' >"$(day 0)/mx:other.test"
	ln "$(day 0)/mx:other.test" "$(day 0)/.writing"
	submit ann@box.test joe@away.test
	pass
	grep -q '^U' "$(day 0)/smtp:127.0.0.1:9"
	[ "$(cat "$(day 0)/mx:other.test")" = S5 ]
}

@test "an address literal of this host is this host, and mail for it goes round no circle" {
	submit ann@box.test 'joe@[127.0.0.1]' 'joe@[IPv6:::1]'
	pass
	logged 1 'to="*joe@.127.0.0.1.* status=failed dsn=5.4.6'
	logged 1 'to="*joe@.IPv6:::1.* status=failed dsn=5.4.6'
}

@test "100 recipients go in one transaction, 250 in three" {
	start_sink
	# shellcheck disable=SC2046
	submit ann@box.test $(seq -f 'joe%g@away.test' 100)
	pass
	[ "$(grep -c '^RCPT' "$OUT/1.env")" -eq 100 ]
	# shellcheck disable=SC2046
	submit ann@box.test $(seq -f 'sue%g@away.test' 250)
	pass
	[ "$(cat "$OUT"/[234].env | grep '^RCPT' | sort -u | wc -l)" -eq 250 ]
	[ ! -e "$OUT/5.env" ]
	queue_has 0
}

@test "a file that fails a check goes to corrupt/, and the log says so" {
	submit ann@box.test bob@box.test
	file=$(queue_file)
	id=$(basename "$file")
	printf X | dd of="$file" bs=1 seek=100 conv=notrunc 2>/dev/null
	pass
	logged 1 "^qrun: corrupt id=$id\$"
	[ -f "$SATCHEL_SPOOL/corrupt/$id" ]
	queue_has 0
	submit ann@box.test bob@box.test
	file=$(queue_file)
	printf X | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - 4)) conv=notrunc 2>/dev/null
	pass
	logged 1 '^qrun: corrupt id='
	has bob 0
}

# id_of_age SECONDS: a queue id
id_of_age() {
	python3 -S - "$1" <<-'PYTHON'
		import sys, time
		digits, n, text = "0123456789abcdefghijklmnopqrstuv", int((time.time() - int(sys.argv[1])) * 1e6), ""
		for _ in range(11):
		    text, n = digits[n % 32] + text, n // 32
		print(text + "000000000")
	PYTHON
}

@test "an incomplete file is left alone for an hour, then removed" {
	young=$(id_of_age 3000)
	old=$(id_of_age 4000)
	: >"$SATCHEL_SPOOL/new/$young"
	head -c 500 /dev/zero >"$SATCHEL_SPOOL/new/$old"
	pass
	logged 1 "^qrun: abandoned id=$old\$"
	[ "$(queue_file)" = "$SATCHEL_SPOOL/new/$young" ]
}

@test "what is no queue id is not touched" {
	touch "$SATCHEL_SPOOL/new/README" "$SATCHEL_SPOOL/new/.hidden"
	mkdir "$SATCHEL_SPOOL/deferred/later"
	pass
	[ ! -s "$T/log" ]
	[ -e "$SATCHEL_SPOOL/new/README" ]
	[ -d "$SATCHEL_SPOOL/deferred/later" ]
}

@test "a message that is finished is removed" {
	submit ann@box.test bob@box.test
	file=$(queue_file)
	envelope=$(head -c 96 "$file" | cut -d ' ' -f 3)
	printf D | dd of="$file" bs=1 seek=$((96 + 10#$envelope)) conv=notrunc 2>/dev/null
	pass
	logged 1 '^qrun: removed id='
	logged 0 '^qrun: delivery'
	queue_has 0
	has bob 0
}

@test "a table that is wrong: no mail is touched, one line says why" {
	submit ann@box.test bob@box.test
	control virtual 'this is no table'
	run qrun
	assert_status 111
	[ "${#lines[@]}" -eq 1 ]
	assert_output_has 'qrun: fatal: virtual'
	queue_has 1
	control limits 'no-such: 1'
	run qrun -w
	assert_status 111
	[ "${#lines[@]}" -eq 1 ]
	assert_output_has 'qrun: fatal: limits'
}

@test "without a spool: one line, and what to do" {
	SATCHEL_SPOOL=$T/nowhere run qrun
	assert_status 111
	[ "${#lines[@]}" -eq 1 ]
	assert_output_has "$T/nowhere"
}

@test "a message that cannot be deferred is not tried again at once" {
	start_sink --at 'rcpt=451 4.2.0 later'
	submit ann@box.test joe@away.test
	rmdir "$SATCHEL_SPOOL/deferred"
	mkdir "$T/elsewhere"
	ln -s "$T/elsewhere" "$SATCHEL_SPOOL/deferred"
	run pass
	assert_status 111
	rm "$SATCHEL_SPOOL/deferred"
	mkdir "$SATCHEL_SPOOL/deferred"
	# a file has the name of each slot that may come
	printf 'retry-minimum: 1\nretry-maximum: 1\n' >"$SATCHEL_CONTROL/limits"
	now=$(date +%s)
	for n in $(seq 0 300); do : >"$SATCHEL_SPOOL/deferred/$(printf %012d $((now + n)))"; done
	pass
	logged 1 'status=deferred'
	logged 1 '^qrun: warning reason="unable to defer'
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 1 ]
}
