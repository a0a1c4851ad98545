#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# procmail, maildrop and vacation as programs of .forward, .qmail and aliases: they sort, refuse and
# answer by what deliver(8) tells them. They run as the user joe, in a mount namespace of his own.
# shellcheck disable=SC2154,SC2016 # status is bats'; the scripts are another shell's

bats_require_minimum_version 1.5.0
load ../helper
load peers

JOE=64733

setup() {
	[ "$(id -u)" -eq 0 ] || skip 'a mount namespace is for root alone'
	needs unshare setpriv
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	setup_satchel
	peer_scratch
	chmod 755 "$P"
	mkdir "$P/bin" "$P/control" "$P/sbin" "$P/lib"
	install -d -o "$JOE" -g "$JOE" "$P/home" "$P/out"
	cp "$BUILD"/bin/{deliver,enqueue,sendmail} "$BUILD/t/unit/deliver_worker" "$P/bin"
	{ sed '/^joe:/d' /etc/passwd && echo "joe:x:$JOE:$JOE::$P/home:/bin/sh"; } >"$P/passwd"
	echo here.test >"$P/control/me"
	: >"$P/control/aliases"
	# what sanitizers take of the address space is more than programs get
	[ "${SANITIZE-}" != 1 ] || echo 'program-memory: 0' >"$P/control/limits"
	sendmail_for_vacation
	export P SATCHEL_CONTROL=$P/control SATCHEL_SPOOL=$P/spool SATCHEL_BIN=$P/bin
}

teardown() {
	remove_scratch "${P-}"
}

# /usr/sbin/sendmail is where vacation looks for it; what it sends is kept.
sendmail_for_vacation() {
	printf '#!/bin/sh\ncat >>%s/out/sent\ntr "\\0" "\\n" <&1 >>%s/out/envelope\n' "$P" "$P" >"$P/bin/keep"
	printf '#!/bin/sh\nexport ENQUEUE=%s/bin/keep SATCHEL_CONTROL=%s/control SATCHEL_BIN=%s/bin\nexec %s/bin/sendmail "$@"\n' \
	    "$P" "$P" "$P" "$P" >"$P/sbin/sendmail"
	chmod 755 "$P/bin/keep" "$P/sbin/sendmail"
}

# program PACKAGE FILE OTHER-PACKAGE...: there for joe, without rights of its own, with its libraries.
program() {
	local name=${2##*/} library
	peer "$@"
	install -m 755 "$PEERS/$1/$2" "$P/bin/$name.real"
	for library in $(LD_LIBRARY_PATH=$PEER_LIBS ldd "$PEERS/$1/$2" | grep -o "$PEERS/[^ ]*"); do
		install -m 644 "$library" "$P/lib"
	done
	printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/lib exec %s/bin/%s.real "$@"\n' "$P" "$P" "$name" >"$P/bin/$name"
	chmod 755 "$P/bin/$name"
}

# mail SUBJECT [TARGETS]: to joe, or to these, as joe; what deliver says is in output
mail() {
	local destination=user:joe to=joe@here.test
	[ $# -eq 1 ] || { destination=targets: to=$to=$2; }
	printf 'From: ann@example.org\r\nTo: joe@here.test\r\nSubject: %s\r\n\r\ntext\r\n' "$1" >"$P/wire"
	chown -R "$JOE:$JOE" "$P/home"
	run -0 unshare -m sh -c 'mount --bind "$P/passwd" /etc/passwd && mount --bind "$P/sbin" /usr/sbin &&
	    uid=$0 && exec /usr/bin/setpriv --reuid="$uid" --regid="$uid" --clear-groups -- "$@"' "$JOE" \
	    "$P/bin/deliver_worker" 1 "$destination" ann@example.org "$P/wire" "$to"
	echo "$output"
}

# holds FOLDER COUNT
holds() {
	[ "$(files_in "$P/home/$1")" -eq "$2" ] || {
		find "$P/home" >&2
		return 1
	}
}

@test "procmail sorts, refuses and gives up, from .forward, .qmail and an alias" {
	program procmail usr/bin/procmail
	cat >"$P/home/.procmailrc" <<-'END'
		DEFAULT=$HOME/Maildir/
		LOGFILE=$HOME/log

		:0
		* ^Subject: folder
		Sorted/

		:0
		* ^Subject: refuse
		{
			EXITCODE=77
			HOST
		}

		:0
		* ^Subject: later
		{
			EXITCODE=75
			HOST
		}
	END
	echo "\"|IFS=' ' && exec $P/bin/procmail -f- || exit 75 #joe\"" >"$P/home/.forward"
	mail folder
	assert_output_has '1/0 delivered 2.0.0'
	holds Sorted/new 1
	grep -qx 'Delivered-To: joe@here.test' "$P"/home/Sorted/new/*
	mail other
	holds Maildir/new 1
	mail refuse
	assert_output_has '1/0 permanent 5.7.0'
	mail later
	assert_output_has '1/0 temporary 4.3.0'
	echo qmail >"$P/control/forwardfiles"
	echo "| $P/bin/procmail" >"$P/home/.qmail"
	mail folder
	holds Sorted/new 2
	mail folder "|$P/bin/procmail"
	assert_output_has '1/0 delivered 2.0.0'
	holds Sorted/new 3
	holds Maildir/new 1
}

@test "maildrop sorts and refuses, from .forward, .qmail and an alias" {
	program maildrop usr/bin/maildrop courier-authlib libcourier-unicode4 libgdbm6 libpcre3
	cat >"$P/home/.mailfilter" <<-'END'
		if (/^Subject: folder/)
			to "$HOME/Sorted/"
		if (/^Subject: refuse/)
		{
			EXITCODE=77
			exit
		}
		to "$HOME/Maildir/"
	END
	chmod 600 "$P/home/.mailfilter"
	mkdir -p "$P"/home/{Sorted,Maildir}/{new,cur,tmp}
	echo "|$P/bin/maildrop" >"$P/home/.forward"
	mail folder
	assert_output_has '1/0 delivered 2.0.0'
	holds Sorted/new 1
	mail other
	holds Maildir/new 1
	mail refuse
	assert_output_has '1/0 permanent 5.7.0'
	echo qmail >"$P/control/forwardfiles"
	echo "|$P/bin/maildrop" >"$P/home/.qmail"
	mail folder
	holds Sorted/new 2
	mail folder "|$P/bin/maildrop \$HOME/.mailfilter"
	assert_output_has '1/0 delivered 2.0.0'
	holds Sorted/new 3
}

@test "vacation answers each sender once, and the mail is kept" {
	program vacation usr/bin/vacation
	printf 'Subject: away\nPrecedence: bulk\n\nBack in May.\n' >"$P/home/.vacation.msg"
	echo "\\joe, \"|$P/bin/vacation -a joe joe\"" >"$P/home/.forward"
	for _ in 1 2 3; do
		mail question
		assert_output_has '1/0 delivered 2.0.0'
	done
	holds Maildir/new 3
	[ "$(grep -c '^Subject: away' "$P/out/sent")" -eq 1 ]
	grep -qx 'Tann@example.org' "$P/out/envelope"
	grep -q '^Tann' "$P/out/envelope" && [ "$(grep -c '^T' "$P/out/envelope")" -eq 1 ]
}
