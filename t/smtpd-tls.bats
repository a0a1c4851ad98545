#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) under TLS: STARTTLS and TLS first, by the service tlsd, by tlsd executed, behind tlsd.
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper
load tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	control aliases 'postmaster: joe@away.test'
}

teardown() {
	stop_started
}

# The service; TLSD and TLSD_LOG.
start_tlsd() {
	start tlsd -w
	TLSD=$STARTED_PID TLSD_LOG=$STARTED_LOG
	wait_for 10 grep -q 'tlsd: ready' "$TLSD_LOG"
}

# smtpd OPTION... on a port of its own; PORT, SMTPD and LOG.
start_smtpd() {
	start smtpd -l 127.0.0.1:0 "$@"
	SMTPD=$STARTED_PID LOG=$STARTED_LOG
	wait_for 10 grep -q 'smtpd: listening' "$LOG"
	PORT=$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$LOG")
}

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

has_ended() {
	grep -q "smtpd: session .*end=$1" "$LOG"
}

# True when nothing is left of any connection: the workers that wait and the executor aside.
all_gone() {
	[ -z "$(ours '^tlsd -s')" ] && ! ps -o stat= --ppid "$SMTPD" | grep -q Z &&
		[ "$(ps -o comm= --ppid "$SMTPD" | grep -cv "executor\|spare")" -eq 0 ]
}

MESSAGE=('EHLO client.test' 'MAIL FROM:<a@away.test>' 'RCPT TO:<postmaster>' DATA)

