#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031,SC2059 # each test is a subshell; fields are formats
# qrun(8): what a sender may ask for about when: FUTURERELEASE, DELIVERBY, MT-PRIORITY; and REQUIRETLS.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# queue FIELD... -- RECIPIENT...: fields of the message (spool(5)); the sender is ann@box.test
queue() {
	local fields=''
	while [ "$1" != -- ]; do
		fields+="$1\\0"
		shift
	done
	shift
	printf "Fann@box.test\\0$fields" >"$T/envelope"
	printf 'T%s\0' "$@" >>"$T/envelope"
	printf '\0' >>"$T/envelope"
	printf 'Subject: %s\r\n\r\ntext\r\n' "${SUBJECT:-test}" | enqueue 1<"$T/envelope"
}

now() {
	date +%s
}

deferred() {
	find "$SATCHEL_SPOOL/deferred" -type f | wc -l
}

@test "held until its time: not tried before, across passes, and then delivered" {
	control limits 'queue-lifetime: 0'
	queue "H$(($(now) + 3000))" -- joe@box.test
	pass
	logged 1 '^qrun: deferred id=[^ ]* until='
	logged 0 ' delivery '
	run qstat
	assert_output_has 'held by its sender until'
	pass
	has joe 0
	until=$(($(now) + 2))
	queue "H$until" -- bob@box.test
	pass_until 15 has bob 1
	[ "$(now)" -ge "$until" ]
	# its age counts from there, else it would have come too late
	queue_has 1
	has ann 0
}

@test "held: its age counts from the release" {
	start_sink --at 'rcpt=451 4.2.0 later'
	tried() { pass && grep -q 'to=joe@away.test .*status=deferred' "$T/log.all"; }
	# on a slow machine the first attempt may come too late, which is no fault
	for seconds in 3 8 20; do
		rm -rf "$T/log.all" "$T/mail/ann"
		control limits "queue-lifetime: $((seconds - 1))" 'retry-minimum: 3000'
		queue "H$(($(now) + seconds));for;$seconds" -- joe@away.test
		wait_for 30 tried
		if has ann 0; then break; fi
	done
	# it was not given up then, though it was older than that
	has ann 0
	queue_has 1
	tried_again() { qctl retry all >"$T/out" && pass && has ann 1; }
	wait_for 20 tried_again
	run cat "$(mailbox ann)"
	assert_output_has "Future-Release-Request: for;$seconds"
}

@test "held: qctl retry releases it, and a release from hold does not" {
	queue "H$(($(now) + 3000))" -- bob@box.test
	pass
	id=$(basename "$(queue_file)")
	qctl hold "$id"
	qctl release "$id"
	pass
	has bob 0
	[ "$(deferred)" -eq 1 ]
	qctl retry "$id"
	pass
	has bob 1
}

@test "-w keeps what is held, and wakes for it" {
	local held
	start qrun -w
	held=$(($(now) + 2))
	queue "H$held" -- bob@box.test
	wait_for 20 has bob 1
	[ "$(now)" -ge "$held" ]
}

@test "deliver by, mode R: too late is returned, without another attempt" {
	control limits 'retry-minimum: 600'
	start_sink --with DELIVERBY --at 'rcpt=451 4.2.0 later'
	# on a slow machine the first attempt may come too late, which is no fault
	for seconds in 2 5 10 20; do
		rm -rf "$T/log.all" "$T/mail/ann"
		queue "Y$(($(now) + seconds));R" -- joe@away.test
		pass
		pass_until 20 has ann 1
		if grep -q 'BY=[0-9]*;R' "$OUT/log"; then break; fi
	done
	[ "$(grep -c 'to=joe@away.test.*status=' "$T/log.all")" -eq 2 ]
	grep -q 'status=deferred dsn=4.2.0' "$T/log.all"
	grep -q 'status=failed dsn=5.4.7.*tried=no' "$T/log.all"
	run cat "$(mailbox ann)"
	assert_output_has 'Status: 5.4.7'
	assert_output_has 'Deliver-By-Date: '
	queue_has 0
}

