#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034 # helper.bash reads what is set here
# qrun(8): what it would do (-n), mail that is chosen by domain, sender or id, and what it says to
# people: -q and --progress.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# What -n says, and that the spool is what it was before.
preview() {
	local before
	before=$(look)
	qrun -n "$@" >"$T/preview"
	[ "$(look)" = "$before" ]
}

look() {
	(cd "$SATCHEL_SPOOL" && find . -printf '%p %i %s %T@ %C@\n' | sort)
}

# planned N PATTERN
planned() {
	local count
	count=$(grep -c -e "$2" "$T/preview" || true)
	[ "$count" -eq "$1" ] || {
		echo "$count lines match '$2', not $1:" >&2
		cat "$T/preview" >&2
		return 1
	}
}

# id_of RECIPIENT: of the message to him
id_of() {
	grep -l -a -r "^T$1\$" "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred" "$SATCHEL_SPOOL/hold" |
	    sed 's|.*/||'
}

@test "usage: what does not go together, and what is none" {
	for options in '-w -n' '-w --now' '-w --domain a.test' '-w --progress' '--domain' '--domain joe@a.test' \
	    '--domain a..test' '--sender @' '--older x' '--id 5' '--id all' '--what'; do
		# shellcheck disable=SC2086
		run qrun $options
		assert_status 100
		[ "${#lines[@]}" -le 2 ]
	done
}

