#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) logs in to relays: as whom, by what, and what becomes of the mail if it does not work.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper
load smtp-send
load login

@test "every mechanism at our own server" {
	printf '#!/bin/sh\ntr "\\0" " " <&3 | grep -q t0ken && echo ann@example.org\n' >"$T/verify"
	chmod +x "$T/verify"
	start_smtpd 'SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5 OAUTHBEARER XOAUTH2' "$T/verify"
	for mechanism in scram-sha-256 plain login cram-md5 oauthbearer xoauth2; do
		secret=secret
		case $mechanism in *oauth*) secret=t0ken ;; esac
		credentials "127.0.0.1:$PORT: login=ann@example.org mechanisms=$mechanism insecure password=$secret"
		send -f ann@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
		assert_status 0
		assert_file_has "$STARTED_LOG" " login=ann@example.org mechanism=${mechanism^^} result=accepted"
		credentials "127.0.0.1:$PORT: login=ann@example.org mechanisms=$mechanism insecure password=wrong"
		send -f ann@example.org "smtp:127.0.0.1:$PORT" joe@elsewhere.test
		assert_status 111
		assert_output_has $'temporary\tjoe@elsewhere.test\t4.7.8\t'
		assert_output_has "login by ${mechanism^^} failed: 535 5.7.8"
	done
	# without a word about it: the strongest, and a login from the command line
	rm "$SATCHEL_CONTROL/credentials"
	send -l ann@example.org -p /dev/fd/4 --insecure "smtp:127.0.0.1:$PORT" joe@elsewhere.test 4< <(echo secret)
	assert_status 0
	[ "$(grep -c 'mechanism=SCRAM-SHA-256 result=accepted' "$STARTED_LOG")" -eq 2 ]
	# without any login
	send "smtp:127.0.0.1:$PORT" joe@elsewhere.test
	assert_status 100
}

@test "an initial response, and no secret in what is said of a failure" {
	auth_sink --auth '235 2.7.0 in' --auth echo --auth parrot
	credentials '*: none' "127.0.0.1:$SINK: login=joe insecure password=a long s:cret # indeed"
	to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/log" "AUTH PLAIN $(b64 '\0joe\0a long s:cret # indeed')\\r\\n"
	to_sink joe@example.test
	assert_status 111
	assert_output_has $'\t4.7.0\t'
	assert_output_has 'login by PLAIN failed: 500'
	[[ $output != *"$(b64 '\0joe\0a long s:cret # indeed')"* ]]
	to_sink joe@example.test
	assert_status 111
	assert_output_has 'the server repeats what it was told at AUTH'
	[[ $output != *"$(b64 '\0joe\0a long s:cret # indeed')"* ]]
}

@test "a long secret goes behind an empty challenge" {
	auth_sink --auth '334 |235 2.7.0 in'
	secret=$(printf 'x%.0s' {1..600})
	credentials "127.0.0.1: login=joe insecure password=$secret"
	to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/log" "b'AUTH PLAIN\\r\\n'"
	assert_file_has "$OUT/log" "b'$(b64 "\\0joe\\0$secret")\\r\\n'"
}

@test "no login without TLS, unless told; and by nobody whose secret others can read" {
	auth_sink --auth '235 2.7.0 in'
	credentials "127.0.0.1:$SINK: login=joe password=secret"
	to_sink joe@example.test
	assert_status 111
	lacks AUTH "$OUT/log"
	lacks MAIL "$OUT/log"
	credentials "127.0.0.1:$SINK: login=joe optional password=secret"
	to_sink joe@example.test
	assert_status 0
	lacks AUTH "$OUT/log"
	credentials "127.0.0.1:$SINK: login=joe insecure password=secret"
	chmod 640 "$SATCHEL_CONTROL/credentials"
	to_sink joe@example.test
	assert_status 100
	assert_output_has 'credentials: others may read it; chmod 600'
}

@test "what credentials has wrong is said without the secret" {
	for line in 'relay.test login=joe password=hidden' 'relay.test: login=joe passwd=hidden' \
		'relay.test: login=joe' 'relay.test: password=hidden' 'relay.test: login=joe command=hidden' \
		'relay.test: login=joe mechanisms=ntlm password=hidden' 'joe@relay.test: login=joe password=hidden' \
		'relay.test joe: login=joe password=hidden' 'relay.test @a b: login=joe password=hidden' \
		'relay.test: login=joe lifetime=0 password=hidden' 'relay.test: login=joe password='; do
		credentials '# first' "$line"
		send smtp:127.0.0.1:1 joe@example.test
		assert_status 100
		assert_output_has 'credentials, line 2: '
		[[ $output != *hidden* ]]
	done
	credentials 'relay.test: none' 'RELAY.test: none'
	send smtp:127.0.0.1:1 joe@example.test
	assert_output_has 'credentials, line 2: '
}

