#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) from the command line, against servers that behave and servers that do not.

load helper
load dns

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# start_sink OPTION...: a server (t/sink.py) whose port is SINK and whose files are in $OUT.
start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start python3 "$ROOT/t/sink.py" --out "$OUT" "$@"
	wait_for 10 test -s "$STARTED_LOG"
	SINK=$(cat "$STARTED_LOG")
}

# lacks PATTERN FILE
lacks() {
	if grep "$1" "$2" >&2; then
		return 1
	fi
}

message() {
	printf 'Subject: test\n\nhello\n'
}

# send ARGUMENT...: the message of $MESSAGE, or a short one
send() {
	if [ -n "${MESSAGE-}" ]; then
		run timeout 60 smtp-send "$@" <"$MESSAGE"
	else
		run timeout 60 smtp-send "$@" < <(message)
	fi
}

to_sink() {
	send -f me@example.org "smtp:127.0.0.1:$SINK" "$@"
}

@test "one message to two recipients, all commands in one write" {
	start_sink
	to_sink joe@example.test ann@example.test
	assert_status 0
	[ "${lines[0]}" = $'delivered\tjoe@example.test\t2.0.0\t127.0.0.1[127.0.0.1]:'"$SINK"$'\t250 2.0.0 taken' ]
	[ "${#lines[@]}" -eq 2 ]
	assert_file_has "$OUT/log" "EHLO here.test"
	assert_file_has "$OUT/log" 'MAIL FROM:<me@example.org> SIZE=24\r\nRCPT TO:<joe@example.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n'
	[ "$(cat -A "$OUT/1.eml")" = $'Subject: test^M$\n^M$\nhello^M$' ]
}

@test "command by command where PIPELINING is not offered" {
	start_sink --without PIPELINING --without SIZE
	to_sink joe@example.test ann@example.test
	assert_status 0
	[ "$(sed -n 2p "$OUT/log")" = "1 b'MAIL FROM:<me@example.org>\\r\\n'" ]
	[ "$(sed -n 3p "$OUT/log")" = "1 b'RCPT TO:<joe@example.test>\\r\\n'" ]
	[ "$(sed -n 5p "$OUT/log")" = "1 b'DATA\\r\\n'" ]
}

@test "HELO where EHLO is refused" {
	start_sink --at "ehlo=502 5.5.1 what?"
	to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/log" "HELO here.test"
	assert_file_has "$OUT/1.env" "MAIL FROM:<me@example.org>"
}

@test "the null sender, and the name of the control file helo" {
	start_sink
	control helo mail.example.org
	send "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" "MAIL FROM:<>"
	assert_file_has "$OUT/log" "EHLO mail.example.org"
}

@test "lines that begin with a dot, and a last line without end, arrive whole" {
	start_sink
	printf '.\n..a\n\n.b\n\n.\nlast' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	[ "$(sed 's/^\.//; s/\r$//' "$OUT/1.eml")" = "$(cat "$T/message")" ]
	[ "$(head -n 1 "$OUT/1.eml")" = $'..\r' ]
}

@test "an empty message, and CRLF that is there already" {
	start_sink
	: >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	[ ! -s "$OUT/1.eml" ]
	printf 'a\r\nb\n' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	[ "$(cat -A "$OUT/2.eml")" = $'a^M$\nb^M$' ]
}

@test "a large message with dots at every place arrives as it was" {
	start_sink --without SIZE
	python3 -c 'import random
random.seed(7)
for i in range(60000):
    print("." * random.choice((0, 0, 1, 2)) + "x" * random.randrange(120))' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	sed 's/^\.//; s/\r$//' "$OUT/1.eml" | cmp - "$T/message"
}

@test "a bare CR does not go out" {
	start_sink
	printf 'a\rb\n' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 100
	assert_output_has "CR"
	[ ! -e "$OUT/1.eml" ]
}

@test "8-bit text is declared, and not sent to whom does not take it" {
	printf 'Subject: \303\244\n\n' >"$T/message"
	start_sink
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
	start_sink --without 8BITMIME
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 100
	assert_output_has $'\t5.6.3\t'
	[ ! -e "$OUT/1.eml" ]
}

