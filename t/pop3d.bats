#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # heard is set by what is loaded
# pop3d(8): one session at a time (t/pop3d-users.bats: whom it runs as; t/pop3d-tls.bats: TLS).

load helper
load pop3d

setup() {
	setup_pop3d
}

teardown() {
	teardown_pop3d
}

b64() {
	printf '%b' "$1" | base64 -w 0
}

@test "help, version and wrong usage" {
	run pop3d --help
	assert_status 0
	assert_output_has 'usage: pop3d'
	run pop3d --version
	[ "$output" = 'pop3d (satchel) 0.1' ]
	for options in -x -l '-l no:port' extra; do
		# shellcheck disable=SC2086
		run pop3d $options
		assert_status 100
	done
	run "${AS[@]}" pop3d -u games -l 127.0.0.1:0
	assert_status 111
	assert_output_has '-u needs root'
	control limits 'pop3d-errors: many'
	pop3 'QUIT\r\n'
	assert_status 111
	is '-ERR [SYS/TEMP] Out of service; try again later'
	assert_file_has "$T/log" 'pop3d: fatal: limits, line 1'
}

@test "a session from login to QUIT" {
	three_messages
	joe 'STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 3\r\nRETR 1\r\nRETR 2\r\nTOP 3 0\r\nNOOP\r\nDELE 1\r\nSTAT\r\nLIST\r\nUIDL\r\nQUIT\r\n'
	assert_status 0
	is '+OK 3 messages' '+OK 3 77' '+OK The messages' '1 29' '2 23' '3 25' . '+OK 2 23' \
	    '+OK The messages' '1 1700000001.M1P1.here' '2 1700000002.M1P1.here' \
	    '3 1700000003.M1P1.here' . '+OK 3 1700000003.M1P1.here' \
	    '+OK 29 octets' 'Subject: one' '' '..dot' '...two' . \
	    '+OK 23 octets' 'Subject: two' '' 'hello' . '+OK The beginning' 'Subject: three' '' . \
	    '+OK Here' '+OK Message 1 will be removed' '+OK 2 48' '+OK The messages' '2 23' '3 25' . \
	    '+OK The messages' '2 1700000002.M1P1.here' '3 1700000003.M1P1.here' . '+OK Goodbye'
	[ "$(cd "$BOX" && find new cur -type f | sort | paste -sd ' ')" = \
	    'cur/1700000002.M1P1.here:2,FS new/1700000003.M1P1.here' ]
	assert_file_has "$T/log" 'pop3d: auth login=joe@here.test mechanism=USER result=accepted'
	assert_file_has "$T/log" \
	    'pop3d: session login=joe@here.test messages=3 retrieved=2 deleted=1 octets=70 errors=0'
	grep -q 'end=quit$' "$T/log"
}

@test "what is wrong is refused, and changes nothing" {
	three_messages
	joe 'DELE 2\r\nDELE 2\r\nRETR 2\r\nTOP 2 1\r\nLIST 2\r\nUIDL 2\r\nRETR 0\r\nRETR 4\r\nRETR\r\nRETR x\r\nRETR -1\r\nRETR 99999999999999999999999\r\nTOP 1\r\nTOP 1 x\r\nTOP 1 1 1\r\nUSER joe\r\nAUTH PLAIN\r\nSTLS\r\nUTF8\r\nAPOP x y\r\nSTAT x\r\nRETR \xc3\xb6\r\nQUIT x\r\nRSET\r\nSTAT\r\n'
	is '+OK 3 messages' '+OK Message 2 will be removed' '-ERR This message is deleted' \
	    '-ERR This message is deleted' '-ERR This message is deleted' '-ERR This message is deleted' \
	    '-ERR This message is deleted' '-ERR There is no such message' '-ERR There is no such message' \
	    '-ERR The number of a message is expected' '-ERR The number of a message is expected' \
	    '-ERR The number of a message is expected' '-ERR The number of a message is expected' \
	    '-ERR TOP, the number of a message and one of lines are expected' \
	    '-ERR TOP, the number of a message and one of lines are expected' \
	    '-ERR TOP, the number of a message and one of lines are expected' \
	    '-ERR There is no such command after the login' '-ERR There is no such command after the login' \
	    '-ERR There is no such command after the login' '-ERR There is no such command after the login' \
	    '-ERR There is no such command after the login' '-ERR This command takes no argument' \
	    '-ERR Only printable ASCII may be used here' '-ERR This command takes no argument' \
	    '+OK 3 messages' '+OK 3 77'
	[ "$(files_in "$BOX/new" "$BOX/cur")" -eq 3 ]
	grep -q 'end=eof$' "$T/log"
}

