#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The look of smtp-probe(1): what one connection tells, when there is another, and what is made of it.
# Servers are a few lines of shell behind --pipe, which say what the test has in the environment.

load helper
load tls
load dns

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key here ec
}

setup() {
	setup_satchel
	unset greeting ehlo helo starttls mail rcpt rset help vrfy expn quit
	export LOOKS=$T/looks
	cat >"$T/server" <<'END'
#!/bin/bash
say() { printf "$1\r\n"; }
echo >>"$LOOKS"
count=$(wc -l <"$LOOKS")
of() { local -n all=$1; say "${all[count - 1]-${all[-1]}}"; }
IFS='|' read -ra greeting <<<"${greeting-220 full.test ESMTP}"
IFS='|' read -ra ehlo <<<"${ehlo-250-full.test\\r\\n250-SIZE 1000000\\r\\n250-ENHANCEDSTATUSCODES\\r\\n250 STARTTLS}"
of greeting
while IFS=$' \r' read -r verb rest; do
	echo "$verb $rest" >>"$LOOKS.said"
	case $verb in
	EHLO) of ehlo ;;
	HELO) say "${helo-250 full.test}" ;;
	STARTTLS) say "${starttls-454 4.7.0 TLS not available due to local problem}" ;;
	MAIL) say "${mail-250 2.1.0 ok}" ;;
	RCPT) say "${rcpt-250 2.1.5 ok}" ;;
	RSET) say "${rset-250 2.0.0 ok}" ;;
	HELP) say "${help-214 2.0.0 help}" ;;
	VRFY) say "${vrfy-252 2.5.0 would try}" ;;
	EXPN) say "${expn-502 5.5.1 no}" ;;
	QUIT) say "${quit-221 2.0.0 bye}" && exit ;;
	esac
done
END
	chmod +x "$T/server"
}

teardown() {
	stop_started
}

# look [OPTION...]: the results, one a line, in $RESULTS.
look() {
	: >"$LOOKS"
	: >"$LOOKS.said"
	run timeout 60 smtp-probe --json --pace 0 "$@"
	RESULTS=${output//\{\"id\":/$'\n'\{\"id\":}
}

# result ID[ ABOUT] VERDICT [VALUE]
result() {
	local line pattern="\"id\":\"$1\""
	while read -r line; do
		[[ $line == *"$pattern"*"\"verdict\":\"$2\""* ]] || continue
		[ $# -lt 3 ] || [[ $line == *"\"value\":\"$3\""* ]] || continue
		return 0
	done <<<"$RESULTS"
	printf 'no result %s in:\n%s\n' "$*" "$RESULTS" >&2
	return 1
}

no_result() {
	[[ $RESULTS != *"\"id\":\"$1\""* ]] || {
		printf 'result %s in:\n%s\n' "$1" "$RESULTS" >&2
		return 1
	}
}

# not_said VERB...
not_said() {
	local verb
	[ -s "$LOOKS.said" ]
	for verb; do
		if grep "^$verb" "$LOOKS.said"; then return 1; fi
	done
}

connections() {
	grep -c '^$' "$LOOKS"
}

@test "one connection tells what a server is, and its end is waited for" {
	look --tls off --pipe "$T/server"
	assert_status 0
	result connect yes
	result greeting yes full.test
	result greeting.name yes full.test
	result ehlo yes full.test
	result starttls yes
	result size fact 1000000
	result enhancedstatuscodes yes
	result pipelining no
	result help yes
	result vrfy.policy fact 252
	result expn.policy fact disabled
	result reply.codes yes
	result reply.crlf yes
	result quit yes
	no_result steady
	[ "$(connections)" -eq 1 ]
	grep -q '^QUIT' "$LOOKS.said"
	not_said MAIL DATA
	# names that nobody has
	grep -qE '^VRFY [a-z]{16} *$' "$LOOKS.said"
}

# told: rows REPLY|VERDICT|CAUSE, each said in place of $STEP, of the result ID
told() {
	local said verdict value
	while IFS='|' read -r said verdict value; do
		export "$STEP=$said"
		look --tls off --from me@example.org --to joe@example.org --pipe "$T/server"
		echo "for: $said" >&2
		result "$1" "$verdict" "$value"
		case $verdict in no) assert_status 1 ;; *) assert_status 2 ;; esac
		not_said DATA
	done
}