@test "a message larger than the server takes is not sent" {
	start_sink
	head -c 1000001 /dev/zero | tr '\0' x | fold >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 100
	assert_output_has $'\t5.3.4\t'
	lacks MAIL "$OUT/log"
}

@test "each recipient has its own result" {
	start_sink --at "rcpt:joe@example.test=550 5.1.1 no such user" \
		--at "rcpt:ann@example.test=450-later\\r\\n450 please"
	to_sink joe@example.test ann@example.test bob@example.test
	assert_status 111
	[[ ${lines[0]} == $'permanent\tjoe@example.test\t5.1.1\t'*$'\t550 5.1.1 no such user' ]]
	[[ ${lines[1]} == $'temporary\tann@example.test\t4.0.0\t'*$'\t450 later please' ]]
	[[ ${lines[2]} == $'delivered\tbob@example.test\t2.0.0\t'* ]]
	lacks ann "$OUT/1.env"
}

@test "too many recipients (552 at RCPT) is temporary" {
	start_sink --at "rcpt:joe@example.test=552 5.5.3 too many"
	to_sink joe@example.test ann@example.test
	assert_status 111
	[[ ${lines[0]} == $'temporary\tjoe@example.test\t4.5.3\t'* ]]
}

@test "no recipient accepted: no message is sent, though DATA was pipelined" {
	for extra in "" "--without PIPELINING" "--at data=354"; do
		# shellcheck disable=SC2086
		start_sink --at "rcpt=550 no" $extra
		to_sink joe@example.test ann@example.test
		assert_status 100
		[ "${#lines[@]}" -eq 2 ]
		[[ ${lines[1]} == $'permanent\tann@example.test\t5.0.0\t'*$'\t550 no' ]]
		[ ! -e "$OUT/1.eml" ]
	done
}

@test "refusal of MAIL is for all recipients" {
	for extra in "" "--without PIPELINING"; do
		# shellcheck disable=SC2086
		start_sink --at "mail=550 5.7.1 not you" --at "rcpt=503 5.5.1 MAIL first" $extra
		to_sink joe@example.test ann@example.test
		assert_status 100
		[[ ${lines[0]} == *$'\t550 5.7.1 not you' ]]
		[[ ${lines[1]} == *$'\t550 5.7.1 not you' ]]
	done
}

@test "refusal at each step, permanent and temporary" {
	for step in greeting mail rcpt data end; do
		start_sink --at "$step=554 5.7.1 no" --at "rcpt=250 ok"
		to_sink joe@example.test
		assert_status 100
		[[ $output == $'permanent\t'*$'\t5.7.1\t'*$'\t554 5.7.1 no' ]]
		start_sink --at "$step=451 4.3.0 not now"
		to_sink joe@example.test
		assert_status 111
		[[ $output == $'temporary\t'*$'\t4.3.0\t'*$'\t451 4.3.0 not now' ]]
	done
	start_sink --at "ehlo=550 5.7.1 no" --at "helo=550 5.7.1 never"
	to_sink joe@example.test
	assert_status 100
	assert_output_has "550 5.7.1 never"
}

@test "421, a closed connection and garbage are temporary at each step" {
	for step in greeting ehlo mail rcpt data end; do
		for action in "421 4.3.2 shutting down" close reset garbage; do
			start_sink --at "$step=$action"
			to_sink joe@example.test
			assert_status 111
			[ "${#lines[@]}" -eq 1 ]
			[[ $output == $'temporary\tjoe@example.test\t4.'* ]]
		done
	done
}

@test "a reply that comes before its command, or a greeting that is none, is not believed" {
	start_sink --at 'data=354 go on\r\n250 2.0.0 taken'
	to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*"before the message: 250 2.0.0 taken"* ]]
	[ ! -e "$OUT/1.eml" ]
	for step in greeting=220 ehlo=250; do
		start_sink --at "$step hello\r\n250 2.0.0 and so on"
		to_sink joe@example.test
		assert_status 111
		[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*"spoke before"* ]]
	done
	start_sink --at "greeting=250 hello"
	to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*$'\t250 hello' ]]
}

@test "who was accepted before the connection broke is temporary, who was refused is not" {
	start_sink --at "rcpt:joe@example.test=550 5.1.1 no" --at "data=close"
	to_sink joe@example.test ann@example.test
	assert_status 111
	[[ ${lines[0]} == permanent* ]]
	[[ ${lines[1]} == $'temporary\tann@example.test\t4.4.2\t'* ]]
}

