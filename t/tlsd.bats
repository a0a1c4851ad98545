#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tlsd(8) in front of programs, and its certificates.
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper
load tls

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
}

teardown() {
	stop_started
}

# What a connection shows: its certificate and the variables, a line each.
show() {
	start_behind tlsd sh -c 'env | grep -E "^(SSL|TLS)_"; cat'
}

@test "help, version and wrong usage" {
	run tlsd --help
	assert_status 0
	run tlsd --version
	[ "$output" = 'tlsd (satchel) 0.1' ]
	for wrong in '' -x '-s -w' '-s x' '-w x' '-d' '-u' '-s -u nobody' '-d -w'; do
		# shellcheck disable=SC2086 # several words
		run tlsd $wrong
		assert_status 100
		assert_output_has 'tlsd --help'
	done
}

@test "a program gets the plaintext, and is told what was negotiated" {
	start_behind env SSL_CLIENT_S_DN=CN=forged SSL_PROTOCOL=forged tlsd \
	    sh -c 'env | grep -E "^(SSL_|TLS_|TCPREMOTEIP=)"; cat'
	run tls hello "$PORT" here.test
	assert_status 0
	assert_output_has 'certificate here.test'
	assert_output_has 'SSL_PROTOCOL=TLSv1.3'
	assert_output_has 'SSL_CIPHER=TLS_AES_256_GCM_SHA384'
	assert_output_has 'SSL_CIPHER_USEKEYSIZE=256'
	assert_output_has 'SSL_TLS_SNI_SERVERNAME=here.test'
	assert_output_has 'SSL_CLIENT_VERIFY=NONE'
	assert_output_has 'SSL_SESSION_RESUMED=Initial'
	assert_output_has 'TCPREMOTEIP=127.0.0.1'
	assert_output_has 'hello'
	[[ $output != *forged* ]]
	grep -qE '^TLS_EXPORTER=[0-9a-f]{64}$' <<<"$output"
	point=$(openssl x509 -in "$KEYS/here.crt" -outform DER | sha256sum | cut -d ' ' -f 1)
	assert_output_has "TLS_SERVER_END_POINT=$point"
	wait_for 5 grep -q 'tlsd: connection' "$STARTED_LOG"
	assert_file_has "$STARTED_LOG" \
	    'tlsd: connection client=127.0.0.1 tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 name=here.test'
	run tls hello "$PORT" '' TLSv1_2
	assert_output_has 'SSL_CIPHER=TLS_ECDHE_ECDSA_WITH_AES_'
	[[ $output != *SERVERNAME* ]]
}

@test "TLS before 1.2, old ciphers and renegotiation are refused" {
	start_behind tlsd cat
	# a client that would do it, if it were let
	printf 'openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nCipherString = ALL:@SECLEVEL=0\n' >"$T/conf"
	for old in -tls1 -tls1_1 '-tls1_2 -cipher AES128-SHA@SECLEVEL=0' \
	    '-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA@SECLEVEL=0'; do
		# shellcheck disable=SC2086 # several words
		run env OPENSSL_CONF="$T/conf" openssl s_client -connect "127.0.0.1:$PORT" $old </dev/null
		[ "$status" -ne 0 ]
		assert_output_has 'Cipher is (NONE)'
	done
	wait_for 5 grep -q 'reason="unsupported protocol"' "$STARTED_LOG"
	wait_for 5 grep -q 'reason="no shared cipher"' "$STARTED_LOG"
	{
		wait_for 5 grep -q 'Verify return code' "$T/client"
		echo R
		wait_for 5 grep -q 'no renegotiation' "$T/client"
	} | timeout 60 openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 >"$T/client" 2>&1 || true
	assert_file_has "$T/client" 'no renegotiation'
	control tls 'minimum: TLSv1.3'
	run tls hello "$PORT" here.test TLSv1_2
	[ "$status" -ne 0 ]
	run tls hello "$PORT" here.test TLSv1_3
	assert_status 0
}

