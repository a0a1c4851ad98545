#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1), send: what arrives, octet for octet, what is said about each step, and that no secret is told.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

load helper
load tls
load login

setup_file() {
	make_keys
}

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# start_sink ARGUMENT...: SINK is its port, OUT where it writes what came.
start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start smtp-sink --out "$OUT" "$@"
	wait_for 20 test -s "$STARTED_LOG"
	SINK=$(cat "$STARTED_LOG")
}

# To the sink, from a to b.
to_sink() {
	run timeout 60 smtp-probe send --json --from a@example.org --to b@example.test "$@" "127.0.0.1:$SINK"
}

# At our own smtpd, on pipes.
to_smtpd() {
	run timeout 60 smtp-probe send --json --from ann@example.org --to b@far.test "$@" --pipe "smtpd 2>>$T/smtpd.log"
}

# says VERDICT ID [ABOUT]: there is such a result, about that, or of that value.
says() {
	jq -e --arg verdict "$1" --arg id "$2" --arg about "${3-}" '.servers | map(.results) | add | any(.id == $id and
	    .verdict == $verdict and ($about == "" or .about == $about or .value == $about))' <<<"$output" >/dev/null && return
	printf 'no result %s in\n%s\n' "$*" "$output" >&2
	return 1
}

lacks() {
	local code=0
	grep -F -- "$1" "$2" >&2 || code=$?
	[ "$code" -eq 1 ]
}

@test "a message as it is: line ends, dots, and one last line" {
	start_sink
	printf 'Subject: raw\n\n.\n..two\r\nthe end.' >"$T/raw"
	to_sink --raw "$T/raw"
	assert_status 0
	says yes message
	printf 'Subject: raw\r\n\r\n..\r\n...two\r\nthe end.\r\n' | cmp - "$OUT/1.eml"
	to_sink --raw - <"$T/raw"
	cmp "$OUT/1.eml" "$OUT/2.eml"
	# to no recipient that is accepted, nothing goes
	twice() { [ "$(grep -c QUIT "$OUT/log")" -eq 2 ]; }
	wait_for 20 twice
}

@test "a message composed: fields, files, encodings, as a reader of others takes it apart" {
	start_sink --with SMTPUTF8
	printf 'octets \0\377\n.\n' >"$T/grün \"1\".bin"
	printf 'Subject: inner\n\n.dot\n' >"$T/inner.eml"
	to_sink --subject 'Grüße' --header 'X-Mark: ü' --header 'message-id: <mine@example.org>' --body $'äöü\n.\n' \
	    --attach "$T/grün \"1\".bin" --attach "$T/inner.eml" --attach "$T/inner.eml:text/x-odd"
	assert_status 0
	python3 - "$OUT/1.eml" "$T" <<-'PYTHON'
		import email, email.policy, sys
		data = open(sys.argv[1], "rb").read().replace(b"\r\n..", b"\r\n.")
		m = email.message_from_bytes(data, policy=email.policy.default)
		assert not m.defects and m["subject"] == "Grüße" and m["x-mark"] == "ü" and m["to"] == "b@example.test", m
		assert m.get_all("message-id") == ["<mine@example.org>"] and m["date"].datetime
		body, file, message, odd = m.iter_parts()
		assert body.get_content().split() == ["äöü", "."], body.get_content()
		assert file.get_filename() == 'grün "1".bin' and file.get_content() == b"octets \0\377\n.\n"
		assert file.get_content_type() == "application/octet-stream"
		assert message.get_content_type() == "message/rfc822" and message.get_content().get_content().strip() == ".dot"
		assert odd.get_content_type() == "text/x-odd" and odd["content-transfer-encoding"] == "base64"
	PYTHON
	# the same with UTF-8 in its header
	to_sink --smtputf8 --subject 'Grüße' --encoding 8bit --body 'ü'
	assert_status 0
	assert_file_has "$OUT/2.eml" 'Subject: Grüße'
	assert_file_has "$OUT/2.env" 'BODY=8BITMIME SMTPUTF8'
}

@test "a template" {
	start_sink
	printf 'From: <%%FROM%%>\nTo: %%TO%%\nSubject: %%SUBJECT%%\nDate: %%DATE%%\n\n%%BODY%%100%%%%\n' >"$T/template"
	to_sink --template "$T/template" --subject ü --body @/dev/stdin <<<'text.'
	assert_status 0
	sed -e '/^Date: /d' "$OUT/1.eml" >"$T/got"
	printf '%s\r\n' 'From: <a@example.org>' 'To: b@example.test' 'Subject: =?utf-8?q?=C3=BC?=' '' text. 100% | cmp - "$T/got"
	echo '%DTAE%' >"$T/template"
	to_sink --template "$T/template"
	assert_status 64
	assert_output_has '%DTAE%, which is no word; there are'
}