@test "what the server says to AUTH" {
	local wanted=() scripts=()
	while IFS='~' read -r script text; do
		scripts+=(--auth "$script")
		wanted+=("$text")
	done <<-ROWS
		535 5.7.8 wrong~4.7.8
		535 wrong~4.7.8
		454 4.7.0 later~4.7.0
		432 4.7.12 change it~4.7.12
		534 5.7.9 too weak~4.7.9
		504 5.5.4 what~4.7.0
		550 5.7.1 go away~4.7.1
		421 4.3.2 closing~4.3.2
		250 fine~4.7.0
		334 bm8=|501 5.7.0 so be it~broken off: the server
		334 |334 |501 5.7.0 so be it~broken off: the server
		334 !|501 5.7.0 so be it~broken off: the server
		close~4.4.2
		garbage~4.5.0
	ROWS
	start_sink --with 'AUTH PLAIN' "${scripts[@]}" --auth stall
	credentials "127.0.0.1: login=joe insecure password=secret"
	for text in "${wanted[@]}"; do
		to_sink joe@example.test
		assert_status 111
		assert_output_has $'temporary\t'
		case $text in
		4.*) assert_output_has $'\t'"$text"$'\t' ;;
		*) assert_output_has "$text" ;;
		esac
	done
	control limits 'smtp-timeout: 4' # which the steps before have, too
	to_sink joe@example.test
	assert_status 111
	assert_output_has 'timed out'
	[ "$(count "b'AUTH PLAIN")" -eq $((${#wanted[@]} + 1)) ]
	lacks MAIL "$OUT/log"
}

@test "the next mechanism where the server does not take the first; none that is not allowed" {
	start_sink --with 'AUTH LOGIN PLAIN' --with 'AUTH=SCRAM-SHA-256' --auth '504 5.5.4 no' --auth '534 5.7.9 no' \
		--auth '334 VXNlcm5hbWU6|334 UGFzc3dvcmQ6|235 2.7.0 in'
	credentials "127.0.0.1: login=joe insecure password=secret"
	to_sink joe@example.test
	assert_status 0
	[ "$(grep -o 'AUTH [-A-Z0-9]*' "$OUT/log" | tr '\n' ' ')" = 'AUTH SCRAM-SHA-256 AUTH PLAIN AUTH LOGIN ' ]
	assert_file_has "$OUT/log" "b'$(b64 secret)\\r\\n'"
	# a server that takes SCRAM for granted has shown nothing
	start_sink --with 'AUTH PLAIN SCRAM-SHA-256' --auth '235 2.7.0 in'
	to_sink joe@example.test
	assert_status 111
	assert_output_has 'did not show that it knows the password'
	lacks MAIL "$OUT/log"
	start_sink --with 'AUTH GSSAPI CRAM-MD5'
	to_sink joe@example.test
	assert_status 111
	assert_output_has 'no mechanism to log in by that may be used'
	lacks AUTH "$OUT/log"
	start_sink
	to_sink joe@example.test
	assert_status 111
	assert_output_has 'offers no login'
}

