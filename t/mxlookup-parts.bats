#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mxlookup(1): what a domain publishes beside its exchangers, the forms of output, and many domains.

load helper
load dns
load sts

setup_file() {
	make_sts_keys sts bad
	start_dns_of_file < <(zone)
}

teardown_file() {
	stop_started
}

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

zone() {
	cat <<-'ZONE'
		d MX 20 mx2
		d MX 10 mx1
		d MX 20 again
		d MX 30 mx1
		d MX 40 192.0.2.1.
		d TXT "v=spf1 mx include:inc.example.test ~all"
		d TXT "other; `touch /nonexistent`"
		_submissions._tcp.d SRV 5 1 465 mx1
		_imap._tcp.d SRV 0 0 0 .
		_smtp._tls.d TXT "v=TLSRPTv1; rua=mailto:tls@example.test"
		inc TXT "v=spf1 a a a a a a a a a ?all"
		_dmarc TXT "v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@example.test"
		mx1 A 198.51.100.1
		mx1 AAAA 2001:db8::1
		mx2 A 10.1.2.3
		again CNAME mx1
		_25._tcp.mx1 TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		_25._tcp.mx1 TLSA 1 1 1 0000000000000000000000000000000000000000000000000000000000000000
		_2525._tcp.mx2 TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		cname CNAME d
		loop MX 10 loopback
		loopback A 127.0.0.1
		two TXT "v=spf1 -all"
		two TXT "v=spf1 ~all"
		two MX 10 mx1
		deep TXT "v=spf1 redirect=over.example.test"
		over TXT "v=spf1 a a a a a a a a a a -all"
		deep MX 10 mx1
		evil MX 10 mx1
		evil TXT "v=spf1 '; echo hacked; \" $(id) \\ \027[31m \255 -all"
		_dmarc.evil TXT "v=DMARC1; p=$(id)"
		ties MX 5 t1
		ties MX 5 t2
		ties MX 5 t3
		ties MX 5 t4
		t1 A 198.51.100.11
		t2 A 198.51.100.12
		t3 A 198.51.100.13
		t4 A 198.51.100.14
		null MX 0 .
		_mta-sts.sts TXT "v=STSv1; id=1;"
		sts MX 10 mx1
		sts MX 20 mx2
		mta-sts.sts A 127.0.0.1
		_mta-sts.bad TXT "v=STSv1; id=2;"
		bad MX 10 mx1
		mta-sts.bad A 127.0.0.1
	ZONE
	seq -f 'm%.0f MX 10 mx1' 2000
}

look() {
	run mxlookup -s "127.0.0.1:$DNS_PORT" "$@"
}

@test "remarks: aliases, twice named, one address for two, private and loopback ones" {
	look --seed 1 d.example.test
	assert_status 0
	[ "${#lines[@]}" -eq 4 ]
	assert_output_has $'\t10\tmx1.example.test\t2001:db8::1,198.51.100.1\t-'
	assert_output_has $'\tmx2.example.test\t10.1.2.3\t10.1.2.3 is private'
	assert_output_has $'\tagain.example.test\t2001:db8::1,198.51.100.1\tan alias of mx1.example.test; 2001:db8::1 is mx1.example.test, too; '
	assert_output_has $'\t30\tmx1.example.test\t2001:db8::1,198.51.100.1\tnamed twice'
	look loop.example.test
	assert_output_has "127.0.0.1 is loopback"
	look -4 d.example.test
	[[ ${lines[0]} == *$'\tmx1.example.test\t198.51.100.1\t-' ]]
	look -6 loop.example.test
	assert_status 3
}

@test "each part, as columns" {
	control dnssec off
	look --all --tab cname.example.test
	assert_status 0
	while IFS='|' read -r kind about text; do
		[[ $output == *"cname.example.test	$kind	"*"	$about	-	$text"* ]] || {
			echo "missing: $kind $about $text; $output" >&2
			return 1
		}
	done <<-'END'
		tlsa|_25._tcp.mx1.example.test|found (the resolver is not believed): 3 1 1 0000
		tlsa|_25._tcp.mx2.example.test|none (there are none)
		ptr|10.1.2.3|temporary
		ttl|-|300 s, not signed
		sts|-|none
		tlsrpt|-|none
		spf|-|wrong (more than 10 DNS look-ups (RFC 7208, 4.6.4)), ~all, 11 of 10 look-ups: v=spf1 mx
		dmarc|-|found, quarantine by example.test: v=DMARC1; p=reject
		srv|_submissions._tcp|none
	END
	look --srv --tlsrpt d.example.test
	assert_output_has $'\tsrv\t-\t_submissions._tcp\t-\tfound: mx1.example.test:465'
	assert_output_has $'\tsrv\t-\t_imap._tcp\t-\tdenied'
	assert_output_has $'\ttlsrpt\t-\t-\t-\tfound: v=TLSRPTv1; rua=mailto:tls@example.test'
	look --spf two.example.test deep.example.test
	assert_output_has "wrong (several records (RFC 7208, 4.5))"
	assert_output_has "wrong (more than 10 DNS look-ups (RFC 7208, 4.6.4)), -all, 11 of 10"
}

