#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sendmail(1): flags and callers, what becomes of a message, exit codes. Messages end in a scratch
# spool, whose files are read as spool(5) has them.

# Each test is a subshell of its own, which shellcheck warns of; status and output are bats'.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper
load sendmail

setup() {
	setup_satchel
	mkdir -p "$SATCHEL_SPOOL/new"
	ME=$(id -un)
	unset NAME MAILRC
}

teardown() {
	stop_started
}

MAIL='From: ann@example.org\nTo: bob@example.org\nSubject: s\n\nbody\n'
MAIL_TEXT='From: ann@example.org
To: bob@example.org
Subject: s

body'

@test "a message without any header gets From, Date and Message-ID" {
	submit 'hello\n' -f joe@example.org ann
	message | grep -q '^Date: ...*+0000'
	message | grep -Eq '^Message-ID: <[0-9a-v]+\.[0-9a-v]{16}@here.test>'
	expect_envelope 'Fjoe@example.org Tann@here.test'
	expect_text 'From: joe@example.org

hello'
}

@test "fields that are there are left alone" {
	submit 'from: a@example.org\ndate: 1 Jan 99 0:00 EST\nmessage-id: <y>\ncc: ann:;\n\nbody\n' \
		-f joe@example.org ann
	[ "$(message | tr -d '\r')" = 'from: a@example.org
date: 1 Jan 99 0:00 EST
message-id: <y>
cc: ann:;

body' ]
}

@test "the caller is sender and author by default" {
	submit 'Subject: s\n\nbody\n' ann
	expect_envelope "F$ME@here.test Tann@here.test"
	# with the name that the user database has, or without where it has none
	if [ -n "$(getent passwd "$ME" | cut -d: -f5 | cut -d, -f1)" ]; then
		message | grep -q "^From: .*<$ME@here.test>"
	else
		message | tr -d '\r' | grep -q "^From: $ME@here.test\$"
	fi
}

@test "the full name: -F, NAME, quoted and encoded" {
	submit '\n' -F 'Joe Doe' -f joe@example.org ann
	expect_text 'From: Joe Doe <joe@example.org>'
	rm "$SATCHEL_SPOOL"/new/*
	NAME='Doe, Joe' submit '\n' -f joe@example.org ann
	expect_text 'From: "Doe, Joe" <joe@example.org>'
	rm "$SATCHEL_SPOOL"/new/*
	NAME=nobody submit '\n' -F $'J\xc3\xb6rg\r\nBcc: x@example.org' -f joe@example.org ann
	expect_text 'From: =?utf-8?q?J=C3=B6rg__Bcc=3A_x=40example=2Eorg?= <joe@example.org>'
}

@test "the null sender bounces nowhere, and the caller is the author" {
	submit '\n' '-f<>' -F Robot ann
	expect_envelope 'F Tann@here.test'
	expect_text "From: Robot <$ME@here.test>"
	rm "$SATCHEL_SPOOL"/new/*
	submit '\n' -f '' ann
	expect_envelope 'F Tann@here.test'
}

@test "every flag of the table is accepted, attached and separate, in any order" {
	submit "$MAIL" -Ac -Am -C /nonexistent -d0.1 -D /nonexistent -h 3 -Ltag -L tag -m -om -n \
		-p ESMTP:host -U -X /nonexistent -x -E -J -T t -M x -odb -odi -odq -ods -odd -oem \
		-oep -oew -oee -em -e p -O requiretls=yes -Osmtputf8=yes -oQ/x -o Q -XV -XV+= \
		-s -c -v -bm ann -f joe@example.org -i bob
	expect_envelope 'Fjoe+@example.org-@[] U1 Q1 Tann@here.test Tbob@here.test'
	[ "$(text | tail -n +4)" = "$MAIL_TEXT" ] # behind the trace of -p
	[ ! -e /nonexistent ]
}

@test "joined flags, and addresses behind --" {
	submit 'From: a@example.org\nTo: t@example.org\n\n.\nx\n' -tif joe@example.org -- -f -v
	expect_envelope 'Fjoe@example.org T-f@here.test T-v@here.test Tt@example.org'
	expect_text 'From: a@example.org
To: t@example.org

.
x'
}

@test "wrong usage is 64 and one line" {
	for arguments in '' '-k ann' '--nonsense ann' '-f' '-bz ann' '-B 9BIT ann' '-N often ann' \
		'-N never,delay ann' '-R some ann' '-bd' '-bD' '-bl' '-bv' \
		'-O requiretls=perhaps ann' '-XV+- ann' '-XVa= ann' '-q!' '-q!x' '-qR'; do
		# shellcheck disable=SC2086
		run sendmail $arguments </dev/null
		assert_status 64
		[ "${#lines[@]}" -eq 1 ]
		assert_output_has 'sendmail: fatal: '
	done
	run sendmail -bd </dev/null
	assert_output_has 'tcpserver'
	assert_output_has 'systemd'
	nothing_queued
}

@test "--help and --version" {
	run sendmail --help
	assert_status 0
	[ "${#lines[@]}" -lt 25 ]
	run sendmail --version
	[ "$output" = 'sendmail (satchel) 0.1' ]
}

@test "delivery reports: -N -R -V, and -B" {
	submit "$MAIL" -f joe@example.org -N delay,Success -Rhdrs -V 'id 1+=' -B 8bitmime ann bob
	expect_envelope 'Fjoe@example.org B8BITMIME Vid+201+2B+3D RHDRS Tann@here.test NSUCCESS,DELAY Tbob@here.test NSUCCESS,DELAY'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -fjoe@example.org -Nnever -R full -B7BIT ann
	expect_envelope 'Fjoe@example.org B7BIT RFULL Tann@here.test NNEVER'
	run sendmail -V "$(printf '%0101d' 0)" ann </dev/null
	assert_status 64
}

@test "8-bit bytes are declared, and so is what can't be known yet" {
	submit 'From: a@example.org\n\n\xc3\xb6\n' -f joe@example.org ann
	expect_envelope 'Fjoe@example.org B8BITMIME Tann@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	{ printf '%b' "$MAIL"; yes 0123456789 | head -c 60000; } | sendmail -f joe@example.org ann
	expect_envelope 'Fjoe@example.org Tann@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	{ printf '%b' "$MAIL"; yes 0123456789 | head -c 600000; } | TMPDIR=$T sendmail -f joe@example.org ann
	expect_envelope 'Fjoe@example.org Tann@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	{ printf '%b' "$MAIL"; yes 0123456789 | head -c 600000; } | TMPDIR=/nonexistent sendmail -f joe@example.org ann
	expect_envelope 'Fjoe@example.org B8BITMIME Tann@here.test'
}

@test "-t takes To, Cc and Bcc, adds the arguments, sends one copy each, and hides Bcc" {
	submit 'From: a@example.org
To: "Doe, Joe" <joe@example.org>, Ann <ann@Example.org> (twice),
 bob@here.test
Cc: friends: carl@example.org, =?utf-8?q?D=C3=B6?= <dora@example.org>;
BCC: secret@example.org,
	ann@example.ORG
Subject: s

body
' -t -f f@example.org extra@example.org carl@example.org Carl@example.org
	expect_envelope 'Ff@example.org Textra@example.org Tcarl@example.org TCarl@example.org Tjoe@example.org Tann@Example.org Tbob@here.test Tdora@example.org Tsecret@example.org'
	expect_text 'From: a@example.org
To: "Doe, Joe" <joe@example.org>, Ann <ann@Example.org> (twice),
 bob@here.test
Cc: friends: carl@example.org, =?utf-8?q?D=C3=B6?= <dora@example.org>;
Subject: s

body'
}

@test "-t of a resent message takes the uppermost block alone" {
	submit 'Resent-From: x@example.org
Resent-Date: now
Resent-To: new@example.org
Resent-Bcc: hidden@example.org
Received: by y
Resent-From: y@example.org
Resent-To: old@example.org
From: a@example.org
To: to@example.org
Bcc: blind@example.org

body
' -t -f f@example.org
	expect_envelope 'Ff@example.org Tnew@example.org Thidden@example.org'
	run text
	case $output in *idden@* | *blind@*) false ;; esac
	assert_output_has 'Resent-To: old@example.org'
	rm "$SATCHEL_SPOOL"/new/*
	submit 'Resent-To: new@example.org\nResent-To: old@example.org\nTo: to\n\n' -t -f f@example.org
	expect_envelope 'Ff@example.org Tnew@example.org'
}

@test "Bcc and Return-Path do not go out without -t either" {
	submit 'From: a@example.org\nReturn-Path: <x>\nBcc: b@example.org\n\n' -f f@example.org ann
	expect_text 'From: a@example.org'
}

@test "-G repairs nothing" {
	submit 'Return-Path: <x>\nBcc: b@example.org\nTo: t\n\nx\n' -G -f f@example.org ann
	[ "$(message | tr -d '\r')" = 'Return-Path: <x>
Bcc: b@example.org
To: t

x' ]
	rm "$SATCHEL_SPOOL"/new/*
	submit 'Bcc: b@example.org\nTo: t\n\nx\n' -G -t -f f@example.org
	expect_envelope 'Ff@example.org Tb@example.org Tt@here.test'
	[ "$(message | tr -d '\r')" = 'To: t

x' ]
}

@test "no recipients in the header, and addresses that are none, are 65" {
	for field in 'Subject: s' 'To: undisclosed-recipients:;' 'To: joe doe' 'To: <a@example.org' \
		'To: a@@example.org' 'To: a@-example.org' 'Cc: \xf6@example.org' 'To: <>' \
		'Bcc: a@example.org, (b'; do
		run submit "$field\n\nbody\n" -t -f f@example.org
		assert_status 65
		[ "${#lines[@]}" -eq 1 ]
		nothing_queued
	done
	run submit 'To: a\033b@example.org x\n\n' -t
	assert_status 65
	[ "$output" = "sendmail: fatal: To: 'a\\x1bb@example.org x' is no mail address" ]
	for argument in 'a b' '@' 'a@b@c' 'a@' ''; do
		run sendmail -f f@example.org -- "$argument" </dev/null
		assert_status 65
	done
	for sender in 'a b' 'a@example.org, b@example.org' 'a@' $'a\nTx'; do
		run sendmail -f "$sender" ann </dev/null
		assert_status 65
	done
	nothing_queued
}

@test "arguments may be written as in a header" {
	submit "$MAIL" -f '<joe@example.org>' 'Ann <ann@example.org>, bob@example.org' '"x y"@example.org' '"a@b"'
	expect_envelope 'Fjoe@example.org Tann@example.org Tbob@example.org T"x y"@example.org T"a@b"@here.test'
}

@test "a lone dot ends the message, unless -i" {
	submit 'From: a@example.org\n\n..\n.x\nx.\n.\nlost\n' -f f@example.org ann
	expect_text 'From: a@example.org

..
.x
x.'
	rm "$SATCHEL_SPOOL"/new/*
	submit 'From: a@example.org\r\n\r\nx\r\n.\r\nlost\r\n' -f f@example.org ann
	expect_text 'From: a@example.org

x'
	for flag in -i -oi -oitrue; do
		rm "$SATCHEL_SPOOL"/new/*
		submit 'From: a@example.org\n\n.\nkept\n.' $flag -f f@example.org ann
		expect_text 'From: a@example.org

.
kept
.'
	done
}

@test "line ends: LF, CRLF, both; other CRs become spaces; the last line gets its end" {
	submit 'From: a@example.org\r\nMessage-ID: <a>\r\nDate: 1 Jan 26 0:00\nTo: b\rc@d\r\r\n\r\r\nx\ny\rz\r\n\n\rw' \
		-f f@example.org ann
	message | od -c | head -20
	[ "$(message | od -An -c | tr -d ' \n')" = "$(printf \
		'From: a@example.org\r\nMessage-ID: <a>\r\nDate: 1 Jan 26 0:00\r\nTo: b c@d\r\n\r\nx\r\ny z\r\n\r\n w\r\n' |
		od -An -c | tr -d ' \n')" ]
}

@test "a From_ line is dropped, and a header that is none becomes body" {
	submit 'From joe Sun Nov 22 01:02:03 2026\nFrom: a@example.org\n\nFrom x\n' -f f@example.org ann
	expect_text 'From: a@example.org

From x'
	rm "$SATCHEL_SPOOL"/new/*
	submit 'From: a@example.org\nno field\n\nx\n' -f f@example.org ann
	expect_text 'From: a@example.org

no field

x'
	rm "$SATCHEL_SPOOL"/new/*
	submit ' blank: first\nx\n' -f f@example.org ann
	expect_text 'From: f@example.org

 blank: first
x'
}

@test "a NUL is 65, in the header and far behind" {
	run submit 'From: a\0b\n\n' -f f@example.org ann
	assert_status 65
	assert_output_has NUL
	far() {
		{ printf '%b' "$MAIL"; yes 0123456789 | head -c 600000; printf 'x\0y\n'; } |
			sendmail -f f@example.org ann
	}
	run far
	assert_status 65
	nothing_queued
}

@test "a header of more than a mebibyte is 65, a body of one line is not" {
	long_header() { yes 'X-Field: 0123456789' | head -c 1200000 | sendmail -f f@example.org ann; }
	run long_header
	assert_status 65
	assert_output_has '1048576'
	long_line() { { echo -n 'X: '; head -c 1100000 /dev/zero | tr '\0' x; echo; } | sendmail -f f@example.org ann; }
	run long_line
	assert_status 65
	assert_output_has '1048576'
	folded() { { printf 'X: y\n'; head -c 3000000 /dev/zero | tr '\0' ' '; } | sendmail -f f@example.org ann; }
	run folded
	assert_status 65
	nothing_queued
	head -c 3000000 /dev/zero | tr '\0' x | sendmail -f f@example.org ann
	[ "$(message | wc -c)" -gt 3000000 ]
}

@test "memory stays bounded: 60 MB in 20 MB of address space" {
	[ "$BUILD" = "$ROOT/build" ] || skip 'a sanitizer needs address space'
	big() { { printf '%b' "$MAIL"; yes 0123456789 | head -c 60000000; } | (ulimit -v 20000; exec sendmail -f f@example.org ann); }
	run big
	# the queue may refuse the size; what matters is that memory was enough
	case $status in 0 | 65) ;; *) assert_status 0 ;; esac
}

@test "a limit on files ends neither the file of a long body nor sendmail by a signal" {
	run bash -c 'ulimit -f 100; yes abc | head -c 600000 | TMPDIR=$1 sendmail joe@example.org' - "$T"
	assert_status 75
	assert_output_has 'unable to write to the spool: File too large'
}

@test "standard input that is closed or a folder is 74" {
	run sh -c 'exec sendmail -f f@example.org ann <&-'
	assert_status 74
	run sh -c 'exec sendmail -f f@example.org ann </'
	assert_status 74
	nothing_queued
}

@test "closed standard output and error do no harm" {
	printf 'x\n' | sendmail -v -f f@example.org ann >&- 2>&-
	[ "$(text | tail -1)" = x ]
}

@test "-oeq and -e q are silent, and the exit code is the same" {
	for flag in -oeq '-e q' -eq; do
		# shellcheck disable=SC2086
		run sendmail $flag -f 'a b' ann </dev/null
		assert_status 65
		[ -z "$output" ]
	done
}

@test "-v prints the id" {
	run submit "$MAIL" -v -f f@example.org ann
	assert_status 0
	[ "$output" = "sendmail: queued as $(basename "$(queued)")" ]
}

@test "a name of this host that is none, or can't be read, is 78" {
	control me 'no host name'
	run submit "$MAIL" -f f@example.org ann
	assert_status 78
	assert_output_has 'control/me'
	SATCHEL_CONTROL=$T/missing run submit "$MAIL" -f f@example.org ann
	assert_status 78
}

@test "ENQUEUE: the filter gets message and envelope, and its exit code counts" {
	cat >"$T/filter" <<-'END'
		#!/bin/sh
		cat >"$T/got.message"
		tr '\0' '\n' <&1 >"$T/got.envelope"
		exit "$(cat "$T/code")"
	END
	chmod +x "$T/filter"
	export ENQUEUE=$T/filter
	echo 0 >"$T/code"
	run submit "$MAIL" -v -i -f f@example.org -N never ann bob
	assert_status 0
	[ "$output" = 'sendmail: queued' ]
	[ "$(cat "$T/got.envelope")" = 'Ff@example.org
Tann@here.test
Tbob@here.test' ]
	grep -q '^To: bob@example.org$' "$T/got.message"
	# daemons that ignore what becomes of their children hand that on
	printf '%b' "$MAIL" | env --ignore-signal=CHLD sendmail -f f@example.org ann
	local pair
	for pair in 31:65 51:71 53:75 55:78 71:75 81:70 91:70; do
		echo "${pair%:*}" >"$T/code"
		run submit "$MAIL" -f f@example.org ann
		assert_status "${pair#*:}"
		assert_output_has 'was not queued'
	done
	printf '#!/bin/sh\nexit 31\n' >"$T/filter"
	early() { { printf '%b' "$MAIL"; yes | head -c 1000000; } | sendmail -f f@example.org ann; }
	run early
	[ "$status" -ne 0 ]
	assert_output_has 'exited with 31'
}

@test "without enqueue it is 75, and says so" {
	mkdir "$T/bin"
	ln -s "$SATCHEL_BIN/sendmail" "$T/bin/sendmail"
	SATCHEL_BIN=$T/bin run submit "$MAIL" -f f@example.org ann
	assert_status 75
	assert_output_has enqueue
	SATCHEL_BIN=$T/bin run sendmail -bs
	assert_status 69
	nothing_queued
}

@test "newaliases and -bi check the tables" {
	ln -s "$SATCHEL_BIN/sendmail" "$T/newaliases"
	for command in "$T/newaliases" 'sendmail -bi' 'sendmail -I'; do
		# shellcheck disable=SC2086
		run $command
		assert_status 0
	done
	control virtual 'this is no pair'
	run "$T/newaliases"
	assert_status 78
	assert_output_has virtual
}

@test "newaliases names every broken line, and leaves the old table in force" {
	control aliases 'Boss: nobody' '"a b": joe@example.com' 'all: boss,' '  "a b"@example.org'
	run -0 sendmail -bi
	[ "${lines[0]}" = "$SATCHEL_CONTROL/aliases.cdb: 3 aliases" ]
	control aliases 'Boss: joe@example.com' 'no alias' 'empty:' 'bad: joe@@example.com' 'BOSS: ann'
	run -78 --separate-stderr sendmail -bi
	[ -z "$output" ]
	for line in 2 3 4 5; do
		grep -q "^aliases: line $line: " <<<"$stderr"
	done
	[ "$(grep -c '^aliases: line ' <<<"$stderr")" -eq 4 ]
	[[ $stderr == *'the aliases are not compiled; the old ones stay in force' ]]
	run -0 sendmail -bv boss '"A B"'
	[ "${lines[0]}" = 'boss: user nobody' ]
	[ "${lines[1]}" = '"A B": joe@example.com' ]
	control aliases 'boss: joe@example.com'
	run -0 sendmail -bv boss
	[ "${lines[0]}" = 'boss: user nobody' ]
	run -0 sendmail -bi
	run -0 sendmail -bv boss
	[ "${lines[0]}" = 'boss: joe@example.com' ]
	rm "$SATCHEL_CONTROL/aliases"
	run -78 sendmail -bi
	assert_output_has 'there are no aliases, but'
	[ -z "$(find "$SATCHEL_CONTROL" -name '.*cdb*')" ]
	printf x >"$SATCHEL_CONTROL/aliases.cdb"
	run -78 sendmail -bv boss
	assert_output_has 'aliases.cdb: it is cut short, or no compiled table'
}

@test "a message is one line, whatever it shows, and is there however long" {
	run sendmail $'-\e[31m\nx'
	assert_status 64
	[ "$output" = 'sendmail: fatal: there is no such option: ? (see sendmail --help)' ]
	run sendmail -B $'7BIT\n\xff\xc2\x9b\xc3\xbc'
	assert_status 64
	[ "$output" = $'sendmail: fatal: -B takes 7BIT or 8BITMIME: 7BIT????\xc3\xbc (see sendmail --help)' ]
	SATCHEL_CONTROL=/$(head -c 5000 /dev/zero | tr '\0' x) run sendmail -bi
	assert_status 78
	assert_output_has 'sendmail: fatal: unable to open the control directory /xxx'
	assert_output_has 'File name too long'
}

@test "a control file that is none is named, with the cause" {
	mkdir "$SATCHEL_CONTROL/aliases"
	run sendmail -bi
	assert_status 78
	assert_output_has 'aliases: Is a directory'
	rmdir "$SATCHEL_CONTROL/aliases"
	mkfifo "$SATCHEL_CONTROL/virtual"
	run sendmail -bi
	assert_status 78
	assert_output_has 'virtual: '
	rm "$SATCHEL_CONTROL/virtual"
	truncate -s 1G "$SATCHEL_CONTROL/routes"
	run sendmail -bi
	assert_status 78
	assert_output_has 'routes: File too large'
}

# --- the command lines of callers ---

@test "cron: Debian, cronie, ISC" {
	local cron='From: root (Cron Daemon)\nTo: joe\nSubject: Cron <joe@here> x\n\n.\nout\n'
	submit "$cron" -FCronDaemon -i -B8BITMIME -oem joe
	expect_envelope "F$ME@here.test B8BITMIME Tjoe@here.test"
	expect_text 'From: root@here.test (Cron Daemon)
To: joe@here.test
Subject: Cron <joe@here> x

.
out'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$cron" -FCronDaemon -i -odi -oem -oi -t -f root
	expect_envelope 'Froot@here.test Tjoe@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$cron" -FCronDaemon -odi -oem -oi -t
	expect_envelope "F$ME@here.test Tjoe@here.test"
}

@test "atd, fail2ban, unattended-upgrades, git-multimail, inews, qpage, logwatch" {
	local all=(joe '-f s@example.org joe' '-oi -t' '-oi -t -F' '-oi -oeq joe' '-f <> joe' '-t')
	local want=("F$ME@here.test Tjoe@here.test" 'Fs@example.org Tjoe@here.test'
		"F$ME@here.test Tbob@example.org" '' "F$ME@here.test Tjoe@here.test"
		'F Tjoe@here.test' "F$ME@here.test Tbob@example.org")
	local i
	for i in "${!all[@]}"; do
		local -a arguments
		read -ra arguments <<<"${all[i]}"
		[ "${all[i]}" = '-oi -t -F' ] && arguments+=('' -f s@example.org) && want[i]='Fs@example.org Tbob@example.org'
		submit "$MAIL" "${arguments[@]}"
		expect_envelope "${want[i]}"
		expect_text "$MAIL_TEXT"
		rm "$SATCHEL_SPOOL"/new/*
	done
}

@test "PHP: -t -i, with CRLF in the header and LF in the body, and PHPMailer's -fADDR" {
	submit 'To: joe@example.org\r\nSubject: s\r\nFrom: a@example.org\r\n\r\none\ntwo\n\n.\nend\r\n' -t -i -fa@example.org
	expect_envelope 'Fa@example.org Tjoe@example.org'
	expect_text 'To: joe@example.org
Subject: s
From: a@example.org

one
two

.
end'
	[ "$(message | grep -cv $'\r$')" -eq 0 ]
}

@test "NeoMutt, git send-email, nodemailer, Ruby, Dovecot: their flags" {
	local lines=('-oem -oi -B8BITMIME -f a@example.org -N success -R hdrs -- bob@example.org'
		'-f a@example.org -i bob@example.org' '-i -f a@example.org bob@example.org'
		'-i -f a@example.org -- bob@example.org')
	local line
	for line in "${lines[@]}"; do
		# shellcheck disable=SC2086
		submit "$MAIL" $line
		case $(envelope) in
		'Fa@example.org B8BITMIME RHDRS Tbob@example.org NSUCCESS' | 'Fa@example.org Tbob@example.org') ;;
		*) envelope; false ;;
		esac
		expect_text "$MAIL_TEXT"
		rm "$SATCHEL_SPOOL"/new/*
	done
}

# --- the programs themselves ---

@test "python3: a message of the email package" {
	needs python3
	python3 -S - <<-'END'
		import subprocess
		from email.message import EmailMessage
		m = EmailMessage()
		m["From"] = "Jörg <joerg@example.org>"
		m["To"] = "Änn, Miss <ann@example.org>, bob@example.com"
		m["Bcc"] = "carl@example.org"
		m["Subject"] = "Grüße"
		m.set_content("Grüße\n")
		subprocess.run(["sendmail", "-t", "-oi", "-f", "joerg@example.org"],
		    input=m.as_bytes(), check=True)
	END
	case $(envelope) in *'Tbob@example.com'*'Tcarl@example.org'*) ;; *) envelope; false ;; esac
	[ "$(message | grep -ci '^bcc')" -eq 0 ]
}

@test "git send-email" {
	needs git
	[ -x "$(git --exec-path)/git-send-email" ] || missing_peer 'git send-email is not installed'
	# whoever runs this from a hook of git has told it where to work
	unset "${!GIT_@}"
	export HOME=$T GIT_CONFIG_NOSYSTEM=1
	git init -q "$T/tree" && cd "$T/tree"
	git config user.name 'Ann' && git config user.email ann@example.org
	git commit -q --allow-empty -m first && echo x >x && git add x && git commit -q -m second
	git send-email --quiet --confirm=never --suppress-cc=all --to='Joe Doe <joe@example.org>' \
		--cc=bob@example.org --envelope-sender=auto --smtp-server="$SATCHEL_BIN/sendmail" -1
	expect_envelope 'Fann@example.org Tjoe@example.org Tbob@example.org'
	message | grep -q '^Subject: \[PATCH\] second'
}

@test "mutt" {
	needs mutt
	printf 'body\n.\nend\n' | HOME=$T mutt -n -F /dev/null -e "set sendmail='$SATCHEL_BIN/sendmail -oem -oi'" \
		-e 'set use_envelope_from' -e 'set from=ann@example.org' -e 'set record=' \
		-e 'set use_8bitmime' -e 'set dsn_notify=delay' -e 'set dsn_return=hdrs' -s subject joe@example.org -b bob@example.org
	case $(envelope) in 'Fann@example.org'*'RHDRS Tjoe@example.org NDELAY Tbob@example.org NDELAY') ;; *) envelope; false ;; esac
	[ "$(text | tail -3)" = 'body
.
end' ]
}

@test "neomutt" {
	needs neomutt
	printf 'body\n' | HOME=$T neomutt -n -F /dev/null -e "set sendmail='$SATCHEL_BIN/sendmail -oem -oi'" \
		-e 'set use_envelope_from' -e 'set from=ann@example.org' -e 'set record=' -s subject joe@example.org
	expect_envelope 'Fann@example.org Tjoe@example.org'
}

@test "s-nail" {
	needs s-nail
	printf 'body\n' | HOME=$T s-nail -n -S sendwait -S mta="$SATCHEL_BIN/sendmail" -s subject -r ann@example.org joe@example.org
	expect_envelope 'Fann@example.org Tjoe@example.org'
	[ "$(text | tail -1)" = body ]
}