@test "before the login" {
	pop3 'STAT\r\nRETR 1\r\nPASS secret\r\nUSER\r\nUSER \xff\r\nUTF8 x\r\nno end\nbare\rCR\r\nLANG\r\nLANG en\r\nLANG *\r\nLANG i-default\r\nLANG mul\r\nUTF8\r\nSTLS\r\nQUIT\r\n'
	is '+OK here.test POP3' '-ERR There is no such command before the login' \
	    '-ERR There is no such command before the login' '-ERR Say USER first' \
	    '-ERR USER and a name in UTF-8 are expected' '-ERR USER and a name in UTF-8 are expected' \
	    '-ERR UTF8 takes no argument' \
	    '-ERR A line ends with CR LF, and holds no CR, LF or NUL elsewhere' \
	    '-ERR A line ends with CR LF, and holds no CR, LF or NUL elsewhere' \
	    '+OK The languages' 'en English' 'i-default' . '+OK en So it is' '+OK en So it is' \
	    '+OK i-default So it is' '-ERR This language is not spoken here' '+OK UTF-8 it is' \
	    '-ERR TLS is not offered here' '+OK Goodbye'
	pop3 'CAPA\r\nQUIT\r\n'
	is '+OK here.test POP3' '+OK What there is' TOP UIDL RESP-CODES AUTH-RESP-CODE PIPELINING \
	    'EXPIRE NEVER' 'UTF8 USER' LANG 'IMPLEMENTATION satchel' USER \
	    'SASL SCRAM-SHA-256 PLAIN LOGIN' . '+OK Goodbye'
	control limits 'pop3d-login-delay: 60'
	control authentication 'plaintext: no'
	control certificates "*: $T/no.crt $T/no.key"
	pop3 'CAPA\r\nUSER joe@here.test\r\nSTLS x\r\nSTLS\r\n'
	assert_output_has $'SASL SCRAM-SHA-256\nSTLS\nLOGIN-DELAY 60\n.\n-ERR Not without TLS\n-ERR STLS takes no argument\n-ERR [SYS/TEMP] TLS'
	[[ $output != *$'\nUSER\n'* ]]
	rm "$SATCHEL_CONTROL/secrets" "$SATCHEL_CONTROL/authentication"
	pop3 'CAPA\r\nUSER joe@here.test\r\nAUTH PLAIN\r\nQUIT\r\n'
	[[ $output != *SASL* ]]
	assert_output_has '-ERR [SYS/PERM] There are no logins here'
}

