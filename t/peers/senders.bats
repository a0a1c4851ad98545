#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd as a submission server and as an exchanger, with TLS, logins and what else it offers: clients
# and servers that are not of our making send to it. (Without TLS: clients.bats.)

load ../helper
load ../tls
load peers

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	peer_scratch
	peer_message
	control locals example.test
	control aliases 'postmaster: root'
	# on 127.0.0.1, too, only who has logged in may relay
	control relayhosts 192.0.2.1
	control limits 'auth-delay: 0' 'spool-cells: 0'
	control users 'joe@example.test: x'
	key='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='
	hash='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
	(umask 077 && echo "joe@example.test: $hash $key" >"$SATCHEL_CONTROL/secrets")
	for helper in authd tlsd enqueue; do
		start "$helper" -w
		wait_for 20 listens_at "$SATCHEL_SPOOL/run/$helper/socket"
	done
}

teardown() {
	stop_started
	remove_scratch "$P"
}

LOGIN=joe@example.test PASSWORD=secret
AWAY=someone@away.test

# smtpd OPTION... on a port of its own: PORT, LOG
listen() {
	start smtpd -l 127.0.0.1:0 "$@"
	LOG=$STARTED_LOG
	wait_for 20 grep -q 'smtpd: listening' "$LOG"
	PORT=$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$LOG")
}

holds() {
	[ "$(complete_in "$SATCHEL_SPOOL/new")" -eq "$1" ]
}