@test "a server that stalls at any step costs the time-out, no more" {
	control limits "smtp-timeout: 1"
	for step in greeting ehlo mail rcpt data end; do
		start_sink --at "$step=stall"
		begin=$SECONDS
		to_sink joe@example.test
		assert_status 111
		[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'*"timed out"* ]]
		[ $((SECONDS - begin)) -le 12 ]
	done
}

@test "the deadline of the whole is kept" {
	start_sink --at "end=stall"
	begin=$SECONDS
	send -t 2 "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 111
	[ $((SECONDS - begin)) -le 4 ]
}

@test "a server that says or hears nothing to the point keeps nobody beyond the deadline" {
	for step in greeting rcpt end; do
		for action in drip line; do
			start_sink --at "$step=$action"
			begin=$SECONDS
			send -t 1 "smtp:127.0.0.1:$SINK" joe@example.test
			assert_status 111
			[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'*"timed out"* ]]
			[ $((SECONDS - begin)) -le 3 ]
		done
	done
	start_sink --at "ehlo=lines"
	to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*"malformed reply to EHLO: 250-and so on" ]]
	start_sink --at "reading=deaf" --without SIZE
	head -c 25000000 /dev/zero | tr '\0' x | fold -w 70 >"$T/message"
	begin=$SECONDS
	MESSAGE=$T/message send -t 2 "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'*"timed out at DATA" ]]
	[ $((SECONDS - begin)) -le 4 ]
}

@test "a server that closes in the midst of the message leaves it undelivered" {
	start_sink --at "reading=close" --without SIZE
	python3 -c 'print("x" * 70 + "\n", end="")
for i in range(100000): print("x" * 70)' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'* ]]
}

@test "nobody listens: 4.4.1" {
	send "smtp:127.0.0.1:$(free_port)" joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.1\t127.0.0.1[127.0.0.1]:'*"Connection refused" ]]
}

@test "addresses that could leave their brackets are not sent" {
	start_sink
	for address in 'a> NOTIFY=NEVER' $'a\r\nRSET' 'a b@example.test' '<a@example.test>' ''; do
		to_sink "$address" joe@example.test
		assert_status 100
		[[ ${lines[0]} == $'permanent\t'*$'\t5.1.3\t'* ]]
		[[ ${lines[1]} == delivered* ]]
	done
	send -f 'x> SIZE=1' "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 100
	lacks 'NOTIFY\|RSET\|x>' "$OUT/log"
}

@test "a 5yz reply with terminal sequences is shown escaped" {
	start_sink --at $'rcpt=550 \e[31mred'
	to_sink joe@example.test
	assert_status 100
	assert_output_has '\x1b[31mred'
}

# Sinks on several addresses of the loopback network, all on one port.
start_sinks() {
	SINK=$(free_port)
	control mxport "$SINK"
	control resolvers "127.0.0.1:$DNS_PORT"
}

start_sink_at() {
	local address=$1
	shift
	start_sink --host "$address" --port "$SINK" "$@"
}

zone() {
	cat <<-'ZONE'
		two MX 10 a
		two MX 20 b
		a A 127.0.0.11
		b A 127.0.0.12
		many MX 10 a
		many MX 10 b
		three MX 10 both
		both A 127.0.0.11
		both A 127.0.0.12
		implicit A 127.0.0.12
		null MX 0 .
		nothing TXT "x"
		nowhere MX 10 missing
		self MX 10 here
		here A 127.0.0.12
		lower MX 10 a
		lower MX 20 here
		lower MX 20 b
		lower MX 30 b
		loop CNAME loop2
		loop2 CNAME loop
	ZONE
}

@test "the next exchanger is tried when the first is down" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.12
	send two.example.test joe@two.example.test
	assert_status 0
	[[ $output == $'delivered\tjoe@two.example.test\t2.0.0\tb.example.test[127.0.0.12]:'* ]]
	send mx:three.example.test joe@two.example.test
	assert_status 0
	send implicit.example.test joe@implicit.example.test
	assert_status 0
}

