#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What smtp-send(8) makes of extensions: CHUNKING, BINARYMIME, LIMITS, and LMTP.

load helper
load smtp-send

wire() {
	printf 'Subject: %s\r\n\r\nhello\r\n' "$1" >"$T/$1"
}

# large NAME OCTETS: lines of 70 x, in wire format
large() {
	python3 -S -c 'import sys; sys.stdout.write(("x" * 68 + "\r\n") * (int(sys.argv[1]) // 70))' "$2" >"$T/$1"
}

jobs() {
	run timeout 60 python3 -S "$ROOT/t/jobs.py" "$@"
}

@test "CHUNKING: a small message goes with its commands, in one write" {
	start_sink --with CHUNKING
	printf 'Subject: test\n\n.hello\n' >"$T/message"
	MESSAGE=$T/message to_sink joe@example.test ann@example.test
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	assert_file_has "$OUT/log" 'RCPT TO:<ann@example.test>\r\nBDAT 25 LAST\r\nSubject: test\r\n\r\n.hello\r\n'
	[ "$(cat -A "$OUT/1.eml")" = $'Subject: test^M$\n^M$\n.hello^M$' ]
	wait_for 20 grep -q QUIT "$OUT/log"
	[ "$(wc -l <"$OUT/log")" -eq 3 ]
}

@test "CHUNKING: a large message waits for the replies, and the next behind it is reset" {
	start_sink --with CHUNKING --without SIZE
	large one 3000000
	to=smtp:127.0.0.1:$SINK
	together --body 8BITMIME smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[ "$(grep -c "taken" <<<"$output")" -eq 2 ]
	cmp "$OUT/1.eml" "$T/one"
	cmp "$OUT/2.eml" "$T/one"
	grep -q "^1 behind b.RSET.r.nMAIL" "$OUT/log"
	lacks 'DATA' "$OUT/log"
}

@test "CHUNKING: the kernel copies a large message" {
	needs strace
	start_sink --with CHUNKING --without SIZE
	large one 3000000
	jobs --body 8BITMIME strace -f -e trace=sendfile,pread64,sendmsg -o "$T/trace" smtp-send -w -- \
		"$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	cmp "$OUT/1.eml" "$T/one"
	[ "$(sed -n 's/.*sendfile.* = \([0-9]*\)$/\1/p' "$T/trace" | awk '{ n += $1 } END { print n }')" -gt 2900000 ]
	[ "$(sed -n 's/.*pread64.* = \([0-9]*\)$/\1/p' "$T/trace" | awk '{ n += $1 } END { print n + 0 }')" -lt 60000 ]
}

@test "CHUNKING without PIPELINING: BDAT behind the replies" {
	start_sink --with CHUNKING --without PIPELINING
	to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/log" "b'BDAT 24 LAST"
	lacks DATA "$OUT/log"
}