@test "what servers say to a recipient is told apart" {
	STEP=rcpt
	told rcpt <<-'END'
		450 4.2.0 <joe@example.org>: Recipient address rejected: Greylisted|unknown|greylisted
		451 4.7.1 Please try again later|unknown|policy
		452 4.2.2 over quota|unknown|full
		552 5.2.2 mailbox full|no|full
		550 5.1.1 <joe@example.org> User unknown|no|no-such-user
		554 5.7.1 <joe@example.org>: Relay access denied|no|relay-denied
		553 sorry, that domain isn't in my list of allowed rcpthosts|no|relay-denied
		554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org|unknown|blocklisted
		530 5.7.0 Must issue a STARTTLS command first|unknown|tls-required
		550 nothing for you|unknown|unknown
	END
	grep -q '^RCPT TO:<joe@example.org>' "$LOOKS.said"
	grep -q '^RSET' "$LOOKS.said"
}

@test "what servers say to a sender, and of a size, is told apart" {
	STEP=mail
	told mail <<-'END'
		550 5.1.8 <me@example.org>: Sender address rejected: Domain not found|no|sender-refused
		450 4.1.8 <me@example.org>: Sender address rejected: Domain not found|unknown|sender-refused
		452 4.3.1 Insufficient system storage|unknown|busy
		421 4.7.0 Too many messages|unknown|rate-limited
	END
	unset mail
	# what it says of itself is enough
	look --tls off --size 2M --to joe@example.org --pipe "$T/server"
	assert_status 1
	result size.fits no 2000000
	result rcpt yes
	grep -q '^MAIL FROM:<> SIZE=2000000' "$LOOKS.said"
	look --tls off --size 100k --pipe "$T/server"
	assert_status 0
	result size.fits yes 100000
	# and where it says nothing before MAIL, recipients are asked for all the same
	ehlo='250-full.test\r\n250 SIZE' mail='552 5.3.4 Message size exceeds fixed limit' \
		look --tls off --size 100k --to joe@example.org --pipe "$T/server"
	assert_status 1
	result size.fits no
	[ "$(grep -c '^MAIL' "$LOOKS.said")" -eq 2 ]
	ehlo='250-full.test\r\n250 DSN' look --tls off --size 100k --pipe "$T/server"
	result size.fits unknown
}

@test "an opportunity that comes and goes is no 'no'" {
	local without='250-full.test\r\n250 SIZE' with='250-full.test\r\n250 STARTTLS'
	# two connections agree
	ehlo=$without look --pipe "$T/server"
	result starttls no
	[ "$(connections)" -eq 2 ]
	ehlo=$without look --connections 1 --pipe "$T/server"
	result starttls no
	[ "$(connections)" -eq 1 ]
	# they do not; or the second is turned away, in each way
	ehlo="$without|$with" look --pipe "$T/server"
	result starttls unknown
	for second in '421 4.7.0 Too many connections' '554 5.7.1 no' 'what?'; do
		greeting="220 full.test|$second" ehlo=$without look --pipe "$T/server"
		result starttls unknown
		result ehlo yes
	done
	# a firewall has written over it; the reply is longer than what is kept
	ehlo='250-full.test\r\n250-XXXXXXXA\r\n250 SIZE' look --pipe "$T/server"
	result starttls unknown
	result auth unknown
	result pipelining unknown
	printf -v many '250-X-%060d\\r\\n' {1..100}
	ehlo="250-full.test\\r\\n${many}250 STARTTLS" look --pipe "$T/server"
	result starttls unknown
	# offered and refused, whatever is said
	for reply in '454 4.7.0 not now' '502 5.5.1 not implemented' '554 5.7.3 no' '220 go on\r\nno TLS'; do
		starttls=$reply look --pipe "$T/server"
		result starttls unknown offered
	done
}

@test "a server that turns one connection away is asked once more, and no oftener" {
	greeting='421 4.7.0 Too many connections|220 full.test' look --tls off --pipe "$T/server"
	assert_status 2
	result steady unknown rate-limited
	result greeting yes
	result starttls yes
	[ "$(connections)" -eq 2 ]
	greeting='421 4.7.0 Too many connections' look --pipe "$T/server"
	assert_status 2
	result greeting unknown rate-limited
	result starttls unknown
	[ "$(connections)" -eq 2 ]
	greeting='554 5.7.1 Client host blocked using zen.spamhaus.org' look --pipe "$T/server"
	assert_status 2
	result greeting unknown blocklisted
	result auth unknown
	[ "$(connections)" -eq 1 ]
	greeting='521 5.3.2 takes no mail' look --pipe "$T/server"
	assert_status 1
	result greeting no no-mail
}

