#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Dovecot over our Maildirs, with our accounts, by the configuration of satchel(7): IMAP from clients, and
# LMTP with Sieve from smtp-send.
# shellcheck disable=SC2016,SC2154

load ../helper
load peers
bats_require_minimum_version 1.5.0

setup() {
	[ "$(id -u)" -eq 0 ] || skip 'a mount namespace is for root alone'
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	setup_satchel
	peer_scratch
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	peer dovecot-imapd usr/lib/dovecot/imap dovecot-core
	peer dovecot-lmtpd usr/lib/dovecot/lmtp dovecot-core
	peer dovecot-sieve usr/lib/dovecot/modules/lib90_sieve_plugin.so dovecot-core
	install -d -o "$EXIM_USER" -m 700 "$P/mail"
	# where Dovecot's processes can read it
	mv "$SATCHEL_CONTROL" "$P/control"
	export SATCHEL_CONTROL=$P/control
	control mailroot "$P/mail"
	control mailuser "$EXIM_USER"
	control domains example.org
	echo 'secret word' | mailuser add -q 1M joe@example.org
	echo 'another' | mailuser add ann@example.org
	J=$P/mail/example.org/joe
	mkdir "$P/bin" "$P/spool"
	cp "$SATCHEL_BIN"/{pop3d,authd,qctl} "$P/bin"
	chown "$EXIM_USER" "$P/spool" "$SATCHEL_CONTROL/secrets"
}

teardown() {
	stop_started
	remove_scratch "${P-}"
}

# The literal text of satchel(7) that is Dovecot's, with the places of this test.
configuration() {
	sed -n '/^\.\\" run by t\/peers\/dovecot.bats/,/^\.Ed/p' "$ROOT/man/satchel.7" | grep -v '^\.' |
		sed "s|\\\\e|\\\\|g; s|/etc/dovecot|$P|; s|user = satchel|user = root|"
}

# The same with authd to ask, as authd(8) says.
configuration_with_authd() {
	configuration | sed "s|driver = passwd-file|driver = checkpassword|
		s|args = .*/accounts|args = /usr/bin/env SATCHEL_CONTROL=$SATCHEL_CONTROL SATCHEL_SPOOL=$P/spool $P/bin/authd --checkpassword|"
}