@test "logins that fail" {
	pop3 'USER joe@here.test\r\nPASS wrong\r\nPASS secret\r\nUSER nobody@here.test\r\nPASS x\r\nUSER ann@here.test\r\nPASS secret\r\nSTAT\r\n'
	is '+OK here.test POP3' '+OK Go on with PASS' '-ERR [AUTH] These credentials are not valid' \
	    '-ERR Say USER first' '+OK Go on with PASS' '-ERR [AUTH] These credentials are not valid' \
	    '+OK Go on with PASS' '-ERR [SYS/PERM] This login has no mailbox here'
	assert_file_has "$T/log" 'pop3d: auth login=joe@here.test mechanism=USER result=refused'
	assert_file_has "$T/log" 'pop3d: mailbox login=ann@here.test reason="this login has no mailbox"'
	[ "$(grep -ci 'wrong\|secret' "$T/log")" -eq 0 ]
	control limits 'pop3d-auth-failures: 2' 'auth-delay: 0'
	pop3 'USER joe\r\nPASS 1\r\nUSER joe\r\nPASS 2\r\nUSER joe\r\n'
	is '+OK here.test POP3' '+OK Go on with PASS' '-ERR [AUTH] These credentials are not valid' \
	    '+OK Go on with PASS' '-ERR [AUTH] These credentials are not valid' \
	    '-ERR Too many failed logins, closing the connection'
	control limits 'auth-failures-login: 1' 'auth-delay: 0'
	mkdir -p "$SATCHEL_SPOOL/run/authd"
	[ "${#AS[@]}" -eq 0 ] || chown games "$SATCHEL_SPOOL/run/authd"
	pop3 'USER joe@here.test\r\nPASS 1\r\nUSER joe@here.test\r\nPASS secret\r\n'
	assert_output_has '-ERR [AUTH] Too many failures; try again later'
	control limits 'pop3d-errors: 1'
	pop3 'A\r\nB\r\nC\r\n'
	assert_output_has '-ERR Too many wrong commands, closing the connection'
	[ "${#lines[@]}" -eq 4 ]
}

@test "AUTH: initial responses, challenges, cancelling" {
	good=$(b64 '\0joe@here.test\0secret')
	for text in "AUTH PLAIN $good\r\n" "auth plain\r\n$good\r\n"; do
		pop3 "${text}STAT\r\nAUTH PLAIN\r\nQUIT\r\n"
		assert_output_has $'+OK 0 messages\n+OK 0 0\n-ERR There is no such command'
	done
	assert_output_has $'+OK here.test POP3\n+ \n'
	pop3 "AUTH\r\nAUTH NONE-SUCH\r\nAUTH a-name-that-is-longer-than-any\r\nAUTH PLAIN !\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n=AAA\r\nAUTH PLAIN =\r\nAUTH PLAIN $(b64 '\0joe@here.test\0no')\r\nAUTH LOGIN\r\n$(b64 joe@here.test)\r\n$(b64 secret)\r\nNOOP\r\n"
	is '+OK here.test POP3' '-ERR AUTH and a mechanism are expected; CAPA lists them' \
	    '-ERR There is no such mechanism' '-ERR AUTH and a mechanism are expected; CAPA lists them' \
	    '-ERR This is no base 64' '+ ' '-ERR Cancelled' '+ ' '-ERR This is no base 64' \
	    '-ERR This is no response of this mechanism' '-ERR [AUTH] These credentials are not valid' \
	    "+ $(b64 'Username:')" "+ $(b64 'Password:')" '+OK 0 messages' '+OK Here'
}

@test "only QUIT removes: not the end of the connection, nor a kill, nor RSET" {
	three_messages
	joe 'DELE 1\r\nDELE 2\r\nRETR 3\r\n'
	[ "$(files_in "$BOX/new" "$BOX/cur")" -eq 3 ]
	open_session "${AS[@]}" pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	say 'DELE 1'
	[ "$heard" = '+OK Message 1 will be removed' ]
	stop "$STARTED_PID" KILL || true
	close_session
	joe 'DELE 1\r\nRSET\r\nQUIT\r\n'
	[ "$(files_in "$BOX/new" "$BOX/cur")" -eq 3 ]
	[ ! -e "$BOX/cur/1700000003.M1P1.here:2,S" ]
	printf '10000S\n80 3\n' >"$BOX/maildirsize"
	give
	joe 'RETR 1\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n'
	[ "$(cd "$BOX" && find new cur -type f | sort | paste -sd ' ')" = \
	    'cur/1700000001.M1P1.here:2,S new/1700000003.M1P1.here' ]
	[ "$(tail -n 1 "$BOX/maildirsize")" = '-19 -1' ]
}