@test "EHLO refused, then HELO" {
	ehlo='502 5.5.2 not implemented' look --pipe "$T/server"
	result ehlo no
	result starttls no
	result pipelining no
	result quit yes
	ehlo='550 5.7.1 not you' look --pipe "$T/server"
	result ehlo unknown policy
	result starttls unknown
	result size unknown
	ehlo='550 5.7.1 not you' helo='550 5.7.1 not you' look --pipe "$T/server"
	assert_status 2
	result ehlo unknown policy
}

@test "EHLO before TLS and under it" {
	control certificates "*: $KEYS/here.crt $KEYS/here.key"
	look --to joe@here.test --pipe smtpd
	result starttls yes
	result starttls.once yes
	result ehlo.tls-differs fact
	result tls fact
	result quit yes
	result rcpt no no-such-user
	[[ $RESULTS == *'"value":"-STARTTLS +REQUIRETLS"'* ]]
	look --tls implicit --pipe 'tlsd smtpd'
	result greeting yes
	result tls fact
	result quit yes
	no_result starttls
}

@test "a table that begins with what is wrong" {
	rcpt='554 5.7.1 Relay access denied' run timeout 60 smtp-probe --tls off --to joe@example.org --pipe "$T/server"
	assert_status 1
	[[ ${lines[1]} == "PROBLEM  rcpt"* ]]
	[[ ${lines[2]} == *"relaying is denied"* ]]
	assert_output_has "what to do: "
	for wrong in "--to <a@b>" "--to ä@b" "--to a@b --size x" "--size 0" "--from a;b<"; do
		# shellcheck disable=SC2086
		run smtp-probe $wrong --pipe true
		assert_status 64
	done
}

@test "one family of addresses dead, an exchanger without any, a domain without mail" {
	start_dns <<-'END'
		half MX 10 both
		both A 127.0.0.1
		both AAAA ::1
		lost MX 10 nowhere
		lost MX 20 both
		null MX 0 .
	END
	start smtp-sink
	wait_for 20 grep -q . "$STARTED_LOG"
	control mxport "$(cat "$STARTED_LOG")"
	look -s "127.0.0.1:$DNS_PORT" --tls off half.example.test
	# a host without IPv6 cannot say
	local six=no code=1
	python3 -S -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null || six=unknown code=2
	assert_status "$code"
	result mx fact 10
	result address.ipv4 yes 1/1
	result address.ipv6 "$six" 0/1
	look -s "127.0.0.1:$DNS_PORT" --tls off -4 lost.example.test
	result address unknown || result address no
	look -s "127.0.0.1:$DNS_PORT" --tls off lost.example.test
	assert_status 1
	result address no
	result greeting yes
	look -s "127.0.0.1:$DNS_PORT" null.example.test
	assert_status 68
	result domain no
	look -s "127.0.0.1:$DNS_PORT" nothing.example.test
	assert_status 68
	look -s "127.0.0.1:$DNS_PORT" elsewhere.test
	assert_status 2
	result domain unknown
}

# look_up RECORD...: the look at 127.0.0.1, PORT, with a resolver that knows these.
look_up() {
	local records=$T/records.${STARTED_COUNT:-0}
	printf '%s\n' "$@" >"$records"
	start python3 -S "$ROOT/t/resolver.py" "$records"
	wait_for 10 test -s "$STARTED_LOG"
	look -s "127.0.0.1:$(head -n 1 "$STARTED_LOG")" --tls off "127.0.0.1:$PORT"
	result greeting yes
}

