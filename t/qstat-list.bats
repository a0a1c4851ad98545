#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # each test may have a spool of its own
# qstat(1): which messages are chosen, by filters and ids, and the forms that programs read.

bats_require_minimum_version 1.5.0
load helper
load qstat

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# Four messages: a deferred, b held, c and d new; d is a bounce.
fill_queue() {
	a=$(queue joe@example.org sue@mail.example.com)
	b=$(queue bob@example.com)
	c=$(printf 'Subject: x\n\n%03000d\n' 1 | enqueue -i -f eve@sub.example.net -- joe@example.org)
	printf 'F\0Tann@example.org\0\0' >"$T/envelope"
	printf 'Subject: x\r\n\r\n' | enqueue 1<"$T/envelope"
	d=$(qstat -q | grep -v -e "$a" -e "$b" -e "$c")
	defer "$a"
	qctl hold "$b"
	mark "$SATCHEL_SPOOL/deferred/001770000000/$a" 0 . 2 '4.7.1 mx.example.org[192.0.2.1]:25 450 Greylisted, wait'
	mark "$SATCHEL_SPOOL/deferred/001770000000/$a" 1 D 1 '2.0.0 mx.example.com[192.0.2.2]:25 250 ok'
}

# chosen IDS OPTION...: exactly these are listed, in any order
chosen() {
	local want=$1
	shift
	# shellcheck disable=SC2086
	[ "$(qstat -q "$@" | sort)" = "$(printf '%s\n' $want | sort)" ] || {
		echo "qstat -q $*: not '$want' but: $(qstat -q "$@" | tr '\n' ' ')" >&2
		return 1
	}
}

@test "filters: of one kind any, of several all" {
	fill_queue
	chosen "$a $b $c $d"
	chosen "$a $b" -f ann@example.org
	chosen "$a $b $c" -f example.org,@example.net
	chosen "$c" -f .example.net
	chosen "$d" -f '<>'
	chosen "$c" -f '*eve*' --larger 1k
	chosen "$c $d" -f '!ann@example.org'
	chosen "$a $c" -r joe@example.org
	chosen "$b" -r '*@example.com'
	# the second recipient of a is done
	chosen "$b" -d @example.com
	chosen "$a $c $d" -d example.org
	chosen "$c $d" -d example.org --state new
	chosen "$a $b" --state deferred,held
	chosen "$a" --state '!new' --state '!held'
	chosen "$a" --reason greylist
	chosen "$a" --reason 4.7
	chosen "" --reason 4.70
	chosen "$b $c $d" --reason '!4.7'
	chosen "" --older 1h
	chosen "$a $b $c $d" --newer 1h --submitter "$(id -u)"
	chosen "" --submitter 54321
	chosen "$c" -d example.org "$b" "$c"
	[ "$(qstat -d example.org -c)" = "$(qstat totals -d example.org)" ]
	qstat -c -r joe@example.org | grep -q '^2 messages, 1 new, 1 deferred; 2 recipients, '
	# only they are shown
	[ "$(qstat -a -d example.com | grep -c $'^\t<')" -eq 1 ]
}

@test "what a filter does not understand says so, and nothing is listed" {
	fill_queue
	for wrong in '-f a@@b' '-d a@b' '--older soon' '--newer 3y' '--state gone' '--larger x' \
		'--submitter no-such-user' '-r' '--mailq -q' '--json -q' '-c 12345678901234567890'; do
		# shellcheck disable=SC2086
		run qstat $wrong
		assert_status 100
		[ "${#lines[@]}" -eq 1 ]
		assert_output_has "Try 'qstat --help'"
	done
	for wrong in '--sort time' '--sort' '--reverse' '--limit 0' '--limit x' '-c --sort age' '-c --limit 1' \
		'--mailq --sort age' '--sort age --limit 100001' '--metrics --limit 1'; do
		# shellcheck disable=SC2086
		run qstat $wrong
		assert_status 100
		[ "${#lines[@]}" -eq 1 ]
	done
	run qstat --state gone
	assert_output_has 'damaged'
	run qstat shape --top 0
	assert_status 100
	run qstat show
	assert_status 100
}

# sorted IDS OPTION...: what -q lists by these options, with spaces between
sorted() {
	local want=$1
	shift
	[ "$(qstat -q "$@" | tr '\n' ' ')" = "$want " ]
}