@test "the certificate is that of the name asked for; RSA and ECDSA stand together" {
	control certificates "*: $KEYS/here.crt $KEYS/here.key $KEYS/rsa.crt $KEYS/rsa.key" \
	    "other.test: $KEYS/both.pem" ".sub.test: $KEYS/client.crt $KEYS/client.key"
	(umask 077 && cat "$KEYS/other.key" "$KEYS/other.crt" >"$KEYS/both.pem")
	start_behind tlsd cat
	for pair in :here here.test:here OTHER.test:other unknown.test:here a.sub.test:client \
	    sub.test:here '*:here'; do
		run tls hello "$PORT" "${pair%:*}"
		assert_output_has "certificate ${pair#*:}.test"
	done
	run openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 </dev/null
	assert_output_has 'CN = rsa.test'
	run openssl s_client -connect "127.0.0.1:$PORT" -sigalgs RSA-PSS+SHA256 </dev/null
	assert_output_has 'CN = rsa.test'
}

@test "a session begun with one process is resumed by another; with a key not too old" {
	start_behind tlsd cat
	first=$PORT
	start_behind tlsd cat
	for version in TLSv1_3 TLSv1_2; do
		run tls resume "$first" "$PORT" "$version"
		[ "$output" = $'new\nreused\nreused' ]
	done
	[ "$(stat -c %a "$SATCHEL_SPOOL/run/tlsd/tickets")" = 600 ]
	[ "$(stat -c %s "$SATCHEL_SPOOL/run/tlsd/tickets")" -eq 88 ]
	# half an hour ago, so that there is a new key, and the old one still counts
	age_key() {
		python3 -S -c 'import struct, sys, time
f = open(sys.argv[1], "r+b")
f.write(struct.pack("q", int(time.time()) - int(sys.argv[2])))' "$SATCHEL_SPOOL/run/tlsd/tickets" "$1"
	}
	control limits 'tls-tickets: 1000'
	cat >"$T/rotate" <<-END
		import subprocess, sys
		sys.path.insert(0, "$ROOT/t")
		import tls
		ctx = tls.context()
		def go(session):
		    s = tls.Stream(tls.connect($PORT), ctx, "here.test", session).handshake()
		    s.write(b"x\\n")
		    s.read(1)
		    print("reused" if s.tls.session_reused else "new", flush=True)
		    return s.tls.session
		session = go(None)
		for age in (1500, 2500):
		    subprocess.run(sys.argv[1:] + [str(age)], check=True)
		    go(session)
	END
	export -f age_key
	run python3 -S "$T/rotate" bash -c 'age_key "$1"' x
	[ "$output" = $'new\nreused\nnew' ]
	[ "$(stat -c %s "$SATCHEL_SPOOL/run/tlsd/tickets")" -eq 176 ]
	control limits 'tls-tickets: 0'
	run tls resume "$first" "$PORT" TLSv1_3
	[ "$output" = $'new\nnew\nnew' ]
}

@test "without a folder, or with an unsafe file, there is TLS, but no shared key" {
	start_behind tlsd cat
	run tls hello "$PORT"
	chmod 644 "$SATCHEL_SPOOL/run/tlsd/tickets"
	run tls resume "$PORT" "$PORT"
	[ "$output" = $'new\nnew\nnew' ]
	wait_for 5 grep -q 'tlsd: problem' "$STARTED_LOG"
	assert_file_has "$STARTED_LOG" 'tlsd: problem reason="unable to read the session ticket keys: others may read'
	rm -r "$SATCHEL_SPOOL/run/tlsd"
	run tls resume "$PORT" "$PORT"
	[ "$output" = $'new\nnew\nnew' ]
}