# dovecot_start CONFIGURATION. As in lmtp.bats: in a mount namespace of its own it finds its parts where it was built for.
dovecot_start() {
	local lib=$PEERS/dovecot-core/usr/lib/dovecot package file
	PORT=$(free_port) SMTP=$(free_port)
	mkdir -p "$P/lib/modules" "$P/new"
	for package in core imapd lmtpd sieve; do
		for file in "$PEERS/dovecot-$package/usr/lib/dovecot"/* "$PEERS/dovecot-$package/usr/lib/dovecot/modules"/*; do
			case ${file#*/usr/lib/dovecot/} in
			modules) ;;
			modules/*) ln -sf "$file" "$P/lib/modules/" ;;
			*) ln -sf "$file" "$P/lib/" ;;
			esac
		done
	done
	mailuser export -o "$P/accounts" dovecot
	chown "$EXIM_USER" "$P/accounts"
	{
		cat <<-END
			base_dir = $P/run
			state_dir = $P/state
			libexec_dir = $P/lib
			log_path = $P/log
			ssl = no
			disable_plaintext_auth = no
			auth_failure_delay = 0
			default_internal_user = $EXIM_USER
			default_internal_group = $(id -gn "$EXIM_USER")
			default_login_user = $EXIM_USER
			import_environment = LD_LIBRARY_PATH
			submission_host = 127.0.0.1:$SMTP
			service anvil {
			  unix_listener anvil-auth-penalty {
			    mode = 0
			  }
			}
			service imap-login {
			  chroot =
			  inet_listener imap {
			    address = 127.0.0.1
			    port = $PORT
			  }
			}
		END
		# sanitizers take more of the address space than Dovecot gives to what it runs
		[ "${SANITIZE-}" != 1 ] || echo 'default_vsz_limit = 0'
		"$@"
	} >"$P/conf"
	cat >"$P/run.sh" <<-END
		set -e
		mkdir "$P/old"
		mount --bind /usr/lib "$P/old"
		ln -s "$P"/old/* "$P/new"
		ln -s "$P/lib" "$P/new/dovecot"
		mount --bind "$P/new" /usr/lib
		export LD_LIBRARY_PATH=$PEER_LIBS:$lib:$lib/modules/old-stats
		exec "$PEERS/dovecot-core/usr/bin/doveconf" -f service=master -c "$P/conf" -m master \
			-e "$PEERS/dovecot-core/usr/sbin/dovecot" -F -c "$P/conf"
	END
	start unshare -m sh "$P/run.sh"
	wait_for 20 port_open "$PORT" || {
		cat "$STARTED_LOG" "$P/log" >&2
		return 1
	}
}

# arrive FILE TARGET…: as a worker would put it there.
arrive() {
	local file=$1
	shift
	chmod 644 "$file"
	(cd / && setpriv --reuid "$EXIM_USER" --regid "$(id -g "$EXIM_USER")" --clear-groups \
		env -u SATCHEL_CONTROL "$SATCHEL_BIN/deliver" -f me@example.com -a joe@example.org "$@" <"$file")
}

# What IMAP's client does and sees; SCRIPT is python, M the connection of joe.
imap() {
	run -0 timeout 60 python3 -SI -c "
import imaplib, sys
M = imaplib.IMAP4('127.0.0.1', $PORT)
$1" || { cat "$P/log"; return 1; }
}

# What pop3d answers joe, in $output; as the owner of mailboxes does all.
pop3() {
	control authentication 'plaintext: yes'
	printf 'USER joe@example.org\r\nPASS secret word\r\n%bQUIT\r\n' "$1" >"$P/said"
	chmod 644 "$P/said"
	run timeout 60 env SATCHEL_SPOOL="$P/spool" SATCHEL_BIN="$P/bin" sh -c '
		cd / && exec setpriv --reuid "$1" --regid "$2" --clear-groups -- sh -c "
			$3/bin/qctl init >/dev/null && cat $3/said | $3/bin/pop3d"' \
		pop3 "$EXIM_USER" "$(id -g "$EXIM_USER")" "$P"
}

used() {
	mailuser quota joe@example.org | sed -n 's/^used\t//p'
}

@test "IMAP: what deliver wrote is read, flagged, moved; the quota is one" {
	local size
	dovecot_start configuration
	peer_message
	cp "$T/message" "$P/message"
	arrive "$P/message" "$J/"
	printf 'Subject: second\n\ntwo\n' >"$P/second"
	arrive "$P/second" "$J/"
	imap "
try:
    M.login('joe@example.org', 'wrong')
except imaplib.IMAP4.error as e:
    print('refused')
M.login('joe@example.org', 'secret word')
print(M.select('INBOX'))
for number in M.search(None, 'SUBJECT', 'peers')[1][0].split():
    sys.stdout.flush()
    open('$T/fetched', 'wb').write(M.fetch(number, '(BODY.PEEK[])')[1][0][1])
    M.store(number, '+FLAGS', r'(\\Flagged \\Answered)')
    M.create('Kept')
    print(M.copy(number, 'Kept')[0])
    M.store(number, '+FLAGS', r'(\\Deleted)')
    print(M.expunge()[0])
print(M.append('Kept', r'(\\Seen)', None, b'Subject: third\r\n\r\nthree\r\n')[0])
print(M.getquotaroot('INBOX')[1][1][0].decode())
print(M.logout()[0])"
	[ "${lines[0]}" = refused ]
	[ "${lines[1]}" = "('OK', [b'2'])" ]
	[ "${lines[2]} ${lines[3]} ${lines[4]} ${lines[6]}" = 'OK OK OK BYE' ]
	[[ ${lines[5]} == *'STORAGE '*' 1024'* ]]
	tail -c "$(wc -c <"$T/wire")" "$T/fetched" | cmp - "$T/wire"
	grep -q '^Delivered-To: joe@example.org' "$T/fetched"
	# the folder is one of Maildir++, and all that deliver and mailuser look at agrees
	[ "$(files_in "$J/new" "$J/cur")" -eq 1 ]
	[ "$(files_in "$J/.Kept/new" "$J/.Kept/cur")" -eq 2 ]
	find "$J/.Kept/cur" -name '*:2,*F*R*' -o -name '*:2,*FR*' | grep -q .
	size=$(find "$J/cur" "$J/new" "$J"/.Kept/{cur,new} -type f -exec cat {} + | wc -c)
	[[ $(used) == *" octets, 3 messages" ]]
	# Dovecot counts what it appended in the form that it stores
	[ "$(used)" = "$size octets, 3 messages" ] || {
		echo "$(used), and there are $size"
		cat "$J/maildirsize"
		return 1
	}
	# POP3 has the same inbox, and what it removes is gone for IMAP and for the quota
	pop3 'STAT\r\nRETR 1\r\nDELE 1\r\n'
	[[ $output == *$'\n+OK 1 '*'Subject: second'*'+OK Goodbye'* ]] || { echo "$output"; return 1; }
	imap "
M.login('joe@example.org', 'secret word')
print(M.select('INBOX')[1][0].decode(), M.select('Kept')[1][0].decode())"
	[ "$output" = '0 2' ]
	[[ $(used) == *" octets, 2 messages" ]]
	# a mail client of its own
	printf 'Subject: fourth\n\nfour\n' >"$P/fourth"
	arrive "$P/fourth" 'quota:1048576S' "$J/.Kept/"
	arrive "$P/second" 'quota:1048576S' "$J/"
	[[ $(used) == *" octets, 4 messages" ]]
	peer isync usr/bin/mbsync
	mkdir "$T/copy"
	cat >"$T/mbsyncrc" <<-END
		IMAPStore far
		Host 127.0.0.1
		Port $PORT
		User joe@example.org
		Pass "secret word"
		SSLType None
		AuthMechs LOGIN

		MaildirStore near
		Path $T/copy/
		Inbox $T/copy/inbox
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Near
		Sync Pull
		SyncState *
	END
	run -0 env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/isync/usr/bin/mbsync" -c "$T/mbsyncrc" -a || { echo "$output"; cat "$P/log"; return 1; }
	[ "$(files_in "$T/copy/inbox/cur" "$T/copy/inbox/new")" -eq 1 ]
	[ "$(files_in "$T/copy/Kept/cur" "$T/copy/Kept/new")" -eq 3 ]
	# one that is disabled stays out
	mailuser disable joe@example.org
	mailuser export -o "$P/accounts" dovecot
	wait_for 20 is_refused
}

is_refused() {
	! timeout 20 python3 -SI -c "import imaplib; imaplib.IMAP4('127.0.0.1', $PORT).login('joe@example.org', 'secret word')" 2>/dev/null
}

# send RECIPIENT…: from stdin, through the queue.
send() {
	sendmail -f me@example.com "$@"
	qrun 2>>"$T/qrun.log" || true
}

@test "Sieve by LMTP, with authd to ask: filed, answered, refused; over quota is one recipient's own; strangers are refused at once" {
	dovecot_start configuration_with_authd
	control lmtpdomains "example.org: lmtp:unix:$P/run/lmtp"
	control resolvers 127.0.0.1:1 # what goes to others stays in the queue
	start smtpd -l "127.0.0.1:$SMTP"
	wait_for 20 port_open "$SMTP"
	install -d -o "$EXIM_USER" "$J/home"
	cat >"$J/home/.dovecot.sieve" <<-'END'
		require ["fileinto", "mailbox", "reject", "vacation"];
		if exists "List-Id" { fileinto :create "Lists"; stop; }
		if header :contains "Subject" "spam" { reject "5.7.1 No, thanks."; stop; }
		vacation "Away until Monday.";
	END
	mailuser quota ann@example.org 100
	imap "
M.login('joe@example.org', 'secret word')
print(M.select('INBOX')[1][0].decode(), M.getquotaroot('INBOX')[1][1][0].decode())"
	[[ $output == '0 '*'STORAGE 0 1024'* ]]
	printf 'Subject: a list\nList-Id: <x.example.com>\nTo: joe@example.org\n\nx\n' | send joe+x@example.org
	grep -q 'to=joe+x@example.org .*status=sent' "$T/qrun.log" || { cat "$T/qrun.log" "$P/log"; return 1; }
	[ "$(files_in "$J/.Lists/new")" -eq 1 ]
	printf 'Subject: hello\nTo: joe@example.org\n\nhello\n' | send joe@example.org ann@example.org
	[ "$(files_in "$J/new")" -eq 1 ]
	grep -q 'to=joe@example.org .*status=sent' "$T/qrun.log"
	grep -q 'to=ann@example.org .*\(4.2.2\|5.2.2\).*[Qq]uota' "$T/qrun.log" || { cat "$T/qrun.log" "$P/log"; return 1; }
	wait_for 20 grep -rq 'Away until Monday' "$SATCHEL_SPOOL"
	printf 'Subject: spam\nTo: joe@example.org\n\nbuy\n' | send joe@example.org
	[ "$(files_in "$J/new")" -eq 1 ]
	wait_for 20 grep -rq 'No, thanks' "$SATCHEL_SPOOL"
	run -67 sendmail -bv nobody@example.org
}