@test "-n: who is tried, waits, is kept, returned, and why" {
	control routes 'away.test: smtp:127.0.0.1:9' 'kept.test: hold' 'no.test: error:5.1.2 nobody is there'
	submit ann@box.test joe@away.test
	qrun 2>"$T/log"
	submit ann@box.test bob@box.test joe@away.test 'joe@kept.test'
	submit ann@box.test nobody@box.test joe@no.test
	submit ann@box.test held@box.test bob@box.test
	qctl hold "$(id_of held@box.test)"
	preview
	dead=$(sed -n 's/^U//p' "$SATCHEL_SPOOL"/hosts/*/smtp*)
	planned 8 ' id=[0-9a-v]* in=[a-z0-9/]* from=ann@box.test to='
	planned 1 '^try .* in=new .* to=bob@box.test destination=targets: by=deliver'
	planned 1 "^wait .* in=new .* to=joe@away.test destination=smtp:127.0.0.1:9 by=smtp-send until=$dead why=\"unable to connect: Connection refused\""
	planned 1 '^keep .* to=joe@kept.test why="its domain asks for mail"$'
	planned 1 '^return .* to=nobody@box.test why='
	planned 1 '^return .* to=joe@no.test why="nobody is there"'
	planned 1 '^wait .* in=deferred/[0-9]* .* to=joe@away.test .* until=[0-9]* why="4.4.1 127.0.0.1'
	planned 2 '^keep .* in=hold .* why="until it is released"'
	preview --now
	planned 2 '^try .* to=joe@away.test destination=smtp:127.0.0.1:9 by=smtp-send$'
}

@test "-n: what another process has, and what its sender has held" {
	worker deliver hang
	submit ann@box.test bob@box.test
	start qrun
	wait_for 10 job_begun bob@box.test
	printf 'Fann@box.test\0H%s\0Tjoe@box.test\0\0' $(($(date +%s) + 3000)) >"$T/envelope"
	printf 'Subject: x\r\n\r\n' | enqueue 1<"$T/envelope"
	preview --id "$(id_of bob@box.test)"
	planned 1 '^busy .* to=bob@box.test .* why="another process has it"'
	planned 1 ''
	kill -s KILL "$(worker_of bob@box.test)"
	wait "$STARTED_PID"
	STARTED=
	preview --domain box.test
	planned 1 '^wait .* to=joe@box.test .* why="its sender has it held"'
}

@test "-n reads a large queue as a stream" {
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	control routes '*: smtp:127.0.0.1:9'
	"$BUILD/t/bench/fill" -d 0 -o 500000 deferred 3000
	# -v would stop a sanitizer, too
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 20000; fi
	[ "$(qrun -n | grep -c '^wait ')" -eq 3000 ]
	[ "$(qrun -n --domain d7.test | wc -l)" -eq 1 ]
	qrun -n | head -n 1 >"$T/first"
	[ -s "$T/first" ]
}

@test "--domain: its recipients alone; the others of a message are not touched" {
	start_sink
	control routes "*: smtp:127.0.0.1:$SINK"
	submit ann@box.test joe@away.test eve@other.test bob@box.test
	submit ann@box.test eve@other.test
	submit ann@box.test joe@sub.away.test
	QRUN='qrun --domain away.test' pass
	logged 1 '^qrun: delivery '
	logged 1 'to=joe@away.test .*status=sent'
	[ "$(queued)" -eq 3 ]
	QRUN='qrun --domain @away.test' pass
	logged 1 '^qrun: delivery '
	logged 1 'to=joe@sub.away.test .*status=sent'
	QRUN='qrun --domain other.test,box.test' pass
	logged 3 '^qrun: delivery .*status=sent'
	queue_has 0
}

@test "--domain: what fails is tried once, and stays for the others" {
	start_sink --at 'rcpt=451 4.2.0 later'
	submit ann@box.test joe@away.test bob@box.test
	QRUN='qrun --domain away.test' pass
	logged 1 'to=joe@away.test .*status=deferred'
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 1 ]
	pass
	logged 1 'to=bob@box.test .*status=sent'
}

@test "--sender and --id choose whole messages" {
	submit ann@box.test bob@box.test
	submit joe@box.test bob@box.test
	submit eve@sub.box.test bob@box.test
	printf 'F\0Tbob@box.test\0\0' >"$T/envelope"
	printf 'Subject: x\r\n\r\n' | enqueue 1<"$T/envelope"
	for choice in --older=1h --larger=1k --submitter=12345 --recipient=joe@box.test --reason=4; do
		run -0 qrun -n "$choice"
		[ -z "$output" ]
	done
	# how often the box has got mail when that is chosen
	while read -r count choice; do
		# shellcheck disable=SC2086
		preview $choice
		planned 1 '^try '
		QRUN="qrun $choice" pass
		has bob "$count"
	done <<-'CHOICES'
		1 --sender=joe@box.test
		2 --sender=box.test,none.test
		3 --sender=@box.test --newer=1h --larger=5 --recipient=b*@box.*
	CHOICES
	id=$(basename "$(queue_file)")
	QRUN="qrun --id 00000000000000000000" pass
	[ ! -s "$T/log" ]
	QRUN="qrun --sender <> --id $id" pass
	has bob 4
	queue_has 0
}

@test "--now: what is not due, whatever is known of its destination" {
	start_sink --at 'rcpt=451 4.2.0 later@1'
	submit ann@box.test joe@away.test
	pass
	submit ann@box.test eve@away.test
	today=$SATCHEL_SPOOL/hosts/$((EPOCHSECONDS / 86400)) # or yesterday by then, which counts, too
	mkdir -p "$today"
	printf 'U%s\nC4.4.1\nYa\nXasleep\n' $((EPOCHSECONDS + 250)) >"$today/smtp:127.0.0.1:$SINK"
	QRUN='qrun --now --sender none.test' pass
	[ ! -s "$T/log" ]
	QRUN='qrun --now --domain away.test' pass
	logged 2 'status=sent'
	queue_has 0
}

@test "-q: nothing is said but what is wrong" {
	submit ann@box.test bob@box.test
	QRUN='qrun -q' pass
	has bob 1
	[ ! -s "$T/log" ]
	control limits 'send-rate: 5'
	control routes 'away.test: smtp:127.0.0.1:9'
	mkdir -p "$SATCHEL_SPOOL/run/qrun/rates"
	submit ann@box.test joe@away.test
	QRUN='qrun -q' pass
	logged 1 '^qrun: warning: rates are not kept, as .*/run/qrun/rates is not to be had: '
	logged 1 ''
}

@test "--progress: one line that is written anew, and the sum in the end" {
	start_sink
	control routes "*: smtp:127.0.0.1:$SINK" 'dead.test: smtp:127.0.0.1:9'
	for _ in 1 2 3; do submit ann@box.test joe@away.test; done
	submit ann@box.test joe@dead.test
	QRUN='qrun -q --progress' pass
	tail -n 1 "$T/log" | tr '\r' '\n' | tail -n 1 >"$T/last"
	grep -q '^.\[Kqrun: 3 done, 1 deferred, 0 left, [0-9]*/s$' "$T/last"
	# not asked for, and no terminal: not a word
	submit ann@box.test joe@away.test
	QRUN='qrun -q' pass
	[ ! -s "$T/log" ]
}

@test "--progress: what is left while it goes on" {
	worker deliver wait "$T/go"
	control limits 'deliver-workers: 1'
	for _ in 1 2 3 4 5; do submit ann@box.test bob@box.test; done
	start qrun -q --progress
	wait_for 10 grep -q '0 done, 0 deferred, 5 left, 0/s' "$STARTED_LOG"
	touch "$T/go"
	wait "$STARTED_PID"
	STARTED=
	grep -q '5 done, 0 deferred, 0 left' "$STARTED_LOG"
}

@test "on a terminal a pass that takes a moment shows how far it is" {
	needs script
	worker deliver wait "$T/go"
	submit ann@box.test bob@box.test
	start script -q -f -e -c 'qrun -q' "$T/typescript"
	wait_for 20 grep -q 'qrun: 0 done, 0 deferred, 1 left' "$T/typescript"
	touch "$T/go"
	wait "$STARTED_PID"
	# none that takes none: on a machine that has time
	worker deliver deliver
	in_a_moment() {
		submit ann@box.test bob@box.test
		script -q -e -c 'qrun -q' "$T/typescript" </dev/null >/dev/null
		lacks "$T/typescript" 'qrun:'
	}
	wait_for 20 in_a_moment
}