@test "deliver by, mode R: not to a server that promises nothing, or too little" {
	start_sink
	queue "Y$(($(now) + 3000));R" -- joe@away.test
	pass
	logged 1 'status=failed dsn=5.3.3'
	start_sink --with 'DELIVERBY 4000'
	queue "Y$(($(now) + 3000));R" -- joe@away.test
	pass
	logged 1 'status=failed dsn=5.3.3'
	start_sink --with 'DELIVERBY 100'
	queue "Y$(($(now) + 3000));RT" -- joe@away.test
	pass
	logged 1 'to=joe@away.test.*status=sent'
	grep -q 'BY=[23][0-9]*;RT' "$OUT/log"
}

@test "deliver by, mode N: the sender is told once, and it is tried on" {
	control limits 'retry-minimum: 1' 'retry-maximum: 1'
	start_sink --with DELIVERBY --at 'rcpt=451 4.2.0 later'
	queue "Y$(($(now) - 5));N" -- joe@away.test
	pass
	grep -q 'BY=-[0-9]*;N' "$OUT/log"
	pass_until 10 has ann 1
	tried_again() { pass && [ "$(grep -c 'to=joe@away.test.*status=deferred' "$T/log.all")" -ge 3 ]; }
	wait_for 10 tried_again
	has ann 1
	run cat "$(mailbox ann)"
	assert_output_has 'Action: delayed'
	assert_output_has 'Status: 4.4.7'
	queue_has 1
}

@test "deliver by, mode N, and T: the sender is told of a relay that loses sight of it" {
	start_sink
	queue "Y$(($(now) + 3000));N" -- joe@away.test
	pass
	logged 1 'to=joe@away.test.*status=sent'
	grep -q 'NOTIFY=FAILURE,DELAY' "$OUT/log"
	pass_until 5 has ann 1
	run cat "$(mailbox ann)"
	assert_output_has 'Action: relayed'
	start_sink --with DELIVERBY
	queue "Y$(($(now) + 3000));N" -- joe@away.test
	pass
	has ann 1
	queue "Y$(($(now) + 3000));NT" -- joe@away.test
	pass
	pass_until 5 has ann 2
}

@test "deliver by, mode N: NOTIFY without DELAY keeps it quiet" {
	start_sink --at 'rcpt=451 4.2.0 later'
	printf 'Fann@box.test\0Y%s;N\0Tjoe@away.test\0NFAILURE\0\0' "$(($(now) - 5))" >"$T/envelope"
	printf 'Subject: x\r\n\r\nx\r\n' | enqueue 1<"$T/envelope"
	pass
	pass
	has ann 0
}

@test "higher priorities go first, and are passed on where the server offers it" {
	control limits 'send-workers: 1' 'send-destination: 1'
	start_sink --with 'MT-PRIORITY MIXER'
	for priority in -3 0 0 9 4; do
		SUBJECT=p$priority queue "P$priority" -- joe@away.test
	done
	pass
	queue_has 0
	grep -q ' MT-PRIORITY=9' "$OUT/log"
	run -1 grep -q ' MT-PRIORITY=0' "$OUT/log"
	order=$(for n in 1 2 3 4 5; do sed -n 's/^Subject: \(.*\)\r$/\1/p' "$OUT/$n.eml"; done | xargs)
	# the first may have begun before the others were seen
	case $order in
	'p9 p4 p0 p0 p-3' | 'p-3 p9 p4 p0 p0' | 'p0 p9 p4 p0 p-3' | 'p4 p9 p0 p0 p-3') ;;
	*) echo "$order" >&2 && false ;;
	esac
}

@test "what requires TLS goes to no host without it, but into mailboxes; its report has no more than the header" {
	start_sink
	queue Q1 RFULL -- joe@away.test bob@box.test
	pass
	has bob 1
	logged 1 'to=joe@away.test.*status=failed dsn=5.7.10'
	[ ! -e "$OUT/log" ] # it was told nothing
	has ann 1
	run cat "$(mailbox ann)"
	assert_output_has '5.7.10'
	assert_output_has 'text/rfc822-headers'
}