@test "--sort, --reverse and --limit: the first of an order, whatever the form" {
	export TZ=UTC
	a=$(queue zoe@b.example)
	b=$(printf 'Subject: x\n\n%0500d\n' 1 | enqueue -i -f Eve@a.example -- Joe@A.example x@x.test y@x.test)
	c=$(printf 'Subject: x\n\nhello\n' | enqueue -i -f '' -- adam@a.example sue@z.test)
	d=$(queue zo@b.example)
	defer "$d"
	mark "$SATCHEL_SPOOL/deferred/001770000000/$d" 0 . 3 '451 4.3.0 - later'
	mark "$SATCHEL_SPOOL/new/$b" 1 . 1 '451 4.3.0 - later'
	mark "$SATCHEL_SPOOL/new/$c" 1 D 9 '250 2.0.0 - ok'
	qctl hold "$a"
	sorted "$a $b $c $d" --sort age
	sorted "$d $c $b $a" --sort age --reverse
	[ "$(qstat -q --sort size | head -n 1)" = "$b" ]
	qstat --sort size | awk '/^[0-9a-v]/ && $3 ~ /s$/ { print $2 }' >"$T/out"
	sort -rn "$T/out" | cmp - "$T/out"
	sorted "$d $b $c $a" --sort next
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/009770000000"
	mv "$SATCHEL_SPOOL/deferred/001770000000/$d" "$SATCHEL_SPOOL/deferred/009770000000"
	sorted "$b $c $d $a" --sort next
	sorted "$d $b $a $c" --sort attempts
	sorted "$b $a $c $d" --sort recipients
	sorted "$c $b $a $d" --sort sender
	sorted "$c $b $d $a" --sort recipient
	sorted "$d $c" --sort age --reverse --limit 2
	sorted "$a $b" --sort age --limit 2 -f '!<>' --older 0s
	sorted "$c $a" --sort recipients --reverse -r 'adam@a.example,zoe@b.example'
	[ "$(qstat -q --limit 3 | wc -l)" -eq 3 ]
	# each form has what belongs to them, and no more
	qstat --sort size --limit 1 >"$T/out"
	[ "$(sed -n '1s/ .*//p' "$T/out")" = "$b" ]
	[ "$(grep -c '^	<' "$T/out")" -eq 3 ]
	grep -q '^4 messages, .*; 6 recipients, ' "$T/out"
	qstat --json --sort age --reverse | python3 -c 'import json, sys; print(*[json.loads(l)["id"] for l in sys.stdin])' >"$T/out"
	[ "$(cat "$T/out")" = "$d $c $b $a" ]
	bash -c 'exec -a mailq qstat -q --sort age --limit 1' | grep -qx "$a"
	# the table on a terminal has as many as fit, unless it is said how many
	[ "$(on_terminal 9 80 'qstat -q --sort size' | wc -l)" -eq 4 ]
	[ "$(on_terminal 9 80 'qstat --json --sort size' | wc -l)" -eq 4 ]
	on_terminal 12 80 'qstat --sort size' >"$T/out"
	[ "$(grep -c '^[0-9a-v]\{20\} ' "$T/out")" -eq 4 ]
	on_terminal 9 80 'qstat --sort size' >"$T/out"
	head -n 1 "$T/out" | grep -q 'ID .* SENDER'
	[ "$(sed -n '2s/ .*//p' "$T/out")" = "$b" ]
	assert_file_has "$T/out" '... and 2 more messages'
	on_terminal 9 80 'qstat --sort size --limit 4' >"$T/out"
	[ "$(grep -c '^[0-9a-v]\{20\} ' "$T/out")" -eq 4 ]
	run -1 grep -q ' more messages' "$T/out"
}

@test "--sort of a great many, and only so many are kept" {
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	"$BUILD/t/bench/fill" -d 0 deferred 4500
	qstat -q | sort >"$T/want"
	qstat -q --sort age | cmp - "$T/want"
	qstat -q --sort age --reverse | cmp - <(sort -r "$T/want")
	qstat -q --sort age --limit 1000 | cmp - <(head -n 1000 "$T/want")
	qstat --json --sort recipient >"$T/out"
	python3 -S - "$T/out" <<-'CHECK'
		import json, sys
		keys = [tuple(reversed(json.loads(l)["recipients"][0]["address"].lower().split("@"))) for l in open(sys.argv[1])]
		assert len(keys) == 4500 and keys == sorted(keys)
	CHECK
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 40000; fi
	qstat --sort recipients --limit 20 >"$T/out"
	[ "$(grep -c '^[0-9a-v]\{20\} ' "$T/out")" -eq 20 ]
}

