#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send to Dovecot's LMTP, by TCP and by a socket's path: each recipient has an answer of his own,
# and what arrives is what was sent.

load ../helper
load peers

setup() {
	[ "$(id -u)" -eq 0 ] || skip 'a mount namespace is for root alone'
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	setup_satchel
	peer_scratch
	peer_message
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	peer dovecot-lmtpd usr/lib/dovecot/lmtp dovecot-core libsodium23 libunwind8
	dovecot_setup
}

teardown() {
	stop_started
	[ -n "${P-}" ] || return 0
	rm -rf "$P"
}

# It looks for some of its libraries where it was built for: there it finds them, in a mount namespace
# of its own.
dovecot_setup() {
	local lib=$PEERS/dovecot-core/usr/lib/dovecot box
	PORT=$(free_port)
	mkdir "$P/lib" "$P/mail"
	# as they would stand together if they were installed
	ln -s "$lib"/* "$PEERS"/dovecot-lmtpd/usr/lib/dovecot/lmtp "$P/lib/"
	chown "$EXIM_USER" "$P/mail"
	for box in joe sue; do
		echo "$box@example.test:{PLAIN}x:$(id -u "$EXIM_USER"):$(id -g "$EXIM_USER")::$P/mail/$box"
	done >"$P/users"
	chmod 644 "$P/users"
	cat >"$P/conf" <<-END
		base_dir = $P/run
		state_dir = $P/state
		libexec_dir = $P/lib
		log_path = $P/log
		protocols = lmtp
		ssl = no
		default_internal_user = $EXIM_USER
		default_internal_group = $(id -gn "$EXIM_USER")
		default_login_user = $EXIM_USER
		import_environment = LD_LIBRARY_PATH
		mail_location = maildir:$P/mail/%n
		lmtp_save_to_detail_mailbox = no
		passdb {
		  driver = passwd-file
		  args = $P/users
		}
		userdb {
		  driver = passwd-file
		  args = $P/users
		}
		service lmtp {
		  inet_listener lmtp {
		    address = 127.0.0.1
		    port = $PORT
		  }
		  unix_listener $P/lmtp {
		    mode = 0666
		  }
		}
	END
	cat >"$P/run.sh" <<-END
		set -e
		mkdir "$P/old" "$P/new"
		mount --bind /usr/lib "$P/old"
		ln -s "$P"/old/* "$P/new"
		ln -s "$P/lib" "$P/new/dovecot"
		mount --bind "$P/new" /usr/lib
		export LD_LIBRARY_PATH=$PEER_LIBS:$lib:$lib/modules/old-stats
		exec "$PEERS/dovecot-core/usr/bin/doveconf" -f service=master -c "$P/conf" -m master \
			-e "$PEERS/dovecot-core/usr/sbin/dovecot" -F -c "$P/conf"
	END
	start unshare -m sh "$P/run.sh"
	wait_for 10 test -S "$P/lmtp" || {
		cat "$STARTED_LOG" "$P/log" >&2
		return 1
	}
}

@test "Dovecot: by TCP and by path, to several recipients, one of whom is unknown" {
	for where in "lmtp:127.0.0.1:$PORT" "lmtp:unix:$P/lmtp"; do
		run timeout 30 smtp-send -f me@example.org "$where" joe@example.test ann@example.test \
			sue@example.test <"$T/message"
		assert_status 100 || {
			cat "$P/log"
			return 1
		}
		[[ ${lines[0]} == $'delivered\tjoe@example.test\t2.'* ]]
		[[ ${lines[1]} == $'permanent\tann@example.test\t5.1.1'* ]]
		[[ ${lines[2]} == $'delivered\tsue@example.test\t2.'* ]]
	done
	for box in joe sue; do
		[ "$(files_in "$P/mail/$box/new")" -eq 2 ]
		for file in "$P/mail/$box"/new/*; do
			ends_with "$file" "$T/message"
		done
	done
}

@test "Dovecot: job after job of the worker" {
	run timeout 30 python3 "$ROOT/t/jobs.py" --together smtp-send -w \
		-- "$T/wire" "lmtp:unix:$P/lmtp" joe@example.test sue@example.test \
		-- "$T/wire" "lmtp:unix:$P/lmtp" ann@example.test \
		-- "$T/wire" "lmtp:unix:$P/lmtp" ann@example.test joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.'
	assert_output_has $'1\t1\tD\t2.'
	assert_output_has $'2\t0\tP\t5.1.1'
	assert_output_has $'3\t0\tP\t5.1.1'
	assert_output_has $'3\t1\tD\t2.'
	[ "$(files_in "$P/mail/joe/new")" -eq 2 ]
	[ "$(files_in "$P/mail/sue/new")" -eq 1 ]
}
