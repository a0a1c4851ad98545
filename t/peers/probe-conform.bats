#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe conform and relay against each server of others: which checks are "no", and why. What could not
# be told is not listed, as that may be otherwise on a busy machine.
# shellcheck disable=SC2154

load ../helper
load ../tls
load peers
load mail_servers

setup_file() {
	make_peer_key
}

setup() {
	setup_satchel
}

teardown() {
	stop_servers
}

# lists COMMAND...: the checks of $TARGET that are no, by their ids
lists() {
	smtp-probe "$@" --json -t 60 --pace 0.02 "$TARGET" >"$T/json" || true
	python3 -SI -c 'import json, sys
print("\n".join(sorted({one["id"].replace("conform.", "") + (":" + one["about"] if one.get("about") else "")
    for line in sys.stdin for server in json.loads(line)["servers"] for one in server["results"]
    if one["verdict"] == "no"})))' <"$T/json"
}

# conform_is TARGET <TABLE: ids, and why behind "#"
conform_is() {
	TARGET=$1
	sed 's/[[:space:]]*#.*//' | LC_ALL=C sort >"$T/want"
	lists conform --send-messages --to joe@example.test >"$T/got"
	diff "$T/want" "$T/got"
}

relays_nothing() {
	TARGET=$1
	[ "$(lists relay --domain example.test)" = "" ]
}

@test "Postfix: bare LF ends a message, as smtpd_forbid_bare_newline is not its default in 3.7" {
	start_server postfix tls
	conform_is "127.0.0.1:$PORT" <<-'END'
		command-lf # RFC 5321, 2.3.8: it takes LF for CRLF
		expn # 500; 502 is for what is known and not done (RFC 5321, 4.2.4)
		help # likewise
		smtputf8-undeclared # strict_smtputf8 is not its default
		smuggling:CRLF . CR CRLF # it drops all CRs at the end of a line
		smuggling:CRLF . LF
		smuggling:LF . CRLF
		smuggling:LF . LF
	END
	relays_nothing "127.0.0.1:$PORT"
}

@test "Exim" {
	start_server exim tls
	conform_is "127.0.0.1:$PORT" <<-'END'
		command-lf
		line-long # what is beyond its buffer is taken for another command
		literal # 501: allow_domain_literals is not its default
		mail-parameter # 501, not 555
		quoted-same # the quotes stay in the local part
		rcpt-parameter # 501
		smtputf8-undeclared
	END
	# it hangs up on who is not in step, or says too much that brings no mail
	for tls in off starttls; do
		lists conform --tls "$tls" >"$T/got"
		grep -q '"id":"conform.pipelining","verdict":"yes"' "$T/json"
	done
	relays_nothing "127.0.0.1:$PORT"
}

@test "OpenSMTPD" {
	start_server opensmtpd
	conform_is "127.0.0.1:$PORT" <<-'END'
		ehlo-resets # 503: it takes EHLO but once (RFC 5321, 4.1.4)
		expn
		line-512 # NOOP takes nothing behind it
		mail-parameter # 503
		noop
		quoted-same
		rcpt-parameter
		size # it looks at the size of the message alone
		status-codes
		trailing-blank
		vrfy
	END
	relays_nothing "127.0.0.1:$PORT"
}

@test "sendmail" {
	start_server sendmail tls
	conform_is "127.0.0.1:$PORT" <<-'END'
		command-lf
	END
}

@test "Haraka" {
	start_server haraka tls
	conform_is "127.0.0.1:$PORT" <<-'END'
		command-lf
		expn
		help
		mail-parameter # it takes any
		mail-twice # the second takes the place of the first
		quoted-same
		rcpt-parameter
		smtputf8-undeclared
	END
	relays_nothing "127.0.0.1:$PORT"
}

@test "Dovecot: submission wants a login first, which is no fault" {
	start_server dovecot-submission tls
	conform_is "127.0.0.1:$PORT" <<-'END'
		bdat-first # refused, and its octets are run as commands (RFC 3030, 2)
		command-lf
		expn
		help
	END
}

@test "Dovecot: LMTP" {
	start_server dovecot-lmtp tls
	conform_is "lmtp:127.0.0.1:$PORT" <<-'END'
		command-lf
		smuggling:CRLF . LF
		smuggling:LF . CRLF
		smuggling:LF . LF
	END
}