@test "the envelope, and what a server does not offer" {
	start_sink --with SMTPUTF8 --with DELIVERBY --with MT-PRIORITY --with REQUIRETLS
	to_sink --notify success,delay --ret hdrs --envid 'a b+c' --orcpt 'x+y@example.org' --by '120;R' --priority -3 \
	    --requiretls --size 7 --declare 8bitmime --to 'jörg@example.test'
	assert_status 0
	assert_file_has "$OUT/1.env" \
	    'MAIL FROM:<a@example.org> SIZE=7 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=a+20b+2Bc BY=120;R MT-PRIORITY=-3 REQUIRETLS'
	assert_file_has "$OUT/1.env" 'RCPT TO:<jörg@example.test> NOTIFY=success,delay ORCPT=rfc822;x+2By@example.org'
	to_sink --from ''
	assert_file_has "$OUT/2.env" 'MAIL FROM:<> SIZE='
	start_sink --without DSN --without 8BITMIME --without PIPELINING --without SIZE
	to_sink --notify never --priority 3
	assert_status 0
	says no offered DSN
	says no offered MT-PRIORITY
	assert_file_has "$OUT/1.env" 'MAIL FROM:<a@example.org>'
	lacks SIZE "$OUT/1.env"
	for option in '--declare=8bitmime' '--smtputf8' '--requiretls' '--bdat=0'; do
		to_sink "$option"
		assert_status 1
		says no offered
	done
	[ "$(grep -c MAIL "$OUT/log")" -eq 1 ]
	to_sink --declare 8bitmime --force --notify never
	assert_file_has "$OUT/2.env" 'BODY=8bitmime'
	assert_file_has "$OUT/2.env" 'NOTIFY=never'
}

@test "in chunks, and octets that are no lines" {
	start_sink --with CHUNKING --with BINARYMIME
	printf 'Subject: x\r\n\r\nbare\n.\r\n\0' >"$T/raw"
	to_sink --raw "$T/raw" --declare binarymime --bdat 10
	assert_status 0
	cmp "$T/raw" "$OUT/1.eml"
	[ "$(grep -o 'BDAT 10' "$OUT/log" | wc -l)" -eq 2 ]
	assert_file_has "$OUT/log" 'BDAT 3 LAST'
	assert_file_has "$OUT/1.env" BODY=binarymime
	to_sink --raw "$T/raw" --bdat 0
	assert_status 0
	printf 'Subject: x\r\n\r\nbare\r\n.\r\n\0\r\n' | cmp - "$OUT/2.eml"
}

@test "with PIPELINING, and without" {
	start_sink
	to_sink --to c@example.test
	assert_file_has "$OUT/log" 'RCPT TO:<b@example.test>\r\nRCPT TO:<c@example.test>\r\nDATA\r\n'
	to_sink --to c@example.test --no-pipelining
	assert_file_has "$OUT/log" "b'RCPT TO:<c@example.test>\\r\\n'"
	assert_file_has "$OUT/log" "b'DATA\\r\\n'"
	cmp "$OUT/1.env" "$OUT/2.env"
}

@test "stop after any step, and leave politely" {
	start_sink --with CHUNKING
	connection=0
	while read -r step last; do
		: $((connection += 1))
		to_sink --stop-after "$step"
		assert_status 0
		wait_for 20 grep -q "^$connection .*${last}" "$OUT/log"
	done <<-'STEPS'
		greeting QUIT
		ehlo QUIT
		starttls QUIT
		auth QUIT
		mail QUIT
		rcpt QUIT
		data DATA
	STEPS
	lacks "7 b'QUIT" "$OUT/log"
	[ "$(grep -o 'MAIL FROM' "$OUT/log" | wc -l)" -eq 3 ]
	[ "$(grep -o 'RCPT TO' "$OUT/log" | wc -l)" -eq 2 ]
	to_sink --stop-after data --bdat 5
	says yes data
	wait_for 20 grep -q "^8 .*QUIT" "$OUT/log"
	lacks LAST "$OUT/log"
	to_sink --stop-after connect
	assert_status 0
	says yes connect
	[ ! -e "$OUT/1.eml" ]
	# nobody need be named who is not asked for
	run smtp-probe send --stop-after mail "127.0.0.1:$SINK"
	assert_status 0
}