@test "ids of standard input: the first word of each line, once each, a great many" {
	fill_queue
	printf '%s some words\n\n  %s\n%s\n' "$b" "$c" "$b" | qstat -q - >"$T/out"
	printf '%s\n' "$b" "$c" | cmp - "$T/out"
	qstat -q | qstat -q -d example.com - | grep -qx "$b"
	seq -f '%020.0f' 40000 | { cat && echo "$a"; } | qstat -q - >"$T/out" 2>"$T/err" && false
	[ "$(cat "$T/out")" = "$a" ]
	[ "$(grep -c 'there is no message' "$T/err")" -eq 40000 ]
	{ printf '%02000d\n' 7 && echo "$a"; } | qstat -q - 2>"$T/err" | grep -qx "$a"
	run -0 qstat -q - </dev/null
	[ -z "$output" ]
}

@test "the examples of the page work when they are pasted" {
	fill_queue
	# but a line of a crontab
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$ROOT/man/qstat.1" | sed -n 's/^\.Dl \([^*]\)/\1/p' >"$T/examples"
	[ "$(wc -l <"$T/examples")" -ge 7 ]
	while read -r -u 5 line; do
		echo "$line"
		bash -c "$line" >"$T/out" 2>"$T/err" || [[ $line == *grep* ]]
		[ ! -s "$T/err" ]
		case $line in
		*'| qctl hold -') chosen "$a $b $c $d" --state held ;;
		*--older*) ;;
		*) [ -s "$T/out" ] ;;
		esac
	done 5<"$T/examples"
}

# The part of the page that has the keys of objects.
page_keys() {
	sed -n '/^\.Sh JSON/,/^\.Sh ENV/p' "$ROOT/man/qstat.1" >"$T/page"
}

@test "JSON: each line an object, each key on the page and each of the page there" {
	fill_queue
	today=$SATCHEL_SPOOL/hosts/$((EPOCHSECONDS / 86400)) # or yesterday by then, which is shown, too
	mkdir -p "$today"
	printf 'U1\nN2\nA1\nC4.4.1\nYmx\nXno\n' >"$today/mx:a.test"
	page_keys
	qstat --json >"$T/list"
	qstat show --json "$a" >"$T/show"
	for by in domain recipient sender submitter reason; do qstat shape --json --by $by; done >"$T/shape"
	qstat hosts --json >"$T/hosts"
	qstat totals --json >"$T/totals"
	qstat -c --json | cmp - "$T/totals"
	qstat --json "$a" -a | grep -q '"address": "sue@mail.example.com", "status": "delivered"'
	python3 -S - "$T" <<-'CHECK'
		import json, re, sys
		page = open(sys.argv[1] + "/page").read()
		parts = re.split(r"\n(?=\.Cm [a-z]+ ?[:\n]|a recipient:)", page)
		def keys(start):
		    part = next(p for p in parts if p.startswith(start))
		    found = set()
		    for line in re.findall(r"^\.It Ic (.*)", part, re.M):
		        found |= {w for w in line.split() if w != ","}
		    return found
		def lines(name):
		    return [json.loads(l) for l in open(sys.argv[1] + "/" + name)]
		def same(what, got, want):
		    if got != want:
		        sys.exit("%s: in the output alone %s, on the page alone %s" % (what, got - want, want - got))
		def all_keys(objects):
		    return {k for o in objects for k in o if k != "v"}
		messages = lines("list") + lines("show")
		same("list", all_keys(messages), keys(".Cm show"))
		same("recipient", all_keys(r for m in messages for r in m["recipients"]), keys("a recipient"))
		for name in "shape", "hosts":
		    same(name, all_keys(lines(name)), keys(".Cm " + name))
		same("totals", all_keys(lines("totals")), keys(".Cm totals"))
		for name in "list", "show", "shape", "hosts", "totals":
		    for o in lines(name):
		        assert o["v"] == 1 and next(iter(o)) == "v", o
		assert len(lines("list")) == 4 and lines("totals")[0]["messages"] == 4
		m = next(m for m in lines("list") if m["state"] == "deferred")
		r = m["recipients"]
		assert len(r) == 1 and r[0]["code"] == "4.7.1" and r[0]["reply"] == "450 Greylisted, wait", r
		assert r[0]["relay"] == "mx.example.org[192.0.2.1]:25" and r[0]["attempts"] == 2
		assert m["next"] == 1770000000 and m["age"] >= 0
		h = lines("show")[0]
		assert len(h["recipients"]) == 2 and ["Subject", "x"] in h["header"], h
	CHECK
}

