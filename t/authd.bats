#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# authd(8): its helper protocol, spoken by t/authd.py; backends; what failures cost; the service.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper
bats_require_minimum_version 1.5.0

HASH='$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2'
KEY='{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ='

setup() {
	setup_satchel
	control limits 'auth-delay: 0'
	control users 'ann@example.org: /mail/ann/' 'key@example.org: x' 'hash@example.org: x' \
		'off@example.org: disabled /mail/off/' 'plain@example.org: x' 'odd@example.org: x'
	secrets "ann@example.org: $HASH $KEY" "key@example.org: $KEY" \
		"hash@example.org: {CRYPT}$HASH" "off@example.org: $HASH $KEY" \
		"gone@example.org: $HASH $KEY"
}

teardown() {
	stop_started
	[ -z "${OPEN-}" ] || rm -rf "$OPEN"
}

secrets() {
	(umask 077 && rm -f "$SATCHEL_CONTROL/secrets" && printf '%s\n' "$@" >"$SATCHEL_CONTROL/secrets")
}

# The answers to these words, one a line, in $output; what authd logs is in $T/log.
ask() {
	run bash -c 'python3 -SI "$ROOT/t/authd.py" "$@" 2>"$T/log"' ask "$@"
}

# answers LINE…: exactly these.
answers() {
	local want
	want=$(printf '%s\n' "$@")
	[ "$output" = "$want" ] && return
	diff <(echo "$want") <(echo "$output") >&2 || true
	cat "$T/log" >&2
	return 1
}

plain() {
	ask tls begin PLAIN "^$1^$2"
}

known() {
	answers "known $1"
}

@test "help, version, wrong usage" {
	run -0 authd --help
	assert_output_has "usage: authd -s | -w | --hash"
	run -0 authd --version
	[ "$output" = "authd (satchel) 0.1" ]
	run -100 authd
	run -100 authd -x
	run -100 authd -s -w
	run -100 authd -s more
}

@test "--hash makes what secrets wants: yescrypt and a key of SCRAM" {
	local entry
	entry=$(echo 'pass word' | authd --hash)
	[[ $entry == '$y$'*' {SCRAM-SHA-256}100000,'* ]]
	secrets "ann@example.org: $entry"
	ask tls begin PLAIN '^ann@example.org^pass word' scram ann@example.org 'pass word' \
		begin PLAIN '^ann@example.org^pass' scram ann@example.org pass
	answers 'known ann@example.org' 'known ann@example.org' \
		'failed refused Lann@example.org' 'failed refused Lann@example.org'
	run -100 authd --hash </dev/null
	run -100 bash -c 'printf "a\tb\n" | authd --hash'
	run -100 bash -c 'printf "%600s\n" x | authd --hash'
}

@test "--checkpassword runs a program for who is right, and nothing for others" {
	local root=
	[ "$(id -u)" -ne 0 ] || root=games
	control mailuser ${root:-nobody}
	# question LOGIN PASSWORD COMMAND…
	question() {
		local login=$1 password=$2
		shift 2
		run bash -c 'authd --checkpassword "${@:3}" 3< <(printf "%s\0%s\0Y123456\0" "$1" "$2") 2>>"$T/log"' \
			question "$login" "$password" "$@"
	}
	question Ann@example.org secret sh -c 'echo "$USER $HOME $MAILDIR $userdb_mail $EXTRA $AUTHORIZED"; id -un; [ ! -e /proc/$$/fd/3 ]'
	assert_status 0
	[ "${lines[0]}" = 'ann@example.org /mail/ann/home /mail/ann/ maildir:/mail/ann userdb_uid userdb_gid userdb_mail ' ]
	[ "${lines[1]}" = "${root:-$(id -un)}" ]
	for wrong in 'ann@example.org wrong' 'off@example.org secret' 'gone@example.org secret' 'x x'; do
		# shellcheck disable=SC2086 # words
		question $wrong echo ran
		assert_status 1
		[ -z "$output" ]
	done
	run bash -c 'printf "ann@example.org" | authd --checkpassword echo ran 3<&0'
	assert_status 2
	run bash -c 'authd --checkpassword echo ran 3<&-'
	assert_status 2
	run -100 authd --checkpassword
	AUTHORIZED=1 question off@example.org '' sh -c 'echo "$USER $AUTHORIZED"'
	assert_status 0
	[ "$output" = 'off@example.org 2' ]
	AUTHORIZED=1 question gone@example.org '' echo ran
	assert_status 3
	AUTHORIZED=yes question ann@example.org '' echo ran
	assert_status 1
	[ -z "$output" ]
	question ann@example.org secret /no/such/program
	assert_status 111
	# an entry in no known form, and one without a Maildir
	question hash@example.org secret echo ran
	assert_status 111
	control users 'hash@example.org:'
	question hash@example.org secret echo ran
	assert_status 1
	[ -z "$output" ]
}

