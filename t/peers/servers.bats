#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send to servers that are not of our making: one message for two recipients, one of whom is
# refused, arrives byte for byte; again over the same connection, by the worker; and message after
# message, the commands of the next behind the end of the last.

bats_require_minimum_version 1.5.0

load ../helper
load ../tls
load peers

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key peer ec
}

setup() {
	setup_satchel
	peer_scratch
	peer_message
}

teardown() {
	stop_started
	rm -rf "$P"
}

# Under TLS as it comes, and with what the certificate says; nobody known signed it, though.
deliver_under_tls() {
	run -0 timeout 30 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" joe@example.test <"$T/message"
	[[ $output == $'delivered\t'*$'\tTLSv1.'[23]' unverified' ]] || {
		echo "$output"
		return 1
	}
	print=$(openssl x509 -in "$KEYS/peer.crt" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g')
	run -0 timeout 30 smtp-send -f me@example.org --tls "fingerprint $print" "smtp:127.0.0.1:$PORT" \
		joe@example.test <"$T/message"
	[[ $output == $'delivered\t'*$'\tTLSv1.'[23]' fingerprint' ]]
	run -111 timeout 30 smtp-send -f me@example.org --tls verify "smtp:127.0.0.1:$PORT" joe@example.test <"$T/message"
	assert_output_has $'\t4.7.5\t'
}

# deliver_and_repeat CODE: CODE is what the server refuses ann with.
deliver_and_repeat() {
	run timeout 30 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" joe@example.test ann@example.test \
		<"$T/message"
	assert_status 100
	[[ ${lines[0]} == $'delivered\tjoe@example.test\t2.'* ]]
	[[ ${lines[1]} == $'permanent\tann@example.test\t'"$1"$'\t'*$'\t5'[0-9][0-9]' '* ]]
	run timeout 30 python3 "$ROOT/t/jobs.py" smtp-send -w \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tP\t'"$1"
	assert_output_has $'2\t0\tP\t'"$1"
	assert_output_has $'2\t1\tD\t2.'
}

# message_after_message CODE: three jobs at once, the second of which is refused: each is ahead while
# the one before it ends.
message_after_message() {
	run timeout 30 python3 "$ROOT/t/jobs.py" --together smtp-send -w \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" joe@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test joe@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.'
	assert_output_has $'2\t0\tP\t'"$1"
	assert_output_has $'3\t0\tP\t'"$1"
	assert_output_has $'3\t1\tD\t2.'
	assert_output_has $'4\t0\tD\t2.'
}

# all_arrive COUNT FOLDER MESSAGE: in time, as files of their own
all_arrive() {
	wait_for 10 hold_all "$@" && return
	find "$2" -type f -exec cat -A {} + >&2
	return 1
}

hold_all() {
	local file
	[ "$(files_in "$2")" -eq "$1" ] || return 1
	for file in "$2"/*; do
		ends_with "$file" "$3" || return 1
	done
}

@test "aiosmtpd" {
	peer python3-aiosmtpd "" python3-public python3-attr python3-pkg-resources
	mkdir "$P/box"
	start env PYTHONPATH="$(printf '%s:' "$PEERS"/python3-*/usr/lib/python3/dist-packages)" \
		python3 -W ignore "$ROOT/t/peers/aiosmtpd_sink.py" "$P/box"
	wait_for 10 test -s "$STARTED_LOG"
	PORT=$(cat "$STARTED_LOG")
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	all_arrive 5 "$P/box" "$T/wire"
}

@test "Exim" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	PORT=$(free_port)
	install -m 644 "$KEYS"/peer.* "$P/"
	exim_setup <<-END
		tls_certificate = $P/peer.crt
		tls_privatekey = $P/peer.key
		acl_smtp_rcpt = rcpt
		acl_smtp_data = accept
		begin acl
		rcpt:
		  accept recipients = joe@example.test
		  deny message = 5.1.1 no such user
		begin routers
		box:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $P/box
		  user = $EXIM_USER
		  message_prefix =
		  message_suffix =
		  check_string =
	END
	start "$P/run" -bdf -oX "$PORT" -oP "$P/pid"
	wait_for 10 port_open "$PORT"
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	touch "$P/tls"
	deliver_under_tls
	message_after_message 5.1.1
	all_arrive 10 "$P/box" "$T/message"
}

@test "Postfix" {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtpd
	postfix_start </dev/null
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	deliver_under_tls
	all_arrive 7 "$P/mail/joe/new" "$T/message"
}

# Without TLS: that of Debian's 6.8 fails with OpenSSL 3 ("EVP lib").
@test "OpenSMTPD" {
	[ "$(id -u)" -eq 0 ] || skip 'OpenSMTPD runs as root alone'
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	peer opensmtpd usr/sbin/smtpd
	PORT=$(free_port)
	mkdir "$P/mail"
	chown nobody "$P/mail"
	opensmtpd_setup <<-END
		table people { joe@example.test = nobody }
		listen on 127.0.0.1 port $PORT
		action box maildir "$P/mail" virtual <people>
		match from any for domain example.test action box
	END
	start unshare -m sh "$P/run"
	wait_for 20 port_open "$PORT"
	deliver_and_repeat 5.2.4
	message_after_message 5.2.4
	all_arrive 5 "$P/mail/new" "$T/message"
}

@test "Haraka" {
	needs node npm
	haraka || missing_peer 'Haraka cannot be had'
	PORT=$(free_port)
	haraka_setup
	start node "$PEERS/haraka/node_modules/Haraka/bin/haraka" -c "$P/haraka"
	wait_for 20 port_open "$PORT"
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	all_arrive 5 "$P/box" "$T/wire"
}

# Haraka is installed, from npm's package.
haraka() {
	mkdir -p "$PEERS/haraka"
	(
		flock -w 120 9
		[ -e "$PEERS/haraka/complete" ] && exit 0
		cd "$PEERS/haraka" && timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts \
			--omit=optional --omit=dev Haraka@3 >>"$PEERS/fetch.log" 2>&1 && touch complete
	) 9>"$PEERS/haraka/lock"
}

# It takes mail for joe, and writes it to files; what is not for him it refuses.
haraka_setup() {
	mkdir -p "$P/haraka/config" "$P/haraka/plugins" "$P/box"
	echo peer.test >"$P/haraka/config/me"
	echo box >"$P/haraka/config/plugins"
	printf 'listen=127.0.0.1:%s\nnodes=0\n' "$PORT" >"$P/haraka/config/smtp.ini"
	# its own, without which it fails
	cp "$PEERS/haraka/node_modules/Haraka/config/connection.ini" "$P/haraka/config/"
	cp "$ROOT/t/peers/haraka_box.js" "$P/haraka/plugins/box.js"
	export BOX=$P/box
}