@test "the next exchanger is tried for what the first put off, and only for that" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --at "rcpt:ann@two.example.test=450 4.2.0 later" \
		--at "rcpt:bob@two.example.test=550 5.1.1 never"
	first=$OUT
	start_sink_at 127.0.0.12
	send two.example.test joe@two.example.test ann@two.example.test bob@two.example.test
	assert_status 100
	[[ ${lines[0]} == $'delivered\tjoe@two.example.test\t2.0.0\ta.example.test'* ]]
	[[ ${lines[1]} == $'delivered\tann@two.example.test\t2.0.0\tb.example.test'* ]]
	[[ ${lines[2]} == $'permanent\tbob@two.example.test\t5.1.1\ta.example.test'* ]]
	lacks ann "$first/1.env"
	[ "$(grep -c RCPT "$OUT/1.env")" -eq 1 ]
}

@test "a greeting of 554 is permanent only if every exchanger has it" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --at "greeting=554 5.3.2 no mail here"
	first_pid=$STARTED_PID
	start_sink_at 127.0.0.12 --at "greeting=554 5.3.2 nor here"
	send two.example.test joe@two.example.test
	assert_status 100
	assert_output_has "554 5.3.2 nor here"
	stop "$first_pid" || true
	send two.example.test joe@two.example.test
	assert_status 111
	assert_output_has 4.4.1
}

@test "a message that may have been delivered is not handed to another exchanger" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --at "end=close"
	start_sink_at 127.0.0.12
	send two.example.test joe@two.example.test
	assert_status 111
	[ ! -e "$OUT/log" ]
}

@test "8-bit text finds the exchanger that takes it" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --without 8BITMIME
	start_sink_at 127.0.0.12
	printf '\303\244\n' >"$T/message"
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 0
	assert_output_has "b.example.test["
}

@test "8-bit text is not refused for good while a server that may take it is away" {
	start_dns < <(zone)
	start_sinks
	printf '\303\244\n' >"$T/message"
	start_sink_at 127.0.0.12 --without 8BITMIME
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 111
	assert_output_has $'\t4.6.3\tb.example.test['
	start_sink_at 127.0.0.11 --at "rcpt=450 4.2.0 greylisted"
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 111
	assert_output_has $'\t4.6.3\tb.example.test['
}

@test "worker: 8-bit text that the server of the open connection does not take finds another" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --without 8BITMIME
	start_sink_at 127.0.0.12
	printf 'a\r\n' >"$T/one"
	printf '\303\244\r\n' >"$T/two"
	run timeout 60 python3 "$ROOT/t/jobs.py" smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/two" mx:two.example.test joe@two.example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.0.0\ta.example.test['
	assert_output_has $'2\t0\tD\t2.0.0\tb.example.test['
}

@test "what the DNS says of a domain" {
	start_dns < <(zone)
	start_sinks
	for row in "missing 100 5.1.2" "nothing 111 4.4.4" "null 100 5.1.10" "nowhere 111 4.4.4" \
		"loop 111 4.4.3"; do
		read -r name code status_code <<<"$row"
		send "$name.example.test" "joe@$name.example.test"
		assert_status "$code"
		assert_output_has $'\t'"$status_code"$'\t-\t'
	done
	send example.invalid joe@example.invalid
	assert_status 111
	assert_output_has 4.4.3
	send smtp:missing.example.test:25 joe@example.test
	assert_status 111
}

@test "this host among the exchangers is no exchanger, and none behind it" {
	start_dns < <(zone)
	start_sinks
	control me here.example.test
	start_sink_at 127.0.0.12
	send self.example.test joe@self.example.test
	assert_status 100
	assert_output_has $'\t5.4.6\t'
	send lower.example.test joe@lower.example.test
	assert_status 111
	assert_output_has 4.4.1
	[ ! -e "$OUT/log" ]
	# a route is an administrator's word
	send "smtp:127.0.0.12:$SINK" joe@self.example.test
	assert_status 0
}

@test "an address of this host at port 25 is this host" {
	start_dns < <(zone)
	start_sinks
	rm "$SATCHEL_CONTROL/mxport"
	send two.example.test joe@two.example.test
	assert_status 100
	assert_output_has $'\t5.4.6\t'
	send 'mx:[127.0.0.1]' 'joe@[127.0.0.1]'
	assert_status 100
	assert_output_has $'\t5.4.6\t'
}