@test "--checkpassword by root keeps count with the service" {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	needs setpriv
	# where nobody gets to
	OPEN=$(mktemp -d "${TMPDIR:-/tmp}/satchel-authd.XXXXXX")
	cp -R "$SATCHEL_CONTROL" "$BUILD/bin/authd" "$OPEN"
	export SATCHEL_CONTROL=$OPEN/control SATCHEL_SPOOL=$OPEN/spool
	control mailuser games
	control limits 'auth-failures-login: 2'
	mkdir -p "$OPEN/spool/run"
	chmod 755 "$OPEN" "$OPEN/control" "$OPEN/spool" "$OPEN/spool/run"
	install -d -o nobody "$OPEN/spool/run/authd"
	chown nobody "$OPEN/control/secrets"
	guess() {
		run bash -c 'printf "ann@example.org\0wrong\0" | "$@" --checkpassword true 3<&0 2>>"$T/log"' \
			guess "$@" "$OPEN/authd"
	}
	guess env
	assert_status 1
	[ "$(stat -c %U "$OPEN"/spool/run/authd/{failures,salt} | xargs)" = 'nobody nobody' ]
	guess setpriv --reuid=nobody --clear-groups
	assert_status 1
	guess env
	assert_status 111
	[ ! -s "$T/log" ]
}

@test "--checkpassword: who guesses many at the same time hears of no success" {
	[ "$(id -u)" -ne 0 ] || control mailuser games
	control limits 'auth-failures-login: 2'
	control authentication "checkpassword: $T/guess"
	# the right one is judged while wrong ones are counted
	cat >"$T/guess" <<-END
		#!/bin/sh
		tr '\\0' '\n' <&3 | grep -q right || exit 1
		export SATCHEL_CONTROL=$SATCHEL_CONTROL SATCHEL_SPOOL=$SATCHEL_SPOOL
		for i in 1 2 3; do
		    printf 'ann@example.org\\0wrong\\0' | $BUILD/bin/authd --checkpassword true 3<&0
		    echo "\$?" >>$T/codes
		done
		exit 0
	END
	chmod +x "$T/guess"
	run -111 bash -c 'printf "ann@example.org\0right\0" | authd --checkpassword echo ran 3<&0'
	[ -z "$output" ]
	[ "$(xargs <"$T/codes")" = '1 1 111' ]
}

@test "PLAIN works from a hash, from a key, from both" {
	for login in ann hash key; do
		plain "$login@example.org" secret
		known "$login@example.org"
		plain "$login@example.org" Secret
		answers "failed refused L$login@example.org"
	done
	plain ANN@example.ORG secret
	known ann@example.org
}

@test "LOGIN, with and without the name at once, an octet at a time" {
	ask slowly tls begin LOGIN say ann@example.org say secret begin LOGIN ann@example.org say no
	answers 'ask Username:' 'ask Password:' 'known ann@example.org' 'ask Password:' \
		'failed refused Lann@example.org'
}

