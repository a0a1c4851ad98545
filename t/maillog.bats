#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# maillog(1): which lines it understands, what it counts, and that it holds against what strangers
# can put into a log.

bats_require_minimum_version 1.5.0
load helper

setup() {
	T=$(mktemp -d "${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}/satchel.XXXXXX")
	export T
	ID=1j0qf7q5fs1f9qn9rnjq
}

# delivery STATUS TO [REPLY [DELAY [ID [FROM]]]]
delivery() {
	printf 'qrun: delivery id=%s from=%s to=%s relay=mx.%s[192.0.2.1]:25 tls="TLSv1.3 dane" delay=%s queue=0.100 connect=0.010 transfer=0.100 status=%s dsn=%s reply="%s"\n' \
		"${5:-$ID}" "${6:-ann@example.org}" "$2" "${2#*@}" "${4:-0.500}" "$1" \
		"$(case $1 in sent) echo 2.0.0 ;; deferred) echo 4.7.1 ;; *) echo 5.1.1 ;; esac)" \
		"${3:-250 2.0.0 Ok}"
}

# json EXPRESSION: of maillog --json on standard input, by python
json() {
	maillog --json "${@:2}" >"$T/json"
	python3 -S -c 'import json, sys
o = json.load(open(sys.argv[1]))
d = o["deliveries"]
print(eval(sys.argv[2]))' "$T/json" "$1"
}

@test "--help and --version; wrong usage is 100" {
	run maillog --help
	assert_status 0
	assert_output_has 'usage: maillog'
	run maillog --version
	[ "$output" = 'maillog (satchel) 0.1' ]
	for wrong in --nothing '--by nothing' '--top x' '--since never' '--status open' '--id x' '--json --svg' '--to a@b@c..'; do
		# shellcheck disable=SC2086 # words
		run maillog $wrong </dev/null
		assert_status 100
		assert_output_has "Try 'maillog --help'"
		[ "${#lines[@]}" -eq 1 ]
	done
	run maillog "$T/absent"
	assert_status 100
	assert_output_has 'unable to open'
}

@test "nothing, and nothing of ours, are said in a line" {
	run maillog </dev/null
	assert_status 0
	assert_output_has 'there were no lines to read'
	head -c 300000 /dev/urandom >"$T/garbage"
	run maillog "$T/garbage"
	assert_status 0
	assert_output_has 'none of the lines is of satchel'
	run bash -c 'head -c 1000000 /dev/zero | tr "\0" x | maillog'
	assert_status 0
	assert_output_has '1 too long'
}