@test "some recipients refused, all refused, each on its own by LMTP" {
	start_sink --at 'rcpt:c@example.test=550 5.1.1 no such user' --at 'rcpt:d@example.test=450 4.2.0 greylisted, come again'
	to_sink --to c@example.test --to d@example.test
	assert_status 1
	says yes rcpt b@example.test
	says no rcpt c@example.test
	says unknown rcpt d@example.test
	says yes message
	for pipelining in '' --no-pipelining; do
		run smtp-probe send --json --to c@example.test ${pipelining:+"$pipelining"} "127.0.0.1:$SINK"
		assert_status 1
		[[ $output != *'"id":"message"'* ]]
	done
	# with PIPELINING, DATA was said, and ends with nothing in it (RFC 2920, 3.1)
	[ ! -s "$OUT/2.eml" ]
	run smtp-probe send --json --to d@example.test "127.0.0.1:$SINK"
	assert_status 2
	start_sink --lmtp --at 'end:c@example.test=552 5.2.2 full'
	run smtp-probe send --json --to b@example.test --to c@example.test "lmtp:127.0.0.1:$SINK"
	assert_status 1
	says yes message b@example.test
	says no message c@example.test
}

@test "what servers do instead of answering is no 'no'" {
	start_sink --at 'greeting=421 4.3.2 too many connections@1' --at mail=close@1 --at rcpt=stall@1 \
	    --at data=garbage@1 --at 'end=451 4.3.0 later@1' --at reading=close@2
	for id in greeting mail rcpt data message message; do
		if [ "$id" = rcpt ]; then
			to_sink -t 6
		else
			to_sink -t 20
		fi
		assert_status 2
		says unknown "$id"
	done
}

@test "a login by every mechanism of ours, over TLS and bound to it, with a certificate" {
	setup_tls
	control tls "client-ca: $KEYS/client.crt" 'client-certificates: ask'
	control tlsclient "ca: $KEYS/here.crt"
	control users 'ann@example.org: x' 'client.test: x'
	control limits 'auth-delay: 0' 'auth-failures-address: 0'
	printf '#!/bin/sh\ntr "\\0" " " <&3 | grep -q t0ken && echo ann@example.org\n' >"$T/verify"
	chmod +x "$T/verify"
	control authentication \
	    'mechanisms: SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5 OAUTHBEARER XOAUTH2 EXTERNAL' \
	    "token-verifier: $T/verify"
	(umask 077 && echo "ann@example.org: $HASH $KEY {PLAIN}secret" >"$SATCHEL_CONTROL/secrets")
	export SECRET
	for mechanism in scram-sha-256-plus scram-sha-256 plain login cram-md5 oauthbearer xoauth2; do
		SECRET=secret
		case $mechanism in *oauth*) SECRET=t0ken ;; esac
		to_smtpd --verify --tls-name here.test --login ann@example.org --password-env SECRET \
		    --mechanisms "$mechanism" --stop-after auth
		assert_status 0
		says yes login "${mechanism^^}"
		SECRET=wrong to_smtpd --verify --tls-name here.test --login ann@example.org --password-env SECRET \
		    --mechanisms "$mechanism" --stop-after auth
		assert_status 1
		says no login
	done
	# the strongest, where none is named
	SECRET=secret
	to_smtpd --verify --tls-name here.test --login ann@example.org --password-env SECRET --stop-after auth
	says yes login SCRAM-SHA-256-PLUS
}