@test "SCRAM-SHA-256, with and without channel binding" {
	ask scram ann@example.org secret scram key@example.org secret scram ann@example.org wrong \
		scram hash@example.org secret scram nobody@example.org secret
	answers 'known ann@example.org' 'known key@example.org' 'failed refused Lann@example.org' \
		'failed refused Lhash@example.org' 'failed refused Lnobody@example.org'
	ask bound names scram ann@example.org secret plus scram ann@example.org secret
	answers 'list SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN' 'known ann@example.org' \
		'known ann@example.org'
	# the binding of another connection
	ask tls begin SCRAM-SHA-256-PLUS
	answers 'failed mechanism'
	ask "fields=PTLSv1.3^Cx^X$(printf '61%.0s' {1..32})^" scram ann@example.org secret plus
	answers 'failed refused Lann@example.org'
}

@test "which mechanisms there are" {
	ask names tls names
	answers 'list SCRAM-SHA-256' 'list SCRAM-SHA-256 PLAIN LOGIN'
	secrets "hash@example.org: $HASH"
	ask names tls names begin SCRAM-SHA-256 begin FOO begin CRAM-MD5 begin EXTERNAL
	answers 'list' 'list PLAIN LOGIN' 'failed mechanism' 'failed mechanism' 'failed weak' \
		'failed mechanism'
	ask begin PLAIN begin LOGIN begin SCRAM-SHA-256-PLUS
	answers 'failed tls' 'failed tls' 'failed tls'
	control authentication 'plaintext: yes'
	ask names begin PLAIN '^hash@example.org^secret'
	answers 'list PLAIN LOGIN' 'known hash@example.org'
	control authentication 'mechanisms: LOGIN'
	ask tls names begin PLAIN
	answers 'list LOGIN' 'failed weak'
	rm "$SATCHEL_CONTROL/secrets"
	ask tls names begin LOGIN
	answers 'list' 'failed mechanism'
}

@test "who is disabled, or in secrets alone, or wants to be another, does not get in" {
	for login in off gone; do
		plain "$login@example.org" secret
		answers "failed refused L$login@example.org"
		ask scram "$login@example.org" secret
		answers "failed refused L$login@example.org"
	done
	ask tls begin PLAIN 'off@example.org^ann@example.org^secret'
	answers 'failed refused Lann@example.org'
	ask tls begin PLAIN 'ann@example.org^ann@example.org^secret'
	known ann@example.org
}