@test "TLSA records are those of the port that mail goes to" {
	control mxport 2525
	look --tlsa --tab d.example.test
	assert_status 0
	assert_output_has $'\ttlsa\t20\t_2525._tcp.mx2.example.test\t-\tfound'
	[[ $output != *_25._tcp* ]]
	for wrong in smtp 0 65536; do
		control mxport "$wrong"
		for part in --tlsa --tls; do
			look "$part" d.example.test
			assert_status 100
			assert_output_has "mxport is no port: $wrong"
		done
	done
	look d.example.test
	assert_status 0
}

@test "TLSA records count where all that leads to them is signed, and keep mail waiting where they cannot be had" {
	cat >"$T/records" <<-'END'
		+good.test MX 10 mx.test
		open.test MX 10 mx.test
		+bare.test MX 10 bare-mx.test
		+plain.test MX 10 plain-mx.test
		+late.test MX 10 late-mx.test
		+mx.test A 198.51.100.1
		bare-mx.test A 198.51.100.2
		+late-mx.test A 198.51.100.3
		+plain-mx.test A 198.51.100.4
		_2525._tcp.plain-mx.test TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		+_2525._tcp.mx.test TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		+_2525._tcp.bare-mx.test TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		!_2525._tcp.late-mx.test TLSA
	END
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	control mxport 2525
	DNS_PORT=$(head -n 1 "$STARTED_LOG")
	look --json --tlsa good.test
	assert_output_has '"counts":true'
	look --tls --tab good.test
	assert_output_has 'dane: 1 usable TLSA record (secure) at _2525._tcp.mx.test'
	look --json --tlsa open.test
	assert_output_has '"counts":false,"reason":"the MX records are not signed"'
	look --json --tlsa bare.test
	assert_output_has '"counts":false,"reason":"the address is not signed"'
	look --json --tlsa plain.test
	assert_output_has '"counts":false,"reason":"they are not signed"'
	look --json --tlsa late.test
	assert_output_has '"counts":false,"reason":"they cannot be looked up: no mail goes there meanwhile'
}

@test "why: what was asked, and the rule" {
	look --why --table d.example.test null.example.test no.example.test loop.example.test
	for text in "5 MX records: tried by preference, in random order among equals [RFC 5321, 5.1]" \
		'1 MX records name no host and do not count: "192.0.2.1"' "[RFC 2181, 10.3; RFC 5321, 5.1]" \
		"the domain takes no mail [RFC 7505, 3]" "no such name" "127.0.0.1 is loopback: no other host"; do
		assert_output_has "$text"
	done
}

@test "words of a line" {
	look --plain --seed 7 --tlsa --ptr --spf --dmarc --tlsrpt d.example.test null.example.test "no such" ""
	assert_status 2
	[[ ${lines[0]} == "d.example.test mx mx1.example.test "*" tlsa=found ptr=temporary tlsrpt=found spf=wrong dmarc=quarantine" ]]
	[[ ${lines[1]} == "null.example.test null "* ]]
	[[ ${lines[2]} == 'no\x20such none '* ]]
	[[ ${lines[3]} == "- none "* ]]
}

@test "variables for eval: hostile records stay text" {
	look --env --spf --dmarc evil.example.test
	assert_status 0
	run sh -c "cd '$T' && eval \"\$1\" && printf '%s\n' \"\$MX_SPF_RECORDS_1\" \"\$MX_HOSTS_1_NAME\" \"\$MX_DMARC_RESULT\"" sh "$output"
	assert_status 0
	[ "${lines[0]}" = "v=spf1 '; echo hacked; \" \$(id) \\x5c \\x1b[31m \\xff -all" ]
	[ "${lines[1]}" = mx1.example.test ]
	[ "${lines[2]}" = wrong ]
	look --env "x'; touch $T/hacked; '"
	run sh -c 'eval "$1"; echo "$MX_DOMAIN"' sh "$output"
	[ "$output" = "x'; touch $T/hacked; '" ]
	[ ! -e "$T/hacked" ]
}

# The page names each member, with the names of those around it: "hosts.tlsa", "records".
@test "the object of --json is what the page says" {
	start_sts
	use_sts
	policy sts "version: STSv1" "mode: enforce" "mx: mx1.example.test" "max_age: 86400"
	look -t 20 --json --all --why d.example.test sts.example.test null.example.test no.example.test
	python3 -S - "$ROOT/man/mxlookup.1" 3<<<"$output" <<-'END'
		import json, os, re, sys
		page = open(sys.argv[1]).read().split(".Ss JSON\n")[1].split(".Ss Variables\n")[0]
		known = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(
		    r"^\.(?:It |Bq )*(?:Sy|Bq Sy) (.*)", page, re.M)).replace(" hosts.", " ")))
		seen = set()
		def walk(value):
		    if isinstance(value, dict):
		        seen.update(value)
		        for one in value.values(): walk(one)
		    elif isinstance(value, list):
		        for one in value: walk(one)
		for line in os.fdopen(3):
		    top = json.loads(line)
		    assert list(top)[0] == "v" and top["v"] == 1 and top["exit"] in (0, 1, 2)
		    walk(top)
		if seen - known: sys.exit("not in the page: %s" % sorted(seen - known))
		if len(known) < 45: sys.exit("the page was not understood: %s" % known)
		rare = {"ascii", "tls", "failure", "wrong", "ptr", "alias", "lookups", "reason"}
		if known - seen - rare: sys.exit("not seen: %s" % sorted(known - seen - rare))
	END
}