@test "what is wrong with certificates is said, with the file's name" {
	tried() {
		control certificates "$1"
		run tlsd true </dev/null
		assert_status 111
		assert_output_has "tlsd: fatal: $2"
	}
	tried "x.test: $KEYS/here.crt $KEYS/here.key" 'certificates: a line for * is expected'
	tried '# nothing' 'certificates: there is none'
	tried '*: here.crt' 'certificates, line 1: one to eight full names of files are expected'
	tried "*: $T/none" "$T/none: No such file"
	tried "*: $KEYS/here.crt" "$KEYS/here.crt: a certificate has no private key"
	tried "*: $KEYS/here.crt $KEYS/other.key" "$KEYS/other.key: the private key is that of another"
	tried "*: $KEYS/here.key $KEYS/here.crt" "$KEYS/here.key: the certificate of a private key stands before"
	tried "*: $KEYS" "$KEYS: a PEM file is expected"
	echo nonsense >"$T/nonsense"
	tried "*: $T/nonsense" "$T/nonsense: there is neither a certificate nor a private key"
	cp "$KEYS/here.key" "$T/open.key"
	chmod 604 "$T/open.key"
	tried "*: $KEYS/here.crt $T/open.key" "$T/open.key: others may read this private key"
	chmod 640 "$T/open.key"
	openssl ec -in "$KEYS/here.key" -aes128 -passout pass:x -out "$T/locked.key" 2>/dev/null
	chmod 600 "$T/locked.key"
	tried "*: $KEYS/here.crt $T/locked.key" "$T/locked.key: there is neither"
	control certificates "*: $KEYS/here.crt $T/open.key"
	for line in 'minimum: SSLv3' 'client-certificates: maybe' 'client-ca: x' 'nothing: x'; do
		control tls "$line"
		run tlsd true </dev/null
		assert_status 111
		assert_output_has 'tls, line 1: '
	done
	control tls "client-ca: $T/none" 'client-certificates: ask'
	run tlsd true </dev/null
	assert_status 111
	assert_output_has "$T/none: "
	control tls 'ciphers: NONSENSE'
	run tlsd true </dev/null
	assert_status 111
	assert_output_has 'tls: ciphers: no cipher match'
}

@test "client certificates: not asked for, asked for, required; verified or not" {
	show
	run tls hello "$PORT" '' '' "$KEYS/client"
	assert_output_has 'SSL_CLIENT_VERIFY=NONE'
	control tls 'client-certificates: ask'
	hash=$(openssl x509 -in "$KEYS/client.crt" -outform DER | sha256sum | cut -d ' ' -f 1)
	for version in TLSv1_3 TLSv1_2; do
		run tls hello "$PORT" '' "$version" "$KEYS/client"
		assert_output_has 'SSL_CLIENT_VERIFY=FAILED'
		assert_output_has "SSL_PEER_CERT_HASH=SHA256:$hash"
		assert_output_has 'SSL_CLIENT_S_DN=CN=client.test'
	done
	run tls hello "$PORT"
	assert_output_has 'SSL_CLIENT_VERIFY=NONE'
	control tls 'client-certificates: ask' "client-ca: $KEYS/client.crt"
	run tls hello "$PORT" '' '' "$KEYS/client"
	assert_output_has 'SSL_CLIENT_VERIFY=SUCCESS'
	run tls hello "$PORT" '' '' "$KEYS/other"
	assert_output_has 'SSL_CLIENT_VERIFY=FAILED'
	control tls 'client-certificates: require' "client-ca: $KEYS/client.crt"
	run tls hello "$PORT" '' TLSv1_2 "$KEYS/client"
	assert_output_has 'SSL_CLIENT_VERIFY=SUCCESS'
	run tls hello "$PORT" '' TLSv1_2 "$KEYS/other"
	[ "$status" -ne 0 ]
	run tls hello "$PORT" '' TLSv1_2
	[ "$status" -ne 0 ]
	wait_for 5 grep -q 'reason="peer did not return a certificate"' "$STARTED_LOG"
}

@test "an end of either side is passed on, and what came before it" {
	start_behind tlsd sh -c 'cat >"$T/got"; echo whole; echo "$(cat "$T/got")"'
	run tls half "$PORT"
	[ "$output" = $'whole\nto the end' ]
	run tls cut "$PORT"
	[ "$output" = $'whole\nto the end' ]
	# a program that has closed its output goes on reading; one that ends leaves no client waiting
	start_behind tlsd sh -c 'echo bye; exec >&-; cat >"$T/later"'
	run tls half "$PORT"
	[ "$output" = bye ]
	wait_for 5 grep -q 'to the end' "$T/later"
	start_behind tlsd true
	run tls hello "$PORT"
	assert_status 0
	wait_for 5 no_children "$STARTED_PID"
}

