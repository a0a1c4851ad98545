#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mxlookup beside dig, delv and adnshost: the same zones, signed and not, by the same resolver that
# validates (unbound). Where they differ, the test says why, and by which RFC.

load ../helper
load peers
load dane

setup() {
	setup_satchel
	dane_peers
	needs dig delv adnshost
	TLSA=$(printf '%064d' 7)
	zone example.test - <<-ZONE
		@ MX 10 mx1
		@ MX 20 mx2
		@ MX 20 mx3.plain.test.
		@ TXT "v=spf1 mx " "-all"
		ready MX 0 mx1
		mx1 A 198.51.100.1
		mx1 AAAA 2001:db8::1
		mx2 A 198.51.100.2
		_25._tcp.mx1 TLSA 3 1 1 $TLSA
		_dmarc TXT "v=DMARC1; p=quarantine"
		_imaps._tcp SRV 10 5 993 mx1
		_imaps._tcp SRV 5 5 993 mx2
		null MX 0 .
		bare A 198.51.100.9
		alias CNAME ready
		toalias MX 5 cmx
		cmx CNAME mx2
		empty TXT nothing
	ZONE
	zone plain.test <<-'ZONE'
		@ MX 10 mx3
		mx3 A 198.51.100.3
	ZONE
	zone 100.51.198.in-addr.arpa <<-'ZONE'
		1 PTR mx1.example.test.
		2 PTR mx1.example.test.
	ZONE
	zone test </dev/null # so that nobody asks the roots for _dmarc.test
	start_zones
}

teardown() {
	stop_started
}

ask() {
	dig +short +time=20 -p "$RESOLVER" @127.0.0.1 "$@" | sed 's/\.$//'
}

# look OPTION... DOMAIN...: what mxlookup says, taken apart: have DOMAIN WHAT
look() {
	mxlookup --json -s "127.0.0.1:$RESOLVER" "$@" >"$T/json" || true
	python3 -S -c 'import json, sys
for line in open(sys.argv[1]):
    top = json.loads(line)
    hosts = top["hosts"]
    say = lambda what, *words: print(top["domain"], what, *words)
    say("ad", top["ad"])
    say("secure", top["secure"])
    for host in hosts:
        say("mx", host["preference"], host["name"])
        for one in host["addresses"]:
            say(host["name"], one["address"])
            for name in one.get("names", []): say("ptr", name)
            say("reverse", one.get("reverse"))
        for one in host.get("tlsa", []):
            say("counts", one["counts"])
            for r in one["records"]:
                say("tlsa", one["secure"], r["usage"], r["selector"], r["matching"], r["data"])
    for service in top.get("srv", []):
        for t in service["targets"]: say("srv", t["priority"], t["weight"], t["port"], t["name"])
    for part in "spf", "dmarc":
        for record in top.get(part, {}).get("records", []): say(part, record)' "$T/json" >"$T/have"
}

have() {
	sed -n "s/^$1 $2 //p" "$T/have"
}

same() {
	[ "$1" = "$2" ] && return
	printf 'mxlookup: %s\nthe other: %s\n' "$1" "$2" >&2
	return 1
}

@test "dig: exchangers, addresses, texts, services, names, the AD bit" {
	local domain host
	look --srv --spf --dmarc example.test plain.test null.example.test alias.example.test toalias.example.test \
		empty.example.test no.example.test www.mail.example.test
	for domain in example.test plain.test null.example.test alias.example.test toalias.example.test; do
		same "$(have "$domain" mx | sort)" "$(ask "$domain" MX | grep -v '^0 $' | grep -v '^ready' | sort)"
	done
	for host in mx1.example.test mx2.example.test mx3.plain.test; do
		same "$(have example.test "$host" | sort)" "$({ ask "$host" A && ask "$host" AAAA; } | sort)"
	done
	# the order of RFC 2782 beside that of the answer, and TXT strings run together (RFC 7208, 3.3)
	same "$(have example.test srv)" "$(ask _imaps._tcp.example.test SRV | sort -n)"
	same "$(have example.test spf)" "$(ask example.test TXT | sed 's/" "//; s/"//g')"
	same "$(have www.mail.example.test dmarc)" "$(ask _dmarc.example.test TXT | tr -d '"')"
	# AD, of the question for MX records, "no" among the answers
	for domain in example.test plain.test empty.example.test no.example.test; do
		dig +adflag +time=20 -p "$RESOLVER" @127.0.0.1 "$domain" MX | grep -q '^;; flags:.* ad[ ;]' && ad=True || ad=False
		same "$(have "$domain" ad)" "$ad"
	done
	# by PTR records: unbound has none for addresses of documentation (RFC 6303), their server does
	# shellcheck disable=SC2030 # of this test alone
	RESOLVER=$AUTHORITY
	look -4 --ptr ready.example.test toalias.example.test
	same "$(have toalias.example.test ptr)" "$(ask -x 198.51.100.2)"
	same "$(have ready.example.test reverse) $(have toalias.example.test reverse)" "confirmed unconfirmed"
}

