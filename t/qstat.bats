#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # each test may have a spool of its own
# qstat(1): what it shows of messages in each state, and that it disturbs nobody.

bats_require_minimum_version 1.5.0
load helper
load qstat

setup() {
	setup_satchel
}

teardown() {
	stop_started
	if [ -n "${SCRATCH-}" ]; then remove "$SCRATCH"; fi
}

@test "--help and --version; wrong usage is 100" {
	run qstat --help
	assert_status 0
	assert_output_has 'usage: qstat'
	run qstat --version
	[ "$output" = 'qstat (satchel) 0.1' ]
	run qstat --nothing
	assert_status 100
	run qstat -c 0123456789abcdefghij
	assert_status 100
}

@test "an empty queue" {
	run qstat
	assert_status 0
	[ "$output" = '0 messages; 0 recipients, 0 octets' ]
}

@test "new, deferred and held messages, their recipients and replies" {
	a=$(queue joe@example.org sue@example.org bob@example.org eve@example.org)
	b=$(queue)
	c=$(queue)
	defer "$a"
	qctl hold "$b"
	file=$SATCHEL_SPOOL/deferred/001770000000/$a
	mark "$file" 0 . 2 '451 4.3.0 mx.example.org[192.0.2.1]:25 try later'
	mark "$file" 1 D 1 '250 ok'
	mark "$file" 2 F 1 '550 no'
	mark "$file" 3 B 1 '550 no'
	run qstat
	assert_status 0
	[[ ${lines[0]} =~ ^$c\ +[0-9]+\ +[0-9]+s\ new\ +\<ann@example.org\>$ ]]
	[ "${lines[1]}" = $'\t<joe@example.org>' ]
	[[ ${lines[2]} =~ ^$a\ .*\ deferred\ .*\<ann@example.org\>$ ]]
	[ "${lines[3]}" = $'\t<joe@example.org>, 2 attempts, next 2026-02-02 02:40:00' ]
	[ "${lines[4]}" = $'\t\t451 4.3.0 mx.example.org[192.0.2.1]:25 try later' ]
	[ "${lines[5]}" = $'\t<bob@example.org> failed, 1 attempt' ]
	[ "${lines[6]}" = $'\t\t550 no' ]
	[[ ${lines[7]} =~ ^$b\ .*\ held\  ]]
	[[ ${lines[9]} =~ ^'3 messages, 1 new, 1 deferred, 1 held; 4 recipients, '[0-9]+' octets'$ ]]
	[ "${#lines[@]}" -eq 10 ]
	total=${lines[9]}
	run qstat -c
	[ "$output" = "$total" ]
	[ "${#lines[@]}" -eq 1 ]
	run qstat -a
	assert_output_has $'\t<sue@example.org> delivered, 1 attempt'
	assert_output_has $'\t<eve@example.org> returned'
	run qstat "$a"
	assert_status 0
	assert_output_has "in deferred/001770000000/$a"
	assert_output_has "from uid $(id -u)"
	assert_output_has '<sue@example.org> delivered, 1 attempt, the last 2026-02-02 02:23:20'
}

@test "what its sender wants of a message" {
	control submissionhosts 127.0.0.9
	export TCPREMOTEIP=127.0.0.9 SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=x
	printf '%s\r\n' 'EHLO a.test' 'MAIL FROM:<ann@example.org> HOLDFOR=3600 BY=90000;N MT-PRIORITY=4 SMTPUTF8 REQUIRETLS' \
		'RCPT TO:<joe@example.org>' DATA '' . QUIT | smtpd -s >"$T/out" 2>"$T/log"
	a=$(sed -n 's/.*queued as \([0-9a-v]*\).*/\1/p' "$T/out")
	run qstat "$a"
	assert_status 0
	grep -Eq $'^\theld until 20[0-9: -]*$' <<<"$output"
	grep -Eq $'^\tto be delivered by 20[0-9: -]*, or its sender told$' <<<"$output"
	assert_output_has $'\tpriority 4'
	assert_output_has $'\tinternationalized (SMTPUTF8)'
	assert_output_has $'\tnot without TLS (REQUIRETLS)'
	run qstat "$(queue)"
	run -1 grep -E 'held until|delivered by|priority|SMTPUTF8|REQUIRETLS' <<<"$output"
}