@test "without certificates there is no STARTTLS; with them there is, until TLS is on" {
	rm "$SATCHEL_CONTROL/certificates"
	run smtpd < <(printf 'EHLO client.test\r\nSTARTTLS\r\nQUIT\r\n')
	[[ $output != *250-STARTTLS* ]]
	assert_output_has '502 5.5.1'
	setup_tls
	start_tlsd
	start_smtpd
	run tls smtp "$PORT" < <(printf '%s\n' 'MAIL FROM:<a@away.test>' 'STARTTLS x' STARTTLS \
		'EHLO client.test' 'STARTTLS' 'NOOP' QUIT)
	assert_status 0
	[ "$(grep -c 250-STARTTLS <<<"$output")" -eq 1 ]
	output=${output//$'\r'/}
	[[ $output == *$'220 2.0.0 Ready to start TLS\n503 5.5.1 Say EHLO'* ]]
	assert_output_has '501 5.5.4 STARTTLS takes no argument'
	[ "$(grep -c '503 5.5.1 TLS is on already' <<<"$output")" -eq 2 ]
	[[ $output == *$'250 2.0.0 Ok\n221 2.0.0'* ]]
	wait_for 5 has_ended quit
	assert_file_has "$LOG" 'tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384'
	run smtpd < <(printf 'STARTTLS now\r\nQUIT\r\n')
	assert_output_has '501 5.5.4'
}

# by WHAT: a message of a megabyte through STARTTLS, and what becomes of it.
by() {
	{
		printf '%s\n' "${MESSAGE[@]}"
	} >"$T/session"
	cat >"$T/big.py" <<-END
		import os, base64, sys
		sys.path.insert(0, "$ROOT/t")
		import tls
		sock, _ = tls.smtp_start($PORT)
		s = tls.Stream(sock, None, "here.test").handshake()
		for line in open("$T/session", "rb"):
		    s.write(line.rstrip(b"\n") + b"\r\n")
		    s.reply()
		text = b"".join(base64.b64encode(os.urandom(54)) + b"\r\n" for _ in range(14000))
		open("$T/text", "wb").write(text)
		s.write(b"Subject: big\r\n\r\n" + text + b".\r\nQUIT\r\n")
		print(s.reply().decode(), end="")
		print(s.reply().decode(), end="")
		print(s.read_all())
	END
	run python3 -S "$T/big.py"
	assert_output_has '250 2.0.0 Ok: queued'
	assert_output_has '221 2.0.0'
	[ "$(queued)" -eq 1 ]
	file=$(find "$SATCHEL_SPOOL/new" -type f)
	tail -c "$(wc -c <"$T/text")" "$file" | cmp - "$T/text"
	assert_file_has "$file" 'with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)'
	wait_for 5 has_ended quit
	assert_file_has "$LOG" ' tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 messages=1 '
	rm "$file"
}

@test "certificates that smtpd cannot read are for tlsd to complain of, and not passed over" {
	rm "$SATCHEL_CONTROL/certificates"
	mkdir "$SATCHEL_CONTROL/certificates"
	run bash -c "printf 'EHLO x\r\nSTARTTLS\r\n' | smtpd 2>'$T/log'"
	assert_output_has '250-STARTTLS'
	assert_output_has '454 4.7.0 TLS is not available now'
	assert_file_has "$T/log" 'certificates: Is a directory'
}

@test "a large message, by the service and by a tlsd executed; no process stays" {
	start_tlsd
	start_smtpd
	by service
	wait_for 5 all_gone
	# without the service
	stop "$TLSD"
	[ ! -e "$SATCHEL_SPOOL/run/tlsd/socket" ]
	by execution
	wait_for 5 all_gone
}

@test "nothing that stands behind STARTTLS is ever answered" {
	start_tlsd
	start_smtpd
	run tls inject "$PORT"
	[ "$output" = 'refused everywhere' ]
	assert_file_has "$LOG" 'smtpd: tls client=127.0.0.1 helo=client.test reason="the client sent more behind STARTTLS"'
	wait_for 5 has_ended tls
	run tls early "$PORT"
	assert_output_has '554 5.5.1'
	wait_for 5 all_gone
}

@test "no usable tlsd: 454, and the session goes on; no TLS first, no session" {
	control certificates "*: $T/none.pem"
	start_smtpd
	run bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; printf "EHLO a.test\r\nSTARTTLS\r\n" >&3
		sed "/454/q" <&3; printf "MAIL FROM:<a@away.test>\r\nQUIT\r\n" >&3; cat <&3' x "$PORT"
	assert_output_has '454 4.7.0 TLS is not available now'
	assert_output_has '250 2.1.0 Ok'
	assert_file_has "$LOG" "reason=\"$T/none.pem: No such file or directory\""
	# a program that is not there
	mkdir "$T/bin"
	ln -s "$SATCHEL_BIN"/* "$T/bin"
	rm "$T/bin/tlsd"
	{
		printf 'EHLO a.test\r\nSTARTTLS\r\n'
		wait_for 20 grep -q '^454 4.7.0' "$T/said"
		printf 'QUIT\r\n'
	} | SATCHEL_BIN=$T/bin smtpd >"$T/said" 2>"$T/log"
	assert_file_has "$T/said" '454 4.7.0'
	assert_file_has "$T/said" '221 2.0.0'
	start_smtpd -t
	run timeout 60 bash -c 'cat <"/dev/tcp/127.0.0.1/$1"' x "$PORT"
	[ "$output" = '' ]
	wait_for 5 has_ended tls
	wait_for 5 all_gone
}

@test "clients that go when TLS should begin, in every way, leave a reason and no process" {
	start_tlsd
	start_smtpd
	for way in end reset plaintext silence; do
		if [ "$way" = silence ]; then
			# which nobody else may seem to keep on a slow machine
			wait_for 5 all_gone
			stop "$TLSD"
			control limits 'tlsd-handshake: 2'
			start_tlsd
		fi
		run tls leave "$PORT" "$way"
		[[ $output = '220 2.0.0 Ready to start TLS'* ]]
	done
	wait_for 5 all_gone
	[ "$(grep -c 'smtpd: tls client=127.0.0.1' "$LOG")" -eq 4 ]
	[ "$(grep -c 'smtpd: session .*end=tls' "$LOG")" -eq 4 ]
	for reason in 'the client closed the connection' 'Connection reset by peer' \
	    'wrong version number' 'the client did not answer in time'; do
		assert_file_has "$LOG" "reason=\"$reason\""
	done
}

@test "resets at every state under TLS: nothing is queued, no process stays" {
	start_tlsd
	start_smtpd
	for state in EHLO MAIL RCPT DATA message; do
		tls resets "$PORT" "$state"
	done
	wait_for 5 all_gone
	[ "$(grep -c 'smtpd: session .*end=\(eof\|failed\)' "$LOG")" -eq 5 ]
	[ "$(queued)" -eq 0 ]
}

@test "a session octet by octet, each in a record of its own, has the same replies" {
	start_tlsd
	start_smtpd
	run tls split "$PORT" < <(printf '%s\r\n' "${MESSAGE[@]}" 'Subject: x' '' '..' . RSET nonsense \
	    'MAIL FROM:<b@away.test>' QUIT)
	assert_status 0
	assert_output_has '250 2.0.0 Ok: queued'
	assert_output_has '500 5.5.1'
	[ "$(queued)" -eq 2 ]
}

@test "a renewed certificate is there for the next client; a broken one changes nothing" {
	cp "$KEYS/here.crt" "$T/now.crt"
	cp -p "$KEYS/here.key" "$T/now.key"
	control certificates "*: $T/now.crt $T/now.key"
	start_tlsd
	start_smtpd
	shown() {
		timeout 60 openssl s_client -connect "127.0.0.1:$PORT" -starttls smtp </dev/null 2>/dev/null |
		    sed -n 's/^subject=CN = //p'
	}
	[ "$(shown)" = here.test ]
	cp "$KEYS/other.crt" "$T/now.crt"
	# half of it is new: they do not belong together
	[ "$(shown)" = here.test ]
	[ "$(shown)" = here.test ]
	assert_file_has "$TLSD_LOG" "tlsd: problem reason=\"$T/now.key: the private key is that of another"
	cp -p "$KEYS/other.key" "$T/now.key"
	[ "$(shown)" = other.test ]
	# workers that waited since before have the first one still
	rm "$T/now.crt"
	[[ $(shown) = *.test ]]
	mv "$T/now.key" "$T/then.key"
	[[ $(shown) = *.test ]]
}

@test "sessions are resumed by any worker; the client's certificate reaches smtpd" {
	start_tlsd
	start_smtpd
	cat >"$T/resume.py" <<-END
		import sys
		sys.path.insert(0, "$ROOT/t")
		import tls
		ctx = tls.context()
		session = None
		for _ in range(4):
		    sock, out = tls.smtp_start($PORT)
		    s = tls.Stream(sock, ctx, "here.test", session).handshake()
		    s.write(b"NOOP\r\n")
		    s.reply()
		    print(s.tls.session_reused)
		    session = s.tls.session
		    sock.close()
	END
	run python3 -S "$T/resume.py"
	[ "$output" = $'False\nTrue\nTrue\nTrue' ]
}

@test "after the handshake no private key and no ticket key is left in the worker's memory" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	[ "${SANITIZE-}" != 1 ] || skip 'the sanitizer keeps what is freed'
	start_tlsd
	start_smtpd
	cat >"$T/look.py" <<-END
		import glob, re, subprocess, sys
		sys.path.insert(0, "$ROOT/t")
		import tls
		text = subprocess.run(["openssl", "ec", "-in", "$KEYS/here.key", "-text", "-noout"],
		    capture_output=True, text=True).stdout
		digits = re.search(r"priv:([0-9a-f:\s]+)pub", text).group(1)
		key = bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits))[-32:]
		sock, _ = tls.smtp_start($PORT)
		s = tls.Stream(sock).handshake()
		s.write(b"NOOP\r\n")
		s.reply()
		tickets = open("$SATCHEL_SPOOL/run/tlsd/tickets", "rb").read()
		secrets = (key, key[::-1], tickets[24:56], tickets[56:88])
		def holds(pid):
		    memory = open("/proc/%s/mem" % pid, "rb", 0)
		    for line in open("/proc/%s/maps" % pid):
		        low, high = (int(x, 16) for x in line.split()[0].split("-"))
		        if "r" not in line.split()[1] or "[v" in line:
		            continue
		        memory.seek(low)
		        data = memory.read(high - low)
		        if any(secret in data for secret in secrets):
		            return True
		    return False
		# the connection's own worker is the one that has sockets of two families
		for pid in subprocess.run(["pgrep", "-P", "$TLSD"], capture_output=True, text=True).stdout.split():
		    busy = tls.has_inet_socket(pid)
		    print("busy" if busy else "waiting", holds(pid))
	END
	run python3 -S "$T/look.py"
	assert_status 0
	[ "$(sort -u <<<"$output")" = $'busy False\nwaiting True' ]
}

@test "the service ends without cutting a connection, and smtpd goes on without it" {
	start_tlsd
	start_smtpd
	mkfifo "$T/in"
	tls smtp "$PORT" <"$T/in" >"$T/out" 3>&- &
	exec 7>"$T/in"
	echo 'EHLO a.test' >&7
	wait_for 5 grep -q '250 HELP' "$T/out"
	kill "$TLSD"
	wait_for 5 test ! -e "$SATCHEL_SPOOL/run/tlsd/socket"
	# it makes way for the next at once
	wait_for 5 started_is_gone "$TLSD"
	printf 'NOOP\nQUIT\n' >&7
	exec 7>&-
	wait_for 5 grep -q '221 2.0.0' "$T/out"
	run tls smtp "$PORT" < <(echo QUIT)
	assert_output_has '221 2.0.0'
	# one that was killed leaves its socket behind, and the next takes its place
	start_tlsd
	kill_service "$TLSD"
	run tls smtp "$PORT" < <(echo QUIT)
	assert_output_has '221 2.0.0'
	start_tlsd
	run tlsd -w
	assert_status 111
	assert_output_has 'unable to listen on'
	# one that ends while it is asked
	kill "$TLSD"
	wait_for 10 test ! -e "$SATCHEL_SPOOL/run/tlsd/socket"
	start python3 -S -c "import socket
s = socket.socket(socket.AF_UNIX)
s.bind('$SATCHEL_SPOOL/run/tlsd/socket')
s.listen()
while True:
    s.accept()[0].close()"
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/tlsd/socket"
	run tls smtp "$PORT" < <(echo QUIT)
	assert_output_has '221 2.0.0'
}

@test "who may not ask the service gets no answer of use" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	start_tlsd
	run python3 -S - "$SATCHEL_SPOOL/run/tlsd" <<-'END'
		import os, socket, sys
		os.chdir(sys.argv[1])
		os.setgroups([])
		os.setresgid(65534, 65534, 65534)
		os.setresuid(65534, 65534, 65534)
		s = socket.socket(socket.AF_UNIX)
		s.connect("socket")
		print(s.recv(100))
	END
	assert_output_has 'this user may not ask'
	assert_file_has "$TLSD_LOG" 'tlsd: refused reason="the user 65534 may not ask"'
	# what breaks the protocol ends
	run timeout 60 python3 -S - "$SATCHEL_SPOOL/run/tlsd/socket" <<-'END'
		import socket, struct, sys
		for text in (b"", b"X", b"S\0\0\0\0", b"S\xff\xff\xff\xff", b"S\0\0\0\3Ax\0", b"H\0\0\0\0"):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(text)
		    s.shutdown(socket.SHUT_WR)
		    try:
		        print(s.recv(100))
		    except ConnectionResetError:
		        print(b"")
		# descriptors that are no connection
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		null = open("/dev/null")
		socket.send_fds(s, [b"S\0\0\0\0"], [null.fileno()])
		print(s.recv(5)[:1])
		s.sendall(b"H\0\0\0\0")
		print(s.recv(1))
	END
	assert_status 0
	[ "$(tail -n 2 <<<"$output")" = $'b\'G\'\nb\'F\'' ]
	[ "$(sort -u <<<"$output" | head -n 1)" = "b''" ]
}

@test "TLS first: smtpd -t, tlsd smtpd, and systemd's way" {
	start_tlsd
	start_smtpd -t
	run tls smtps "$PORT" < <(printf '%s\n' 'EHLO a.test' QUIT)
	assert_output_has '220 here.test'
	[[ $output != *STARTTLS* ]]
	assert_output_has '221 2.0.0'
	run tls plain "$PORT" 'EHLO x\r\n'
	wait_for 5 grep -q 'smtpd: tls client=127.0.0.1 reason="wrong version number"' "$LOG"
	start_behind tlsd smtpd
	run tls smtps "$PORT" < <(printf '%s\n' "${MESSAGE[@]}" . QUIT)
	wait_for 5 grep -q 'smtpd: session client=127.0.0.1 helo=client.test tls=TLSv1.3 cipher=' "$STARTED_LOG"
	grep -q 'with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)' "$SATCHEL_SPOOL"/new/*
	port=$(free_port)
	start systemd-socket-activate -a --inetd -l "127.0.0.1:$port" -E SATCHEL_CONTROL -E SATCHEL_SPOOL \
	    -E SATCHEL_BIN -E PATH tlsd smtpd
	wait_for 10 port_open "$port"
	run tls smtps "$port" < <(printf '%s\n' 'EHLO a.test' QUIT)
	assert_output_has '221 2.0.0'
}

@test "UCSPI-TLS: smtpd asks who accepted the connection" {
	start_behind tlsd -d smtpd
	LOG=$STARTED_LOG
	run tls smtp "$PORT" < <(printf '%s\n' "${MESSAGE[@]}" . 'EHLO a.test' QUIT)
	assert_output_has '250-STARTTLS'
	assert_output_has '250 2.0.0 Ok: queued'
	[ "$(grep -c 250-STARTTLS <<<"$output")" -eq 1 ]
	grep -q 'with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)' "$SATCHEL_SPOOL"/new/*
	run tls leave "$PORT" plaintext
	wait_for 5 grep -q 'smtpd: tls client=127.0.0.1 helo=client.test reason="the handshake failed"' "$LOG"
	run tls inject "$PORT"
	[ "$output" = 'refused everywhere' ]
}

@test "swaks, curl, smtplib and s_client" {
	needs swaks curl openssl
	start_tlsd
	start_smtpd
	run swaks --server "127.0.0.1:$PORT" --tls --from a@away.test --to postmaster@here.test --ehlo a.test
	assert_status 0
	printf 'Subject: x\r\n\r\ncurl\r\n' >"$T/message"
	run curl -sS --ssl-reqd --cacert "$KEYS/here.crt" --connect-to "::127.0.0.1:$PORT" \
	    "smtp://here.test:$PORT/a.test" --mail-from a@away.test --mail-rcpt postmaster@here.test -T "$T/message"
	assert_status 0
	run python3 -S -c 'import smtplib, ssl, sys
c = ssl.create_default_context(cafile=sys.argv[2])
c.check_hostname = False
s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
s.starttls(context=c)
s.sendmail("a@away.test", ["postmaster@here.test"], b"Subject: x\r\n\r\nsmtplib")
s.quit()' "$PORT" "$KEYS/here.crt"
	assert_status 0
	[ "$(queued)" -eq 3 ]
	[ "$(cat "$SATCHEL_SPOOL"/new/* | grep -c 'with ESMTPS')" -eq 3 ]
}
