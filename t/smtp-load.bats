#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-load(1), held to what smtp-sink(1) gets.

load helper
load tls
load login

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key here ec
}

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

start_sink() {
	start smtp-sink --verify --json "$@"
	wait_for 20 test -s "$STARTED_LOG"
	read -r SINK <"$STARTED_LOG"
}

# Ends it: its exit code in status, and what it had to say in output.
end_sink() {
	status=0
	stop "$STARTED_PID" || status=$?
	output=$(tail -n 1 "$STARTED_LOG")
}

load_sink() {
	run timeout 60 smtp-load "$@" "127.0.0.1:$SINK"
}

@test "each message comes once and whole, in each way to send it" {
	local case options sink
	for case in \
		"-m 300 -c 7|" \
		"-m 100 -c 3 --no-pipelining --size 4-3000|" \
		"-m 100 -c 3 --per-connection 7 -r 4|" \
		"-m 100 -c 3|--without PIPELINING" \
		"-m 100 -c 3 --bdat --size 4-99|--with CHUNKING" \
		"-m 100 -c 3 --lmtp -r 3|--lmtp" \
		"-m 50 -c 3 --lmtp --bdat -r 2|--lmtp --with CHUNKING" \
		"-m 30 -c 3 --tls starttls --per-connection 3|--tls $KEYS/here" \
		"-m 20 -c 2 --tls smtps --size 90000|--tls $KEYS/here --smtps"; do
		options=${case%%|*} sink=${case#*|}
		echo "# $case" >&2
		# shellcheck disable=SC2086
		start_sink $sink
		# shellcheck disable=SC2086
		load_sink $options
		assert_status 0
		count=${options#-m } count=${count%% *}
		assert_output_has "messages     $count taken, 0 failed, 0 not begun"
		end_sink
		assert_status 0
		assert_output_has "\"marked\":$count,\"missing\":0,"
	done
}

@test "a file is sent as it is, dots and all" {
	start_sink --out "$T"
	printf 'Subject: x\n\n.\n..dots\n' >"$T/message"
	load_sink -m 1 --message "$T/message" --from me@example.org --to you@example.org
	assert_status 0
	[ "$(sed 1d "$T/1.eml")" = $'Subject: x\r\n\r\n..\r\n...dots\r' ]
	grep -q '^Load-Check: ' "$T/1.eml"
	[ "$(cat "$T/1.env")" = 'MAIL FROM:<me@example.org>
RCPT TO:<you@example.org>' ]
	end_sink
	assert_status 0
}

@test "what is refused or lost is told, counted, and comes to an end" {
	local at
	for at in 'mail=451 4.3.0 no@5' 'rcpt=550 5.1.1 no@5' 'data=451 4.3.0 no@5' 'end=554 5.6.0 no@5' \
	    'end=close@5' 'mail=421 4.3.2 no@5' 'greeting=554 no@2' 'ehlo=garbage@1'; do
		start_sink --at "$at"
		load_sink -m 20 -c 2 --json
		assert_status 1
		assert_output_has '"taken":19,"failed":1,"not_begun":0,'
		[[ $output != *'"errors":[]'* ]]
		end_sink
	done
	load_sink -m 3 --json
	assert_status 1
	assert_output_has '"failed":3'
	assert_output_has 'connect: Connection refused'
}

@test "it ends when the time is over, and a reply that does not come is an error" {
	start_sink --at 'end=stall@3+'
	load_sink -m 50 --seconds 8 --timeout 5
	assert_status 1
	assert_output_has 'end of data: time-out'
	assert_output_has ' 2 taken, '
	end_sink
}

@test "a rate is kept" {
	start_sink
	load_sink -m 60 -c 3 --rate 100 --json
	assert_status 0
	[[ $output =~ \"messages_per_second\":([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -le 105 ]
	end_sink
}

@test "each connection logs in, by what is offered and may be used" {
	local mechanism
	export SECRET=secret
	start_smtpd 'SCRAM-SHA-256 PLAIN LOGIN'
	for mechanism in scram-sha-256 plain login plain,scram-sha-256; do
		run timeout 60 smtp-load -m 4 --per-connection 1 --from ann@example.org --to joe@elsewhere.test \
			--json --login ann@example.org --password-env SECRET --mechanisms "$mechanism" "127.0.0.1:$PORT"
		assert_status 0
		assert_output_has '"taken":4,'
		assert_output_has '"auth":{"count":4,'
	done
	SECRET=wrong run timeout 60 smtp-load -m 1 --from ann@example.org --to joe@elsewhere.test \
		--login ann@example.org --password-env SECRET "127.0.0.1:$PORT"
	assert_status 1
	assert_output_has 'AUTH: 535 '
	run timeout 60 smtp-load -m 1 --from ann@example.org --to joe@elsewhere.test "127.0.0.1:$PORT"
	assert_status 1
	assert_output_has 'RCPT: 5'
}

@test "a login that the server does not end as it should is an error, and nobody is shown the password" {
	local case long
	long=$(head -c 500 /dev/zero | tr '\0' p)
	start_sink --out "$T" --tls "$KEYS/here" --with 'AUTH=PLAIN' --auth '235 2.7.0 in' --auth '334 |235 2.7.0 in' \
		--auth '334 eA==|235 2.7.0 in' --auth '334 eA==|235 2.7.0 in' --auth '334 !|' --auth echo \
		--auth '535 5.7.8 "s:cret word" is none' --auth '421 4.3.2 no' --auth close
	printf '%s\nmore\n' 's:cret word' >"$T/secret"
	load_sink -m 1 --tls starttls --login joe --password-fd 7 7<"$T/secret"
	assert_status 0
	assert_file_has "$T/log" "b'AUTH PLAIN $(b64 '\0joe\0s:cret word')"
	# too long for the command
	SECRET=$long load_sink -m 1 --login joe --password-env SECRET
	assert_status 0
	assert_file_has "$T/log" "b'AUTH PLAIN\\r"
	assert_file_has "$T/log" "b'$(b64 "\\0joe\\0$long")"
	SECRET=$long load_sink -m 1 --login joe --password-env SECRET
	assert_status 1
	assert_output_has 'AUTH: the server spoke out of turn'
	[ "$(grep -c "$(b64 "\\0joe\\0$long")" "$T/log")" -eq 1 ]
	for case in 'challenge is not right' 'challenge is not right' 'AUTH: 500 ' 'AUTH: 535 5.7.8 "*" is none' 'AUTH: 421 4.3.2 no' \
		'AUTH: the connection was lost'; do
		load_sink -m 1 --login joe --password-file "$T/secret"
		assert_status 1
		assert_output_has "$case"
		[[ $output != *"$(b64 '\0joe\0s:cret word')"* ]]
		[[ $output != *"$(b64 's:cret')"* && $output != *s:cret* ]]
	done
	load_sink -m 1 --login joe --password-file "$T/secret" --mechanisms scram-sha-256
	assert_status 1
	assert_output_has 'no mechanism is offered'
	end_sink
	start_sink --with 'AUTH=SCRAM-SHA-256' --auth '235 2.7.0 in'
	load_sink -m 1 --login joe --password-file "$T/secret"
	assert_status 1
	assert_output_has 'AUTH: the server did not show that it knows the password'
	end_sink
}

@test "a server that repeats the password, whole or as base64 that it cut or made anew, is not quoted" {
	local shown
	SECRET='correct horse battery'
	export SECRET
	shown=$(b64 "AUTH: \0joe\0$SECRET")
	start_sink --with 'AUTH PLAIN' --auth "535 5.7.8 $SECRET" --auth "535 5.7.8 no ${shown:14:30} no" --auth '235 in' \
		--at "rcpt=550 5.1.1 $(b64 "x$SECRET")"
	for _ in password base64 rcpt; do
		load_sink -m 1 --json --login joe --password-env SECRET
		assert_status 1
		printf '%s\n' "$output" >>"$T/output"
	done
	run grep -Eo '"(AUTH|RCPT): [^"]*"' "$T/output"
	[ "${lines[0]}" = '"AUTH: 535 5.7.8 *"' ]
	[[ ${lines[1]} == '"AUTH: 535 5.7.8 no '*'* no"' ]]
	[[ ${lines[2]} == '"RCPT: 550 5.1.1 '*'*'* ]]
	run grep -e "$SECRET" -e "${shown:20:10}" -e "$(b64 "x$SECRET" | cut -c 4-12)" "$T/output"
	assert_status 1
	end_sink
}

@test "the report's JSON" {
	start_sink
	load_sink -m 10 --json
	assert_status 0
	python3 -S -c 'import json, sys
r = json.loads(sys.argv[1])
assert r["v"] == 1 and r["taken"] == 10 and r["errors"] == [], r
assert set(r["microseconds"]) == {"connect", "greeting", "tls", "auth", "mail", "end", "whole"}, r
assert all(set(m) == {"count", "p50", "p90", "p99", "p99.9", "max"} for m in r["microseconds"].values()), r
assert r["microseconds"]["whole"]["p50"] <= r["microseconds"]["whole"]["max"], r' "$output"
	end_sink
}

@test "others' servers are not loaded, and wrong usage" {
	run smtp-load -m 1 192.0.2.1
	assert_status 100
	assert_output_has 'neither this machine nor in a private network'
	run smtp-load -m 1 '[2001:db8::1]:25'
	assert_status 100
	for wrong in "--size 3" "--size 9-4" "--sessions 0" "--tls perhaps" "--from a<b" "--message $T/none"; do
		# shellcheck disable=SC2086
		run smtp-load $wrong 127.0.0.1:1
		assert_status 100
	done
	run smtp-load
	assert_status 100
	run smtp-load --own --login joe --password-fd 0 192.0.2.1 <<<secret
	assert_status 100
	assert_output_has 'nothing shows who answers there'
	for wrong in "--password-fd 0|--login is missing" "--login x --mechanisms external|--mechanisms takes" \
		"--login x --password-env NO_SUCH|NO_SUCH is not set" "--login x --password-fd 99|unable to read" \
		"--login x --password-fd 0 --password-env X|from one place" "--login x --password-file a --password-fd 0|from one place" \
		"--password-env X|--login is missing" "--password-file a|--login is missing" "--mechanisms plain|--login is missing" \
		$'--login x\x01y|takes no control characters'; do
		# shellcheck disable=SC2086
		run smtp-load ${wrong%%|*} 127.0.0.1:1
		assert_status 100
		assert_output_has "${wrong#*|}"
	done
}