@test "one session at a time, and a killed one leaves no lock" {
	three_messages
	open_session "${AS[@]}" pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	[ "$heard" = '+OK 3 messages' ]
	joe 'STAT\r\n'
	is '-ERR [IN-USE] Another session has this mailbox open'
	assert_file_has "$T/log" 'pop3d: mailbox login=joe@here.test reason="Another session'
	grep -q 'end=mailbox$' "$T/log"
	stop "$STARTED_PID" KILL || true
	close_session
	joe 'QUIT\r\n'
	is '+OK 3 messages' '+OK Goodbye'
	# one that began on a full disk has the folder's lock alone
	exec {lock}<"$BOX"
	flock -n "$lock"
	joe 'QUIT\r\n'
	is '-ERR [IN-USE] Another session has this mailbox open'
	exec {lock}<&-
	joe 'QUIT\r\n'
	is '+OK 3 messages' '+OK Goodbye'
}

@test "who has the answer to QUIT may log in again at once" {
	needs strace
	three_messages
	# it takes a second for anything behind that answer
	open_session "${AS[@]}" env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=write,writev,sendto \
	    -e inject=write,writev,sendto:delay_exit=1000000 pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	[ "$heard" = '+OK 3 messages' ]
	say QUIT
	[ "$heard" = '+OK Goodbye' ]
	joe 'QUIT\r\n'
	is '+OK 3 messages' '+OK Goodbye'
	close_session
}

@test "unique-ids stay, whatever flags and folders; odd names get a hash" {
	message new/1700000001.a x
	message cur/1700000001.a:2,S x # the same, moved while we looked
	message cur/1700000002.b:2,RS x
	long=1700000003.$(printf 'n%.0s' {1..80})
	message "new/$long" x
	message $'new/1700000004.new\nline' x
	message 'new/1700000005.bl ank' x
	message new/hash-1 x
	message cur/.hidden x
	message new/noseconds:2,T x
	mkdir -p "$BOX/.Sent/cur"
	message .Sent/cur/1700000009.c x
	give
	joe 'UIDL\r\nUIDL 5\r\nQUIT\r\n'
	first=$output
	assert_output_has $'+OK 7 messages\n+OK The messages\n1 hash-'
	assert_output_has $'\n2 noseconds\n3 1700000001.a\n4 1700000002.b\n5 hash-'
	[ "$(grep -cx '[0-9] hash-[0-9a-f]\{32\}' <<<"$output")" -eq 4 ]
	[ "$(sort -u <<<"$output" | grep -c '^[0-9]')" -eq 7 ]
	mv "$BOX/new/$long" "$BOX/cur/$long:2,FS"
	joe 'UIDL\r\nUIDL 5\r\nQUIT\r\n'
	[ "$(grep '^[0-9] ' <<<"$output")" = "$(grep '^[0-9] ' <<<"$first")" ]
}

@test "what is no message is not shown, and nothing of it is touched" {
	three_messages
	echo SECRET >"$T/other"
	ln -s "$T/other" "$BOX/new/1600000001.link"
	ln -s /etc "$BOX/cur/1600000002.folder"
	mkfifo "$BOX/new/1600000003.fifo"
	mkdir "$BOX/cur/1600000004.dir"
	give
	joe 'STAT\r\nDELE 1\r\nQUIT\r\n'
	is '+OK 3 messages' '+OK 3 77' '+OK Message 1 will be removed' '+OK Goodbye'
	[ "$(find "$BOX/new" "$BOX/cur" -mindepth 1 | wc -l)" -eq 6 ]
	# what takes the place of a message
	open_session "${AS[@]}" pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	rm "$BOX"/cur/1700000002*
	ln -s "$T/other" "$BOX/cur/1700000002.M1P1.here:2,FS"
	rm "$BOX"/new/1700000003*
	mkfifo "$BOX/new/1700000003.M1P1.here"
	say 'RETR 1'
	[ "$heard" = '-ERR [SYS/TEMP] This message cannot be read: Invalid argument' ]
	say 'RETR 2'
	[ "$heard" = '-ERR [SYS/TEMP] This message cannot be read: Invalid argument' ]
	say 'STAT'
	[ "$heard" = '+OK 2 0' ]
	say 'QUIT'
	close_session
}

