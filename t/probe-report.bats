#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1): the forms of its output, expectations, what is otherwise than before, exit codes.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

probe() {
	run timeout 60 smtp-probe --pace 0 "$@"
}

sink() {
	start smtp-sink "$@"
	wait_for 20 test -s "$STARTED_LOG"
	PORT=$(cat "$STARTED_LOG")
}

# A server on pipes that greets with these octets, as printf takes them.
greets() {
	SERVER="printf '$1\r\n'; while IFS= read -r line; do case \$line in EHLO*) printf '250 here\r\n' ;; QUIT*) printf '221 bye\r\n'; exit ;; *) printf '250 ok\r\n' ;; esac; done"
}

@test "each id is in the table of kinds once, and in the page; each literal id has a row" {
	cd "$ROOT"
	grep -ohE '\{"[a-z0-9.-]+", (true|false), (true|false)\}' bin/smtp-probe/report_kinds.c | cut -d '"' -f 2 | sort >"$T/kinds"
	sort -u "$T/kinds" | cmp - "$T/kinds"
	sed -n '/^\.Sh RESULTS/,/^\.Sh JSON/p' man/smtp-probe.1 | sed -n 's/^\.It Cm //p' | sed 's/ , /\n/g' | sort >"$T/page"
	diff "$T/kinds" "$T/page"
	grep -ohE 'report_(add|find)\([^"]*"[a-z0-9.-]+"' bin/smtp-probe/*.c | cut -d '"' -f 2 | sort -u >"$T/used"
	[ -s "$T/used" ]
	[ -z "$(comm -23 "$T/used" "$T/kinds")" ]
}

@test "the JSON is as the page says, with everything that there can be" {
	sink --at 'rcpt=450 4.7.1 Greylisted'
	probe --json "127.0.0.1:$PORT"
	printf '%s\n' "$output" >"$T/plain.json"
	# a size that has changed, and a result that cannot be told now
	sed 's/"1000000"/"2000000"/; s/"id":"starttls","verdict":"no"/"id":"starttls","verdict":"yes"/' "$T/plain.json" >"$T/old.json"
	sed 's/"results":\[\],"servers"/"results":[{"id":"mx","verdict":"fact","weight":"plain","value":"9"}],"servers"/' "$T/old.json" >"$T/older.json"
	probe --json --diff "$T/older.json" --expect 'starttls=yes dane=ok' --to joe@example.org "127.0.0.1:$PORT"
	assert_status 1
	printf '%s\n' "$output" >>"$T/plain.json"
	probe --json --to '' 'missing.invalid' -s "127.0.0.1:1" -t 1
	printf '%s\n' "$output" >>"$T/plain.json"
	python3 -S "$ROOT/t/probe-report.py" "$ROOT/man/smtp-probe.1" "$T/plain.json"
}

@test "the table: what is wrong comes first, with what to do, in the first screen" {
	sink --at 'rcpt=450 4.7.1 Greylisted, try again in 300 seconds'
	COLUMNS=80 probe --to joe@example.org "127.0.0.1:$PORT"
	assert_status 2
	[[ ${lines[0]} =~ ^127.0.0.1:$PORT:\ 1\ could\ not\ be\ told,\ 1\ warning\;\ [0-9.]+\ s$ ]]
	[ "${lines[1]}" = "COULD NOT TELL  rcpt joe@example.org  at 127.0.0.1:$PORT" ]
	[[ ${lines[3]} == *"it said: 450 4.7.1 Greylisted, try again in 300 seconds" ]]
	[[ ${lines[4]} == *"what to do: "* ]]
	[[ $(printf '%s\n' "${lines[@]:0:12}") == *"WARNING  starttls  at"* ]]
	for line in "${lines[@]}"; do [ "${#line}" -le 80 ]; done
	[[ $output != *$'\e'* ]]
	probe --color always --to joe@example.org "127.0.0.1:$PORT"
	assert_output_has $'\e[33mCOULD NOT TELL\e[0m'
	assert_output_has $'\e[32myes\e[0m'
	probe --color sometimes "127.0.0.1:$PORT"
	assert_status 64
}

@test "the table: an advice and a code stand there once, and the reply to a no that is no trouble" {
	sink --at 'rcpt=550 5.1.1 no such user'
	probe --to joe@example.org --to ann@example.org "127.0.0.1:$PORT"
	[ "$(grep -c 'PROBLEM  rcpt' <<<"$output")" -eq 2 ]
	[ "$(grep -c 'what to do: .*typing mistake' <<<"$output")" -eq 1 ]
	probe send --to joe@example.org --stop-after mail "127.0.0.1:$PORT"
	grep -q '^  yes  mail  *250 2' <<<"$output"
	greets '220 here'
	probe --pipe "$(sed 's/EHLO/HELP*) echo 502 5.5.1 no help ;; EHLO/' <<<"$SERVER")"
	grep -q '^  no   help .*  502 5.5.1 no help' <<<"$output"
}

@test "on a terminal a table longer than the screen ends with what is wrong" {
	sink
	run script -qec "stty rows 24 cols 80; smtp-probe --pace 0 127.0.0.1:$PORT" /dev/null
	echo "$output" # shown where it fails
	[[ ${lines[-1]} == "See the top of this for: starttls"* ]]
}

@test "what a server says ends no line, opens no field and steers no terminal" {
	greets '220 a|b # TODO c\\d\033[7m\t\377\302\233 \342\200\256 x'
	for form in --color=always --json --tap --nagios; do
		probe --expect greeting=no -v --pipe "$SERVER" "$form"
		case $form in --nagios) assert_status 2 ;; *) assert_status 1 ;; esac
		[[ $output != *$'\e[7m'* && $output != *$'\377'* && $output != *$'\t'* && $output != *$'\342\200\256'* ]]
	done
	probe --pipe "$SERVER" --json
	printf '%s\n' "$output" | python3 -S -c 'import json, sys
replies = [r.get("reply") for r in json.load(sys.stdin)["servers"][0]["results"] if r["id"] == "greeting"]
assert replies == [r"220 a|b # TODO c\x5cd\x1b[7m\x09\xff\xc2\x9b \xe2\x80\xae x"], replies'
	greets '421 4.7.0 a|b # TODO c'
	probe --connections 1 --pipe "$SERVER" --nagios
	[[ $output == "SMTP "* ]]
	[ "$(printf %s "${lines[0]}" | tr -cd '|')" = '|' ]
	[ "$(printf %s "${lines[*]}" | tr -cd '|')" = '|' ]
	probe --connections 1 --pipe "$SERVER" --tap
	assert_output_has '# reply: 421 4.7.0 a|b # TODO c'
	[ "$(printf '%s\n' "${lines[@]}" | grep -v '^#' | grep -cE '[^\\]# TODO [ac]')" -eq 0 ]
}

@test "--tap: a line for each result, and a plan that fits" {
	sink --at 'rcpt=450 4.7.1 Greylisted'
	probe --tap --to joe@example.org "127.0.0.1:$PORT" "127.0.0.1:$PORT"
	assert_status 2
	assert_output_has "# could not tell: "
	assert_output_has "starttls # TODO warning: "
	[ "${lines[-1]}" = "1..$(printf '%s\n' "${lines[@]}" | grep -cE '^(not )?ok [0-9]+ - ')" ]
	probe --tap --expect 'size>=1000000,pipelining=yes' "127.0.0.1:$PORT"
	assert_status 0
	[ "${lines[0]}" = "ok 1 - 127.0.0.1:$PORT size>=1000000" ]
	[ "${lines[2]}" = 1..2 ]
}

@test "--nagios: a line, figures, and the exit codes of such plugins" {
	sink --at 'rcpt=450 4.7.1 Greylisted'
	probe --nagios "127.0.0.1:$PORT"
	assert_status 1
	[[ ${lines[0]} =~ ^SMTP\ WARNING\ -\ starttls\ at\ 127.0.0.1:$PORT:\ .*\ \|\ time=[0-9.]+s\;\;\;0\ problems=0\;\;\;0\ warnings=1\;\;\;0\ unknown=0\;\;\;0$ ]]
	probe --nagios --to joe@example.org --expect rcpt=yes "127.0.0.1:$PORT"
	assert_status 3
	[[ ${lines[0]} == "SMTP UNKNOWN - rcpt=yes at "* ]]
	probe --nagios --expect pipelining=yes "127.0.0.1:$PORT"
	assert_status 0
	[[ ${lines[0]} == "SMTP OK - nothing wrong was found | "* ]]
	stop "$STARTED_PID" || true
	probe --nagios "127.0.0.1:$PORT"
	assert_status 2
	[[ ${lines[0]} == "SMTP CRITICAL - "* ]]
	probe --nagios --json "127.0.0.1:$PORT"
	assert_status 64
}

@test "--expect: met, not met, could not tell, and what is no expectation" {
	sink --at 'rcpt=450 4.7.1 Greylisted'
	while read -r code words; do
		probe --to joe@example.org --expect "$words" "127.0.0.1:$PORT"
		assert_status "$code" || { echo "$words"; false; } # shown where it fails
	done <<-'CASES'
		0 size>=1000000 size<2000000,size=1000000 size!=5 pipelining=yes starttls=no starttls!=yes
		0 rcpt=unknown
		0 auth=ok auth=none
		0 ehlo~sink.test ehlo!~other
		1 starttls=yes
		1 size>1000000
		1 size>=2000000 rcpt=yes
		2 rcpt=yes
		2 rcpt!=yes
		2 dane=ok pipelining=yes
		64 dnae=ok
		64 starttls
		64 starttls=
		64 starttls==yes
		64 =yes
		64 ,
	CASES
	probe --expect starttls=yes "127.0.0.1:$PORT"
	[[ ${lines[0]} == "NOT MET  starttls=yes  at 127.0.0.1:$PORT: "* ]]
	probe --expect startls=yes "127.0.0.1:$PORT"
	assert_output_has "did you mean starttls?"
}

@test "--diff: what changed, and nothing where all is as it was" {
	sink
	smtp-probe --pace 0 --json "127.0.0.1:$PORT" >"$T/old.json" || true
	probe --diff "$T/old.json" "127.0.0.1:$PORT"
	assert_status 0
	[ -z "$output" ]
	sed 's/"value":"1000000"/"value":"500"/' "$T/old.json" >"$T/older.json"
	probe --diff "$T/older.json" "127.0.0.1:$PORT"
	assert_status 1
	[ "$output" = "127.0.0.1:$PORT  size: 500 -> 1000000" ]
	probe --diff "$T/older.json" --tap "127.0.0.1:$PORT"
	[ "${lines[0]}" = "not ok 1 - 127.0.0.1:$PORT size # was 500, is 1000000" ]
	# of two targets, to each its own
	smtp-probe --pace 0 --json "127.0.0.1:$PORT" "[127.0.0.1]:$PORT" | sed 's/"value":"1000000"/"value":"500"/' >"$T/two.json"
	probe --diff "$T/two.json" "127.0.0.1:$PORT" "[127.0.0.1]:$PORT"
	[ "$output" = "127.0.0.1:$PORT  size: 500 -> 1000000"$'\n'"127.0.0.1:$PORT  size: 500 -> 1000000" ]
	# another command's, another target's, another server's
	{ cat "$T/old.json" && sed 's/"command":"look"/"command":"vrfy"/' "$T/older.json"; } >"$T/both.json"
	probe --diff "$T/both.json" "127.0.0.1:$PORT"
	assert_status 0
	[ -z "$output" ]
	sed 's/"target":"/&x/' "$T/old.json" >"$T/both.json"
	probe --diff "$T/both.json" "127.0.0.1:$PORT"
	assert_status 2
	[ "$output" = "127.0.0.1:$PORT  everything: not in the file -> could not tell" ]
	sed 's/"name":""/"name":"mx.test"/' "$T/old.json" >"$T/both.json"
	probe --diff "$T/both.json" "127.0.0.1:$PORT"
	assert_status 1
	assert_output_has "server mx.test 127.0.0.1:$PORT: there -> gone"
	assert_output_has "server 127.0.0.1:$PORT: not there -> new"
	yes '{"v":1,"target":""}' | head -n 100001 >"$T/many.json"
	probe --diff "$T/many.json" "127.0.0.1:$PORT"
	assert_status 64
	assert_output_has 'has too much in it'
	# what we would not have written
	sed 's/"value":"1000000"/"value":"\\u001b[2J\\n"/' "$T/old.json" >"$T/older.json"
	probe --diff "$T/older.json" "127.0.0.1:$PORT"
	[ "$output" = "127.0.0.1:$PORT  size: (not fit to print) -> 1000000" ]
	stop "$STARTED_PID" || true
	probe --diff "$T/old.json" "127.0.0.1:$PORT"
	assert_status 69
	assert_output_has "size: 1000000 -> could not tell"
	probe --diff "$T/old.json" 127.0.0.1:1
	assert_output_has "everything: not in the file -> could not tell"
	echo '{"v":9,"target":"x"}' >"$T/other.json"
	echo '{"v":1,"target":7}' >"$T/number.json"
	# some thousands of targets may be in one file, but nothing that fills the memory
	local few
	few=$(printf 'x\n%.0s' {1..50})
	while read -r _; do cat "$T/old.json"; done <<<"$few" >"$T/many.json"
	while read -r _; do cat "$T/many.json"; done <<<"$few" >"$T/old2.json"
	probe --diff "$T/old2.json" 127.0.0.1:1
	assert_status 69
	assert_output_has "everything: not in the file -> could not tell"
	local begin='{"v":1,"command":"look","target":"x"'
	{ printf '%s,"servers":[' "$begin" && head -c 1500000 /dev/zero | sed 's/\x0/{},/g' && echo '{}]}'; } >"$T/large.json"
	# it is text that counts little
	{ printf '%s,"x":"\\"' "$begin" && head -c 1500000 /dev/zero | tr '\0' '{' && echo '"}'; } >"$T/text.json"
	probe --diff "$T/text.json" 127.0.0.1:1
	assert_status 69
	probe --diff "$T/large.json" "127.0.0.1:$PORT"
	assert_status 64
	assert_output_has "it would take more than 256 MiB of memory"
	# no end: zeros, and blanks from a pipe
	mkfifo "$T/blanks"
	start sh -c "tr '\\0' ' ' </dev/zero >$T/blanks"
	probe --diff "$T/blanks" "127.0.0.1:$PORT"
	assert_status 64
	assert_output_has "more than 64 MiB"
	for file in "$T/other.json" "$T/number.json" "$T/missing" /dev/null /dev/zero "$ROOT/README" "$T"; do
		probe --diff "$file" "127.0.0.1:$PORT"
		assert_status 64
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "lines that are folded end without a blank, and not between a number and its unit" {
	sink
	for width in {60..71}; do
		COLUMNS=$width probe --to joe@example.org "127.0.0.1:$PORT"
		printf '%s\n' "$output" >>"$T/output"
		run smtp-probe send --from joe@example.test --to joe@example.org "127.0.0.1:$PORT"
		[[ $output != *'connect    ('* ]]
	done
	grep -q ' s)$' "$T/output"
	run grep -nE ' $|^ *[a-z]+\)$' "$T/output"
	assert_status 1
}

@test "exit codes: 1 for a problem, 69 for no connection, 76 for no SMTP; output that cannot be written" {
	sink
	probe 127.0.0.1:1
	assert_status 69
	probe --pipe 'printf "SSH-2.0-OpenSSH_9.2\r\n"; read a'
	assert_status 76
	probe 127.0.0.1:1 "127.0.0.1:$PORT"
	assert_status 2
	run timeout 60 sh -c "smtp-probe --pace 0 127.0.0.1:$PORT >/dev/full"
	assert_status 2
	assert_output_has "unable to write"
}