@test "IPv6, by address literal and by route" {
	python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip "no IPv6 here"
	start_sink --host ::1
	control mxport "$SINK"
	send "smtp:[::1]:$SINK" joe@example.test
	assert_status 0
	assert_output_has "::1[::1]:$SINK"
	send 'mx:[IPv6:::1]' 'joe@[IPv6:::1]'
	assert_status 0
}

@test "to satchel's own smtpd" {
	needs smtpd enqueue qctl
	control locals example.test
	port=$(free_port)
	cat >"$T/listen.py" <<-'END'
		import os, socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("127.0.0.1", int(sys.argv[1])))
		s.listen(5)
		os.dup2(s.fileno(), 0)
		os.execvp("smtpd", ["smtpd"])
	END
	start python3 "$T/listen.py" "$port"
	wait_for 10 port_open "$port"
	send -f me@example.org "smtp:127.0.0.1:$port" root@example.test nobody-of-that-name@example.test
	assert_status 100
	[[ ${lines[0]} == $'delivered\troot@example.test\t2.'* ]]
	[[ ${lines[1]} == $'permanent\tnobody-of-that-name@example.test\t5.1.1\t'* ]]
}

# The worker, with t/jobs.py as its qrun.

wire() {
	printf 'Subject: %s\r\n\r\nhello\r\n' "$1" >"$T/$1"
}

jobs() {
	run timeout 60 python3 "$ROOT/t/jobs.py" "$@"
}

@test "worker: jobs for one destination go over one connection" {
	start_sink
	wire one
	wire two
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/two" "$to" ann@example.test bob@example.test \
		-- "$T/one" "$to" joe@example.test
	assert_status 0
	[ "${lines[0]}" = $'1\t0\tD\t2.0.0\t127.0.0.1[127.0.0.1]:'"$SINK"$'\t250 2.0.0 taken' ]
	[ "${lines[1]}" = "1 done" ]
	[ "${lines[3]%%$'\t2.0.0'*}" = $'2\t1\tD' ]
	[ "${lines[4]}" = "2 done" ]
	[ "${lines[7]}" = "exit 0" ]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	assert_file_has "$OUT/log" QUIT
	cmp "$OUT/2.eml" "$T/two"
}

@test "worker: jobs handed over at once, for several destinations" {
	start_sink
	first=$SINK first_out=$OUT
	start_sink
	wire one
	jobs --together smtp-send -w -- "$T/one" "smtp:127.0.0.1:$first" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$first" joe@example.test
	assert_status 0
	[ "${#lines[@]}" -eq 7 ]
	[ -e "$OUT/1.eml" ] && [ -e "$first_out/2.eml" ]
	assert_file_has "$OUT/log" QUIT
}