@test "a Maildir that is none of our own is refused" {
	mv "$BOX" "$T/real"
	ln -s "$T/real" "$BOX"
	give
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] The mailbox is not as it should be'
	rm "$BOX"
	joe 'STAT\r\nQUIT\r\n' # there was no mail yet
	is '+OK 0 messages' '+OK 0 0' '+OK Goodbye'
	mkdir "$BOX"
	give
	joe 'STAT\r\n'
	assert_file_has "$T/log" 'no new/ or no cur/'
	mkdir "$BOX/new"
	ln -s "$T/real/cur" "$BOX/cur"
	give
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] The mailbox is not as it should be'
	rm "$BOX/cur"
	mkdir "$BOX/cur"
	ln -s "$T/other" "$BOX/pop3d-sizes"
	give
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] The mailbox is not as it should be'
	[ ! -e "$T/other" ]
	rm "$BOX/pop3d-sizes"
	mkfifo "$BOX/pop3d-sizes"
	give
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] The mailbox is not as it should be'
	rm "$BOX/pop3d-sizes"
	chmod 777 "$BOX"
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] The mailbox is not as it should be'
	control users 'joe@here.test: /no/maildir'
	joe 'STAT\r\n'
	is '-ERR [SYS/PERM] This login has no mailbox here'
}

@test "others rename and remove messages meanwhile" {
	three_messages
	open_session "${AS[@]}" pop3d
	say 'USER joe@here.test'
	say 'PASS secret'
	mv "$BOX/new/1700000001.M1P1.here" "$BOX/cur/1700000001.M1P1.here:2,S"
	rm "$BOX/new/1700000003.M1P1.here"
	message new/1700000004.M1P1.here late
	say 'LIST 1'
	[ "$heard" = '+OK 1 29' ]
	say 'RETR 3'
	[ "$heard" = '-ERR This message has been removed meanwhile' ]
	say 'STAT'
	[ "$heard" = '+OK 3 52' ]
	mv "$BOX/cur/1700000001.M1P1.here:2,S" "$BOX/cur/1700000001.M1P1.here:2,RS"
	say 'DELE 1'
	say 'DELE 3'
	say 'QUIT'
	[ "$heard" = '+OK Goodbye' ]
	close_session
	[ "$(cd "$BOX" && find new cur -type f | sort | paste -sd ' ')" = \
	    'cur/1700000002.M1P1.here:2,FS new/1700000004.M1P1.here' ]
}

@test "sizes are what is sent, whatever the line ends; UTF8 and without" {
	needs python3
	python3 -B "$ROOT/t/pop3d.py" sizes "$BOX" "${AS[@]}"
}