no_children() {
	[ -z "$(ps -o pid= --ppid "$1")" ]
}

@test "a megabyte both ways at once; a program's exit code is tlsd's" {
	start_behind tlsd cat
	run tls echo "$PORT" 1048576
	[ "$output" = same ]
	start_behind sh -c 'tlsd sh -c "exit 42"; echo "code $?" >&2'
	run tls hello "$PORT"
	wait_for 5 grep -q 'code 42' "$STARTED_LOG"
	start_behind sh -c 'tlsd no-such-program-here; echo "code $?" >&2'
	run tls hello "$PORT"
	wait_for 5 grep -q 'code 111' "$STARTED_LOG"
	assert_file_has "$STARTED_LOG" 'tlsd: fatal: unable to run no-such-program-here: No such file'
}

@test "resets, plaintext and silence end in the log, and no process stays" {
	start_behind tlsd cat
	for when in 'at once' 'half a hello' 'a hello' 'the handshake'; do
		tls reset "$PORT" "$when"
	done
	run tls plain "$PORT" 'EHLO x\r\n'
	wait_for 5 grep -q 'reason="wrong version number"' "$STARTED_LOG"
	control limits 'tlsd-handshake: 1'
	run tls silent "$PORT"
	[[ $output = $'b\'\'\nafter '[1-9]* ]]
	wait_for 5 grep -q 'tlsd: failed client=127.0.0.1 reason="the client did not answer in time"' "$STARTED_LOG"
	wait_for 5 no_children "$STARTED_PID"
}

@test "an idle connection is ended" {
	control limits 'tlsd-idle: 1'
	start_behind tlsd cat
	run timeout 60 openssl s_client -connect "127.0.0.1:$PORT" -quiet <>"$T/spool/trigger"
	[ "$status" -ne 124 ]
	wait_for 5 grep -q 'reason="nothing came for too long"' "$STARTED_LOG"
}

@test "UCSPI-TLS: the program has the connection until it asks" {
	cat >"$T/server" <<-'END'
		import os
		print("plain", flush=True)
		assert input() == "go"
		print("ready", flush=True)
		control = int(os.environ["SSLCTLFD"])
		os.write(control, b"Y")
		told = b""
		while not told.endswith(b"\0\0"):
		    data = os.read(control, 4096)
		    if not data:
		        raise SystemExit("no TLS")
		    told += data
		out = open(int(os.environ["SSLWRITEFD"]), "wb")
		out.write(b"\n".join(sorted(told.strip(b"\0").split(b"\0"))) + b"\n")
		out.write(b"said: " + open(int(os.environ["SSLREADFD"]), "rb").read())
	END
	start_behind tlsd -d python3 -S "$T/server"
	cat >"$T/client" <<-END
		import sys
		sys.path.insert(0, "$ROOT/t")
		import tls
		s = tls.connect($PORT)
		stream = s.makefile("r")
		print(stream.readline(), end="")
		s.sendall(b"go\\n")
		print(stream.readline(), end="")
		if len(sys.argv) == 1:
		    t = tls.Stream(s, None, "here.test").handshake()
		    t.write(b"hello")
		    t.say_end()
		    print(t.read_all().decode(), end="")
	END
	run python3 -S "$T/client"
	assert_output_has plain
	assert_output_has 'SSL_PROTOCOL=TLSv1.3'
	assert_output_has 'SSL_TLS_SNI_SERVERNAME=here.test'
	assert_output_has 'said: hello'
	run python3 -S "$T/client" leave
	wait_for 5 grep -q 'no TLS' "$STARTED_LOG"
	start_behind tlsd -d echo never
	run timeout 60 python3 -S "$T/client" leave
	wait_for 5 no_children "$STARTED_PID"
}