@test "worker: a refused transaction is reset before the next" {
	start_sink --at "rcpt:joe@example.test=550 5.1.1 no"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tP\t5.1.1\t'* ]]
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
	assert_file_has "$OUT/log" "1 b'RSET"
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "worker: where RSET is refused, the next message goes over a new connection" {
	start_sink --at "mail=550 5.7.1 no@1" --at "rset=502 5.5.1 what?"
	wire one
	wire two
	jobs smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/two" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tP\t5.7.1'
	assert_output_has $'2\t0\tD\t2.0.0'
	assert_file_has "$OUT/log" "2 b'EHLO"
}

@test "worker: a server that closes between messages costs nothing" {
	start_sink --at "idle=close"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
	start_sink --at "mail=421 4.3.2 enough@2"
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
}

@test "worker: an idle connection is ended with QUIT after its time" {
	control limits "smtp-idle: 1"
	start_sink
	wire one
	start python3 "$ROOT/t/jobs.py" --pause 30 smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	wait_for 10 grep -q QUIT "$OUT/log"
	lacks exit "$STARTED_LOG"
}

@test "worker: DSN parameters go to a server that offers DSN" {
	wire one
	for extra in "" "--without DSN"; do
		# shellcheck disable=SC2086
		start_sink $extra
		jobs smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" "joe@example.test,NNEVER,Orfc822;joe@example.test"
		assert_status 0
		if [ -z "$extra" ]; then
			assert_file_has "$OUT/1.env" "RCPT TO:<joe@example.test> NOTIFY=NEVER ORCPT=rfc822;joe@example.test"
		else
			assert_file_has "$OUT/1.env" "RCPT TO:<joe@example.test>"
			lacks NOTIFY "$OUT/1.env"
		fi
	done
}

@test "worker: 8-bit text that was called 7BIT is declared as what it is" {
	start_sink
	printf '\303\244\r\n' >"$T/one"
	jobs --body 7BIT smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
}

@test "worker: a bare LF in the spool does not go out" {
	start_sink
	printf 'a\r\nb\n.\nc\r\n' >"$T/bad"
	jobs smtp-send -w -- "$T/bad" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.3.0\t'* ]]
	[ ! -e "$OUT/1.eml" ]
}

@test "worker: the deadline of a job is kept, and the next goes on" {
	start_sink --at "data=stall@1"
	wire one
	to=smtp:127.0.0.1:$SINK
	begin=$SECONDS
	jobs --deadline 2 smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" joe@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.4.2\t'* ]]
	[[ ${lines[2]} == $'2\t0\tD\t'* ]]
	[ $((SECONDS - begin)) -le 6 ]
}

@test "worker: what qrun left behind when it died is not delivered" {
	start_sink --at "data=wait $T/mark"
	wire one
	jobs --vanish "$OUT/log" "DATA" "$T/mark" smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" ann@example.test
	assert_output_has "exit 111"
	[ ! -e "$OUT/1.eml" ]
	lacks ann "$OUT/log"
	touch "$T/begun"
	jobs --vanish "$T/begun" "" "$T/gone" sh -c "until [ -e $T/gone ]; do sleep 0.02; done; exec smtp-send -w" \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_output_has "exit 0"
	[ ! -e "$OUT/1.eml" ]
}

@test "worker: a signal waits until the result of what was sent is reported" {
	start_sink --at "end=wait $T/mark"
	wire one
	# the sink logs nothing of a message: it has come when the file is there
	jobs --signal "$OUT/1.end" "" "$T/mark" smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_output_has $'1\t0\tD\t2.0.0'
	assert_output_has "exit -15"
}

# The next job's commands behind the end of a message (RFC 2920, 3.1).

# ahead NUMBER: how many messages of a connection had something behind them in one piece
ahead() {
	grep -c "^$1 behind b'" "$OUT/log" || true
}

# three_jobs: messages one, two and one to joe, ann and bob, told at once
three_jobs() {
	wire one
	wire two
	jobs --together smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/two" "smtp:127.0.0.1:$SINK" ann@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" bob@example.test
	assert_status 0
	[ "${lines[-1]}" = "exit 0" ]
}

@test "worker: the commands of the next job go out behind the end of a message" {
	start_sink
	three_jobs
	[ "$(cut -f 1-4 <<<"${lines[0]}")" = $'1\t0\tD\t2.0.0' ]
	[ "${lines[1]}" = "1 done" ]
	[ "${lines[5]}" = "3 done" ]
	cmp "$OUT/1.eml" "$T/one"
	cmp "$OUT/2.eml" "$T/two"
	cmp "$OUT/3.eml" "$T/one"
	assert_file_has "$OUT/2.env" "RCPT TO:<ann@example.test>"
	[ "$(grep -c . "$OUT/log")" -eq 5 ] # EHLO, three groups, QUIT
	[ "$(grep -c "^1 b'MAIL" "$OUT/log")" -eq 1 ]
	[ "$(ahead 1)" -eq 2 ]
	lacks RSET "$OUT/log"
}

@test "worker: without PIPELINING nothing goes out behind a message" {
	start_sink --without PIPELINING
	three_jobs
	[ "$(grep -c "b'MAIL" "$OUT/log")" -eq 3 ]
	[ "$(grep -c 'MAIL.*RCPT' "$OUT/log" || true)" -eq 0 ]
	[ -e "$OUT/3.eml" ]
}

@test "worker: a result is reported before the next message is sent" {
	start_sink --at "end=wait $T/mark@2"
	wire one
	to=smtp:127.0.0.1:$SINK
	start python3 "$ROOT/t/jobs.py" --together smtp-send -w -- "$T/one" "$to" joe@example.test \
		-- "$T/one" "$to" ann@example.test
	log=$STARTED_LOG
	wait_for 10 grep -q "1 done" "$log"
	lacks "2 done" "$log"
	touch "$T/mark"
	wait_for 10 grep -q "2 done" "$log"
}

@test "worker: refusals of what was sent ahead are for that job alone" {
	start_sink --at "mail=550 5.7.1 not you@2" --at "rcpt=503 5.5.1 MAIL first@2"
	three_jobs
	assert_output_has $'1\t0\tD'
	assert_output_has $'2\t0\tP\t5.7.1'
	assert_output_has $'3\t0\tD'
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	cmp "$OUT/2.eml" "$T/one"
	for extra in "" "data=354 go on"; do
		start_sink --at "rcpt:ann@example.test=550 5.1.1 no" --at "${extra:-helo=250 x}"
		three_jobs
		assert_output_has $'1\t0\tD'
		assert_output_has $'2\t0\tP\t5.1.1'
		assert_output_has $'3\t0\tD'
		[ ! -e "$OUT/3.eml" ]
		cmp "$OUT/2.eml" "$T/one"
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	done
	start_sink --at "data=451 4.3.0 later@2"
	three_jobs
	assert_output_has $'2\t0\tT\t4.3.0'
	assert_output_has $'3\t0\tD'
}

@test "worker: a refused message does not touch the job behind it" {
	for reply in "554 5.6.0 no" "451 4.3.0 later"; do
		start_sink --at "end=$reply@1"
		three_jobs
		lacks $'1\t0\tD' <(echo "$output")
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
		cmp "$OUT/1.eml" "$T/two"
	done
}

@test "worker: a connection that breaks at the end of a message leaves the next job as it was" {
	for action in close reset; do
		start_sink --at "end=$action@1"
		three_jobs
		assert_output_has $'1\t0\tT\t4.4.2'
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 2 ]
		# nor is it done again to a server that may not have borne it
		[ "$(ahead 1)" -eq 1 ]
		[ "$(ahead 2)" -eq 0 ]
	done
}

@test "worker: 421 at any reply leaves the jobs behind it as they were" {
	start_sink --at "end=421 4.3.2 enough@1"
	three_jobs
	assert_output_has $'1\t0\tT\t4.3.2'
	assert_output_has $'2\t0\tD'
	assert_output_has $'3\t0\tD'
	[ "$(ahead 2)" -eq 1 ]
	for step in mail rcpt data; do
		start_sink --at "$step=421 4.3.2 enough@2"
		three_jobs
		assert_output_has $'1\t0\tD'
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 3 ]
		[ "$(ahead 2)" -eq 1 ]
	done
}

@test "worker: a message that may have been delivered goes to no other server, one refused by 421 does" {
	start_dns < <(zone)
	start_sinks
	wire one
	start_sink_at 127.0.0.11 --at "end=421 4.3.2 enough@1"
	start_sink_at 127.0.0.12
	jobs --together smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/one" mx:two.example.test ann@two.example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.0.0\tb.example.test'
	assert_output_has $'2\t0\tD\t2.0.0\tb.example.test'
}

@test "worker: a server that stumbles over commands behind a message is asked one by one" {
	control limits "smtp-timeout: 1"
	for at in "idle=forget" "mail=503 5.5.0 improper use@2" "mail=500 5.5.1 what?@2" "rcpt=503 5.5.1 what?@2" \
		"data=503 5.5.1 what?@2" "mail=354 go on@2" "mail=garbage@2" "mail=close@2" "rcpt=close@2"; do
		start_sink --at "$at"
		three_jobs
		[ "$(grep -c $'\t0\tD\t' <<<"$output")" -eq 3 ] || { echo "$at: $output"; false; }
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 3 ]
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u | tail -n 1)" = 2 ]
		[ "$(ahead 1)" -eq 1 ]
		[ "$(ahead 2)" -eq 0 ]
	done
}