# arrived COUNT PROTOCOL [FILE]: so many messages are in the spool, each by that protocol and as it was
# sent (FILE, by default all of the message); then the spool is empty again.
arrived() {
	local file
	wait_for 20 holds "$1" || {
		printf '%s\n' "$output" >&2
		cat "$LOG" >&2
		return 1
	}
	for file in "$SATCHEL_SPOOL"/new/*; do
		ends_with "$file" "${3:-$T/wire}"
		assert_file_has "$file" "with $2 "
	done
	LAST=$T/last
	cat "$SATCHEL_SPOOL"/new/* >"$LAST"
	rm "$SATCHEL_SPOOL"/new/*
}

# logged_in MECHANISM
logged_in() {
	assert_file_has "$LOG" "login=$LOGIN mechanism=$1 result=accepted"
}

@test "curl: STARTTLS and TLS first; PLAIN and LOGIN; a wrong password" {
	needs curl
	for mechanism in PLAIN LOGIN; do
		listen -s
		run timeout 60 curl -sS -k --ssl-reqd -u "$LOGIN:$PASSWORD" --login-options "AUTH=$mechanism" \
			--mail-from "$LOGIN" --mail-rcpt "$AWAY" -T "$T/wire" "smtp://127.0.0.1:$PORT"
		assert_status 0
		arrived 1 ESMTPSA
		logged_in "$mechanism"
	done
	run timeout 60 curl -sS -k --ssl-reqd -u "$LOGIN:wrong" --mail-from "$LOGIN" --mail-rcpt "$AWAY" \
		-T "$T/wire" "smtp://127.0.0.1:$PORT"
	assert_status 67
	run timeout 60 curl -sS --mail-from "$LOGIN" --mail-rcpt "$AWAY" -T "$T/wire" "smtp://127.0.0.1:$PORT"
	assert_status 55
	listen -s -t
	run timeout 60 curl -sS -k -u "$LOGIN:$PASSWORD" --mail-from "$LOGIN" --mail-rcpt "$AWAY" \
		-T "$T/wire" "smtps://127.0.0.1:$PORT"
	assert_status 0
	arrived 1 ESMTPSA
}

@test "curl: SMTPUTF8" {
	needs curl
	listen
	LC_ALL=C.UTF-8 run timeout 60 curl -sS --mail-from 'jörg@example.org' --mail-rcpt postmaster@example.test \
		-T "$T/wire" "smtp://127.0.0.1:$PORT/peer.test"
	assert_status 0
	wait_for 20 holds 1
	grep -qx 'Fjörg@example.org' "$SATCHEL_SPOOL"/new/*
}

@test "swaks: STARTTLS and TLS first; PLAIN and LOGIN; a wrong password" {
	needs swaks
	sed -s -i '$d' "$T/message" "$T/wire"
	truncate -s -1 "$T/message"
	send=(timeout 60 swaks -f "$LOGIN" -t "$AWAY" -d "@$T/message" --auth-user "$LOGIN")
	listen -s
	for mechanism in PLAIN LOGIN; do
		run "${send[@]}" -s "127.0.0.1:$PORT" -tls --auth "$mechanism" --auth-password "$PASSWORD"
		assert_status 0
		logged_in "$mechanism"
	done
	run "${send[@]}" -s "127.0.0.1:$PORT" -tls --auth PLAIN --auth-password wrong
	assert_status 28
	assert_output_has '535 5.7.8'
	arrived 2 ESMTPSA
	listen -s -t
	run "${send[@]}" -s "127.0.0.1:$PORT" --tls-on-connect --auth PLAIN --auth-password "$PASSWORD"
	assert_status 0
	arrived 1 ESMTPSA
}

@test "msmtp: STARTTLS and TLS first; PLAIN, LOGIN and SCRAM-SHA-256" {
	peer msmtp usr/bin/msmtp
	send=(timeout 60 env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/msmtp/usr/bin/msmtp" -C /dev/null
		--host=127.0.0.1 -f "$LOGIN" --domain=peer.test --set-from-header=off --set-date-header=off
		--set-msgid-header=off --tls=on --tls-certcheck=off --tls-trust-file= --user="$LOGIN"
		--passwordeval="echo $PASSWORD")
	listen -s
	for mechanism in plain login scram-sha-256; do
		run "${send[@]}" --port="$PORT" --auth="$mechanism" "$AWAY" <"$T/message"
		assert_status 0
		logged_in "${mechanism^^}"
	done
	arrived 3 ESMTPSA
	listen -s -t
	run "${send[@]}" --port="$PORT" --tls-starttls=off --auth=on "$AWAY" <"$T/message"
	assert_status 0
	arrived 1 ESMTPSA
	# DSN, to a recipient of ours
	run "${send[@]}" --port="$PORT" --tls-starttls=off --auth=on --dsn-notify=success,delay \
		--dsn-return=headers root@example.test <"$T/message"
	assert_status 0
	arrived 1 ESMTPSA
	grep -aqx 'RHDRS' "$LAST"
	grep -aqx 'NSUCCESS,DELAY' "$LAST"
}

@test "Python's smtplib: STARTTLS and TLS first, with a login; SMTPUTF8" {
	cat >"$T/send.py" <<-'END'
		import smtplib, ssl, sys
		port, way, login, password, path = sys.argv[1:]
		context = ssl._create_unverified_context()
		if way == "first":
		    client = smtplib.SMTP_SSL("127.0.0.1", int(port), "peer.test", context=context)
		else:
		    client = smtplib.SMTP("127.0.0.1", int(port), "peer.test")
		    client.starttls(context=context)
		client.login(login, password)
		client.sendmail(login, ["someone@away.test"], open(path, "rb").read(), ["BODY=8BITMIME"])
		client.sendmail(login, ["\u00e9@away.test"], open(path, "rb").read(), ["SMTPUTF8", "BODY=8BITMIME"])
		client.quit()
	END
	for way in behind first; do
		if [ "$way" = first ]; then listen -s -t; else listen -s; fi
		run timeout 60 python3 "$T/send.py" "$PORT" "$way" "$LOGIN" "$PASSWORD" "$T/wire"
		assert_status 0
		logged_in PLAIN
		wait_for 20 holds 2
		grep -qlx 'Té@away.test' "$SATCHEL_SPOOL"/new/*
		rm "$SATCHEL_SPOOL"/new/*
	done
}

@test "nodemailer: in the clear, STARTTLS and TLS first; logins; DSN" {
	needs node npm
	nodemailer || missing_peer 'nodemailer cannot be had'
	send=(timeout 60 node "$ROOT/t/peers/nodemailer_send.js" "$PEERS/nodemailer/package")
	listen
	run "${send[@]}" "$PORT" "$T/wire" '{"ignoreTLS": true}' root@example.test nobody-of-that-name@example.test
	assert_status 0
	[ "$output" = 'nobody-of-that-name@example.test 550' ]
	arrived 1 ESMTP
	DSN_ID=id-1 run "${send[@]}" "$PORT" "$T/wire" '{"requireTLS": true}' root@example.test
	assert_status 0
	arrived 1 ESMTPS
	grep -aqx 'Vid-1' "$LAST"
	grep -aqx 'NSUCCESS' "$LAST"
	login='"auth": {"user": "'$LOGIN'", "pass": "'$PASSWORD'"}'
	listen -s
	run "${send[@]}" "$PORT" "$T/wire" "{\"requireTLS\": true, $login}" "$AWAY"
	assert_status 0
	arrived 1 ESMTPSA
	run "${send[@]}" "$PORT" "$T/wire" "{\"requireTLS\": true, ${login/$PASSWORD/wrong}}" "$AWAY"
	assert_status 1
	[ "$output" = 'EAUTH 535' ]
	listen -s -t
	run "${send[@]}" "$PORT" "$T/wire" "{\"secure\": true, $login}" "$AWAY"
	assert_status 0
	arrived 1 ESMTPSA
}

# nodemailer is unpacked, from npm's package.
nodemailer() {
	mkdir -p "$PEERS/nodemailer"
	(
		flock -w 280 9 || exit 1
		[ -d "$PEERS/nodemailer/package" ] && exit 0
		cd "$PEERS/nodemailer" && timeout 100 npm pack --silent nodemailer >file &&
			tar xf "$(tail -n 1 file)"
	) 9>"$PEERS/nodemailer/lock"
}

@test "s-nail: STARTTLS and TLS first, with a login" {
	needs s-nail
	encoded=${LOGIN/@/%40}
	for way in behind first; do
		if [ "$way" = first ]; then
			listen -s -t
			where=smtps://$encoded:$PASSWORD@127.0.0.1:$PORT
		else
			listen -s
			where=smtp://$encoded:$PASSWORD@127.0.0.1:$PORT
		fi
		run timeout 60 s-nail -:/ -Sv15-compat -Sttycharset=utf-8 -Smta="$where" -Ssmtp-use-starttls -Stls-verify=ignore \
			-Ssmtp-auth=plain -Sfrom="$LOGIN" -Shostname=peer.test -Ssendwait -s hello "$AWAY" <"$T/message"
		assert_status 0
		wait_for 20 holds 1
		assert_file_has "$(find "$SATCHEL_SPOOL/new" -type f)" 'with ESMTPSA '
		logged_in PLAIN
		rm "$SATCHEL_SPOOL"/new/*
	done
}

@test "Exim: TLS and CHUNKING" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	listen
	exim_setup <<-END
		begin routers
		out:
		  driver = manualroute
		  route_list = * 127.0.0.1::$PORT
		  self = send
		  transport = out
		begin transports
		out:
		  driver = smtp
		  allow_localhost
		  hosts_require_tls = *
		  tls_verify_certificates =
		  tls_try_verify_hosts =
	END
	run timeout 60 "$P/run" -odf -oi -f me@example.org root@example.test <"$T/message"
	assert_status 0
	arrived 1 ESMTPS
	grep -q ' K ' "$P/spool/mainlog" # the message went in chunks
}

@test "Exim: TLS and a login" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	listen -s
	exim_setup <<-END
		begin routers
		out:
		  driver = manualroute
		  route_list = * 127.0.0.1::$PORT
		  self = send
		  transport = out
		begin transports
		out:
		  driver = smtp
		  allow_localhost
		  hosts_require_tls = *
		  hosts_require_auth = *
		  tls_verify_certificates =
		  tls_try_verify_hosts =
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  client_send = ^$LOGIN^$PASSWORD
	END
	run timeout 60 "$P/run" -odf -oi -f "$LOGIN" "$AWAY" <"$T/message"
	assert_status 0
	arrived 1 ESMTPSA
	logged_in PLAIN
}

@test "Postfix: TLS, 8BITMIME, SMTPUTF8 and DSN" {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtp
	listen
	postfix_setup </dev/null
	run "${postfix[@]}" -f me@example.org -N success,delay -V id-2 -R hdrs root@example.test <"$T/message"
	assert_status 0
	arrived 1 ESMTPS
	grep -aqx 'Vid-2' "$LAST"
	grep -aqx 'NSUCCESS,DELAY' "$LAST"
	grep -aqx 'B8BITMIME' "$LAST"
	run "${postfix[@]}" -f jörg@example.org root@example.test <"$T/message"
	assert_status 0
	arrived 1 UTF8SMTPS
	grep -aqx 'Fjörg@example.org' "$LAST"
}

@test "Postfix: TLS and a login" {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtp libsasl2-modules
	listen -s
	postfix_setup <<-END
		smtp_sasl_auth_enable = yes
		smtp_sasl_password_maps = static:$LOGIN:$PASSWORD
		smtp_sasl_security_options = noanonymous
		smtp_sasl_mechanism_filter = plain
	END
	run "${postfix[@]}" -f "$LOGIN" "$AWAY" <"$T/message"
	assert_status 0
	arrived 1 ESMTPSA
	logged_in PLAIN
}

# Postfix runs with the settings on stdin behind what any needs, and sends by us; "${postfix[@]}" is
# its sendmail.
postfix_setup() {
	local folder
	postfix=(timeout 60 env LD_LIBRARY_PATH="$PEER_LIBS" MAIL_CONFIG="$P/config"
		"$PEERS/postfix/usr/sbin/sendmail" -i)
	mkdir "$P/config" "$P/queue"
	for folder in active bounce corrupt defer deferred flush hold incoming maildrop private public saved \
		trace data; do
		mkdir -m 700 "$P/queue/$folder"
		chown daemon "$P/queue/$folder"
	done
	chmod 730 "$P/queue/maildrop"
	chmod 710 "$P/queue/public"
	chgrp mail "$P/queue/maildrop" "$P/queue/public"
	mkdir "$P/queue/pid"
	cat >"$P/config/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $P/queue
		data_directory = $P/queue/data
		daemon_directory = $PEERS/postfix/usr/lib/postfix/sbin
		command_directory = $PEERS/postfix/usr/sbin
		shlib_directory = $PEERS/postfix/usr/lib/postfix
		meta_directory = $P/config
		import_environment = MAIL_CONFIG LD_LIBRARY_PATH=$PEER_LIBS SASL_PATH=$(sasl_plugins)
		export_environment = TZ MAIL_CONFIG LD_LIBRARY_PATH SASL_PATH
		mail_owner = daemon
		default_privs = nobody
		setgid_group = mail
		myhostname = peer.test
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		alias_maps =
		relayhost = [127.0.0.1]:$PORT
		smtp_tls_security_level = encrypt
		maillog_file = $P/queue/log
		maillog_file_prefixes = $P
		$(cat)
	END
	cat >"$P/config/master.cf" <<-END
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		smtp unix - - n - - smtp
		scache unix - - n - 1 scache
		anvil unix - - n - 1 anvil
		postlog unix-dgram n - n - 1 postlogd
	END
	start env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/lib/postfix/sbin/master" -c "$P/config"
	wait_for 20 test -S "$P/queue/public/pickup"
}

# Where the mechanisms of Cyrus SASL are.
sasl_plugins() {
	find "$PEERS" -path '*/sasl2/*' -name 'libplain.so' | sed 's|/[^/]*$||'
}

@test "OpenSMTPD: TLS and a login" {
	[ "$(id -u)" -eq 0 ] || skip 'OpenSMTPD runs as root alone'
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	peer opensmtpd usr/sbin/smtpd
	listen -s
	PEER_PORT=$(free_port)
	opensmtpd_setup <<-END
		table secrets { us = "$LOGIN:$PASSWORD" }
		listen on 127.0.0.1 port $PEER_PORT
		action out relay host smtp+tls://us@127.0.0.1:$PORT auth <secrets> tls no-verify
		match from any for any action out
	END
	start unshare -m sh "$P/run"
	wait_for 20 port_open "$PEER_PORT"
	sed -i 's/^From: .*/From: <joe@example.test>\r/' "$T/wire"
	run timeout 60 curl -sS --mail-from "$LOGIN" --mail-rcpt "$AWAY" -T "$T/wire" "smtp://127.0.0.1:$PEER_PORT"
	assert_status 0
	arrived 1 ESMTPSA
}