@test "each form of a line is understood" {
	line=$(delivery sent joe@example.com)
	tagged=${line#qrun: }
	message=$(sed 's/\\/\\\\/g; s/"/\\"/g' <<<"$line")
	cat >"$T/log" <<-END
		$line
		Nov 22 17:25:08 host qrun[12]: $line
		Nov  2 17:25:08.123456 host satchel-qrun[12]: $line
		Nov 22 17:25:08 qrun[12]: $line
		Nov 22 17:25:08 host qrun: $tagged
		<22>Nov 22 17:25:08 host qrun[3]: $tagged
		2026-11-22T17:25:08+0000 host qrun[12]: $line
		2026-11-22T18:25:08.123456+01:00 host qrun[12]: $line
		2026-11-22T17:25:08Z host qrun[12]: $line
		Sun 2026-11-22 17:25:08 UTC host qrun[12]: $line
		1795368308.123456 host qrun[12]: $line
		[12345.678901] host qrun[12]: $line
		@400000006a02f13e1234abcd $line
		@400000006a02f13e $line
		2026-11-22 17:25:08.123456789  $line
		{"__REALTIME_TIMESTAMP":"1795368308123456","SYSLOG_IDENTIFIER":"x","MESSAGE":"$message"}
		{"__REALTIME_TIMESTAMP":"1795368308123456","SYSLOG_IDENTIFIER":"qrun","MESSAGE":"${message#qrun: }"}
	END
	[ "$(json '(o["lines"]["all"], d["sent"], o["lines"]["undated"], d["messages"])' <"$T/log")" = '(17, 17, 2, 1)' ]
	sed -n '7,11p;15,17p' "$T/log" >"$T/same"
	[ "$(json '(d["sent"], o["last"] - o["first"], o["last"] % 3600)' <"$T/same")" = '(8, 0, 1508)' ]
	tr '\n' '\r' <<<"$line" | sed 's/\r/\r\n/' | maillog | grep -q '1 100.0%  sent'
}

@test "what is nearly ours is not" {
	line=$(delivery sent joe@example.com)
	cat >"$T/log" <<-END
		Nov 22 17:25:08 host sshd[1]: invalid user qrun: delivery status=sent
		Nov 22 17:25:08 host postfix/smtpd[1]: connect from x
		Nov 22 17:25:08 host smtpd[1]: disconnect from x
		x$line
		{"MESSAGE":[113,114],"SYSLOG_IDENTIFIER":"qrun"}
		{"MESSAGE":
		${line/sent/\"sent}
		${line/Ok/Ok\" status=\"sent}
		${line/status=sent/status=lost}
		${line/to=joe/to=j=oe}
	END
	[ "$(json '(o["lines"]["other"], o["lines"]["garbled"], d["sent"])' <"$T/log")" = '(6, 3, 1)' ]
}

@test "a line of journalctl -o json is the same whether it is read the short way or by jansson" {
	python3 -S - "$T" "$(delivery sent joe@example.com)" <<-'CHECK'
		import json, random, subprocess, sys
		random.seed(8)
		message = json.dumps(sys.argv[2])
		plain = '{"A":"","__REALTIME_TIMESTAMP":"1795368308123456","_C":"unconfined\\n","SYSLOG_IDENTIFIER":"qrun","MESSAGE":%s}' % message
		lines = [plain, json.dumps(json.loads(plain)) + "  ",
		    plain.replace("SYSLOG_IDENTIFIER", "_COMM"), plain.replace("17953", "x"),
		    '{"MESSAGE":"x","MESSAGE":%s}' % message,
		    plain.replace("qrun: ", "\\tqrun: "), plain.replace("qrun: ", "qrun\\u003a "), plain.replace("Ok", "\\ud800"),
		    plain.replace("Ok", "\u00fc"), plain.replace("Ok", "\x01"), plain.replace("Ok", "\\x"), plain.replace("MESSAGE", "M\\u0045SSAGE"),
		    plain.replace("AGE\":", "AGE\" "), plain + "x", plain[:-1], plain[:-2], plain[:-1] + ",}", plain[1:], "{}", "{", '{"', '{"a"',
		    '{"a":', '{"a":"\\', plain.replace('"A"', "A")]
		for _ in range(400):
		    line = list(plain)
		    for _ in range(random.randint(1, 2)):
		        line[random.randrange(len(line))] = random.choice('"\\{}:, \x7f\t0')
		    lines.append("".join(line))
		def read(lines):
		    with open(sys.argv[1] + "/j", "w", newline="") as f:
		        f.writelines(l + "\n" for l in lines)
		    return json.loads(subprocess.run(["maillog", "--json", sys.argv[1] + "/j"], stdout=subprocess.PIPE, check=True).stdout)
		# a number as member, before or behind the others, is not looked into the short way
		for slow in [lambda l: '{"Z":1,' + l[1:], lambda l: l.rstrip()[:-1] + ',"Z":1}']:
		    same = [l for l in lines if l[:1] == "{" and l.rstrip()[-1:] == "}" and l.strip() != "{}"]
		    a, b = read(same), read([slow(l) for l in same])
		    assert a == b, (a, b)
		got = read(lines)
		assert got["lines"]["all"] == len(lines) and got["deliveries"]["sent"] > 20, got
		assert read([plain.replace("17953", "x")])["first"] is None
		for none in plain[:-1], plain + "x":
		    assert read([none])["deliveries"]["sent"] == 0 and read([none])["lines"]["other"] == 1, none
		assert read(lines[:1])["first"] == 1795368308 and read(lines[:7])["deliveries"]["sent"] == 6, read(lines[:7])
	CHECK
}

@test "counts, percentiles, domains and reasons" {
	{
		for i in {1..90}; do delivery sent "u$i@Example.com" '250 ok' "0.$((100 + i))"; done
		for i in {1..9}; do
			delivery deferred "u$i@slow.test" "450 4.7.1 <u$i@slow.test>: Greylisted for $i s, see http://x.test/$i ([192.0.2.$i])" 10.000 "1j0qf7q5fs1f9qn9rnj$i"
		done
		delivery failed no@example.com '550-5.1.1 no such user 8f3a77c0-zz' 100.000
		echo "qrun: removed id=$ID"
		echo "qrun: bounce id=$ID to=ann@example.org status=queued report=1j0qf7q5fs1f9qn9rnjz"
		echo "qrun: bounce id=$ID to=ann@example.org status=deferred reason=x"
		echo "qrun: warning reason=\"unable to mark: No space left on device\""
		echo "smtp-send: fatal: unable to read /etc/satchel/routes: Permission denied"
	} >"$T/log"
	run maillog "$T/log"
	assert_status 0
	assert_output_has '90  90.0%  sent'
	assert_output_has 'of 10 messages; 1 done with, 1 bounced'
	assert_output_has '90        0        1   1.242s     100s  example.com'
	assert_output_has '0        9        0  450 4.7.1 <ADDRESS>: Greylisted for N s, see URL ([IP])'
	assert_output_has '0        0        1  550 5.1.1 no such user ID'
	assert_output_has '1  qrun: unable to mark: No space left on device'
	assert_output_has '1  smtp-send: fatal: unable to read /etc/satchel/routes: Permission denied'
	[ "$(json 'all(abs(a - b) <= b * .016 for a, b in zip((d["delay"][k] for k in ("p50", "p90", "p99", "max")), (.15, .19, 10, 100)))' <"$T/log")" = True ]
	[ "$(json '[(e["name"], e["sent"]) for e in d["domains"]]' -n 1 <"$T/log")" = "[('example.com', 90), (None, 0)]" ]
	run maillog --by relay "$T/log"
	assert_output_has '  mx.slow.test'
	run maillog --by sender "$T/log"
	assert_output_has '  ann@example.org'
}

@test "servers, logins and POP3" {
	cat >"$T/log" <<-'END'
		smtpd: message id=1j0qf7q5fs1f9qn9rnjq client=192.0.2.1 helo=a.test from=a@b.test size=1000 rcpts=2 tls=TLSv1.3
		smtpd: message id=1j0qf7q5fs1f9qn9rnj0 client=192.0.2.1 helo=a.test from="" size=24 rcpts=1
		smtpd: refused client=192.0.2.9 helo=a.test from=a@b.test to=joe@x.test reply="550 5.7.1 <joe@x.test> relaying denied"
		smtpd: refused client=192.0.2.9 helo=a.test from=a@b.test to=sue@x.test reply="550 5.7.1 <sue@x.test> relaying denied"
		smtpd: session client=192.0.2.1 helo=a.test messages=2 errors=0 refused=0 seconds=1.000 end=quit
		smtpd: auth client=192.0.2.7 login=ann mechanism=PLAIN result=refused
		pop3d: auth client=192.0.2.7 login=ann mechanism=USER result=limit
		pop3d: auth client=192.0.2.8 login=ann mechanism=USER result=accepted
		pop3d: session client=192.0.2.8 login=ann messages=3 retrieved=2 deleted=2 not-removed=0 octets=5000 errors=0 seconds=0.100 end=quit
	END
	[ "$(json '(list(o["smtpd"].values())[:6], [tuple(e.values()) for e in o["smtpd"]["refusals"] + o["smtpd"]["clients"]])' <"$T/log")" = \
		"([2, 1024, 3, 1, 1, 2], [('550 5.7.1 <ADDRESS> relaying denied', 2), ('192.0.2.9', 2)])" ]
	[ "$(json '(o["logins"], o["pop3d"])' <"$T/log")" = \
		"({'accepted': 1, 'failed': 2, 'clients': [{'name': '192.0.2.7', 'count': 2}]}, {'sessions': 1, 'retrieved': 2, 'octets': 5000})" ]
}

@test "filters by sender, recipient, status, reason and time" {
	{
		echo "2026-11-22T10:00:00Z $(delivery sent joe@example.com)"
		echo "2026-11-22T11:00:00Z $(delivery deferred sue@mail.example.com '451 greylisted' 1.000 "$ID" bob@example.net)"
		echo "2026-11-22T12:00:00Z $(delivery failed sue@other.test '550 no' 1.000 "$ID" '""')"
		echo "2026-11-22T12:00:00Z smtpd: auth client=192.0.2.7 login=ann mechanism=PLAIN result=refused"
		delivery sent joe@example.com
	} >"$T/log"
	counts='(d["sent"], d["deferred"], d["failed"], o["logins"]["failed"])'
	while IFS='|' read -r options want; do
		# shellcheck disable=SC2086 # words
		got=$(json "$counts" $options "$T/log" 2>"$T/err")
		[ "$got" = "$want" ] || {
			echo "$options: $got, not $want" >&2
			return 1
		}
	done <<-'END'
		|(2, 1, 1, 1)
		--to @example.com|(2, 1, 0, 0)
		--to !@example.com|(0, 0, 1, 0)
		--to example.com|(2, 0, 0, 0)
		--from <>|(0, 0, 1, 0)
		--from ann@example.org,bob*|(2, 1, 0, 0)
		--status deferred,failed|(0, 1, 1, 0)
		--reason GREYlist|(0, 1, 0, 0)
		--reason 5.1|(0, 0, 1, 0)
		--since 2026-11-22T11:00:00Z|(0, 1, 1, 1)
		--since 2026-11-22T11:00Z --until 2026-11-22T13:00:00+0100|(0, 1, 0, 0)
		--until @1795345200|(1, 0, 0, 0)
	END
	assert_file_has "$T/err" '1 lines without a time are left out'
	run --separate-stderr maillog --by hour "$T/log"
	[ "$(grep -c '^2026-11-22 1[012]:00 ' <<<"$output")" -eq 3 ]
}

@test "--id shows the life of one message, in order" {
	other=1j0qf7q5fs1f9qn9rnj0
	{
		echo "Nov 22 10:00:05 host qrun: delivery id=$ID status=failed"
		echo "Nov 22 10:00:06 host qrun: bounce id=$ID to=ann@example.org status=queued report=$other"
		echo "Nov 22 10:00:06 host qrun: removed id=$ID"
	} >"$T/qrun"
	{
		echo "Nov 22 10:00:01 host smtpd[1]: smtpd: message id=$ID client=192.0.2.1 helo=x from=ann@example.org size=1 rcpts=1"
		echo "Nov 22 10:00:02 host smtpd[1]: smtpd: message id=$other client=192.0.2.1 helo=x from=ann@example.org size=1 rcpts=1"
	} >"$T/smtpd"
	run maillog --id "$ID" "$T/qrun" "$T/smtpd"
	assert_status 0
	[[ ${lines[0]} =~ ^20..-11-22\ 10:00:01\ \ smtpd:\ message\ id=$ID ]]
	[[ ${lines[1]} =~ \ \ qrun:\ delivery\ id=$ID\ status=failed$ ]]
	[[ ${lines[3]} =~ \ \ qrun:\ removed\ id=$ID$ ]]
	[ "${#lines[@]}" -eq 4 ]
	run maillog --id "$other" "$T/qrun" "$T/smtpd"
	[ "${#lines[@]}" -eq 2 ]
	run maillog --id 0123456789abcdefghij "$T/qrun"
	assert_status 100
	assert_output_has 'no line is about 0123456789abcdefghij'
	# another's line that looks like one of ours, and turns the direction of text around
	printf 'Nov 22 10:00:07 host qrun: delivery id=%s to="\xe2\x80\xaemoc.elpmaxe@eoj"\n' "$ID" >>"$T/qrun"
	run maillog --id "$ID" "$T/qrun"
	[ "${#lines[@]}" -eq 3 ]
	run -1 grep -q $'\xe2\x80\xae' <<<"$output"
}

@test "what came from outside can't play with the terminal, nor with JSON or SVG" {
	echo "2026-11-22T10:00:00Z $(delivery deferred 'joe@x\x1b[2J\xff.test' '450 \x1b]0;x\x07 \xe2\x80\xae </text><script>')" >"$T/log"
	run maillog "$T/log"
	assert_output_has 'x\x1b[2j\xff.test'
	run -1 grep -q $'[\x01-\x09\x0b-\x1f\x7f]' <<<"$output"
	[ "$(json 'd["domains"][0]["name"]' <"$T/log")" = 'x\x1b[2j\xff.test' ]
	maillog --svg "$T/log" >"$T/svg"
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$T/svg"
	assert_file_has "$T/svg" '<desc id="desc">0 deliveries sent, 1 deferred, 0 failed.'
	run -1 grep -q 'script\|href\|http:.*\.test' "$T/svg"
	run maillog --svg < <(delivery sent joe@example.com)
	assert_status 100
	assert_output_has 'nothing to draw'
}

@test "names without end take bounded memory, and sums stay right" {
	awk 'BEGIN { for (i = 0; i < 120000; i++) {
		printf "qrun: delivery id=%020d from=a%d@x.test to=u@d%d.test relay=r%d[192.0.2.1]:25 delay=0.100 status=%s dsn=4.0.0 reply=\"451 %s\"\n", i, i, i % 3 ? i : 0, i, "deferred", substr("abcdefghijklmnopqrstuvwxyz", i % 26 + 1) } }' >"$T/log"
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 150000; fi
	[ "$(json '(d["deferred"], d["messages"], sum(e["deferred"] for e in d["domains"]), d["domains"][0]["name"], d["domains"][0]["deferred"], len(d["reasons"]))' <"$T/log")" = \
		"(120000, 120000, 120000, 'd0.test', 40000, 11)" ]
}

@test "the page has each key of the JSON" {
	{
		delivery sent a@b.test
		delivery deferred a@b.test '451 x'
		echo 'smtpd: refused client=192.0.2.9 reply="550 no"'
	} | sed 's/^/2026-11-22T10:00:00Z /' | maillog --json | python3 -S -c '
import json, sys
def keys(o):
    if isinstance(o, dict):
        for k, v in o.items():
            yield k
            yield from keys(v)
    elif isinstance(o, list):
        for v in o:
            yield from keys(v)
page = open(sys.argv[1]).read().split(".Sh JSON")[1].split("\n.Sh")[0].replace("\n", " ").split()
missing = set(keys(json.load(sys.stdin))) - set(page)
assert not missing, missing' "$ROOT/man/maillog.1"
}

@test "on a terminal it fits" {
	needs script
	delivery deferred "u@$(printf 'a%.0s' {1..60}).test" '450 try later, please, as there is so much mail today that nobody can take more' >"$T/log"
	script -qec "stty cols 80; LC_ALL=C.UTF-8 TERM=xterm maillog '$T/log'" /dev/null >"$T/out" </dev/null
	assert_file_has "$T/out" '█'
	# what a reason says is worth more than its bar
	assert_file_has "$T/out" '450 try later, please, as there is so much'
	[ "$(sed 's/\x1b\[[0-9;]*m//g; s/\r//' "$T/out" | LC_ALL=C.UTF-8 wc -L)" -le 80 ]
	script -qec "NO_COLOR=1 LC_ALL=C TERM=xterm maillog '$T/log'" /dev/null >"$T/out" </dev/null
	assert_file_has "$T/out" '####'
	run -1 grep -q $'\x1b' "$T/out"
}

@test "output that can't be written is 111" {
	delivery sent a@b.test >"$T/log"
	run bash -c 'maillog "$T/log" >/dev/full'
	assert_status 111
}