@test "an unknown login has always the same salt, of the kind that others have" {
	local first second
	ask begin SCRAM-SHA-256 'n,,n=nobody@example.org,r=x'
	first=${output#*,}
	[[ $first =~ ^s=[A-Za-z0-9+/]{22}==,i=4096$ ]]
	ask begin SCRAM-SHA-256 'n,,n=NOBODY@example.org,r=x'
	[ "${output#*,}" = "$first" ]
	ask begin SCRAM-SHA-256 'n,,n=nobody2@example.org,r=x'
	second=${output#*,}
	[[ $second =~ ^s=[A-Za-z0-9+/]{22}==,i=4096$ ]]
	[ "$second" != "$first" ]
	# one with a hash alone has such a salt, too
	ask begin SCRAM-SHA-256 'n,,n=hash@example.org,r=x'
	[[ ${output#*,} =~ ^s=[A-Za-z0-9+/]{22}==,i=4096$ ]]
	[ "$(stat -c %a "$SATCHEL_SPOOL/run/authd/salt")" = 600 ]
}

# What hashing was done, by a library in front of the real ones: work LOGIN PASSWORD
work() {
	[ -e "$T/count.so" ] || cc -shared -fPIC -o "$T/count.so" -xc - -ldl <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>
		#include <stdlib.h>
		char *crypt_rn(const char *p, const char *s, void *d, int n) {
			char *(*real)(const char *, const char *, void *, int) = dlsym(RTLD_NEXT, "crypt_rn");
			FILE *f = fopen(getenv("COUNT"), "a");
			fprintf(f, "crypt %.15s\n", s);
			fclose(f);
			return real(p, s, d, n);
		}
		int PKCS5_PBKDF2_HMAC(const char *p, int pl, const unsigned char *s, int sl, int i,
		    const void *m, int kl, unsigned char *o) {
			int (*real)(const char *, int, const unsigned char *, int, int, const void *, int,
			    unsigned char *) = dlsym(RTLD_NEXT, "PKCS5_PBKDF2_HMAC");
			FILE *f = fopen(getenv("COUNT"), "a");
			fprintf(f, "pbkdf2 %d\n", i);
			fclose(f);
			return real(p, pl, s, sl, i, m, kl, o);
		}
	END
	: >"$T/count"
	(
		export LD_PRELOAD=$T/count.so COUNT=$T/count
		export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0
		python3 -SI "$ROOT/t/authd.py" tls begin PLAIN "^$1^$2" >/dev/null
	)
	cat "$T/count"
}

@test "a wrong password, an unknown login and a disabled one cost the same work" {
	control confinement none # the library writes a file
	secrets "ann@example.org: $HASH" "off@example.org: $HASH"
	for login in ann off gone nobody; do
		[ "$(work "$login@example.org" wrong)" = 'crypt $5$rounds=1000$' ]
	done
	secrets "ann@example.org: $KEY" "off@example.org: $KEY"
	for login in ann off nobody; do
		[ "$(work "$login@example.org" wrong)" = 'pbkdf2 4096' ]
	done
}

@test "each failure costs more time, up to auth-delay, for the address and for the login" {
	control limits 'auth-delay: 3'
	ask tls begin PLAIN '^ann@example.org^x' begin PLAIN '^ann@example.org^x' \
		begin PLAIN '^joe@example.org^x' address=192.0.2.2 begin PLAIN '^ann@example.org^x' \
		address=192.0.2.3 begin PLAIN '^sue@example.org^x' begin PLAIN '^ann@example.org^secret'
	answers 'failed refused Lann@example.org W500' 'failed refused Lann@example.org W1000' \
		'failed refused Ljoe@example.org W2000' 'failed refused Lann@example.org W2000' \
		'failed refused Lsue@example.org W500' 'known ann@example.org'
}

@test "too many failures of an address, or of a login, end all looking for a while" {
	control limits 'auth-delay: 0' 'auth-failures-address: 2' 'auth-failures-login: 3'
	ask tls address=2001:db8::1 begin PLAIN '^x@example.org^x' \
		address=2001:db8::2 begin PLAIN '^y@example.org^x' begin PLAIN '^ann@example.org^secret' \
		scram ann@example.org secret address=2001:db8:0:1::1 begin PLAIN '^ann@example.org^secret'
	answers 'failed refused Lx@example.org' 'failed refused Ly@example.org' 'failed limit' \
		'failed limit' 'known ann@example.org'
	for address in 1 2 3; do
		ask tls address=198.51.100.$address begin PLAIN '^Ann@example.org^x'
	done
	ask tls address=198.51.100.4 begin PLAIN '^ann@example.org^secret' scram ann@example.org secret \
		begin PLAIN '^key@example.org^secret'
	answers 'failed limit Lann@example.org' 'failed limit Lann@example.org' 'known key@example.org'
	ask tls address=198.51.100.4 begin PLAIN '^nobody@example.org^x'
	answers 'failed refused Lnobody@example.org'
}

@test "what many try at the same time counts, and so does who goes away with the answer" {
	control limits 'auth-delay: 0' 'auth-failures-login: 1'
	ask meanwhile ann@example.org scram ann@example.org secret
	answers 'failed limit Lann@example.org'
	ask meanwhile key@example.org scram key@example.org wrong
	answers 'failed limit Lkey@example.org'
	control authentication 'token-verifier: /bin/false'
	ask tls begin XOAUTH2 'user=hash@example.org!auth=Bearer bad!!' \
		begin PLAIN '^hash@example.org^secret'
	answers 'ask {"status":"401","schemes":"bearer"}' 'failed limit Lhash@example.org'
}

@test "who asks can say no more of a client than its address, and of itself than a word" {
	for fields in 'Ssmtp^Anobody^' 'Ssmtp^A192.0.2.1 x^' $'Ssmtp^A192.0.2.1\tcert^' $'Ss\nAUTH^A^'; do
		ask "client=$fields"
		answers 'end'
	done
	ask 'client=Ssmtp^A^' 'client=Spop3^A2001:db8::1^'
	answers 'list SCRAM-SHA-256' 'list SCRAM-SHA-256'
}

@test "secrets that others may read, or that is in no known form, is a failure of ours" {
	chmod 640 "$SATCHEL_CONTROL/secrets"
	plain ann@example.org secret
	answers 'failed temporary Lann@example.org'
	assert_file_has "$T/log" 'chmod 600'
	secrets "ann@example.org: $HASH" "odd@example.org: {MD5}abc" "key@example.org: {SCRAM-SHA-256}1"
	for login in odd key; do
		plain "$login@example.org" secret
		answers "failed temporary L$login@example.org"
	done
	plain ann@example.org secret
	known ann@example.org
}

@test "a wrong control file stops it with the reason" {
	control authentication 'mechanism: PLAIN'
	run -111 bash -c 'authd -s </dev/null'
	assert_output_has 'authentication, line 1: a setting that satchel-control(5) lists is expected, not "mechanism"'
	control authentication 'mechanisms: PLAIN FOO'
	run -111 bash -c 'authd -s </dev/null'
	assert_output_has '"FOO"'
	control authentication 'plaintext: maybe'
	run -111 bash -c 'authd -s </dev/null'
	control authentication 'dovecot: /x' 'checkpassword: /y'
	run -111 bash -c 'authd -s </dev/null'
}

@test "checkpassword: descriptor 3, a clean environment, exit codes" {
	cat >"$T/check" <<-END
		#!/bin/sh
		cat <&3 >"$T/said"
		env | sort >"$T/env"
		echo "\$@" >"$T/args"
		ls /proc/self/fd >"$T/fds"
		cat >"$T/stdin"
		case \$(tr '\\0' ' ' <"$T/said") in
		"joe secret "*) exec "\$2" ;;
		"err "*) exit 111 ;;
		"slow "*) sleep 30 & sleep 30 ;;
		*) exit 1 ;;
		esac
	END
	chmod 755 "$T/check"
	control authentication "checkpassword: $T/check -x"
	ask tls names begin PLAIN '^joe^secret' begin PLAIN '^joe^wrong' begin PLAIN '^err^x'
	answers 'list PLAIN LOGIN' 'known joe' 'failed refused Ljoe' 'failed temporary Lerr'
	assert_file_has "$T/log" 'exit code 111'
	plain joe secret
	[ "$(tr '\0' ' ' <"$T/said")" = 'joe secret Y123456 ' ]
	[ "$(cat "$T/args")" = '-x /bin/true' ]
	[ "$(grep -v '^PWD=\|^_=\|^SHLVL=' "$T/env" | tr '\n' ' ')" = \
		'PATH=/usr/local/bin:/usr/bin:/bin PROTO=smtp TCPREMOTEIP=192.0.2.1 ' ]
	[ ! -s "$T/stdin" ]
	[ "$(tr '\n' ' ' <"$T/fds")" = '0 1 2 3 4 ' ] # 4 is ls' own
	control users 'joe: disabled'
	plain joe secret
	answers 'failed refused Ljoe'
	rm "$SATCHEL_CONTROL/users"
	control limits 'auth-delay: 0' 'auth-program: 1'
	plain slow x
	answers 'failed temporary Lslow'
	control limits 'auth-delay: 0'
	control authentication "checkpassword: $T/no-such-program"
	plain joe secret
	answers 'failed temporary Ljoe'
	# longer than the interface allows
	plain joe "$(printf '%0510d' 0)"
	answers 'failed refused Ljoe'
}

@test "tokens are for the verifier to judge" {
	cat >"$T/verify" <<-END
		#!/bin/sh
		said=\$(cat <&3 | tr '\\0' ' ')
		echo "\$said" >"$T/said"
		case \$said in
		*"good "*) echo ann@example.org ;;
		*"err "*) exit 111 ;;
		*) exit 1 ;;
		esac
	END
	chmod 755 "$T/verify"
	control authentication "token-verifier: $T/verify"
	ask names tls names begin OAUTHBEARER 'n,a=ann@example.org,!auth=Bearer good!!' \
		begin OAUTHBEARER 'n,,!auth=Bearer good!!' begin XOAUTH2 'user=ann@example.org!auth=Bearer good!!' \
		begin OAUTHBEARER 'n,a=joe@example.org,!auth=Bearer good!!' say '!' \
		begin XOAUTH2 'user=ann@example.org!auth=Bearer bad!!' say '' \
		begin OAUTHBEARER 'n,,!auth=Bearer err!!'
	answers 'list SCRAM-SHA-256' 'list SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN' \
		'known ann@example.org' 'known ann@example.org' 'known ann@example.org' \
		'ask {"status":"invalid_token"}' 'failed refused Ljoe@example.org' \
		'ask {"status":"401","schemes":"bearer"}' 'failed refused Lann@example.org' \
		'failed temporary'
	[ "$(cat "$T/said")" = ' err OAUTHBEARER ' ]
}