@test "one that is not there is 100" {
	a=$(queue)
	run qstat 0123456789abcdefghij "$a" $'no\nid'
	assert_status 100
	assert_output_has 'there is no message 0123456789abcdefghij'
	assert_output_has 'no\x0aid'
	assert_output_has '<joe@example.org>'
}

@test "claimed, arriving, incomplete and damaged messages; nobody is disturbed" {
	a=$(queue)
	b=$(queue)
	c=$(queue)
	start python3 -S -c '
import fcntl, os, socket, struct, subprocess, sys, time
new = os.environ["SATCHEL_SPOOL"] + "/new/"
f = open(new + sys.argv[1], "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
g = open(new + "0123456789abcdefghij", "w+b")
fcntl.fcntl(g, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
g.write(bytes(5000)); g.flush()
open(os.environ["T"] + "/claimed", "w").close()
while not os.path.exists(os.environ["T"] + "/done"): time.sleep(0.01)' "$a"
	wait_for 10 test -e "$T/claimed"
	head -c 50 /dev/zero >"$SATCHEL_SPOOL/new/0123456789abcdefghik"
	mv "$SATCHEL_SPOOL/new/$b" "$SATCHEL_SPOOL/corrupt"
	printf x | dd of="$SATCHEL_SPOOL/new/$c" bs=1 seek=20 conv=notrunc status=none
	echo ours >"$SATCHEL_SPOOL/new/no-id"
	ln -s /etc/passwd "$SATCHEL_SPOOL/new/0123456789abcdefghil"
	mkdir "$SATCHEL_SPOOL/new/0123456789abcdefghim"
	mkfifo "$SATCHEL_SPOOL/new/0123456789abcdefghin"
	run timeout 20 qstat
	assert_status 0
	[[ $output =~ 0123456789abcdefghil.*\ damaged ]]
	[[ $output =~ $a.*\ active\  ]]
	[[ $output =~ 0123456789abcdefghij.*\ arriving ]]
	[[ $output =~ 0123456789abcdefghik.*\ incomplete ]]
	[[ $output =~ $b.*\ corrupt\  ]]
	[[ $output =~ $c.*\ damaged ]]
	[[ $output =~ '8 messages, 1 active, 5 corrupt, 2 arriving; ' ]]
	: >"$T/done"
	wait "$STARTED_PID"
}

@test "what came from outside can't play with the terminal" {
	a=$(queue)
	mark "$SATCHEL_SPOOL/new/$a" 0 . 1 $'451 \e[2J\\ \xff'
	run qstat
	assert_output_has '451 \x1b[2J\x5c \xff'
}

@test "a message with 100 000 recipients, in bounded memory" {
	control limits 'message-recipients: 100000'
	{ printf 'F\0'; seq -f 'Tu%06.0f@example.org' 100000 | tr '\n' '\0'; printf '\0'; } >"$T/many"
	enqueue </dev/null 1<"$T/many"
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 20000; fi
	[ "$(qstat | grep -c '<u[0-9]*@example.org>')" -eq 100000 ]
	qstat | tail -n 1 | grep -q '^1 message, 1 new; 100000 recipients, '
}

@test "messages that come and go meanwhile are no failure" {
	start bash -c 'while :; do
		id=$(echo x | enqueue -i joe@example.org) && rm "$SATCHEL_SPOOL/new/$id"
	done'
	for i in $(seq 30); do
		qstat >/dev/null
	done
}

@test "output that can't be written is 111" {
	queue
	run bash -c 'qstat >/dev/full'
	assert_status 111
}

@test "who may not read the spool is told so, in one line" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: nobody else to be'
	needs setpriv
	SCRATCH=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$SCRATCH"
	export SATCHEL_SPOOL=$SCRATCH/spool
	cp "$SATCHEL_BIN/qstat" "$SCRATCH"
	qctl init -u nobody
	qstat -c
	run setpriv --reuid=12345 --regid=12345 --clear-groups "$SCRATCH/qstat"
	assert_status 111
	assert_output_has "only the spool's owner"
	[ "${#lines[@]}" -eq 1 ]
	rm -r "$SATCHEL_SPOOL"
	run qstat
	assert_status 100
	assert_output_has 'qctl init'
}

@test "called mailq it is --mailq" {
	queue
	ln -s "$SATCHEL_BIN/qstat" "$T/mailq"
	[ "$("$T/mailq")" = "$(qstat --mailq)" ]
	[ "$("$T/mailq" -q)" = "$(qstat -q)" ]
}