@test "no secret is told to a server that has not shown who it is, nor to anybody else" {
	start_sink --with 'AUTH PLAIN LOGIN' --auth '235 2.7.0 in' --auth echo
	export SECRET='a long s:cret'
	coded=$(b64 '\0joe\0a long s:cret')
	to_sink --login joe --password-env SECRET
	assert_status 2
	says unknown login
	lacks AUTH "$OUT/log"
	to_sink --insecure --login joe --password-env SECRET --transcript "$T/transcript" -v
	assert_status 0
	assert_file_has "$OUT/log" "AUTH PLAIN $coded"
	printf '%s' "$output" >"$T/output"
	to_sink --insecure --login joe --password-env SECRET --mechanisms plain --transcript "$T/transcript" -v
	assert_status 2
	printf '%s' "$output" >>"$T/output"
	assert_file_has "$T/transcript" 'AUTH PLAIN *'
	for hidden in "$SECRET" "$coded" "$(b64 "$SECRET")"; do
		lacks "$hidden" "$T/output"
	done
	# from a descriptor and a file, one line of it; while it waits nobody sees it
	start_sink --with 'AUTH LOGIN' --auth '334 VXNlcm5hbWU6|334 UGFzc3dvcmQ6|235 ok' --at end=stall
	printf 'a long s:cret\nmore\n' >"$T/secret"
	to_sink -t 6 --insecure --login joe --password-fd 7 7<"$T/secret"
	assert_file_has "$OUT/log" "$(b64 "$SECRET")"
	(
		unset SECRET
		exec smtp-probe send --from a@example.org --to b@example.test -t 20 --insecure --login joe \
		    --password-file "$T/secret" --transcript "$T/transcript2" "127.0.0.1:$SINK" >"$T/output2"
	) &
	pid=$!
	wait_for 20 grep -q DATA "$T/transcript2"
	lacks s:cret "/proc/$pid/cmdline"
	lacks s:cret "/proc/$pid/environ"
	kill "$pid"
	wait "$pid" || true
	lacks "$(b64 "$SECRET")" "$T/transcript2"
	# a server repeats it, in words of any step, and of later ones
	start_sink --with 'AUTH PLAIN LOGIN' --auth '235 2.7.0 joe has {a long s:cret}, 334 is '"${coded%%=*}" \
	    --at "mail=250 $(b64 "$SECRET") it was" --at 'rcpt=550 5.1.1 a long s:cret'
	: >"$T/output"
	for form in --json --tap --nagios -v; do
		run timeout 60 smtp-probe send "$form" --from a@example.org --to b@example.test --insecure \
		    --login joe --password-env SECRET --transcript "$T/transcript3" "127.0.0.1:$SINK"
		printf '%s\n' "$output" >>"$T/output"
	done
	for hidden in s:cret "${coded%%=*}" "$(b64 "$SECRET")"; do
		lacks "$hidden" "$T/output"
		lacks "$hidden" "$T/transcript3"
	done
	assert_file_has "$T/output" '235 2.7.0 joe has {*}, 334 is *'
	assert_file_has "$T/transcript3" '235 2.7.0 joe has {*}, 334 is *\x0d\x0a'
	assert_file_has "$T/transcript3" '250 * it was'
	# a part of it, and base64 of the server's own making
	start_sink --with 'AUTH PLAIN LOGIN' --auth "235 ${coded:6:12} $(b64 "x$SECRET!")" --at 'mail=250 a long s:cre it was'
	run timeout 60 smtp-probe send -v --from a@example.org --to b@example.test --insecure \
	    --login joe --password-env SECRET --transcript "$T/transcript4" "127.0.0.1:$SINK"
	printf '%s\n' "$output" >"$T/output"
	for hidden in "${coded:7:10}" "$(b64 "x$SECRET!" | cut -c 3-18)"; do
		lacks "$hidden" "$T/output"
		lacks "$hidden" "$T/transcript4"
	done
	# less than sixteen octets are no more than words
	assert_file_has "$T/transcript4" '250 a long s:cre it was'
	# or in one that refuses, or in what is no reply, also where that is cut
	start_sink --with 'AUTH PLAIN' --auth '535 5.7.8 {a long s:cret} is none' --auth 'x a long s:cret x' \
	    --auth "$(printf '%0191d' 0)$SECRET" --auth '235 ok' --at "mail=2500 $(printf '%0186d' 0)$SECRET"
	: >"$T/output"
	for i in 1 2 3 4; do
		to_sink --insecure --login joe --password-env SECRET
		printf '%s\n' "$output" >>"$T/output"
	done
	lacks 'a long' "$T/output"
	assert_file_has "$T/output" '535 (in words that repeat what it was told)'
	[ "$(grep -c 'the server repeats what it was told at AUTH' "$T/output")" -eq 2 ]
	assert_file_has "$T/output" 'no reply of SMTP at MAIL: 2500 0'
	# an environment variable is overwritten, and no child gets it
	SECRET=topsecret to_smtpd --login joe --password-env SECRET --stop-after mail
	SECRET=topsecret run timeout 60 smtp-probe send --stop-after ehlo --login joe --password-env SECRET \
	    --pipe "env >$T/child; tr '\\0' '\\n' </proc/\$PPID/environ >>$T/child; smtpd 2>/dev/null"
	assert_file_has "$T/child" PATH=
	lacks topsecret "$T/child"
}