@test "CRAM-MD5 is there if it is named and some password is kept as it is" {
	secrets "plain@example.org: {PLAIN}secret" "ann@example.org: $HASH"
	control authentication 'mechanisms: CRAM-MD5 PLAIN'
	ask names tls begin PLAIN '^plain@example.org^secret' begin CRAM-MD5 say 'ann@example.org 0'
	[ "${lines[0]}" = 'list CRAM-MD5' ]
	[ "${lines[1]}" = 'known plain@example.org' ]
	[[ ${lines[2]} == 'ask <'*'@authd>' ]]
	[ "${lines[3]}" = 'failed refused Lann@example.org' ]
	secrets "ann@example.org: $HASH"
	ask names begin CRAM-MD5
	answers 'list' 'failed mechanism'
}

@test "EXTERNAL for a verified certificate that fingerprints knows" {
	local print verified
	print=$(printf 'ab%.0s' {1..32})
	verified="PTLSv1.3^Cx^FSHA256:$print^VSUCCESS^"
	control fingerprints "$print: ann@example.org"
	ask fields="$verified" names begin EXTERNAL say '' begin EXTERNAL joe@example.org
	answers 'list SCRAM-SHA-256 EXTERNAL PLAIN LOGIN' 'ask' 'known ann@example.org' \
		'failed refused Lann@example.org'
	ask fields="PTLSv1.3^Cx^FSHA256:$print^VFAILED^" names
	answers 'list SCRAM-SHA-256 PLAIN LOGIN'
	control fingerprints "$print: off@example.org"
	ask fields="$verified" begin EXTERNAL off@example.org
	answers 'failed refused Loff@example.org'
}

