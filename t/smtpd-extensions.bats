#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The parameters of MAIL and RCPT in smtpd(8): who is offered what, what reaches the spool, replies.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and means to be
# shellcheck disable=SC2016 # what is in single quotes is for another shell

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	qctl init >/dev/null
	control me here.test
	control aliases 'joe: joe@away.test' 'list: joe@away.test, j\xc3\xb6e@away.test'
	control virtual 'j\xc3\xb6e@hosted.test: joe@away.test' \
		'joe@h\xc3\xb6sted.test: joe@away.test' 'joe@xn--hsted-jua.test: joe@away.test'
	printf '%b' "$(<"$SATCHEL_CONTROL/virtual")" >"$SATCHEL_CONTROL/virtual.new"
	printf '%b' "$(<"$SATCHEL_CONTROL/aliases")" >"$SATCHEL_CONTROL/aliases.new"
	mv "$SATCHEL_CONTROL/virtual.new" "$SATCHEL_CONTROL/virtual"
	mv "$SATCHEL_CONTROL/aliases.new" "$SATCHEL_CONTROL/aliases"
	HELLO='EHLO client.test\r\n'
	TO='RCPT TO:<joe@here.test>\r\n'
	END='DATA\r\nSubject: x\r\n\r\n.\r\n'
	bye='221 2.0.0 here.test closing the connection'
	syntax='501 5.5.4 Wrong syntax; HELP shows the right one'
	unknown='555 5.5.4 There is a parameter that is not offered'
}

teardown() {
	stop_started
}

# One session: its text with printf's escapes; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd $OPTIONS 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# mail PARAMETERS: the reply to one MAIL with them.
mail() {
	smtp "${HELLO}MAIL FROM:<a@b.test> $1\r\nQUIT\r\n"
	output=$(sed '1,/^250 HELP$/d; $d' <<<"$output")
}