@test "a password that core files would show is not even read" {
	[ "${SANITIZE-}" != 1 ] || skip "a debugger may look at what has sanitizers"
	cc -shared -fPIC -o "$T/shown.so" -x c - <<-'END'
		#include <errno.h>
		#include <sys/prctl.h>
		int prctl(int option, ...) { (void)option; errno = EPERM; return -1; }
	END
	for form in --json --nagios; do
		LD_PRELOAD=$T/shown.so run timeout 60 smtp-probe send $form --to b@example.test --login joe \
		    --password-fd 7 127.0.0.1:9 7<<<secret
		case $form in --nagios) assert_status 3 ;; *) assert_status 2 ;; esac
		assert_output_has 'unable to keep a password where nobody else can read it: Operation not permitted'
	done
	LD_PRELOAD=$T/shown.so run timeout 60 smtp-load -m 1 --login joe --password-fd 7 127.0.0.1:9 7<<<secret
	assert_status 111
}

@test "who the server is: a certificate for its name, or not" {
	setup_tls
	control tlsclient "ca: $KEYS/here.crt"
	to_smtpd --verify --tls-name here.test --stop-after starttls
	assert_status 0
	says yes starttls
	to_smtpd --verify --tls-name else.test --stop-after mail
	assert_status 1
	says no starttls
	to_smtpd --stop-after starttls
	assert_status 0
	assert_output_has 'it is not sure who the server is'
	to_smtpd --verify --stop-after starttls
	assert_status 64
	assert_output_has '--tls-name'
	rm "$SATCHEL_CONTROL/certificates"
	to_smtpd --tls starttls --stop-after mail
	assert_status 1
	says no starttls
}

@test "by the certificate of --cert" {
	setup_tls
	start_sink --with 'AUTH EXTERNAL' --auth '235 in' --tls "$KEYS/here" --tls-ca "$KEYS/client.crt"
	control tlsclient "ca: $KEYS/here.crt"
	to_sink --verify --tls-name here.test --cert "$KEYS/client.crt" --key "$KEYS/client.key" --mechanisms external
	assert_status 0
	says yes login EXTERNAL
	assert_file_has "$OUT/log" 'AUTH EXTERNAL =\r\n'
	to_sink --cert "$T/nothing"
	assert_status 64
	assert_output_has nothing
}

@test "for somebody else: PROXY and XCLIENT" {
	start_sink
	to_sink --stop-after greeting --proxy '192.0.2.1:1234 192.0.2.2:25'
	assert_file_has "$OUT/log" 'PROXY TCP4 192.0.2.1 192.0.2.2 1234 25\r\n'
	echo '127.0.0.1' >"$SATCHEL_CONTROL/xclienthosts" # smtpd(8)
	start_sink --with 'XCLIENT NAME ADDR'
	to_sink --xclient 'NAME=x.test ADDR=192.0.2.1' --source 127.0.0.2
	assert_file_has "$OUT/log" 'XCLIENT NAME=x.test ADDR=192.0.2.1'
	assert_file_has "$OUT/peers" 127.0.0.2
}

@test "a command line that makes no sense says what to do" {
	while IFS='|' read -r words wanted; do
		eval "run timeout 20 smtp-probe send $words 127.0.0.1:1"
		assert_status 64
		assert_output_has "$wanted"
		[ "${#lines[@]}" -eq 1 ]
	done <<-'TABLE'
		|--to is missing
		--to=x@|--to takes an address
		--to=x@y.test --from='a b'|--from takes an address
		--to=x@y.test --header=Subject|NAME: VALUE
		--to=x@y.test --header='Content-Type: text/html'|--raw and --template take any
		--to=x@y.test --raw=/dev/null --subject=x|--raw is a whole message
		--to=x@y.test --raw=/dev/null --attach=x|composed here
		--to=x@y.test --attach=/nothing/x|unable to read /nothing/x
		--to=x@y.test --body=@/nothing/x|unable to read /nothing/x
		--to=x@y.test --encoding=7bit --body=ü|not 7bit
		--to=x@y.test --encoding=rot13|--encoding takes one of
		--to=x@y.test --encoding=binary|--bdat
		--to=x@y.test --declare=binarymime|--bdat
		--to=x@y.test --notify=never,delay|--notify takes never
		--to=x@y.test --by=12|--by takes SECONDS
		--to=x@y.test --priority=12|-9 to 9
		--to=x@y.test --size=-1|--size takes a number
		--to=x@y.test --stop-after=lunch|connect greeting ehlo
		--to=x@y.test --password-env=X|--login is missing
		--to=x@y.test --login=x --password-env=NO_SUCH|NO_SUCH is not set
		--to=x@y.test --login=x --password-fd=99|unable to read the password
		--to=x@y.test --login=x --password-file=/dev/null|a password is one line
		--to=x@y.test --login=x --password-fd=1 --password-env=X|from one place
		--to=x@y.test --mechanisms=rot13|scram-sha-256-plus
		--to=x@y.test --key=x|--cert is missing
	TABLE
}