@test "what is no protocol ends it" {
	ask raw 5a00000000
	answers 'end'
	ask say x
	answers 'end'
	ask raw 52ffffffff
	answers 'end'
	ask raw 420000000141
	answers 'end'
	ask fields=nonsense names
	answers 'end'
	# a response behind the end of an exchange
	ask tls begin PLAIN '^ann@example.org^secret' say x
	answers 'known ann@example.org' 'end'
	# a request in the middle of another
	ask tls begin LOGIN begin PLAIN '^ann@example.org^secret'
	answers 'ask Username:' 'known ann@example.org'
}

socket() {
	echo "$SATCHEL_SPOOL/run/authd/socket"
}

serve() {
	start authd -w
	wait_for 10 grep -q 'authd: ready' "$STARTED_LOG"
}

@test "the service serves many, does not run twice, and leaves nothing" {
	local first
	serve
	first=$STARTED_PID
	ask -w "$(socket)" tls begin PLAIN '^ann@example.org^secret' scram ann@example.org secret
	answers 'known ann@example.org' 'known ann@example.org'
	# as many at once as are not kept idle
	for i in 1 2 3 4 5 6; do
		python3 -SI "$ROOT/t/authd.py" -w "$(socket)" slowly tls begin LOGIN say ann@example.org say secret \
			>"$T/out.$i" &
	done
	for i in $(jobs -p); do
		[ "$i" = "$first" ] || wait "$i"
	done
	[ "$(cat "$T"/out.* | grep -c '^known ann@example.org$')" -eq 6 ]
	run -111 authd -w
	stop "$first"
	[ ! -e "$(socket)" ]
	serve
	kill_service "$STARTED_PID"
	serve
	ask -w "$(socket)" tls begin PLAIN '^ann@example.org^secret'
	known ann@example.org
}