@test "worker: what cannot go ahead goes behind: too large, 8-bit text, a bad sender" {
	start_sink --without 8BITMIME
	head -c 1000001 /dev/zero | tr '\0' x | fold | sed 's/$/\r/' >"$T/large"
	printf '\303\244\r\n' >"$T/8bit"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs --together smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/large" "$to" joe@example.test \
		-- "$T/one" "$to" "a b@example.test" bob@example.test -- "$T/8bit" "$to" joe@example.test \
		-- "$T/one" "$to" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD'
	assert_output_has $'2\t0\tP\t5.3.4'
	assert_output_has $'3\t0\tP\t5.1.3'
	assert_output_has $'3\t1\tD'
	assert_output_has $'4\t0\tP\t5.6.3'
	assert_output_has $'5\t0\tD'
	cmp "$OUT/3.eml" "$T/one"
}

@test "worker: large messages with dots at every place follow one another" {
	start_sink --without SIZE
	python3 -c 'import random
random.seed(8)
for i in range(9000):
    print("." * random.choice((0, 0, 1, 2)) + "x" * random.randrange(120) + "\r")' >"$T/large"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs --together smtp-send -w -- "$T/large" "$to" joe@example.test -- "$T/one" "$to" joe@example.test \
		-- "$T/large" "$to" joe@example.test -- "$T/large" "$to" joe@example.test
	assert_status 0
	for i in 1 3 4; do
		sed 's/^\.//' "$OUT/$i.eml" | cmp - "$T/large"
	done
	cmp "$OUT/2.eml" "$T/one"
}

