#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Batches of SMTP that others read and write.
# shellcheck disable=SC2154

load ../helper
load peers

setup() {
	setup_satchel
	peer_scratch
	printf 'Subject: dots\n\n.\n..\n.text\ncaf\303\251\n\nend\n' >"$T/text"
}

teardown() {
	stop_started
	remove_scratch "$P"
}

# The batch that a route makes of the message for joe and ann: in $P/batch
make_batch() {
	local to
	mkdir "$P/out"
	control routes "example.test: bsmtp:dsn $P/out/"
	control mailuser "$(id -un nobody)"
	if [ "$(id -u)" -ne 0 ]; then
		sendmail -i -f me@example.org joe@example.test ann@example.test <"$T/text"
		qrun
		cat "$P/out"/* >"$P/batch"
		return
	fi
	# deliver writes none as root
	chmod 755 "$P" "$T" && mkdir "$P/bin" "$P/spool-of-nobody"
	chown nobody "$P/out" "$P/spool-of-nobody"
	cp "$BUILD/bin/"{qctl,qrun,deliver,enqueue,sendmail} "$P/bin"
	cp -R "$SATCHEL_CONTROL" "$P/control"
	for to in 'qctl init' 'sendmail -i -f me@example.org joe@example.test ann@example.test' qrun; do
		# shellcheck disable=SC2086
		setpriv --reuid=nobody --clear-groups -- env SATCHEL_SPOOL="$P/spool-of-nobody" SATCHEL_BIN="$P/bin" \
		    SATCHEL_CONTROL="$P/control" "$P/bin"/$to <"$T/text"
	done
	cat "$P/out"/* >"$P/batch"
}

@test "Exim reads our batches" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	exim_setup <<-END
		trusted_users = nobody : root
		begin routers
		box:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $P/box
		  user = $EXIM_USER
		  create_directory = false
	END
	# in a batch, Exim knows no parameters of MAIL, whatever the first word was
	LC_ALL=C sed -i '/caf/d' "$T/text"
	make_batch
	[ "$(grep -c '^RCPT' "$P/batch")" -eq 2 ]
	tr -d '\r' <"$P/batch" >"$P/batch.lf"
	run timeout 60 "$P/run" -odf -bS <"$P/batch.lf"
	assert_status 0
	wait_for 20 has_both "$P/spool/mainlog"
	for file in "$P/box"/*; do
		sed '1,/^$/d' "$file" | diff - <(sed '1,/^$/d' "$T/text")
	done
	grep -q '<= me@example.org' "$P/spool/mainlog"
}

# has_both LOG: of Exim's deliveries
has_both() {
	grep -q '=> joe' "$1" && grep -q '=> ann' "$1"
}

@test "bsmtp reads Exim's" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	exim_setup <<-END
		trusted_users = nobody : root
		begin routers
		batch:
		  driver = accept
		  transport = batch
		begin transports
		batch:
		  driver = appendfile
		  file = $P/box/batch
		  use_bsmtp
		  batch_max = 100
		  user = $EXIM_USER
		  message_prefix = "HELO peer.test\n"
	END
	for _ in 1 2; do
		run timeout 60 "$P/run" -odf -oi -f me@example.org joe@example.test ann@example.test <"$T/text"
		assert_status 0
	done
	run bsmtp <"$P/box/batch"
	assert_status 0
	assert_output_has 'batch messages=2 refused=0 end=whole'
	cat "$SATCHEL_SPOOL"/new/* | tr -d '\0\r' >"$P/queued"
	[ "$(grep -ac '^Fme@example.org$' "$P/queued")" -eq 2 ]
	[ "$(grep -ac '^Tann@example.test$' "$P/queued")" -eq 2 ]
	[ "$(grep -acx '\.text' "$P/queued")" -eq 2 ]
	[ "$(grep -acx '\.\.' "$P/queued")" -eq 2 ]
	grep -aq '^Received: from peer.test' "$P/queued"
}