@test "CHUNKING: nobody accepted, MAIL refused" {
	start_sink --with CHUNKING --at "rcpt=550 5.1.1 no@1" --at "mail=451 4.3.0 later@2"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test \
		-- "$T/one" "$to" bob@example.test
	assert_status 0
	assert_output_has $'1\t0\tP\t5.1.1\t'
	assert_output_has $'2\t0\tT\t4.3.0\t'
	assert_output_has $'3\t0\tD\t2.0.0\t'
	[ "$(grep -c "1 b'RSET" "$OUT/log")" -eq 2 ]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "CHUNKING that the server does not know after all: DATA, over another connection" {
	for reply in "500 5.5.1 what" "503 5.5.1 sequence" "502 no"; do
		start_sink --with CHUNKING --at "bdat=$reply"
		to_sink joe@example.test
		assert_status 0
		assert_file_has "$OUT/log" "2 b'MAIL"
		assert_file_has "$OUT/log" 'DATA'
		[ -e "$OUT/1.eml" ]
		[ ! -e "$OUT/2.eml" ]
	done
	start_sink --with CHUNKING --at "bdat=552 5.2.3 too big"
	to_sink joe@example.test
	assert_status 100
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "CHUNKING: a connection that breaks when all is said leaves it unknown, 421 does not" {
	start_sink --with CHUNKING --at "bdat=close@1" --at "rcpt=421 4.3.2 enough@2"
	to_sink joe@example.test
	assert_status 111
	assert_output_has $'\t4.4.2\t'
	to_sink joe@example.test
	assert_status 111
	assert_output_has $'\t4.3.2\t'
	[ ! -e "$OUT/1.eml" ]
}

@test "a bare LF does not pass through our hands into BDAT either" {
	start_sink --with CHUNKING
	printf 'a\r\nb\n.\nc\r\n' >"$T/bad"
	jobs smtp-send -w -- "$T/bad" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.3.0\t'* ]]
	[ ! -e "$OUT/1.eml" ]
}

@test "BINARYMIME goes as it is where it may, else converted, else not at all" {
	printf 'MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\na\n\0\377\rb' >"$T/one"
	start_sink --with CHUNKING --with BINARYMIME
	jobs --body BINARYMIME smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" " BODY=BINARYMIME"
	cmp "$OUT/1.eml" "$T/one"
	start_sink --with BINARYMIME
	jobs --body BINARYMIME smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_file_has "$OUT/1.eml" base64
	start_sink --with CHUNKING --with BINARYMIME --at "bdat=502 no"
	jobs --body BINARYMIME smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_file_has "$OUT/1.eml" base64
	control limits "smtp-convert: 0"
	start_sink --without 8BITMIME
	jobs --body BINARYMIME smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	[[ ${lines[0]} == $'1\t0\tP\t5.6.2\t'* ]]
	lacks MAIL "$OUT/log"
}

@test "RCPTMAX splits the recipients, MAILMAX and RCPTDOMAINMAX the connections" {
	start_sink --with "LIMITS RCPTMAX=2 OTHER=x MAILMAX=2"
	to_sink a@example.test b@example.test c@example.test d@example.test e@example.test
	assert_status 0
	[ "$(grep -c "RCPT" "$OUT/1.env")" -eq 2 ]
	[ "$(grep -c "RCPT" "$OUT/3.env")" -eq 1 ]
	assert_file_has "$OUT/log" "2 b'MAIL FROM"
	[ "$(grep -c "1 b'MAIL" "$OUT/log")" -eq 2 ]
	start_sink --with "LIMITS RCPTDOMAINMAX=1" --with CHUNKING
	to_sink a@one.test b@two.test c@ONE.test
	assert_status 0
	assert_file_has "$OUT/1.env" "c@ONE.test"
	[ "$(grep -c RCPT "$OUT/2.env")" -eq 1 ]
	assert_file_has "$OUT/log" "2 b'MAIL"
	start_sink --with "LIMITS MAILMAX=0 RCPTMAX=x RCPTMAX=1000000"
	to_sink a@one.test b@two.test
	[ "$(grep -c RCPT "$OUT/1.env")" -eq 2 ]
}

@test "a worker's connection is closed at MAILMAX" {
	start_sink --with "LIMITS MAILMAX=2"
	wire one
	to=smtp:127.0.0.1:$SINK
	together smtp-send -w -- "$T/one" "$to" a@example.test -- "$T/one" "$to" b@example.test \
		-- "$T/one" "$to" c@example.test
	assert_status 0
	[ "$(grep -c taken <<<"$output")" -eq 3 ]
	assert_file_has "$OUT/log" "2 b'MAIL"
	[ "$(grep "^1 " "$OUT/log" | grep -o "MAIL FROM" | wc -l)" -eq 2 ]
}

@test "a server that takes few recipients at once gets the rest in further transactions" {
	for extra in "" "--without PIPELINING" "--with CHUNKING"; do
		# shellcheck disable=SC2086
		start_sink --most 2 $extra
		to_sink a@example.test b@example.test c@example.test d@example.test e@example.test
		assert_status 0
		[ "$(grep -c delivered <<<"$output")" -eq 5 ]
		[ -e "$OUT/3.eml" ]
		[ ! -e "$OUT/4.eml" ]
		[ "$(grep "^1 " "$OUT/log" | grep -o "RCPT TO" | wc -l)" -eq 8 ] # 5 2 1
		[ "$(cut -d " " -f 1 "$OUT/log" | grep -cv 1)" -eq 0 ]
	done
	# about one mailbox, or nobody before it: that waits
	start_sink --at "rcpt:b@example.test=452 4.2.2 full"
	to_sink a@example.test b@example.test
	assert_status 111
	[ "$(grep -o "RCPT TO" "$OUT/log" | wc -l)" -eq 2 ]
	start_sink --at "rcpt:b@example.test=452 too many"
	to_sink a@example.test b@example.test
	assert_status 111
	[[ ${lines[1]} == $'temporary\tb@example.test\t4.0.0\t'*$'\t452 too many'* ]]
	[ "$(grep -o "RCPT TO" "$OUT/log" | wc -l)" -eq 3 ]
}

@test "LMTP: each recipient has a reply of its own" {
	for extra in "" "--without PIPELINING" "--with CHUNKING"; do
		# shellcheck disable=SC2086
		start_sink --lmtp $extra --at "end:b@example.test=550 5.2.2 full" --at "bdat:b@example.test=550 5.2.2 full" \
			--at "rcpt:c@example.test=550 5.1.1 nobody" --at "end:d@example.test=451 4.3.0 busy" \
			--at "bdat:d@example.test=451 4.3.0 busy"
		send -f me@example.org "lmtp:127.0.0.1:$SINK" a@example.test b@example.test c@example.test d@example.test
		assert_status 111
		[[ ${lines[0]} == $'delivered\ta@example.test\t2.0.0\t127.0.0.1[127.0.0.1]:'* ]]
		[[ ${lines[1]} == $'permanent\tb@example.test\t5.2.2\t'* ]]
		[[ ${lines[2]} == $'permanent\tc@example.test\t5.1.1\t'* ]]
		[[ ${lines[3]} == $'temporary\td@example.test\t4.3.0\t'* ]]
		[ -e "$OUT/1.eml" ]
		[ ! -e "$OUT/2.eml" ]
		assert_file_has "$OUT/log" "LHLO here.test"
	done
}

@test "LMTP by BDAT: one recipient's refusal says nothing of BDAT, and others have their copy once" {
	start_sink --lmtp --with CHUNKING --at "bdat:b@example.test=503 5.5.1 not for him"
	send "lmtp:127.0.0.1:$SINK" a@example.test b@example.test c@example.test
	assert_status 100
	[[ ${lines[0]} == $'delivered\ta@example.test\t'* ]]
	[[ ${lines[1]} == $'permanent\tb@example.test\t5.5.1\t'* ]]
	[[ ${lines[2]} == $'delivered\tc@example.test\t'* ]]
	[ -e "$OUT/2.eml" ] && [ ! -e "$OUT/3.eml" ]
}

@test "LMTP over a socket, and jobs one after the other" {
	start_sink --lmtp --socket "$T/lmtp" --with CHUNKING
	wire one
	together smtp-send -w -- "$T/one" "lmtp:unix:$T/lmtp" a@example.test b@example.test \
		-- "$T/one" "lmtp:unix:$T/lmtp" c@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tD\t2.0.0\tunix:'"$T/lmtp"$'\t'* ]]
	[ "$(grep -c taken <<<"$output")" -eq 3 ]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "LMTP: who was answered before the connection broke keeps it; a 421 is for its own" {
	for action in close "421 4.3.2 going" garbage; do
		start_sink --lmtp --at "end:b@example.test=$action"
		send "lmtp:127.0.0.1:$SINK" a@example.test b@example.test c@example.test
		assert_status 111
		[[ ${lines[0]} == $'delivered\ta@example.test\t'* ]]
		[[ ${lines[1]} == $'temporary\tb@example.test\t4.'* ]]
		[[ ${lines[2]} == $'temporary\tc@example.test\t4.'* ]]
	done
}

@test "LMTP: wrong places" {
	start_sink
	send "lmtp:127.0.0.1:$SINK" a@example.test
	assert_status 111
	assert_output_has $'temporary\ta@example.test\t4.5.1\t'
	lacks EHLO "$OUT/log"
	for to in lmtp:127.0.0.1:25 lmtp:unix:lmtp "lmtp:unix:/$(head -c 200 /dev/zero | tr '\0' x)"; do
		send "$to" a@example.test
		assert_status 111
		assert_output_has $'temporary\ta@example.test\t4.3.5\t-\t'
	done
	send "lmtp:unix:$T/nothing" a@example.test
	assert_status 111
	assert_output_has $'\t4.4.1\tunix:'
}
