#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1): targets, and how a connection is made and what goes over it first.

load helper
load dns
load tls

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key mail ec
}

start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start smtp-sink --out "$OUT" "$@"
	wait_for 20 test -s "$STARTED_LOG"
	SINK=$(cat "$STARTED_LOG")
}

# vrfy asks no more than what a session takes; what it finds does not matter here.
probe() {
	run timeout 60 smtp-probe --json --pace 0 "$@"
}

# server <ARMS, as in probe-vrfy.bats: a server for --pipe that logs what comes to $T/log.
server() {
	local pattern reply
	{
		echo "printf '220 mail.example.test\r\n'; echo greeted >>$T/log"
		echo "while read -r said; do printf '%s\n' \"\$said\" >>$T/log; case \$said in"
		while IFS='|' read -r pattern reply; do
			echo "$pattern) printf '$reply\r\n' ;;"
		done
		echo "QUIT*) exit ;;"
		echo "*) printf '250 ok\r\n' ;; esac; done"
	} >"$T/server"
	: >"$T/log"
}

@test "a domain: every server, every address, in the order of delivery" {
	start_sink
	control mxport "$SINK"
	start_dns <<-'ZONE'
		two MX 20 far
		two MX 10 near
		near A 127.0.0.1
		far A 127.0.0.2
		far A 127.0.0.1
		implicit A 127.0.0.1
		null MX 0 .
		nowhere MX 10 gone
		nowhere MX 20 near
		dead MX 10 gone
	ZONE
	probe -s "127.0.0.1:$DNS_PORT" two.example.test
	[[ $output == *'"name":"near.example.test","address":"127.0.0.1:'*'"name":"far.example.test","address":"127.0.0.'* ]]
	[ "$(grep -o '"address":"127.0.0.[12]' <<<"$output" | wc -l)" -eq 3 ]
	assert_output_has '"address":"127.0.0.2:'
	probe -s "127.0.0.1:$DNS_PORT" implicit.example.test
	assert_output_has '"name":"implicit.example.test","address":"127.0.0.1:'
	assert_output_has '"reached":0'
	# with the others, whatever they are
	probe -s "127.0.0.1:$DNS_PORT" nowhere.example.test
	assert_output_has gone.example.test
	assert_output_has '"name":"near.example.test","address":"127.0.0.1:'
	while read -r domain code; do
		probe -s "127.0.0.1:$DNS_PORT" vrfy "$domain" joe@example.test
		echo "$domain" >&2
		assert_status "$code"
	done <<-'TABLE'
		null.example.test 68
		missing.example.test 68
		dead.example.test 68
		two.example.test 2
		nowhere.example.test 2
		[near.example.test] 69
		[missing.example.test] 68
	TABLE
	probe -s "127.0.0.1:$(free_port)" -t 1 vrfy two.example.test joe@example.test
	assert_status 2
}

@test "a host by name and by address, of one family alone" {
	start_sink
	start_dns <<-'ZONE'
		mail A 127.0.0.1
		mail AAAA ::1
		mail MX 10 elsewhere
	ZONE
	probe -s "127.0.0.1:$DNS_PORT" -4 vrfy "mail.example.test:$SINK"
	assert_output_has "\"name\":\"mail.example.test\",\"address\":\"127.0.0.1:$SINK\""
	[[ $output != *::1* ]]
	probe "[127.0.0.1]:$SINK"
	assert_output_has "\"name\":\"\",\"address\":\"127.0.0.1:$SINK\",\"reached\":0"
	probe -6 -s "127.0.0.1:$DNS_PORT" vrfy "mail.example.test:$SINK"
	assert_output_has "\"address\":\"[::1]:$SINK\""
	[[ $output != *127.0.0.1* ]]
	# a server is looked at by all of its addresses, also where one is out of reach
	probe -s "127.0.0.1:$DNS_PORT" "mail.example.test:$SINK"
	assert_output_has "\"address\":\"127.0.0.1:$SINK\",\"reached\":0"
	assert_output_has "\"address\":\"[::1]:$SINK\",\"reached\":69"
	probe localhost "127.0.0.1:$SINK"
	[ "${#lines[@]}" -eq 2 ]
}

@test "submission, by SRV: TLS at once, then STARTTLS" {
	start_sink --tls "$KEYS/mail" --smtps
	local at_once=$SINK at_once_out=$OUT
	start_sink --tls "$KEYS/mail"
	start_dns <<-ZONE
		mail A 127.0.0.1
		_submissions._tcp SRV 0 1 $at_once mail
		_submission._tcp SRV 0 1 $SINK mail
		_submission._tcp.denied SRV 0 0 0 .
	ZONE
	probe -s "127.0.0.1:$DNS_PORT" submission:example.test
	[[ $output == *"\"address\":\"127.0.0.1:$at_once\",\"reached\":0"*"\"address\":\"127.0.0.1:$SINK\",\"reached\":0"* ]]
	assert_file_has "$at_once_out/log" "tls TLSv1.3"
	assert_file_has "$OUT/log" STARTTLS
	for domain in denied.example.test missing.example.test; do
		probe -s "127.0.0.1:$DNS_PORT" vrfy "submission:$domain"
		assert_status 68
	done
	probe -s "127.0.0.1:$DNS_PORT" submission:missing.example.test
	assert_status 68
	assert_output_has 'names no server of submission'
}

@test "TLS: at once, by STARTTLS, if offered, or not" {
	start_sink --tls "$KEYS/mail" --smtps
	probe vrfy "smtps:127.0.0.1:$SINK"
	assert_output_has '"reached":0'
	probe --tls implicit vrfy "127.0.0.1:$SINK"
	assert_output_has '"reached":0'
	probe vrfy -t 1 "127.0.0.1:$SINK"
	assert_output_has '"reached":2'
	start_sink --tls "$KEYS/mail"
	for mode in auto starttls; do
		probe --tls $mode vrfy "127.0.0.1:$SINK"
		[ "$(grep -c "tls TLSv1.3" "$OUT/log")" -eq 1 ]
		: >"$OUT/log"
	done
	probe --tls off vrfy "127.0.0.1:$SINK"
	[ "$(grep -c STARTTLS "$OUT/log")" -eq 0 ]
	start_sink
	probe --tls auto vrfy "127.0.0.1:$SINK"
	assert_file_has "$OUT/log" VRFY
	probe --tls starttls vrfy "127.0.0.1:$SINK"
	assert_output_has '"value":"not-asked"'
	# a handshake that fails is no reason to say nothing
	start_sink --tls "$KEYS/mail" --at tls=garbage
	probe --tls auto vrfy "127.0.0.1:$SINK"
	assert_file_has "$OUT/log" VRFY
	probe --tls starttls vrfy "127.0.0.1:$SINK"
	assert_output_has '"value":"not-asked"'
}

@test "LMTP, over a host, a socket and a program" {
	start_sink --lmtp
	probe vrfy "lmtp:127.0.0.1:$SINK"
	assert_file_has "$OUT/log" "LHLO here.test"
	probe --lmtp vrfy "127.0.0.1:$SINK"
	[ "$(grep -c LHLO "$OUT/log")" -eq 2 ]
	start_sink --lmtp --socket "$T/lmtp"
	probe vrfy "lmtp:unix:$T/lmtp"
	assert_file_has "$OUT/log" LHLO
	assert_output_has "\"address\":\"unix:$T/lmtp\",\"reached\":0"
	server <<<'x|y'
	probe vrfy "lmtp:pipe:sh $T/server"
	assert_file_has "$T/log" LHLO
}

@test "a program is begun for each connection, and none stays" {
	server <<<'VRFY*|250 ok'
	# told that it is over, it has a second to hear that: on a machine that has the time
	hears_the_end() {
		probe --helo me.example.org vrfy --pipe "sh $T/server"
		assert_file_has "$T/log" QUIT
	}
	wait_for 20 hears_the_end
	assert_file_has "$T/log" "EHLO me.example.org"
	# what goes on reading from elsewhere has to be ended
	probe vrfy --pipe "printf '421 no\r\n'; echo \$\$ >$T/pid; exec sleep 60"
	assert_status 2
	# shellcheck disable=SC2016
	wait_for 10 bash -c '! kill -0 "$(cat "$1")" 2>/dev/null' - "$T/pid"
	probe vrfy --pipe "$T/nothing"
	assert_status 2
}

@test "satchel's own smtpd, which is not running" {
	needs smtpd
	TCPREMOTEIP=192.0.2.1 probe --pipe smtpd vrfy postmaster
	assert_output_has '"value":"252-to-all"'
	assert_output_has '"reached":0'
}

@test "HELO where there is no EHLO, and XCLIENT behind the first" {
	server <<-'END'
		EHLO*|502 5.5.1 what
	END
	probe vrfy --pipe "sh $T/server"
	[ "$(sed -n 2,3p "$T/log")" = $'EHLO here.test\r\nHELO here.test\r' ]
	server <<<'XCLIENT*|220 again'
	probe --xclient 'NAME=mail.example.org ADDR=192.0.2.1' vrfy --pipe "sh $T/server"
	[ "$(sed -n '2,4p' "$T/log" | tr -d '\r')" = $'EHLO here.test\nXCLIENT NAME=mail.example.org ADDR=192.0.2.1\nEHLO here.test' ]
	server <<<'XCLIENT*|550 5.7.0 not you'
	probe --xclient ADDR=192.0.2.1 vrfy --pipe "sh $T/server"
	assert_output_has "XCLIENT was not answered as it should be"
	assert_output_has "550 5.7.0 not you"
	[ "$(grep -c VRFY "$T/log")" -eq 0 ]
	server <<<'XCLIENT*|550 5.7.0 not you'
	probe --xclient ADDR=192.0.2.1 --pipe "sh $T/server"
	assert_output_has 'It takes no XCLIENT of this host'
	server <<<'XCLIENT*|550 5.7.0 not you'
	probe --xclient ADDR=192.0.2.1 send --to joe@example.test --pipe "sh $T/server"
	assert_status 2
	assert_output_has 'It takes no XCLIENT of this host'
}

@test "a socket that nobody serves" {
	probe "unix:$T/nobody"
	assert_status 69
	assert_output_has 'nobody serves this socket'
}

@test "PROXY comes before everything, TLS too" {
	while IFS='|' read -r what header; do
		probe --proxy "$what" vrfy --pipe "head -c ${#header} >$T/header; printf '554 5.3.2 no\r\n'"
		[ "$(tr '\r\n\0' '%$@' <"$T/header")" = "$header" ]
	done <<-'TABLE'
		192.0.2.1:4000 198.51.100.1:25|PROXY TCP4 192.0.2.1 198.51.100.1 4000 25%$
		v1 2001:db8::1|PROXY TCP6 2001:db8::1 :: 0 0%$
		unknown|PROXY UNKNOWN%$
		v2 unknown|%$%$@%$QUIT$ @@@
	TABLE
	needs smtpd
	probe --proxy '192.0.2.7:4000 198.51.100.1:25' --tls implicit vrfy \
		--pipe "head -c 43 >$T/header; head -c 2 >$T/hello"
	assert_file_has "$T/header" "PROXY TCP4 192.0.2.7 198.51.100.1 4000 25"
	[ "$(od -An -tx1 "$T/hello")" = " 16 03" ]
}

@test "the source address" {
	start_sink
	probe --source 127.0.0.9 vrfy "127.0.0.1:$SINK"
	assert_file_has "$OUT/peers" 127.0.0.9
	probe --source 192.0.2.1 vrfy "127.0.0.1:$SINK" joe@example.test
	assert_status 69
	assert_output_has "Cannot assign requested address"
}

@test "pace: connections to one server are not made at once" {
	server <<<'VRFY*|421 4.7.0 enough'
	start_sink --at 'vrfy=421 4.7.0 enough'
	began=$(date +%s%N)
	run timeout 60 smtp-probe --pace 0.3 vrfy "127.0.0.1:$SINK" joe@example.test
	took=$((($(date +%s%N) - began) / 1000000))
	count=$(cut -d ' ' -f 1 "$OUT/log" | sort -u | wc -l)
	[ "$count" -ge 2 ]
	[ "$took" -ge $(((count - 1) * 300)) ]
	probe --connections 1 vrfy "127.0.0.1:$SINK" joe@example.test
	assert_status 2
	assert_output_has "more connections than --connections allows"
	[ "$(cut -d ' ' -f 1 "$OUT/log" | sort -u | wc -l)" -eq $((count + 1)) ]
}

@test "transcript: all that is said, under TLS too, and no secret" {
	start_sink --tls "$KEYS/mail" --with "AUTH PLAIN LOGIN" --auth '235 2.7.0 ok' \
		--auth '334 VXNlcm5hbWU6|334 UGFzc3dvcmQ6|235 2.7.0 ok'
	echo "sesame open" >"$T/password"
	chmod 600 "$T/password"
	for mechanism in plain login; do
		run timeout 60 smtp-probe send --transcript "$T/transcript" --from joe@example.test --to ann@example.test \
			--login joe --password-file "$T/password" --insecure --mechanisms $mechanism \
			--stop-after rcpt "127.0.0.1:$SINK"
		assert_status 0
	done
	assert_file_has "$T/transcript" 'EHLO here.test'
	assert_file_has "$T/transcript" 'C STARTTLS'
	assert_file_has "$T/transcript" 'TLSv1.3'
	assert_file_has "$T/transcript" 'S 235 2.7.0 ok'
	assert_file_has "$T/transcript" 'MAIL FROM:<joe@example.test>'
	assert_file_has "$T/transcript" 'AUTH PLAIN *'
	assert_file_has "$T/transcript" 'C *\x0d\x0a'
	for secret in sesame "$(printf 'sesame open' | base64)" "$(printf '\0joe\0sesame open' | base64)"; do
		run grep -F "$secret" "$T/transcript"
		assert_status 1
	done
	[ "$(stat -c %a "$T/transcript")" = 600 ]
	run timeout 60 smtp-probe --transcript - vrfy "127.0.0.1:$SINK"
	assert_output_has "C VRFY postmaster"
	run timeout 60 smtp-probe --transcript "$T/none/file" vrfy "127.0.0.1:$SINK"
	assert_status 2
}

@test "the reply to QUIT is waited for a little, and not for ever if it has no end" {
	# faster said than written down
	start_sink --at "quit=repeat 0 0 $(printf '250-%s\\r\\n' {1..999})"
	# in a second, on a machine that has the time
	all_of_it() {
		timeout 60 smtp-probe --pace 0 --transcript "$T/transcript" vrfy "127.0.0.1:$SINK" &&
			assert_file_has "$T/transcript" "S 250-999"
	}
	wait_for 20 all_of_it
}