@test "the name of an address: it leads back, it does not, the DNS does not say; nothing of loopback without one" {
	local name=1.0.0.127.in-addr.arpa
	start smtp-sink
	wait_for 20 test -s "$STARTED_LOG"
	PORT=$(cat "$STARTED_LOG")
	look_up "$name PTR other.test" "$name PTR sink.test" 'other.test A 127.0.0.1' 'sink.test A 127.0.0.1'
	result ptr yes sink.test
	result ptr.greeting yes sink.test
	look_up "$name PTR other.test" 'other.test A 127.0.0.1'
	result ptr yes other.test
	assert_output_has '"id":"ptr.greeting","verdict":"no","weight":"plain","value":"sink.test"'
	look_up "$name PTR other.test" 'other.test A 127.0.0.2'
	assert_output_has '"id":"ptr","verdict":"no","weight":"plain","value":"other.test"'
	look_up "$name PTR late.test" '!late.test A' '!late.test AAAA'
	result ptr unknown late.test
	# names without end, of which one that is looked at leads back; and what is no name of a host
	look_up "$name PTR "{a,b,c,sink,d,e,f,g,h,i,j,k,l}.test 'sink.test A 127.0.0.1' 'l.test A 127.0.0.1'
	result ptr yes sink.test
	# a resolver that is slow is asked again
	[ "$(grep '\.test A$' "$STARTED_LOG" | sort -u | wc -l)" -eq 4 ]
	look_up "$name PTR 127.0.0.1"
	assert_output_has '"id":"ptr","verdict":"no","weight":"plain"'
	assert_output_has 'PTR record holds no name of a host'
	look_up "!$name PTR"
	[[ $RESULTS != *'"id":"ptr'* ]]
	look_up
	[[ $RESULTS != *'"id":"ptr'* ]]
	grep -q "$name PTR" "$STARTED_LOG"
	# an exchanger sends, too
	control mxport "$PORT"
	printf '%s\n' "$name PTR other.test" 'other.test A 127.0.0.2' 'far.test MX 10 mx.test' 'mx.test A 127.0.0.1' >"$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	look -s "127.0.0.1:$(head -n 1 "$STARTED_LOG")" --tls off far.test
	assert_output_has '"id":"ptr","verdict":"no","weight":"warning","value":"other.test"'
	# whom nobody told of a name server does not wait for one
	look --tls off "127.0.0.1:$PORT"
	result greeting yes
	[[ $RESULTS != *'"id":"ptr'* ]]
}

@test "the name of an address: who greets without one, and LMTP" {
	local name=1.0.0.127.in-addr.arpa
	printf '%s\n' "$name PTR sink.test" 'sink.test A 127.0.0.1' >"$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	resolver=127.0.0.1:$(head -n 1 "$STARTED_LOG")
	start smtp-sink --at greeting=220
	wait_for 20 test -s "$STARTED_LOG"
	look -s "$resolver" --tls off "127.0.0.1:$(cat "$STARTED_LOG")"
	result ptr yes sink.test
	no_result ptr.greeting
	start smtp-sink --lmtp
	wait_for 20 test -s "$STARTED_LOG"
	look -s "$resolver" --lmtp --tls off "127.0.0.1:$(cat "$STARTED_LOG")"
	result greeting yes
	no_result ptr
}

# The look at PORT of an address that is not of this machine's kind, with a resolver that knows RECORD...
look_far() {
	local port=$1
	shift
	rm -f "$T/dns.port" "$T/sink.port"
	printf '%s\n' "$@" >"$T/records"
	cat >"$T/far" <<-'END'
		ip link set lo up && ip addr add 192.0.2.1/32 dev lo || exit
		python3 -S "$ROOT/t/resolver.py" "$T/records" >"$T/dns.port" &
		dns=$!
		smtp-sink --host 192.0.2.1 --port "$1" >"$T/sink.port" &
		sink=$!
		for ((i = 0; i < 1000; i++)); do
			[ ! -s "$T/dns.port" ] || [ ! -s "$T/sink.port" ] || break
			sleep 0.02
		done
		timeout 60 smtp-probe --json --pace 0 --tls off -s "127.0.0.1:$(head -n 1 "$T/dns.port")" "192.0.2.1:$1"
		kill "$dns" "$sink"
	END
	run unshare -n bash "$T/far" "$port"
}

@test "the name of an address of the network at large: there is none, or the DNS does not say" {
	unshare -n true 2>/dev/null || skip 'needs a network of its own'
	needs ip
	look_far 25
	assert_output_has '"id":"ptr","verdict":"no","weight":"warning","value":"Host or domain name not found"'
	look_far 2525
	assert_output_has '"id":"ptr","verdict":"no","weight":"plain","value":"Host or domain name not found"'
	look_far 25 '!1.2.0.192.in-addr.arpa PTR'
	assert_output_has '"id":"ptr","verdict":"unknown","weight":"plain"'
}