@test "by relay and sender: the nearest entry" {
	auth_sink --auth '235 2.7.0 in'
	credentials \
		"127.0.0.1: login=host insecure password=x" \
		"127.0.0.1:$SINK: login=port insecure password=x" \
		"127.0.0.1:1: login=other insecure password=x" \
		"127.0.0.1 @example.org: login=domain insecure password=x" \
		"127.0.0.1 Joe@Example.org: login=joe insecure password=x" \
		"127.0.0.1:1 joe@example.org: login=other insecure password=x" \
		"127.0.0.1 @example.com: none" \
		"127.0.0.1 ann@example.com: login=ann insecure password=x" \
		"127.0.0.1 <>: login=null insecure password=x" \
		"example.test: login=mx insecure password=x"
	for pair in joe@example.org,joe bob@example.org,domain joe@sub.example.org,port ann@example.com,ann ,null; do
		send -f "${pair%,*}" "smtp:127.0.0.1:$SINK" joe@example.test
		assert_status 0
		assert_file_has "$OUT/log" "$(b64 "\\0${pair#*,}\\0x")\\r\\n"
	done
	[ "$(count "b'AUTH")" -eq 5 ]
	send -f bob@example.com "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	# of a list it is the server at hand that counts
	send -f joe@example.org "smtp:127.0.0.2:$(free_port),smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	[ "$(count "b'AUTH")" -eq 6 ]
	send -f bob@example.com "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	[ "$(count "b'AUTH")" -eq 6 ]
}

@test "a token of a command is kept until it is refused; one that is refused twice is not tried at once again" {
	printf '#!/bin/sh\necho "$HOME $#" >>%s/ran\necho token-$(wc -l <%s/ran)\n' "$T" "$T" >"$T/token"
	chmod +x "$T/token"
	start_sink --with 'AUTH XOAUTH2' --auth '235 2.7.0 in' \
		--auth "334 $(b64 '{"status":"401"}')|535 5.7.8 lapsed" --auth '235 2.7.0 in' \
		--auth "334 $(b64 '{"status":"401"}')|535 5.7.8 lapsed" --auth "334 $(b64 '{"status":"400"}')|535 5.7.8 wrong"
	credentials "127.0.0.1: login=joe mechanisms=xoauth2 insecure command=$T/token a b"
	wire one
	to=smtp:127.0.0.1:$SINK
	# another name of the server makes each a connection of its own
	other=smtp:localhost:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$other" joe@example.test \
		-- "$T/one" "$to" joe@example.test -- "$T/one" "$other" joe@example.test \
		-- "$T/one" "$to" joe@example.test -- "$T/one" "$to" joe@example.test
	assert_status 0
	[ "$(cat "$T/ran")" = "$HOME 2"$'\n'"$HOME 2"$'\n'"$HOME 2" ]
	[ "$(grep -c $'\tD\t' <<<"$output")" -eq 4 ]
	assert_output_has $'5\t0\tT\t4.7.8\t127.0.0.1'
	assert_output_has 'it says {"status":"400"}'
	assert_output_has $'6\t0\tT\t4.7.8\t-\tthe login joe was refused a moment ago'
	[ "$(count "b'AUTH XOAUTH2")" -eq 5 ]
	assert_file_has "$OUT/log" "$(b64 'user=joe\01auth=Bearer token-3\01\01')"
}

@test "a command that fails, hangs or prints too much" {
	auth_sink --auth '235 2.7.0 in'
	for what in 'exit 3' 'echo' 'echo a; echo b' 'head -c 9000 /dev/zero | tr "\0" x' 'kill -9 $$'; do
		printf '#!/bin/sh\n%s\n' "$what" >"$T/token"
		chmod +x "$T/token"
		credentials "127.0.0.1: login=joe insecure command=$T/token"
		to_sink joe@example.test
		assert_status 111
		assert_output_has 'the command of login joe'
	done
	printf '#!/bin/sh\nsleep 100 &\nsleep 100\n' >"$T/token"
	send -t 6 "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 111
	assert_output_has 'the command of login joe failed: took too long'
	credentials "127.0.0.1: login=joe insecure command=/no/such/program"
	to_sink joe@example.test
	assert_status 111
	lacks AUTH "$OUT/log"
	# "optional" sends without
	credentials "127.0.0.1: login=joe insecure optional command=/no/such/program"
	to_sink joe@example.test
	assert_status 0
}

@test "optional: mail goes without a login that does not work" {
	auth_sink --auth '535 5.7.8 wrong'
	credentials "127.0.0.1: login=joe insecure optional password=x"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" joe@example.test
	assert_status 0
	[ "$(grep -c $'\tD\t' <<<"$output")" -eq 2 ]
	[ "$(count "b'AUTH")" -eq 1 ]
}

@test "530 from a relay keeps the mail" {
	start_sink --at 'mail=530 5.7.0 log in first'
	to_sink joe@example.test
	assert_status 111
	assert_output_has $'temporary\tjoe@example.test\t4.7.0\t'
}

@test "wrong usage" {
	for words in '-l joe' '-p /dev/null' '--insecure' '-w -l joe -p /dev/null'; do
		# shellcheck disable=SC2086
		send $words smtp:127.0.0.1:1 joe@example.test
		assert_status 100
		assert_output_has "Try 'smtp-send --help'"
	done
	send -l joe -p /dev/null smtp:127.0.0.1:1 joe@example.test
	assert_status 100
	assert_output_has 'a password'
	send -l joe -p /no/such/file smtp:127.0.0.1:1 joe@example.test
	assert_status 111
}
