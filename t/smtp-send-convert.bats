#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8): messages that the next server does not take as they are. They are converted, or sent
# with SMTPUTF8, or refused.

load helper
load smtp-send

jobs() {
	run timeout 60 python3 -S "$ROOT/t/jobs.py" "$@"
}

# to_worker OPTION... -- RECIPIENT...: a job with the message of $T/message
to_worker() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	jobs "${options[@]}" smtp-send -w -- "$T/message" "smtp:127.0.0.1:$SINK" "$@"
}

# What python3 makes of the message that came: its transfer encoding and its body
understood() {
	python3 -S -c 'import email, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"))
print(m["Content-Transfer-Encoding"], m.get_payload(decode=True))' "$1"
}

eight_bit() {
	printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nvoici un bel \303\251t\303\251\r\n.\r\n' >"$T/message"
}

binary() {
	printf 'MIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\n\r\r\n.\r\n\377' >"$T/message"
}

@test "8-bit text becomes 7-bit for a server without 8BITMIME" {
	eight_bit
	start_sink --without 8BITMIME
	to_worker --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tD\t2.0.0'
	[ "$(understood "$OUT/1.eml")" = "quoted-printable b'voici un bel \\xc3\\xa9t\\xc3\\xa9\\n..\\n'" ]
	[ "$(grep -c '' "$OUT/1.eml")" -eq 6 ]
	# what is announced is what comes, but for the dot before the dot
	assert_file_has "$OUT/1.env" " SIZE=$(($(wc -c <"$OUT/1.eml") - 1))"
	lacks BODY "$OUT/1.env"
	# and it goes as it is to whom takes it
	start_sink
	to_worker --body 8BITMIME -- joe@example.test
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
	sed 's/^\.\././' "$OUT/1.eml" | cmp - "$T/message"
}

@test "7-bit text that is none, from the command line" {
	printf 'Subject: a\n\nvoici un bel \303\251t\303\251\n' >"$T/8bit"
	start_sink --without 8BITMIME
	MESSAGE=$T/8bit to_sink joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.eml" "voici un bel =C3=A9t=C3=A9"
	assert_file_has "$OUT/1.eml" "charset=unknown-8bit"
}

@test "binary goes as base64 to a server without BINARYMIME, one message after another" {
	binary
	for without in 8BITMIME DSN; do
		start_sink --without "$without" --with CHUNKING
		to=smtp:127.0.0.1:$SINK
		jobs --together --again --body BINARYMIME smtp-send -w -- "$T/message" "$to" joe@example.test \
			-- "$T/message" "$to" joe@example.test
		assert_output_has $'1\t0\tD'
		assert_output_has $'2\t0\tD'
		for n in 1 2; do
			[ "$(understood "$OUT/$n.eml")" = "base64 b'\\x00\\n\\r\\r\\n.\\r\\n\\xff'" ]
			lacks BODY "$OUT/$n.env"
		done
	done
}

@test "binary that holds 8-bit text alone stays that where it may" {
	eight_bit
	sed -i 's/8bit/binary/' "$T/message"
	start_sink
	to_worker --body BINARYMIME -- joe@example.test
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
	assert_file_has "$OUT/1.eml" "Content-Transfer-Encoding: 8bit"
	assert_file_has "$OUT/1.eml" $'un bel \303\251t\303\251'
}

@test "what is signed is not converted" {
	printf 'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\303\251\r\n--b--\r\n' >"$T/message"
	start_sink --without 8BITMIME
	to_worker --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tP\t5.6.3'
	assert_output_has "a part is signed or encrypted"
	[ ! -e "$OUT/1.eml" ]
	printf 'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\n\r\n--b--\r\n' >"$T/message"
	start_sink
	to_worker --body BINARYMIME -- joe@example.test
	assert_output_has $'1\t0\tP\t5.6.3'
	[ ! -e "$OUT/1.eml" ]
}

@test "a size limit is held against what would be sent" {
	{ printf 'Content-Type: x/y\r\n\r\n' && head -c 800000 /dev/urandom; } >"$T/message"
	start_sink
	to_worker --body BINARYMIME -- joe@example.test
	assert_output_has $'1\t0\tP\t5.3.4'
	start_sink --without SIZE
	to_worker --body BINARYMIME -- joe@example.test
	assert_output_has $'1\t0\tD'
}

@test "SMTPUTF8 for addresses" {
	printf 'Subject: a\r\n\r\nb\r\n' >"$T/message"
	start_sink --with SMTPUTF8
	to_worker -- jürgen@example.test joe@example.test
	assert_output_has $'1\t1\tD'
	assert_file_has "$OUT/1.env" " SMTPUTF8"
	assert_file_has "$OUT/1.env" "RCPT TO:<jürgen@example.test>"
	to_worker --sender jürgen@example.test -- joe@example.test
	assert_output_has $'1\t0\tD'
	assert_file_has "$OUT/2.env" "MAIL FROM:<jürgen@example.test> SIZE=17 SMTPUTF8"
	to_worker --utf8 -- joe@example.test
	assert_output_has $'1\t0\tD'
	lacks SMTPUTF8 "$OUT/3.env"
	lacks BODY "$OUT/1.env"
}

@test "addresses where SMTPUTF8 is not offered: those alone fail" {
	printf 'Subject: a\r\n\r\nb\r\n' >"$T/message"
	for without in DSN 8BITMIME PIPELINING; do
		start_sink --without "$without" --with SMTPUTF8
		[ "$without" = 8BITMIME ] || start_sink --without "$without"
		to_worker --utf8 -- jürgen@example.test joe@example.test
		assert_output_has $'1\t0\tP\t5.6.7'
		assert_output_has $'1\t1\tD'
		[ "$(grep -c RCPT "$OUT/1.env")" -eq 1 ]
		to_worker --utf8 --sender jürgen@example.test -- joe@example.test
		assert_output_has $'1\t0\tP\t5.6.7'
		[ ! -e "$OUT/2.eml" ]
	done
}

@test "SMTPUTF8 for header fields" {
	printf 'Subject: \303\251\r\n\r\nb\r\n' >"$T/message"
	start_sink --with SMTPUTF8
	to_worker --utf8 --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tD'
	assert_file_has "$OUT/1.env" " BODY=8BITMIME SMTPUTF8"
	cmp "$OUT/1.eml" "$T/message"
	start_sink
	to_worker --utf8 --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tP\t5.6.9'
	[ ! -e "$OUT/1.eml" ]
	# raw octets that nobody asked SMTPUTF8 for go on as they always did
	to_worker --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tD'
	start_sink --without 8BITMIME
	to_worker --body 8BITMIME -- joe@example.test
	assert_output_has $'1\t0\tP\t5.6.9'
}
