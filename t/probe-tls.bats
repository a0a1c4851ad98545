#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test has its own PORT and KEYS, as it should
# What smtp-probe(1) says of TLS: certificates, DANE, MTA-STS, reports, versions, and --as-sender.

load helper
load dns
load sts
load smtp-send
load probe-tls

setup_file() {
	make_chains
	STS_KEYS=$(
		BATS_FILE_TMPDIR=$BATS_FILE_TMPDIR/sts
		mkdir "$BATS_FILE_TMPDIR"
		make_sts_keys enforce testing away
		echo "$KEYS"
	)
	export STS_KEYS
}

setup() {
	setup_satchel
	control tlsclient "ca: $KEYS/root.crt"
}

teardown() {
	stop_started
}

# A server with the certificate NAME, at the address and port of all exchangers: serve NAME [OPTION...];
# without TLS: serve "" [OPTION...]
serve() {
	[ -n "${PORT-}" ] || PORT=$(free_port)
	control mxport "$PORT"
	start_sink --port "$PORT" ${1:+--tls "$KEYS/$1"} "${@:2}"
	SERVER=$STARTED_PID
}

serve_no_more() {
	kill "$SERVER"
	wait "$SERVER" 2>/dev/null || true
}

# The records on standard input, and a resolver that says what is signed.
start_resolver() {
	sed "s/PORT/$PORT/" >"$T/records"
	start python3 -S "$ROOT/t/resolver.py" "$T/records"
	wait_for 10 test -s "$STARTED_LOG"
	control resolvers "127.0.0.1:$(head -n 1 "$STARTED_LOG")"
}

@test "a chain that is good, and what there is to know of it" {
	serve good
	start_resolver <<-END
		example.test MX 10 mx.example.test
		mx.example.test A 127.0.0.1
	END
	probe example.test
	[ "$status" -eq 0 ]
	found tls fact plain '"value":"TLSv1.3"'
	found cipher fact plain '"value":"TLS_'
	found tls.group fact plain '"value":"x25519"'
	found certificate fact plain "\"value\":\"$(tlsa_whole good)\",\"text\":\"CN=good.test, issued by CN=middle.test, for mx.example.test mx1.example.test mx2.example.test, valid from 20"
	found certificate fact plain 'CN=middle.test, issued by CN=root.test'
	found certificate.tlsa fact plain "\"value\":\"3 1 1 $(tlsa_key good)\""
	found certificate.key fact plain '"value":"EC prime256v1 256"'
	found certificate.name yes plain '"value":"mx.example.test mx1.example.test'
	found certificate.dates yes plain '"value":"20'
	found certificate.renewal yes plain
	found certificate.chain yes plain '"value":"verified"'
	found certificate.domain no plain
	found ocsp fact plain '"value":"none"'
	found dane no plain 'the MX records are not signed'
}

# What is wrong with NAME, one a line: EXIT ID VERDICT WEIGHT [PATTERN]
@test "what is wrong with a certificate, and what to do, for each kind of trouble" {
	local name
	PORT=$(free_port)
	start_resolver <<-END
		example.test MX 10 mx.example.test
		mx.example.test A 127.0.0.1
	END
	for name in alone other expired self soon; do
		serve "$name"
		probe example.test
		case $name in
		alone)
			[ "$status" -eq 0 ]
			found certificate.chain no warning '"value":"incomplete"*CN=middle.test*fullchain'
			found certificate.name yes plain
			found certificate.dates yes plain
			;;
		other)
			[ "$status" -eq 0 ]
			found certificate.name no warning 'is for other.example.test, not for mx.example.test'
			found certificate.chain yes plain
			;;
		expired)
			[ "$status" -eq 1 ]
			found certificate.dates no problem 'expired on 20*Renew it'
			found certificate.chain yes plain
			found certificate.name yes plain
			lost certificate.renewal
			;;
		self)
			[ "$status" -eq 0 ]
			found certificate.chain no warning '"value":"self-signed"'
			;;
		soon)
			[ "$status" -eq 0 ]
			found certificate.renewal no warning 'expires in 2 days'
			;;
		esac
		serve_no_more
	done
	# the same chain, whose root nobody here knows
	serve other
	control tlsclient "ca: $KEYS/self.crt"
	probe example.test
	found certificate.chain no warning '"value":"unknown-authority"*CN=root.test'
	# mail programs take no such certificate
	serve_no_more
	control tlsclient "ca: $KEYS/root.crt"
	serve self --smtps
	probe "smtps:127.0.0.1:$PORT"
	[ "$status" -eq 1 ]
	found certificate.chain no problem
	found certificate.name no problem 'not for 127.0.0.1'
}

