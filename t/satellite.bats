#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Delivery at once (enqueue(8), DELIVERY AT ONCE): what is started, for whom, and how it ends.
# The machine that only sends, as satchel-satellite(7) has it, is in t/peers/satellite.bats.

bats_require_minimum_version 1.5.0
load helper
load qrun
load page

setup() {
	setup_qrun
	control deliver now
	control limits 'smtp-idle: 1'
}

teardown() {
	end_passes
	stop_started
}

# The processes that have this spool's FIFO open: passes in the background, whoever started them.
passes() {
	find /proc/[0-9]*/fd -lname "$SATCHEL_SPOOL/run/background/*" 2>/dev/null | cut -d / -f 3 | sort -u
}

no_pass() {
	[ -z "$(passes)" ]
}

# One pass, and it has begun: what was forked for it is qrun by now.
one_pass() {
	local pid
	pid=$(passes)
	[ -n "$pid" ] && grep -qa background "/proc/$pid/cmdline"
}

end_passes() {
	local pid
	for pid in $(passes); do
		kill "$pid" 2>/dev/null || true
	done
	wait_for 20 no_pass
}

arrived() {
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq "$1" ]
}

send() {
	printf 'Subject: %s\n\ntext\n' "$1" | sendmail -f ann@away.test "${@:2}"
}

@test "deliver now: the message is delivered without anybody running the queue, and the pass ends" {
	start_sink
	send hi joe@away.test
	wait_for 20 arrived 1
	wait_for 20 queue_has 0
	wait_for 20 no_pass
}

@test "deliver queue, and without the file: nothing is started, whatever the caller asks" {
	start_sink
	control deliver queue
	send hi -odi joe@away.test
	rm "$SATCHEL_CONTROL/deliver"
	send hi -odb joe@away.test
	run -0 send hi -v joe@away.test
	[[ $output == 'sendmail: queued as '* && $output != *$'\n'* ]]
	[ ! -e "$SATCHEL_SPOOL/run/background" ]
	queue_has 3
	control deliver soon
	run send hi joe@away.test
	assert_status 78
	assert_output_has 'deliver: "queue" or "now" is expected'
}

@test "-odq and -odd leave it to the next pass, -odb does not; -odi waits" {
	start_sink
	send hi -odq joe@away.test
	send hi -odd joe@away.test
	[ -z "$(passes)" ]
	send hi -odi joe@away.test
	arrived 1
	queue_has 2
	send hi -odb joe@away.test
	wait_for 20 arrived 2
	wait_for 20 queue_has 2
}

@test "-v shows what the first attempt gave: sent, later, never, and mail for this host" {
	start_sink --at 'rcpt:never@away.test=550 5.1.1 no such user' \
	    --at 'rcpt:later@away.test=450 4.2.0 come back later'
	run -0 send hi -v joe@away.test later@away.test never@away.test
	assert_output_has '<joe@away.test>: sent: 250 '
	assert_output_has "(127.0.0.1[127.0.0.1]:$SINK)"
	assert_output_has '<later@away.test>: not sent yet, and tried again later: 450 4.2.0 come back later'
	assert_output_has '<never@away.test>: failed, and the sender is told: 550 5.1.1 no such user'
	run -0 send hi -v -odb joe@away.test
	[[ $output != *joe* ]]
	run -0 send hi -v ann@box.test
	assert_output_has '<ann@box.test>: not tried yet: delivered here, and so by the next pass of qrun itself'
	# by that it is, and nothing was counted as an attempt
	pass
	has ann 1
}

@test "the server is down: the queue has it, the exit code is 0, and the next pass delivers" {
	control routes 'away.test: smtp:127.0.0.1:1'
	run -0 send hi -v joe@away.test
	assert_output_has '<joe@away.test>: not sent yet, and tried again later: '
	end_passes
	start_sink
	qrun --now 2>>"$T/log"
	arrived 1
}

@test "a mixed message: what is for others leaves, what is for here waits, and neither is tried twice" {
	start_sink
	send hi -odi joe@away.test ann@box.test
	arrived 1
	queue_has 1
	# another pass does not touch it
	send hi -odi joe@away.test
	arrived 2
	pass
	has ann 1
	queue_has 0
	arrived 2
}

@test "a storm starts one pass, which keeps its connection, and leaves nothing behind" {
	start_sink
	control limits 'smtp-idle: 10' 'send-destination: 1' 'qrun-active: 20'
	local pids=()
	for _ in 1 2 3 4; do
		(for _ in {1..15}; do send hi joe@away.test; done) 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	wait_for 20 one_pass
	wait_for 30 arrived 60
	wait_for 20 queue_has 0
	[ "$(find "$OUT" -name peers -exec cat {} + | wc -l)" -le 3 ]
}

@test "no message is left behind by a pass that is about to end" {
	start_sink
	# it ends as soon as it has nothing to do, again and again
	control limits 'smtp-idle: 0'
	for i in {1..42}; do
		send hi joe@away.test
		((i % 7)) || sleep 0.05
	done
	wait_for 30 arrived 42
	wait_for 20 queue_has 0
}