@test "the service follows no link in the place of its folder" {
	mkdir -m 700 "$T/precious"
	rm -rf "$SATCHEL_SPOOL/run/authd"
	mkdir -p "$SATCHEL_SPOOL/run"
	ln -s "$T/precious" "$SATCHEL_SPOOL/run/authd"
	run -111 timeout 10 authd -w
	[ "$(stat -c %a "$T/precious")" = 700 ]
	[ ! -S "$T/precious/socket" ]
}

# Whether the workers that have served are confined, as far as the kernel can.
# True if a worker of the service has confined itself once it was asked.
serving_is_confined() {
	local worker
	ask -w "$(socket)" tls begin PLAIN '^ann@example.org^secret'
	for worker in $(pgrep -P "$STARTED_PID"); do
		grep -q '^Seccomp:[[:space:]]2' "/proc/$worker/status" && return
	done
	return 1
}

@test "who is asked is confined, also to the folders that links lead to, unless he runs programs" {
	"$BUILD/t/unit/confine" kernel 2>/dev/null | grep -q '^# landlock [1-9].* seccomp yes' ||
		skip "this kernel has no Landlock or seccomp"
	mkdir "$T/elsewhere"
	mv "$SATCHEL_CONTROL/secrets" "$T/elsewhere/real"
	ln -s "$T/elsewhere/real" "$SATCHEL_CONTROL/secrets"
	serve
	serving_is_confined
	known ann@example.org
	ask -w "$(socket)" scram ann@example.org secret
	known ann@example.org
	# a file that replaces the one that was there
	(umask 077 && echo "ann@example.org: {PLAIN}other" >"$T/elsewhere/new")
	mv "$T/elsewhere/new" "$T/elsewhere/real"
	ask -w "$(socket)" tls begin PLAIN '^ann@example.org^other'
	known ann@example.org
	stop "$STARTED_PID"
	control authentication 'token-verifier: /bin/false'
	serve
	run serving_is_confined
	assert_status 1
	stop "$STARTED_PID"
	rm "$SATCHEL_CONTROL/authentication"
	control confinement none
	serve
	run serving_is_confined
	assert_status 1
}

@test "new accounts are known at once, a new setting after a restart" {
	serve
	ask -w "$(socket)" tls begin PLAIN '^new@example.org^secret'
	answers 'failed refused Lnew@example.org'
	echo 'new@example.org: x' >>"$SATCHEL_CONTROL/users"
	echo "new@example.org: $HASH" >>"$SATCHEL_CONTROL/secrets"
	ask -w "$(socket)" tls begin PLAIN '^new@example.org^secret'
	known new@example.org
}

# Accounts are in users.cdb and secrets.cdb alone.
fold() {
	mailconf compile users secrets >"$T/compiled"
	rm "$SATCHEL_CONTROL/users" "$SATCHEL_CONTROL/secrets"
}