@test "delv: what is validated, by the same anchors" {
	local name
	{
		echo "trust-anchors {"
		awk '$0 ~ /DNSKEY/ { for (i = 1; i <= NF; i++) if ($i == "DNSKEY")
			print $1 " static-key " $(i+1) " " $(i+2) " " $(i+3) " \"" $(i+4) "\";" }' "$T/dns/anchors"
		echo "};"
	} >"$T/delv.anchors"
	look --tlsa example.test plain.test empty.example.test
	for name in example.test plain.test empty.example.test _25._tcp.mx1.example.test; do
		case $name in _*) type=TLSA ;; *) type=MX ;; esac
		# shellcheck disable=SC2031 # each test has its own
		delv -p "$RESOLVER" @127.0.0.1 -a "$T/delv.anchors" +root=example.test "$name" "$type" >"$T/delv" 2>&1 || true
		grep -q '^; \(negative response, \)\?fully validated' "$T/delv" && signed=True || signed=False
		case $name in
		_*) same "$(have example.test tlsa | cut -d ' ' -f 1)" "$signed" ;;
		*) same "$(have "$name" secure)" "$signed" ;;
		esac || {
			cat "$T/delv" >&2
			return 1
		}
	done
	# counts: MX, address and TLSA are signed (RFC 7672, 2.2); data as dig has it
	same "$(have example.test counts | sort | uniq -c | tr -s ' ')" " 2 False
 1 True"
	same "$(have example.test tlsa)" \
		"$(ask _25._tcp.mx1.example.test TLSA | sed 's/ \([0-9A-F]*\)$/\1/; s/^/True /' | tr A-F a-f | sed 's/^t/T/')"
}

# adnshost has no port but 53: a resolver there needs a right that not everybody has.
@test "adnshost: order and addresses; an alias behind MX, which it refuses" {
	local server=127.35.$((BASHPID / 250 % 250)).$((BASHPID % 250 + 1)) # no other test's
	sed "s/interface: .*/interface: $server@53/" "$T/dns/unbound.conf" >"$T/dns/unbound53.conf"
	start unbound -d -c "$T/dns/unbound53.conf"
	wait_for 20 dig +short +time=1 +tries=1 "@$server" ready.example.test MX ||
		skip "nobody may listen on port 53 here"
	RESOLVER=53
	adns() { adnshost --config "nameserver $server" "$@" 2>&1 || true; }
	mine() { mxlookup -s "$server" --tab --seed 1 "$@" || true; }
	for domain in plain.test ready.example.test; do
		same "$(mine "$domain" | awk -F '\t' '{ n = split($5, a, ","); for (i = 1; i <= n; i++) print $3, $4, a[i] }' | sort)" \
			"$(adns -t mx "$domain" | awk '{ for (i = 1; i < NF; i++) if ($i ~ /^INET/) print $3, $4, $(i+1) }' |
				sed 's/mx3 /mx3.plain.test /' | sort)"
	done
	same "$(mine example.test | cut -f 3,4)" "$(mine example.test | cut -f 3,4 | sort -n -s -k 1,1)"
	same "$(adns -t mx no.example.test | grep -c 'does not exist')" "$(mine no.example.test | grep -c 'not found')"
	# RFC 2181, 10.3 forbids it, RFC 5321, 5.1 has the client follow it, and mail goes there: so it is
	# a remark here, and "prohibitedcname" there.
	[[ $(adns -t mx toalias.example.test) == *[Cc]NAME* || $(adns -t mx toalias.example.test) == *alias* ]]
	[[ $(mine toalias.example.test) == *$'\tcmx.example.test\t198.51.100.2\tan alias of mx2.example.test' ]]
	# of many, the same names, in the order of the input
	yes ready.example.test | head -n 300 >"$T/many"
	same "$(mine <"$T/many" | cut -f 1 | sort | uniq -c)" \
		"$(adns -f -a -t mx <"$T/many" | awk '$3 == "ok" { print $6 }' | sort | uniq -c)"
}