@test "killed at any moment, it loses nothing" {
	start_sink --at 'data=wait '"$T/go"
	for _ in 1 2 3; do send hi joe@away.test; done
	wait_for 20 one_pass
	for pid in $(passes); do kill -KILL "$pid"; done
	wait_for 20 no_pass
	queue_has 3
	touch "$T/go"
	# the lock has gone with its holder
	send hi -odi joe@away.test
	qrun --now 2>>"$T/log"
	wait_for 20 queue_has 0
	arrived 4
}

@test "the pass has nothing of the caller: environment, descriptors, terminal, signals, folder" {
	start_sink --at "data=wait $T/go"
	mkdir "$T/folder"
	echo secret >"$T/held"
	(
		cd "$T/folder"
		trap '' HUP
		exec 7<"$T/held"
		SECRET=x ENQUEUE='' printf 'Subject: hi\n\ntext\n' | SECRET=x sendmail -f ann@away.test joe@away.test
	)
	wait_for 20 one_pass
	pid=$(passes)
	[ "$(tr '\0' '\n' <"/proc/$pid/environ" | cut -d = -f 1 | sort | paste -sd ' ')" = \
	    'HOME PATH SATCHEL_BIN SATCHEL_CONTROL SATCHEL_SPOOL' ]
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	# a session of its own
	[ "$(cut -d ' ' -f 6 "/proc/$pid/stat")" = "$pid" ]
	run ls -l "/proc/$pid/fd"
	[[ $output != *held* && $output != *folder* ]]
	[ "$(readlink "/proc/$pid/fd/1")" = /dev/null ]
	grep -q '^SigIgn:.*0$' "/proc/$pid/status"
	touch "$T/go"
	wait_for 20 arrived 1
}

@test "where qrun -w listens, nothing is started, and -odi waits for that" {
	start_sink
	start qrun -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/qrun/socket"
	send hi -odi joe@away.test
	arrived 1
	[ ! -e "$SATCHEL_SPOOL/run/background" ]
}

@test "who cannot execute qrun queues all the same, and waits for nothing" {
	start_sink
	mkdir "$T/bin"
	ln -s "$BUILD"/bin/* "$T/bin"
	rm "$T/bin/qrun"
	SATCHEL_BIN=$T/bin run -0 send hi -v joe@away.test
	assert_output_has '<joe@away.test>: not tried yet'
	queue_has 1
	wait_for 20 no_pass
}

@test "the wait ends with deliver-wait; the service starts nothing" {
	start_sink --at "data=wait $T/go"
	control limits 'smtp-idle: 1' 'deliver-wait: 5'
	run -0 send hi -v joe@away.test
	assert_output_has '<joe@away.test>: not tried yet'
	touch "$T/go"
	wait_for 20 arrived 1
	wait_for 20 no_pass
	start enqueue -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	run -0 send hi -v joe@away.test
	[[ $output == 'sendmail: queued as '* && $output != *$'\n'* ]]
	no_pass
}

@test "qrun --background is for a FIFO and nothing else" {
	run qrun --background </dev/null
	assert_status 100
	run qrun --background -w
	assert_status 100
	assert_output_has 'goes with no other option'
}

@test "the page: each of the other programs' examples becomes settings that check, and routes as it did" {
	local program routes
	declare -A routes=([msmtp]='smtp:smtp.example.org:587 smtps:mail.example.net:465'
	    [nullmailer]='smtp:smtp.example.org:587,smtps:backup.example.org:465'
	    [dma]='smtp:smtp.example.org:587' [ssmtp]='smtp:smtp.example.org:587 smtp:smtp.example.com:587'
	    [esmtp]='smtp:smtp.example.org:587 smtp:mail.example.net:587')
	declare -A sender=([msmtp]=ann@example.net [ssmtp]=shop@example.com [esmtp]=ann@example.net)
	for program in msmtp nullmailer dma ssmtp esmtp; do
		rm -rf "$SATCHEL_CONTROL"
		mkdir "$SATCHEL_CONTROL"
		commands "$program" satchel-satellite.7 | sed "s|/etc/satchel|$SATCHEL_CONTROL|" >"$T/page"
		[ "$(wc -l <"$T/page")" -ge 4 ]
		(cd "$T" && bash -eu "$T/page")
		run -0 mailconf check
		[[ $output != *error* ]] || { echo "$program: $output"; return 1; }
		run mailconf route joe@example.com
		assert_output_has "${routes[$program]% *}"
		[ -z "${sender[$program]-}" ] || {
			run mailconf route -f "${sender[$program]}" joe@example.com
			assert_output_has "${routes[$program]#* }"
		}
	done
	commands 'SEVERAL ACCOUNTS' satchel-satellite.7 | sed "s|/etc/satchel|$SATCHEL_CONTROL|" >"$T/page"
	bash -eu "$T/page"
	run mailconf check
	echo "$output"
	run mailconf route -f x@example.com joe@far.test
	assert_output_has 'smtp:smtp.example.com:587'
}