@test "accounts of a compiled base, and a text over it" {
	local first
	fold
	ask tls names begin PLAIN '^ANN@example.org^secret' begin PLAIN '^ann@example.org^no' \
		begin PLAIN '^nobody@example.org^secret' begin PLAIN '^off@example.org^secret' \
		begin PLAIN '^gone@example.org^secret' scram key@example.org secret \
		scram off@example.org secret scram hash@example.org secret
	answers 'list SCRAM-SHA-256 PLAIN LOGIN' 'known ann@example.org' 'failed refused Lann@example.org' \
		'failed refused Lnobody@example.org' 'failed refused Loff@example.org' \
		'failed refused Lgone@example.org' 'known key@example.org' \
		'failed refused Loff@example.org' 'failed refused Lhash@example.org'
	ask begin SCRAM-SHA-256 'n,,n=nobody@example.org,r=x'
	first=${output#*,}
	[[ $first =~ ^s=[A-Za-z0-9+/]{22}==,i=4096$ ]]
	control users 'ann@example.org: removed' 'key@example.org: disabled' 'new@example.org:'
	secrets "new@example.org: $HASH" 'hash@example.org: removed'
	ask tls begin PLAIN '^ann@example.org^secret' scram key@example.org secret \
		begin PLAIN '^new@example.org^secret' begin PLAIN '^hash@example.org^secret'
	answers 'failed refused Lann@example.org' 'failed refused Lkey@example.org' \
		'known new@example.org' 'failed refused Lhash@example.org'
	ask begin SCRAM-SHA-256 'n,,n=nobody@example.org,r=x'
	[ "${output#*,}" = "$first" ] || { echo "$output, not $first"; cat "$T/log"; return 1; }
}

@test "of a base, too, all logins cost the same work" {
	control confinement none
	secrets "ann@example.org: $HASH" "off@example.org: $HASH"
	fold
	for login in ann off gone nobody; do
		[ "$(work "$login@example.org" wrong)" = 'crypt $5$rounds=1000$' ]
	done
	ask tls names
	answers 'list PLAIN LOGIN'
}

@test "a base that is damaged, or that others may read, is a failure of ours" {
	fold
	chmod 644 "$SATCHEL_CONTROL/secrets.cdb"
	plain ann@example.org secret
	answers 'failed temporary Lann@example.org'
	grep -q 'secrets.cdb: others may read it; chmod 600' "$T/log"
	chmod 600 "$SATCHEL_CONTROL/secrets.cdb"
	truncate -s -8 "$SATCHEL_CONTROL/secrets.cdb"
	plain ann@example.org secret
	answers 'failed temporary Lann@example.org'
	grep -q 'secrets.cdb: it is damaged' "$T/log"
	: >"$SATCHEL_CONTROL/users.cdb"
	plain ann@example.org secret
	answers 'failed temporary Lann@example.org'
	run -1 grep -q 'rounds' "$T/log"
}

@test "the service tells others nothing" {
	[ "$(id -u)" -eq 0 ] || skip "only root can be others"
	chmod 755 "$T" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
	serve
	run setpriv --reuid 65534 --regid 65534 --clear-groups python3 -S - "$(socket)" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.settimeout(10)
		try:
		    s.sendall(b"N\0\0\0\0")
		    print(s.recv(100))
		except (BrokenPipeError, ConnectionResetError):
		    print(b"")
	END
	[ "$output" = "b''" ]
	wait_for 10 grep -q 'refused reason="uid 65534' "$STARTED_LOG"
	stop "$STARTED_PID"
	control authentication 'clients: nobody'
	serve
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups python3 -SI "$ROOT/t/authd.py" -w "$(socket)" names
	[ "$output" = 'list SCRAM-SHA-256' ]
	stop "$STARTED_PID"
	control authentication 'clients: no-such-user'
	run -100 authd -w
}