@test "DANE: records that match, that do not, that do not count, that nobody can look up" {
	serve self
	start_resolver <<-END
		+right.test MX 10 mx.example.test
		+mx.example.test A 127.0.0.1
		+_PORT._tcp.mx.example.test TLSA 3 1 1 $(tlsa_key self)
		+_PORT._tcp.mx.example.test TLSA 3 1 1 $(tlsa_key good)
		+wrong.test MX 10 mx.wrong.test
		+mx.wrong.test A 127.0.0.1
		+_PORT._tcp.mx.wrong.test TLSA 3 1 1 $(tlsa_key good)
		+pkix.test MX 10 mx.pkix.test
		+mx.pkix.test A 127.0.0.1
		+_PORT._tcp.mx.pkix.test TLSA 1 1 1 $(tlsa_key self)
		+broken.test MX 10 mx.broken.test
		+mx.broken.test A 127.0.0.1
		!_PORT._tcp.mx.broken.test TLSA
		+none.test MX 10 mx.none.test
		+mx.none.test A 127.0.0.1
	END
	probe right.test
	[ "$status" -eq 0 ]
	found dane yes plain '"value":"ok"'
	found dane.record yes plain
	found dane.record no plain
	found certificate.chain no plain '"value":"self-signed"'
	probe wrong.test
	[ "$status" -eq 1 ]
	found dane no problem "no TLSA record matches*_$PORT._tcp.mx.wrong.test. IN TLSA 3 1 1 $(tlsa_key self)"
	found dane.record no plain
	probe pkix.test
	[ "$status" -eq 0 ]
	found dane no warning '"value":"unusable"'
	probe broken.test
	[ "$status" -eq 2 ]
	found dane unknown problem '"value":"lookup-failed"'
	probe none.test
	[ "$status" -eq 0 ]
	found dane no plain '"value":"none"'
	# a resolver that is not believed says neither yes nor no
	control dnssec off
	probe wrong.test
	[ "$status" -eq 2 ]
	found dane unknown warning 'There are TLSA records'
}

@test "DANE with an authority of one's own, and where there is no TLS" {
	serve good
	start_resolver <<-END
		+anchor.test MX 10 mx.example.test
		+mx.example.test A 127.0.0.1
		+_PORT._tcp.mx.example.test TLSA 2 0 1 $(tlsa_whole middle)
		+name.test MX 10 mx.name.test
		+mx.name.test A 127.0.0.1
		+_PORT._tcp.mx.name.test TLSA 2 0 1 $(tlsa_whole middle)
	END
	control tlsclient "ca: $KEYS/self.crt"
	probe anchor.test
	[ "$status" -eq 0 ]
	found dane yes plain
	# with usage 2 names count (RFC 7672, 3.2.2)
	probe name.test
	[ "$status" -eq 1 ]
	found dane no problem 'not for mx.name.test'
	serve_no_more
	serve ""
	probe anchor.test
	[ "$status" -eq 1 ]
	found dane no problem '"value":"no-tls"'
	serve_no_more
	# 454 is no "no" (RFC 3207, 4)
	serve good --at 'starttls=454 4.7.0 not now'
	probe anchor.test
	[ "$status" -eq 2 ]
	found dane unknown problem '454 4.7.0 not now'
}

@test "MTA-STS and reports: what the domain says, and whether its servers keep to it" {
	PORT=$(free_port)
	start_dns <<-END
		mx A 127.0.0.1
		enforce MX 10 mx
		_mta-sts.enforce TXT "v=STSv1; id=42;"
		mta-sts.enforce A 127.0.0.1
		_smtp._tls.enforce TXT "v=TLSRPTv1; rua=mailto:tls@example.test"
		testing MX 10 mx
		_mta-sts.testing TXT "v=STSv1; id=43;"
		mta-sts.testing A 127.0.0.1
		_smtp._tls.testing TXT "v=TLSRPTv1; rua="
		away MX 10 mx
		_mta-sts.away TXT "v=STSv1; id=44;"
		twice MX 10 mx
		_mta-sts.twice TXT "v=STSv1; id=1;"
		_mta-sts.twice TXT "v=STSv1; id=2;"
	END
	chain=$KEYS
	KEYS=$STS_KEYS
	start_sts
	use_sts
	KEYS=$chain
	policy enforce "version: STSv1" "mode: enforce" "mx: mx.example.test" "max_age: 86400"
	policy testing "version: STSv1" "mode: testing" "mx: *.mail.example.test" "max_age: 86400"
	serve good
	probe enforce.example.test
	[ "$status" -eq 0 ]
	found mta-sts yes plain '"value":"enforce"*for 1 day, id 42, and names: mx.example.test'
	found tls-rpt yes plain 'rua=mailto:tls@example.test'
	found mta-sts.mx yes plain
	found mta-sts.certificate yes plain
	probe testing.example.test away.example.test twice.example.test
	[ "$status" -eq 0 ]
	found mta-sts yes plain '"value":"testing"'
	found mta-sts.mx no warning 'does not name this server, but: \*.mail.example.test*mx: mx.example.test'
	found tls-rpt no warning 'cannot be read'
	found mta-sts no warning '"value":"sts-policy-fetch-error"'
	found mta-sts no warning 'There are 2 records of MTA-STS'
	found tls-rpt no plain
	# nothing is kept for looking
	[ ! -e "$SATCHEL_SPOOL/run/mta-sts/cache/enforce.example.test" ]
	serve_no_more
	serve expired
	probe enforce.example.test
	[ "$status" -eq 1 ]
	found mta-sts.certificate no problem '"value":"certificate-expired"'
	serve_no_more
	serve ""
	probe enforce.example.test
	[ "$status" -eq 1 ]
	found mta-sts.certificate no problem '"value":"no-tls"'
}

