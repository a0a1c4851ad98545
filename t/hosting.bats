#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# satchel(7), HOSTING: the commands of the page as they stand there, but for their folders, and what
# they made: mail for an account, an alias and a list, fetched by POP3.

bats_require_minimum_version 1.5.0
load helper
load page

setup() {
	setup_satchel
	AS=()
	FOLDERS=()
	[ "$(id -u)" -ne 0 ] || become_nobody
	rm -rf "$SATCHEL_CONTROL" "$SATCHEL_SPOOL"
	"${AS[@]}" mkdir "$SATCHEL_CONTROL" "$T/vmail"
	"${AS[@]}" qctl init >/dev/null
	export HOME=$T
}

# All of it belongs to one user, who may not be root: nothing is delivered as that.
become_nobody() {
	needs setpriv
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-hosting.XXXXXX")
	FOLDERS+=("$T")
	export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	mkdir "$T/bin"
	cp "$BUILD"/bin/* "$T/bin"
	PATH=$T/bin:$PATH
	chown -R nobody "$T"
	AS=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups --)
}

teardown() {
	stop_started
	if [ "${#FOLDERS[@]}" -gt 0 ]; then
		rm -rf "${FOLDERS[@]}"
	fi
}

# Runs them in the folders of this test; what they say is in $output.
follow_page() {
	control mailroot "$T/vmail"
	control resolvers 127.0.0.1:1
	commands HOSTING | sed "s|/etc/satchel|$SATCHEL_CONTROL|" >"$T/page"
	[ "$(wc -l <"$T/page")" -gt 20 ]
	run "${AS[@]}" bash -eu "$T/page"
	[ "$status" -eq 0 ] || { cat "$T/page"; echo "$output"; return 1; }
}

password_of() {
	sed -n "$1p" "$T/passwords"
}

messages_of() {
	find "$T/vmail/example.org/$1/new" -type f | sort
}

@test "the commands of the page make a mail server" {
	needs openssl curl pop3d
	follow_page
	sed -n 's/.* has the password //p' <<<"$output" >"$T/passwords"
	[ "$(wc -l <"$T/passwords")" -eq 2 ]
	[[ $output != *'error: '* ]] || { echo "$output"; return 1; }
	[[ $output == *'info@example.org'*"$T/vmail/example.org/ann/"*"$T/vmail/example.org/joe/"* ]] || { echo "$output"; return 1; }
	printf 'Subject: to the list\n\nHello, all.\n' | "${AS[@]}" sendmail -f ann@example.org dev@example.org
	printf 'Subject: to one\n\nHello, Joe.\n' | "${AS[@]}" sendmail -f ann@example.org joe.smith+x@example.org
	for _ in 1 2 3 4 5; do
		"${AS[@]}" qrun 2>>"$T/log"
	done
	[ "$(messages_of ann | wc -l)" -eq 2 ] || { cat "$T/log"; return 1; }
	[ "$(messages_of joe | wc -l)" -eq 3 ] || { cat "$T/log"; return 1; }
	grep -rqx 'Return-Path: <dev-owner@example.org>' "$T/vmail/example.org/joe/new"
	PORT=$(free_port)
	start "${AS[@]}" pop3d -l "127.0.0.1:$PORT"
	wait_for 20 port_open "$PORT"
	# the certificate is nobody else's, so it is the one to be trusted
	run -0 curl -s --noproxy '*' --max-time 30 --ssl-reqd --cacert "$SATCHEL_CONTROL/cert.pem" \
	    --connect-to "mail.example.org:$PORT:127.0.0.1:$PORT" \
	    -u "joe@example.org:$(password_of 2)" "pop3://mail.example.org:$PORT/"
	[ "${#lines[@]}" -eq 3 ]
}
