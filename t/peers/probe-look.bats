#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The look of smtp-probe at servers of others: what it says of their EHLO, before TLS and under it, is what
# swaks is told; and the causes that it finds at recipients.
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
	needs swaks
}

teardown() {
	stop_servers
}

# What swaks is told to EHLO or LHLO: swaks_hello [OPTION…]
swaks_hello() {
	swaks --server 127.0.0.1 --port "$PORT" --ehlo here.test --quit-after FIRST-EHLO --timeout 60 "$@" |
		sed -n 's/^<[-~] *250[- ]//p' | tr -d '\r'
}

# The same under TLS.
swaks_secure() {
	swaks --server 127.0.0.1 --port "$PORT" --ehlo here.test --tls --quit-after EHLO --timeout 60 |
		sed -n 's/^<~ *250[- ]//p' | tr -d '\r'
}

# probe_said WHAT: of the JSON in $T/json, the lines of EHLO that its results come from, one a line; then what it
# says differs under TLS, and the causes of recipients.
probe_said() {
	python3 -S - "$1" "$T/json" <<-'END'
		import json, sys
		results = json.load(open(sys.argv[2]))["servers"][0]["results"]
		known = ("pipelining 8bitmime smtputf8 dsn chunking binarymime enhancedstatuscodes requiretls deliverby "
		         "mt-priority").split()
		lines, difference, recipients = [], [], []
		for r in results:
		    value = r.get("value", "")
		    if r["id"] == "ehlo.tls-differs":
		        difference = value.split()
		    elif r["id"] == "rcpt":
		        recipients.append("%s %s" % (r["verdict"], value))
		    elif r["id"] in known and r["verdict"] == "yes" or r["id"] == "limits":
		        lines.append((r["id"].upper() + " " + value).strip())
		    elif r["id"] == "extension":
		        lines.append((r["about"].upper() + " " + value).strip())
		    elif r["id"] == "size" and "value" in r:
		        lines.append("SIZE " + value)
		    elif r["id"] == "auth" and value != "none" and r["verdict"] == "fact":
		        lines.append("AUTH " + value)
		if sys.argv[1] == "hello":
		    print("\n".join(sorted(set(lines))))
		elif sys.argv[1] == "difference":
		    print("\n".join(sorted(difference)))
		else:
		    print("\n".join(recipients))
	END
}

# Lines of EHLO in one form: no name, nothing twice, no STARTTLS (which is a result of its own), "AUTH=" of old
# servers as AUTH.
in_order() {
	tail -n +2 "$1" | sed 's/^AUTH=/AUTH /; s/ *$//; s/^SIZE$/SIZE 0/' | grep -v '^STARTTLS' | LC_ALL=C sort -u
}

# What differs between two files of such lines: -GONE, +NEW, OTHERWISE.
differences() {
	python3 -S - "$@" <<-'END'
		import sys
		one, other = ({l.split()[0].upper().split("=")[0]: l.strip().split()[1:] for l in list(open(f))[1:]}
		              for f in sys.argv[1:])
		words = ["-" + k for k in one if k not in other] + ["+" + k for k in other if k not in one]
		print("\n".join(sorted(words + [k for k in one if k in other and one[k] != other[k]])))
	END
}

look() {
	timeout 60 smtp-probe --json --pace 0 --helo here.test "$@" >"$T/json" || [ $? -le 2 ]
}

same() {
	diff -u <(echo "$1") <(echo "$2") || {
		cat "$T/json"
		return 1
	}
}

# agree: before TLS and under it.
agree() {
	swaks_hello >"$T/plain"
	swaks_secure >"$T/secure"
	look --tls off "127.0.0.1:$PORT"
	same "$(in_order "$T/plain")" "$(probe_said hello)"
	look "127.0.0.1:$PORT"
	same "$(in_order "$T/secure")" "$(probe_said hello)"
	same "$(differences "$T/plain" "$T/secure")" "$(probe_said difference)"
	grep -q '"id":"starttls","verdict":"yes"' "$T/json"
	grep -q '"id":"starttls.once","verdict":"yes"' "$T/json"
	grep -q '"id":"quit","verdict":"yes"' "$T/json"
	grep -q '"id":"reply.crlf","verdict":"yes"' "$T/json"
}

# recipients WORDS…: joe is known, ann is not, and mail for another host is not taken.
recipients() {
	look --from me@example.org --to joe@example.test --to ann@example.test --to me@elsewhere.test "127.0.0.1:$PORT"
	same "$(printf '%s\n' "$@")" "$(probe_said recipients)"
}

@test "Postfix" {
	start_server postfix tls
	agree
	recipients 'yes ' 'no no-such-user' 'no relay-denied'
}

@test "Exim" {
	start_server exim tls
	agree
	recipients 'yes ' 'no no-such-user' 'no relay-denied'
}

@test "OpenSMTPD" {
	start_server opensmtpd tls
	agree
	recipients 'yes ' 'no no-such-user' 'no no-such-user'
}

# It relays for this host, which it knows by its loopback address.
@test "sendmail" {
	start_server sendmail tls
	agree
	recipients 'yes ' 'no no-such-user' 'yes '
}

# It says the same of all whom it does not take.
@test "Haraka" {
	start_server haraka tls
	agree
	recipients 'yes ' 'no no-such-user' 'no no-such-user'
}

@test "Dovecot's submission service, which offers login" {
	start_server dovecot-submission tls
	agree
}

@test "Dovecot's LMTP" {
	start_server dovecot-lmtp tls
	swaks_hello --protocol LMTP >"$T/plain"
	look --tls off --to joe@example.test "lmtp:127.0.0.1:$PORT"
	same "$(in_order "$T/plain")" "$(probe_said hello)"
}

@test "satchel" {
	start_server satchel tls
	agree
	recipients 'yes ' 'no no-such-user' 'no relay-denied'
}