@test "versions of TLS, by a connection each" {
	serve good --tls-version TLSv1_2
	probe --tls-versions "127.0.0.1:$PORT"
	found tls.version no plain 'TLSv1.1'
	found tls.version yes plain 'It takes TLSv1.2'
	found tls.version no warning '"value":"no"*It does not take TLSv1.3*Turn it on'
	[ "$(cut -d' ' -f1 "$OUT/log" | sort -u | wc -l)" -eq 5 ]
	probe --tls-versions --connections 1 "127.0.0.1:$PORT"
	found tls.version unknown plain 'TLSv1.1'
	found tls.version unknown warning 'TLSv1.3'
}

@test "a server is called what deliveries call it: of an alias under DANE, what it leads to" {
	PORT=$(free_port)
	control mxport "$PORT"
	start python3 -S "$ROOT/t/called.py" "$PORT" "$KEYS/good" "$T/called"
	wait_for 10 grep -q ready "$STARTED_LOG"
	start_resolver <<-END
		+pinned.test MX 10 alias.example.test
		+plain.test MX 10 other.example.test
		+alias.example.test CNAME mx.example.test
		+other.example.test CNAME away.example.test
		+mx.example.test A 127.0.0.1
		+away.example.test A 127.0.0.1
		+_PORT._tcp.mx.example.test TLSA 3 1 1 $(tlsa_key good)
	END
	for target in pinned plain; do
		: >"$T/called"
		probe "$target.test"
		found starttls yes plain
		probe --as-sender "$target.test"
		found sender.tls yes plain
		output=$(timeout 60 smtp-probe send --pace 0 --stop-after starttls "$target.test")
		sort -u "$T/called" >"$T/called.$target"
		[ "$(wc -l <"$T/called")" -ge 3 ]
	done
	[ "$(cat "$T/called.pinned")" = mx.example.test ]
	[ "$(cat "$T/called.plain")" = other.example.test ]
}

@test "--as-sender: the way of smtp-send, in its own words" {
	serve self --at 'rcpt:late@right.test=450 4.7.1 greylisted, come back'
	start_resolver <<-END
		+right.test MX 10 mx.example.test
		+mx.example.test A 127.0.0.1
		+_PORT._tcp.mx.example.test TLSA 3 1 1 $(tlsa_key self)
		+null.test MX 0 .
		+wrong.test MX 10 mx.wrong.test
		+mx.wrong.test A 127.0.0.1
		+_PORT._tcp.mx.wrong.test TLSA 3 1 1 $(tlsa_key good)
		+half.test MX 10 gone.test
		+half.test MX 20 mx.wrong.test
		+gone.test A 127.0.0.2
		+away.test MX 10 mx.away.test
		+mx.away.test A 127.0.0.1
		!_PORT._tcp.mx.away.test TLSA
	END
	probe --as-sender --from me@example.org --to joe@right.test right.test
	[ "$status" -eq 0 ]
	found sender.destination yes plain 'signed (DNSSEC)'
	found sender.policy yes plain '"value":"dane"'
	found sender.tls yes plain 'TLSv1.3 dane'
	found sender.mail yes plain 'MAIL FROM:<me@example.org> is taken'
	found sender.rcpt yes plain
	found sender.result yes plain
	probe --as-sender --to late@right.test right.test
	[ "$status" -eq 2 ]
	found sender.rcpt unknown warning '"value":"4.7.1"*450 4.7.1 greylisted, come back'
	found sender.result unknown problem
	probe --as-sender null.test
	[ "$status" -eq 1 ]
	found sender.result no problem '"value":"5.1.10"'
	# what our policy forbids is "no", as the look has it, unless another server may take it yet
	for as in '' --as-sender; do
		probe $as wrong.test
		[ "$status" -eq 1 ]
		probe $as away.test
		[ "$status" -eq 2 ]
	done
	found sender.policy unknown warning 'cannot be looked up'
	found sender.result unknown problem
	probe --as-sender wrong.test
	found sender.tls no warning 'no TLSA record matches'
	found sender.result no problem '"value":"4.7.5"'
	probe --as-sender half.test
	[ "$status" -eq 2 ]
	found sender.connect unknown warning
	found sender.tls no warning
	found sender.result unknown problem
	probe --as-sender pipe:cat
	[ "$status" -eq 2 ]
	found sender.result unknown problem
}

@test "certificates cannot write on a terminal" {
	(cd "$KEYS" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -utf8 \
	    -subj $'/CN=\033[2Jevil' -addext subjectAltName=$'DNS:mx.\033[31m.test' -keyout evil.key -out evil.crt) \
	    >"$T/log" 2>&1 || cat "$T/log" >&2
	serve evil
	run smtp-probe -v --pace 0 "127.0.0.1:$PORT"
	[[ $output != *$'\033'* ]]
	assert_output_has evil
	assert_output_has 'certificate.chain'
}