@test "sizes are kept for large mailboxes, as long as they hold" {
	for i in {1000..1249}; do
		echo "Subject: $i" >"$BOX/new/170000$i.a"
	done
	give
	joe 'STAT\r\nQUIT\r\n'
	is '+OK 250 messages' '+OK 250 3750' '+OK Goodbye'
	assert_file_has "$BOX/pop3d-sizes" 'pop3d-sizes 1 '
	[ "$(wc -l <"$BOX/pop3d-sizes")" -eq 251 ]
	if command -v strace >/dev/null; then
		control confinement none
		ASAN_OPTIONS=detect_leaks=0 strace -f -o "$T/trace" "${AS[@]}" pop3d <<<"${LOGIN//\\r\\n/$'\r\n'}STAT"$'\r' >/dev/null 2>&1
		[ "$(grep -c 'openat.*"1700' "$T/trace")" -eq 0 ]
		rm "$SATCHEL_CONTROL/confinement"
	fi
	echo 'Subject: longer than before' >"$BOX/new/1700001000.a"
	joe 'STAT\r\nLIST 1\r\nQUIT\r\n'
	is '+OK 250 messages' '+OK 250 3764' '+OK 1 29' '+OK Goodbye'
	for damage in 's/ 15 / 16 /' '$d' '1s/1/2/' 's/.*/garbage/'; do
		sed -i "$damage" "$BOX/pop3d-sizes"
		give
		joe 'STAT\r\nQUIT\r\n'
		is '+OK 250 messages' '+OK 250 3764' '+OK Goodbye'
	done
	control limits 'pop3d-messages: 10'
	joe 'STAT\r\nDELE 10\r\nQUIT\r\n'
	assert_output_has '+OK 10 messages'
	[ "$(files_in "$BOX/new")" -eq 249 ]
}

@test "silence, and logins that come too soon" {
	control limits 'pop3d-timeout: 1' 'pop3d-login-delay: 100'
	# who has said all that there is to say before anybody listens, and stays
	mkfifo "$T/silence"
	exec 8<>"$T/silence"
	printf '%b' "$LOGIN" >&8
	# shellcheck disable=SC2016
	run timeout 60 bash -c '"$@" pop3d <"$T/silence" 2>"$T/log" 8>&-' silent "${AS[@]}"
	exec 8>&-
	assert_output_has '+OK 0 messages'
	grep -q 'end=silent$' "$T/log"
	control limits 'pop3d-login-delay: 100'
	joe 'STAT\r\n'
	is '-ERR [LOGIN-DELAY] The last login was only just now'
	touch -d '200 seconds ago' "$BOX/pop3d-sizes"
	joe 'QUIT\r\n'
	is '+OK 0 messages' '+OK Goodbye'
}

@test "a server within its limits, and a proxy's word for who the client is" {
	control limits 'pop3d-sessions-address: 1'
	listen
	for ((i = 0; i < 200; i++)); do # until the one that looked whether it listens is over
		exec 8<>"/dev/tcp/127.0.0.1/$PORT" 9<&8
		hear
		[[ $heard != *'Too many'* ]] && break
		sleep 0.1
	done
	[ "$heard" = '+OK here.test POP3' ]
	exec 7<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -t 20 line <&7
	[ "$line" = $'-ERR [SYS/TEMP] Too many connections; try again later\r' ]
	exec 7>&-
	say QUIT
	close_session
	wait_for 20 grep -q 'pop3d: limit client=127.0.0.1 reason=' "$STARTED_LOG"
	wait_for 20 grep -q 'pop3d: session client=127.0.0.1 errors=0' "$STARTED_LOG"
	stop "$STARTED_PID"
	control proxies 127.0.0.1
	listen
	exec 8<>"/dev/tcp/127.0.0.1/$PORT" 9<&8
	say 'PROXY TCP4 192.0.2.7 127.0.0.1 1 110'
	[ "$heard" = '+OK here.test POP3' ]
	say QUIT
	close_session
	wait_for 20 grep -q 'session client=192.0.2.7' "$STARTED_LOG"
}

# True for a process that has both parts of the confinement.
is_confined() {
	grep -q '^NoNewPrivs:[[:space:]]1' "/proc/$1/status" && grep -q '^Seccomp:[[:space:]]2' "/proc/$1/status"
}

@test "both parts are confined, and a way out of that" {
	"$BUILD/t/unit/confine" kernel 2>/dev/null | grep -q '^# landlock [1-9].* seccomp yes' ||
		skip "this kernel has no Landlock or seccomp"
	open_session "${AS[@]}" pop3d
	front=$(pgrep -P "$STARTED_PID")
	is_confined "$front"
	run is_confined "$STARTED_PID"
	assert_status 1
	say 'USER joe@here.test'
	say 'PASS secret'
	is_confined "$STARTED_PID"
	wait_for 20 started_is_gone "$front"
	say QUIT
	close_session
	control confinement none
	open_session "${AS[@]}" pop3d
	run is_confined "$(pgrep -P "$STARTED_PID")"
	assert_status 1
	say 'USER joe@here.test'
	say 'PASS secret'
	[ "$heard" = '+OK 0 messages' ]
	close_session
}