@test "JSON holds what is hostile as text, and what cannot be read" {
	a=$(queue)
	mark "$SATCHEL_SPOOL/new/$a" 0 . 1 $'4.0.0 - a"b\\\e[2J\xff\xe2\x80\xae'
	head -c 100 /dev/urandom >"$SATCHEL_SPOOL/corrupt/0123456789abcdefghij"
	qstat --json | python3 -S -c '
import json, sys
good, bad = [json.loads(l) for l in sys.stdin]
assert good["recipients"][0]["reply"] == r"a" + "\"" + r"b\x5c\x1b[2J\xff\xe2\x80\xae", good
assert bad["state"] == "corrupt" and bad["recipients"] == [] and "sender" not in bad, bad'
	# what qrun wrote escaped is not escaped again
	mark "$SATCHEL_SPOOL/new/$a" 0 . 1 '4.0.0 - 450 \x1b[2J'
	qstat | grep -qF $'\t\t4.0.0 - 450 \\x1b[2J'
}

@test "mailq: as programs for Postfix read it" {
	[ "$(qstat --mailq)" = 'Mail queue is empty' ]
	a=$(queue joe@example.org sue@example.org eve@example.org)
	b=$(queue)
	defer "$a"
	file=$SATCHEL_SPOOL/deferred/001770000000/$a
	for i in 0 1; do
		mark "$file" $i . 2 '4.7.1 mx.example.org[192.0.2.1]:25 450 4.7.1 wait'
	done
	mark "$file" 2 . 2 '4.4.1 - connection refused'
	qctl hold "$b"
	qstat --mailq >"$T/out"
	sed -i -E 's/ (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}  / DATE  /' "$T/out"
	size=$(qstat "$a" --json | grep -o '"size": [0-9]*' | grep -o '[0-9]*')
	cat >"$T/want" <<-END
		-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
		$a  $(printf %7d "$size") DATE  ann@example.org
		                      (host mx.example.org[192.0.2.1]:25 said: 450 4.7.1 wait)
		                                         joe@example.org
		                                         sue@example.org
		                                                    (4.4.1 connection refused)
		                                         eve@example.org

		$b! $(printf %7d "$(qstat "$b" --json | grep -o '"size": [0-9]*' | grep -o '[0-9]*')") DATE  ann@example.org
		                                         joe@example.org

		-- 0 Kbytes in 2 Requests.
	END
	diff "$T/want" "$T/out"
	qctl delete "$a"
	qstat --mailq | tail -n 1 | grep -qx -e '-- 0 Kbytes in 1 Request.'
}

@test "mailqformat: as programs for Sendmail read it" {
	control mailqformat sendmail
	mailconf check 2>&1 | grep mailqformat && false
	[ "$(qstat --mailq)" = $'mqueue is empty\n\t\tTotal requests: 0' ]
	a=$(queue)
	mark "$SATCHEL_SPOOL/new/$a" 0 . 2 '4.4.1 - connection refused'
	qstat --mailq >"$T/out"
	grep -Eq "^$a +[0-9]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9]{2}:[0-9]{2} <ann@example.org>$" "$T/out"
	grep -qx $'\t\t\t\t\t <joe@example.org>' "$T/out"
	grep -q '(Deferred: 4.4.1 connection refused)' "$T/out"
	[ "$(tail -n 1 "$T/out")" = $'\t\tTotal requests: 1' ]
	control mailqformat exim
	run mailconf check
	assert_output_has 'mailqformat: postfix or sendmail is expected'
}