@test "worker: what stands in the file behind the message is none of it" {
	start_sink
	printf 'Subject: short\r\n\r\n.x\r\n\303\244 of another message\r\n' >"$T/one"
	jobs --together --behind 23 smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_output_has $'2\t0\tD'
	for i in 1 2; do
		[ "$(cat -A "$OUT/$i.eml")" = $'Subject: short^M$\n^M$\n..x^M$' ]
		lacks BODY "$OUT/$i.env"
	done
}

@test "worker: a slow server keeps its own job, the others are given back" {
	start_sink --at "end=wait $T/mark@1"
	wire one
	to=smtp:127.0.0.1:$SINK
	start python3 "$ROOT/t/jobs.py" --together smtp-send -w -- "$T/one" "$to" joe@example.test \
		-- "$T/one" "$to" ann@example.test -- "$T/one" "$to" bob@example.test
	log=$STARTED_LOG
	wait_for 10 grep -q "2 returned" "$log"
	[ "$(head -n 2 "$log")" = $'3 returned\n2 returned' ]
	touch "$T/mark"
	wait_for 10 grep -q "exit 0" "$log"
	assert_file_has "$log" $'1\t0\tD'
	[ "$(ls "$OUT"/*.eml)" = "$OUT/1.eml" ]
}

@test "worker: where nobody can be reached, the jobs behind are given back at once" {
	wire one
	to=smtp:127.0.0.1:$(free_port)
	jobs --together smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[ "${lines[0]}" = "2 returned" ]
	[[ ${lines[1]} == $'1\t0\tT\t4.4.1\t'* ]]
}

@test "without descriptors 0, 1 or 2 nothing goes to the wrong place" {
	start_sink
	run bash -c "smtp-send smtp:127.0.0.1:$SINK joe@example.test <&-"
	assert_status 111
	[ ! -e "$OUT/log" ]
	message >"$T/message"
	run bash -c "smtp-send smtp:127.0.0.1:$SINK joe@example.test >&- 2>&- <$T/message"
	assert_status 0
	[ "$(cat -A "$OUT/1.eml")" = $'Subject: test^M$\n^M$\nhello^M$' ]
	lacks delivered "$OUT/log"
}

@test "worker: what is no job ends it with 111" {
	run python3 -c 'import socket, subprocess
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
child = subprocess.Popen(["smtp-send", "-w"], stdin=theirs)
ours.send(b"nonsense")
print(child.wait(timeout=20))'
	[ "${lines[-1]}" = 111 ]
	assert_output_has "smtp-send: worker-failed"
}

@test "help, version and wrong usage" {
	run smtp-send --help
	assert_status 0
	run smtp-send --version
	assert_status 0
	[ "$output" = "smtp-send (satchel) 0.1" ]
	for arguments in "" "example.test" "--nonsense a b" "-t 0 a b" "-w a"; do
		# shellcheck disable=SC2086
		run smtp-send $arguments
		assert_status 100
	done
	control limits "smtp-timeout: none"
	send smtp:127.0.0.1:9 joe@example.test
	assert_status 100
	assert_output_has smtp-timeout
}