@test "the policy of MTA-STS is fetched without rights in the spool, and says which exchangers it covers" {
	start_sts
	use_sts
	policy sts "version: STSv1" "mode: enforce" "mx: mx1.example.test" "max_age: 86400"
	policy bad "version: STSv1" "mode: what" "max_age: 86400"
	control resolvers 127.0.0.1:9
	SATCHEL_SPOOL=/nonexistent look --sts sts.example.test bad.example.test d.example.test
	assert_status 0
	assert_output_has $'\tmx2.example.test\t10.1.2.3\t10.1.2.3 is private; not in the MTA-STS policy'
	assert_output_has $'\tsts\t-\t-\t-\tfound: mode enforce, id 1, max_age 86400, mx mx1.example.test'
	assert_output_has $'bad.example.test\tsts\t-\t-\t-\twrong ('
	assert_output_has $'d.example.test\tsts\t-\t-\t-\tnone'
	[ ! -e "$SATCHEL_SPOOL/run/mta-sts/cache/sts.example.test" ]
	# nobody is there
	stop "$STARTED_PID" || true
	look --sts --plain sts.example.test
	[[ $output == *" sts=wrong" ]]
}

@test "what TLS mail must have is by the policy that mail goes by, beside the one that is published" {
	start_sts
	use_sts
	policy sts "version: STSv1" "mode: enforce" "mx: mx1.example.test" "max_age: 86400"
	policy bad "version: STSv1" "mode: what" "max_age: 86400"
	look --tls --sts STS.example.test. bad.example.test d.example.test
	assert_status 0
	assert_output_has $'\ttls\t10\tmx1.example.test\t-\tverify mx1.example.test: MTA-STS policy of sts.example.test (enforce)'
	assert_output_has $'\ttls\t20\tmx2.example.test\t-\trefused (4.7.5): the server is not in the MTA-STS policy'
	assert_output_has $'\ttls\t10\tmx1.example.test\t-\tmay: no MTA-STS policy to be had: '
	assert_output_has $'STS.example.test.\tsts\t-\t-\t-\tfound: mode enforce'
	[ -e "$SATCHEL_SPOOL/run/mta-sts/cache/sts.example.test" ]
	# the cache has it, whatever is published
	policy sts "version: STSv1" "mode: none" "max_age: 86400"
	look --tls --sts sts.example.test
	assert_output_has $'verify mx1.example.test: MTA-STS policy of sts.example.test (enforce)'
	assert_output_has $'\tsts\t-\t-\t-\tfound: mode none'
}

@test "a seed makes the order the same each time" {
	seen=
	for seed in 1 2 3 4 5 6; do
		look --plain --seed "$seed" ties.example.test
		assert_status 0
		first=$output
		look --plain --seed "$seed" d.example.test TIES.example.test ties.example.test
		[ "${lines[2]}" = "$first" ]
		seen="$seen$first"$'\n'
	done
	[ "$(sort -u <<<"$seen" | wc -l)" -gt 3 ]
}

@test "thousands of domains from standard input, in their order, the slow ones among them" {
	start_odd_dns --how silent
	seq -f 'm%.0f.example.test' 1 2000 >"$T/names"
	{ sed 's/$/\r/' "$T/names" && printf ' \n\nlast.example.test'; } >"$T/input"
	# a server that says nothing comes first: its time-outs run side by side
	run mxlookup -t 20 --tab -s "127.0.0.1:$DNS_PORT" <"$T/input"
	assert_status 1
	[ "${#lines[@]}" -eq 2001 ]
	printf '%s\n' "${lines[@]}" | cut -f 1 | head -n 2000 | cmp - "$T/names"
	[[ ${lines[2000]} == last.example.test$'\tnone\t'* ]]
	head -n 200 "$T/names" >"$T/few"
	SECONDS=0
	run mxlookup -t 2 --plain -s "127.0.0.1:$ODD_PORT" d.example.test - null.example.test <"$T/few"
	assert_status 111
	[ "${#lines[@]}" -eq 202 ]
	[ "${lines[0]}" = "d.example.test temporary" ]
	[ "${lines[201]}" = "null.example.test temporary" ]
	[ "$SECONDS" -lt 60 ]
}

@test "an answer is printed before the next question comes" {
	mkfifo "$T/in"
	mxlookup --plain -s "127.0.0.1:$DNS_PORT" <"$T/in" >"$T/out" 3>&- &
	pid=$!
	exec {in}>"$T/in"
	echo null.example.test >&"$in"
	wait_for 20 grep -qx "null.example.test null" "$T/out"
	echo d.example.test >&"$in"
	wait_for 20 grep -q "^d.example.test mx " "$T/out"
	exec {in}>&-
	wait "$pid" || [ $? -eq 2 ]
}