# The lines of the envelope of the only message, from B on, with blanks between.
envelope() {
	cat "$SATCHEL_SPOOL"/new/* | LC_ALL=C sed -n '2,/^$/p' | LC_ALL=C grep -v '^[FS ]' | LC_ALL=C sed '/^[.]-/,$d' | tr '\n' ' '
	rm "$SATCHEL_SPOOL"/new/*
}

trusted() {
	export TCPREMOTEIP=127.0.0.1
}

@test "all at once: each reaches the spool, and the command line may be long" {
	trusted
	envid=$(printf '%0100d' 0)
	original=$(printf '%0480d' 0)@b.test
	now=$(date +%s)
	smtp "${HELLO}MAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=$envid SMTPUTF8 BY=1000;RT MT-PRIORITY=7\r\nRCPT TO:<joe@here.test> NOTIFY=success,Failure,DELAY ORCPT=rfc822;$original\r\n${END}QUIT\r\n"
	assert_output_has 'Ok: queued as'
	assert_file_has "$T/log" 'body=8BITMIME utf8=yes priority=7'
	grep -aq '^	priority 7;' "$SATCHEL_SPOOL"/new/*
	grep -aq 'with UTF8SMTP id' "$SATCHEL_SPOOL"/new/*
	read -r body id ret utf8 priority by rest <<<"$(envelope)"
	[ "$body $id $ret $utf8 $priority" = "B8BITMIME V$envid RHDRS U1 P7" ]
	[[ $by =~ ^Y([0-9]+)\;RT$ ]]
	[ "$((BASH_REMATCH[1] - now - 1000))" -ge 0 ]
	[ "$((BASH_REMATCH[1] - now - 1000))" -le 60 ]
	[ "$rest" = "Tjoe@here.test NSUCCESS,FAILURE,DELAY Orfc822;$original" ]
}

@test "SMTPUTF8: addresses in UTF-8 with it alone, and only what is UTF-8" {
	smtp "${HELLO}MAIL FROM:<\xc3\xa4@b.test>\r\nMAIL FROM:<\xc3@b.test> SMTPUTF8\r\nMAIL FROM:<\xc3\xa4@b\xc3\xa4r.test> SMTPUTF8\r\nRCPT TO:<j\xc3\xb6e@hosted.test> ORCPT=utf-8;j\xc3\xb6e@hosted.test\r\nRCPT TO:<joe@h\xc3\xb6sted.test>\r\nRCPT TO:<joe@xn--hsted-jua.test>\r\nRCPT TO:<n\xc3\xb6@hosted.test>\r\n${END}QUIT\r\n"
	[ "$(sed -e '1,/^250 HELP$/d' -e 's/as [0-9a-v]\{20\}$/as ID/' <<<"$output")" = "$(printf '%s\n' \
		'553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8' \
		'553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8' \
		'250 2.1.0 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' '550 5.1.1 No such recipient here' \
		'354 Send the message; end with a dot alone on a line' '250 2.0.0 Ok: queued as ID' "$bye")" ]
	[ "$(envelope)" = "$(printf 'U1 Tj\xc3\xb6e@hosted.test Outf-8;j\xc3\xb6e@hosted.test Tjoe@h\xc3\xb6sted.test Tjoe@xn--hsted-jua.test ')" ]
	smtp "${HELLO}MAIL FROM:<a@b.test>\r\nRCPT TO:<j\xc3\xb6e@hosted.test>\r\nRCPT TO:<joe@here.test> ORCPT=utf-8;\xc3\xb6\r\nRCPT TO:<joe@here.test> ORCPT=utf-8;j\\\\x{F6}e@b.test\r\nHELO a.test\r\nMAIL FROM:<\xc3\xa4@b.test> SMTPUTF8\r\nQUIT\r\n"
	[ "$(sed '1,/^250 2.1.0/d' <<<"$output")" = "$(printf '%s\n' \
		'553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8' "$syntax" '250 2.1.5 Ok' '250 here.test' \
		'553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8' "$bye")" ]
}

@test "VRFY and EXPN: with SMTPUTF8, and as the file verify has it" {
	trusted
	ask="VRFY <joe@here.test>\r\nVRFY j\xc3\xb6e@hosted.test\r\nVRFY <j\xc3\xb6e@hosted.test> SMTPUTF8\r\nEXPN list@here.test\r\nEXPN list@here.test SMTPUTF8\r\nQUIT\r\n"
	smtp "$HELLO$ask"
	assert_output_has 250-VRFY
	[ "$(sed '1,/^250 HELP$/d' <<<"$output")" = "$(printf '%b\n' '250 2.1.5 <joe@here.test>' \
		'553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8' '250 2.1.5 <j\xc3\xb6e@hosted.test>' \
		'252 2.6.8 The answer takes SMTPUTF8' '250-2.1.5 <joe@away.test>' '250 2.1.5 <j\xc3\xb6e@away.test>' "$bye")" ]
	control verify never
	smtp "$HELLO$ask"
	[ "$(grep -c '^252 2.0.0' <<<"$output")" -eq 4 ]
	[[ $output != *VRFY* ]]
	unset TCPREMOTEIP
	control verify always
	smtp "$HELLO$ask"
	assert_output_has '250 2.1.5 <joe@here.test>'
	control verify trusted
	smtp "$HELLO$ask"
	[ "$(grep -c '^252 2.0.0' <<<"$output")" -eq 4 ]
	control verify sometimes
	smtp "$HELLO$ask"
	assert_output_has 421
	assert_file_has "$T/log" 'verify: trusted, never or always is expected'
}

@test "a stranger's priority is not raised; he may lower it; who may relay may do both" {
	for priority in '9 250 2.3.6 0 is the priority of a' '0 250 2.1.0 Ok' '-3 250 2.1.0 Ok' '10 501' '-0 501'; do
		mail "MT-PRIORITY=${priority%% *}"
		[[ $output == "${priority#* }"* ]]
	done
	smtp "${HELLO}MAIL FROM:<a@b.test> MT-PRIORITY=9\r\n${TO}${END}QUIT\r\n"
	[ "$(envelope)" = 'Tjoe@here.test ' ]
	trusted
	mail MT-PRIORITY=9
	[ "$output" = '250 2.1.0 Ok' ]
}

@test "BY: relative to now, a least time, nothing past for R" {
	for by in 100\;R=250 -100\;N=250 0\;R=501 100=501 1000000000\;N=501; do
		mail "BY=${by%=*}"
		[[ $output == "${by#*=}"* ]]
	done
	control limits 'deliver-by-minimum: 600'
	smtp "${HELLO}MAIL FROM:<a@b.test> BY=599;R\r\nMAIL FROM:<a@b.test> BY=599;N\r\nQUIT\r\n"
	assert_output_has '250-DELIVERBY 600'
	assert_output_has '555 5.5.4 That is too soon to be delivered by'
	assert_output_has '250 2.1.0 Ok'
}

@test "FUTURERELEASE: for submissions of those who are known, within its limit" {
	mail HOLDFOR=10
	[ "$output" = "$unknown" ]
	trusted
	mail HOLDFOR=10
	[ "$output" = "$unknown" ]
	export OPTIONS=-s
	control submissionhosts 127.0.0.1
	control limits 'future-release: 1000'
	smtp "${HELLO}MAIL FROM:<a@b.test> HOLDFOR=1000\r\n${TO}${END}QUIT\r\n"
	[[ $output =~ 250-FUTURERELEASE\ 1000\ 20[0-9-]{8}T[0-9:]{8}Z ]]
	read -r hold rest <<<"$(envelope)"
	[ "${hold#*;}" = 'for;1000' ]
	hold=${hold%%;*}
	left=$((${hold#H} - $(date +%s)))
	[ "$left" -gt 900 ]
	[ "$left" -le 1000 ]
	for wrong in HOLDFOR=1001 HOLDFOR=0 HOLDUNTIL=2099-01-01T00:00:00Z HOLDUNTIL=soon \
		'HOLDFOR=1 HOLDFOR=1' 'HOLDFOR=1 HOLDUNTIL=2026-01-01T00:00:00Z' 'HOLDFOR=100 BY=99;R'; do
		mail "$wrong"
		[[ $output == '501 5.5.4 '* ]]
	done
	mail 'HOLDFOR=100 BY=101;R'
	[ "$output" = '250 2.1.0 Ok' ]
	control limits 'future-release: 0'
	mail HOLDFOR=1
	[ "$output" = "$unknown" ]
}

@test "REQUIRETLS and AUTH= are for sessions that have them; filters take nearly nothing" {
	mail REQUIRETLS
	[ "$output" = "$unknown" ]
	mail 'AUTH=<>'
	[ "$output" = "$unknown" ]
	export ENQUEUE=/bin/true
	smtp "${HELLO}QUIT\r\n"
	[ "$(sed -n '/^250-here/,/HELP$/p' <<<"$output")" = "$(printf '%s\n' 250-here.test 250-PIPELINING \
		'250-SIZE 52428800' 250-CHUNKING 250-ENHANCEDSTATUSCODES '250-LIMITS RCPTMAX=1000' '250 HELP')" ]
	for parameter in BODY=7BIT SMTPUTF8 RET=FULL BY=1\;R MT-PRIORITY=1; do
		mail "$parameter"
		[ "$output" = "$unknown" ]
	done
	smtp "${HELLO}MAIL FROM:<a@b.test>\r\nRCPT TO:<joe@here.test> NOTIFY=NEVER\r\nQUIT\r\n"
	assert_output_has "$unknown"
}

@test "strangers cannot have notices sent where smtpd-dsn-strangers is 0" {
	control limits 'smtpd-dsn-strangers: 0'
	mail RET=FULL
	[ "$output" = "$unknown" ]
	mail 'BY=100;N'
	[ "$output" = "$unknown" ]
	export RELAYCLIENT=
	mail RET=FULL
	[ "$output" = '250 2.1.0 Ok' ]
	smtp "${HELLO}QUIT\r\n"
	assert_output_has 250-DSN
	assert_output_has 250-DELIVERBY
}

@test "REQUIRETLS under TLS: in the spool, and no other host gets it without" {
	export SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384
	smtp "${HELLO}MAIL FROM:<a@b.test> requiretls\r\n${TO}${END}QUIT\r\n"
	assert_output_has 250-REQUIRETLS
	assert_file_has "$T/log" 'tls=TLSv1.3'
	grep -aq 'with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id' "$SATCHEL_SPOOL"/new/*
	[ "$(envelope)" = 'Q1 Tjoe@here.test ' ]
	mail REQUIRETLS=1
	[ "$output" = "$syntax" ]
}

@test "HELP shows all on one screen, and TURN says why not" {
	smtp 'HELP\r\nHELP bdat\r\nHELP LHLO\r\nTURN\r\nQUIT\r\n'
	[ "$(grep -c '^214-' <<<"$output")" -le 24 ]
	assert_output_has '214 2.0.0 BDAT octets [LAST], then as many octets of the message'
	assert_output_has '504 5.5.4 There is no such command'
	assert_output_has "502 5.5.1 TURN proves nobody's identity and is not offered"
	# what is not possible here is not in it
	grep -q 'VRFY address' <<<"$output"
	run -1 grep -E 'LHLO host|AUTH|STARTTLS|ETRN|ATRN|XCLIENT' <<<"$output"
	control secrets 'ann: x'
	smtp 'HELP\r\nHELP AUTH\r\nQUIT\r\n'
	[ "$(grep -c 'AUTH mechanism' <<<"$output")" -eq 2 ]
}
