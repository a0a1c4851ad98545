#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) from the command line, against servers that behave and servers that do not.

load helper
load dns
load smtp-send

@test "one message to two recipients, all commands in one write" {
	start_sink
	to_sink joe@example.test ann@example.test
	assert_status 0
	[ "${lines[0]}" = $'delivered\tjoe@example.test\t2.0.0\t127.0.0.1[127.0.0.1]:'"$SINK"$'\t250 2.0.0 taken\tnone' ]
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
	python3 -S -c 'import random
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

@test "8-bit text is declared, and fields of it are not sent to whom does not take it" {
	printf 'Subject: \303\244\n\n' >"$T/message"
	start_sink
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
	start_sink --without 8BITMIME
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 100
	assert_output_has $'\t5.6.9\t'
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
	[[ ${lines[0]} == $'permanent\tjoe@example.test\t5.1.1\t'*$'\t550 5.1.1 no such user\tnone' ]]
	[[ ${lines[1]} == $'temporary\tann@example.test\t4.0.0\t'*$'\t450 later please\tnone' ]]
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
		[[ ${lines[1]} == $'permanent\tann@example.test\t5.0.0\t'*$'\t550 no\tnone' ]]
		[ ! -e "$OUT/1.eml" ]
	done
}

@test "refusal of MAIL is for all recipients" {
	for extra in "" "--without PIPELINING"; do
		# shellcheck disable=SC2086
		start_sink --at "mail=550 5.7.1 not you" --at "rcpt=503 5.5.1 MAIL first" $extra
		to_sink joe@example.test ann@example.test
		assert_status 100
		[[ ${lines[0]} == *$'\t550 5.7.1 not you\tnone' ]]
		[[ ${lines[1]} == *$'\t550 5.7.1 not you\tnone' ]]
	done
}

@test "refusal at each step, permanent and temporary" {
	for step in greeting mail rcpt data end; do
		start_sink --at "$step=554 5.7.1 no@1" --at "$step=451 4.3.0 not now@2"
		to_sink joe@example.test
		assert_status 100
		[[ $output == $'permanent\t'*$'\t5.7.1\t'*$'\t554 5.7.1 no\tnone' ]]
		to_sink joe@example.test
		assert_status 111
		[[ $output == $'temporary\t'*$'\t4.3.0\t'*$'\t451 4.3.0 not now\tnone' ]]
	done
	start_sink --at "ehlo=550 5.7.1 no" --at "helo=550 5.7.1 never"
	to_sink joe@example.test
	assert_status 100
	assert_output_has "550 5.7.1 never"
}

@test "421, a closed connection and garbage are temporary at each step" {
	for step in greeting ehlo mail rcpt data end; do
		start_sink --at "$step=421 4.3.2 shutting down@1" --at "$step=close@2" --at "$step=reset@3" \
			--at "$step=garbage@4"
		for _ in 1 2 3 4; do
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
	[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*$'\t250 hello\tnone' ]]
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
		[ $((SECONDS - begin)) -le 30 ]
	done
}

@test "the deadline of the whole is kept" {
	start_sink --at "end=stall"
	begin=$SECONDS
	send -t 2 "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 111
	[ $((SECONDS - begin)) -le 30 ] # without it, five minutes
}

@test "a server that says or hears nothing to the point keeps nobody beyond the deadline" {
	for step in greeting rcpt end; do
		for action in drip line; do
			start_sink --at "$step=$action"
			begin=$SECONDS
			send -t 1 "smtp:127.0.0.1:$SINK" joe@example.test
			assert_status 111
			[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'*"timed out"* ]]
			[ $((SECONDS - begin)) -le 30 ]
		done
	done
	start_sink --at "ehlo=lines"
	to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.5.0\t'*"malformed reply to EHLO: 250-and so on"$'\tnone' ]]
	start_sink --at "reading=deaf" --without SIZE
	head -c 25000000 /dev/zero | tr '\0' x | fold -w 70 >"$T/message"
	begin=$SECONDS
	MESSAGE=$T/message send -t 10 "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'*"timed out at DATA"$'\tnone' ]]
	[ $((SECONDS - begin)) -le 30 ]
}

@test "a server that closes in the midst of the message leaves it undelivered" {
	start_sink --at "reading=close" --without SIZE
	python3 -S -c 'print("x" * 70 + "\n", end="")
for i in range(100000): print("x" * 70)' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.2\t'* ]]
}

@test "nobody listens: 4.4.1" {
	send "smtp:127.0.0.1:$(free_port)" joe@example.test
	assert_status 111
	[[ $output == $'temporary\tjoe@example.test\t4.4.1\t127.0.0.1[127.0.0.1]:'*"Connection refused"$'\tnone' ]]
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

@test "8-bit header fields find the exchanger that takes it" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --without 8BITMIME
	start_sink_at 127.0.0.12
	printf '\303\244\n' >"$T/message"
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 0
	assert_output_has "b.example.test["
}

@test "8-bit header fields are not refused for good while a server that may take it is away" {
	start_dns < <(zone)
	start_sinks
	printf '\303\244\n' >"$T/message"
	start_sink_at 127.0.0.12 --without 8BITMIME
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 111
	assert_output_has $'\t4.6.9\tb.example.test['
	start_sink_at 127.0.0.11 --at "rcpt=450 4.2.0 greylisted"
	MESSAGE=$T/message send two.example.test joe@two.example.test
	assert_status 111
	assert_output_has $'\t4.6.9\tb.example.test['
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
	python3 -S -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip "no IPv6 here"
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
	start python3 -S "$T/listen.py" "$port"
	wait_for 10 port_open "$port"
	send -f me@example.org "smtp:127.0.0.1:$port" root@example.test nobody-of-that-name@example.test
	assert_status 100
	[[ ${lines[0]} == $'delivered\troot@example.test\t2.'* ]]
	[[ ${lines[1]} == $'permanent\tnobody-of-that-name@example.test\t5.1.1\t'* ]]
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
