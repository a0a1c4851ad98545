#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# mailconf check: each fault by itself, in a control directory where all else is right.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	umask 022
	FOLDERS=()
	anew
}

teardown() {
	if [ "${#FOLDERS[@]}" -gt 0 ]; then
		rm -rf "${FOLDERS[@]}"
	fi
}

# A control directory with no fault.
anew() {
	rm -rf "$SATCHEL_CONTROL"
	mkdir "$SATCHEL_CONTROL"
	control me here.test
	control aliases 'postmaster: root@example.com'
}

# fault LEVEL FILE PATTERN: what there is now has this one finding; then all is right again. FILE
# begins with a slash, or is below the control directory.
fault() {
	local code=100 file=$2
	case $1 in warning) code=0 ;; unknown) code=111 ;; esac
	case $file in /*) ;; *) file=$SATCHEL_CONTROL/$file ;; esac
	run mailconf check -n
	# shellcheck disable=SC2053 # a pattern
	[ "$status" -eq "$code" ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == "$1: $file"$3 ]] || {
		printf 'expected: %s: %s%s\nfound, with exit code %s:\n%s\n' "$1" "$file" "$3" "$status" "$output" >&2
		return 1
	}
	anew
}

# What is there now is right.
fine() {
	run -0 mailconf check -n
	[ -z "$output" ] || {
		printf 'expected nothing; found:\n%s\n' "$output" >&2
		return 1
	}
	anew
}

@test "nothing is wrong with defaults, nor with settings that are right" {
	fine
	rm "$SATCHEL_CONTROL/aliases"
	fine
	mkdir "$T/mail"
	control virtual "ann@box.test: $T/mail/ann/" "info@box.test: ann@box.test, ann@b.test" '@box.test: ann@box.test'
	control users "ann@box.test: $T/mail/ann/" 'login:' 'joe@elsewhere.test: disabled'
	control aliases 'joe: joe, root@example.com' 'staff: joe, sue' 'sue: \sue' 'me: me'
	control relayhosts 127.0.0.0/8 ::1 10.0.0.0/8 192.0.2.0/24 fc00::/7 2001:db8::/32
	control relaydomains example.org .example.net
	control routes '*: smtp:relay.example.net' 'filter.test: smtp:127.0.0.1:10025'
	fine
}

@test "open relays and others who may say to be anybody" {
	local range
	for range in 0.0.0.0/0 ::/0 ::ffff:0:0/96 128.0.0.0/1 2000::/3; do
		control relayhosts 127.0.0.1 "$range"
		fault error relayhosts ", line 2: $range is most of the internet: *an open relay*"
	done
	control relayhosts 64.0.0.0/8 65.0.0.0/8 66.0.0.0/8 67.0.0.0/8 68.0.0.0/8
	fault error relayhosts ': its ranges together are *an open relay*'
	control submissionhosts '# all' 0.0.0.0/0
	fault error submissionhosts ', line 2: 0.0.0.0/0 *without a login*'
	control proxies 0.0.0.0/0
	fault error proxies ', line 1: 0.0.0.0/0 *any client*'
	control xclient ::/0
	fault error xclient ', line 1: ::/0 *any client and any login*'
	control relaydomains .com
	fault error relaydomains ', line 1: .com is more than *an open relay*'
}

@test "domains in two tables, and keys that nobody looks at" {
	control virtual 'ann@here.test: ann@b.test'
	fault error virtual ', line 1: ann@here.test is in locals (by default) too, *never looked at*'
	control locals a.test box.test
	control virtual '@box.test: ann@b.test'
	fault error virtual ', line 1: @box.test is in locals too, *'
	control relaydomains x.test here.test
	fault error relaydomains ', line 2: here.test is in locals too, *'
	control virtual '@box.test: ann@b.test'
	control relaydomains box.test
	fault error relaydomains ', line 1: box.test is in virtual or domains too, *'
	control virtual '@box.test: ann@b.test'
	control routes '*: mx' 'joe@box.test: smtp:b.test'
	fault error routes ', line 2: joe@box.test is in virtual or domains too, *'
	control aliases 'joe@here.test: sue'
	fault error aliases ', line 1: joe@here.test is never looked up, as an alias has no domain; *'
	control users "ann@far.test: $T/ann/"
	fault error users ', line 1: ann@far.test has a mailbox, but *add the domain to domains'
	control virtual '@bücher.test: ann@b.test'
	fault error virtual ', line 1: mail for the other form of bücher.test*mxlookup --idn*'
	control virtual '@mail.bücher.test: ann@b.test'
	control idn 'bücher.test: xn--bcher-kva.test'
	fine
}

@test "circles" {
	control aliases 'a: b' 'b: c, d' 'c: a'
	fault error aliases ': a@here.test in c@here.test in b@here.test in a@here.test: a circle, *'
	control virtual '@box.test: joe@box.test'
	fault error virtual ': *@box.test in *@box.test: a circle, *'
	control aliases 'joe: joe@box.test'
	control virtual 'joe@box.test: joe@here.test'
	fault error aliases ': joe@here.test in joe@box.test in joe@here.test: a circle, *'
	control virtual '@box.test: joe@box.test'
	control users "joe@box.test: $T/"
	fine
	echo ":include:$T/list" >"$T/nested"
	printf '%s\n' 'joe@b.test' ":include:$T/nested" >"$T/list"
	control virtual "list@box.test: :include:$T/list"
	fault error "$T/" "*list in $T/nested in $T/list: a circle, *"
	printf '%s\n' 'joe@b.test' 'no address at all' >"$T/list"
	control virtual "list@box.test: :include:$T/list"
	fault warning "$T/list" ', line 2: no address, and nobody gets mail by it'
}

@test "targets that are not there, and programs that cannot be run" {
	control virtual "ann@box.test: $T/none/of/it/"
	fault error virtual ", line 1: * cannot write $T/none/of/it/ (No such file or directory), so mail waits*"
	control aliases "ann: /dev/null/x"
	fault error aliases ", line 1: * cannot write /dev/null/x (Not a directory), so mail waits*"
	control virtual '@box.test: x@b.test'
	control users "ann@box.test: disabled $T/none/of/it/"
	fault error users ", line 1: * cannot write $T/none/of/it/ *"
	control aliases "fax: \"|$T/fax -x\""
	fault error aliases ", line 1: * cannot run the program $T/fax (No such file*), so mail waits"
	echo x >"$T/fax"
	control aliases "fax: |$T/fax"
	fault error aliases ", line 1: * cannot run the program $T/fax (Permission denied), so mail waits"
	control aliases "list: :include:$T/list"
	fault error "$T/list" '*No such file or directory, so mail for that list waits'
	: >"$T/list"
	chmod 666 "$T/list"
	control aliases "list: :include:$T/list"
	fault error "$T/list" '*, so mail for that list waits'
	control virtual 'ann@box.test: lmtp:unix:/run/lmtp, joe@b.test'
	fault error virtual ', line 1: "lmtp:..." without other targets is expected, *'
	control virtual 'ann@box.test: lmtp:unix:/run/lmtp'
	fine
	control routes "fax.test: pipe:$T/none {recipient}"
	fault error routes ", line 1: * cannot run the program $T/none (No such*), so mail waits"
	control policy 'unix:/run/x' "end all $T/none -v"
	fault error policy ", line 2: * cannot run the program $T/none (No such*)"
	control authentication "checkpassword: $T/none -x"
	fault error authentication ", line 1: * cannot run the program $T/none (No such*)"
}

@test "routes that lead back to this host" {
	local back
	for back in smtp:here.test smtp:127.0.0.1 'smtps:[::1]' 'smtp:a.test, smtp:localhost:587'; do
		control routes "*: $back"
		fault error routes ', line 1: * is this host itself: *'
	done
	control routes '*: mx:here.test'
	fault error routes ', line 1: here.test is this host itself: mail would come back'
	control senderroutes '@a.test: smtp:127.0.0.1'
	fault error senderroutes ', line 1: * is this host itself: *'
}

@test "secrets, and what makes others tell them" {
	control users 'joe:'
	control secrets 'joe: {PLAIN}x'
	chmod 644 "$SATCHEL_CONTROL/secrets"
	fault error secrets ': others than its owner have a right on these secrets (mode 0644)*chmod 600'
	control credentials 'a.test: login=x insecure password=y'
	chmod 600 "$SATCHEL_CONTROL/credentials"
	fault warning credentials ', line 1: with "insecure", *'
	printf '# x\na.test: login=x command=%s/none\n' "$T" >"$SATCHEL_CONTROL/credentials"
	chmod 600 "$SATCHEL_CONTROL/credentials"
	fault error credentials ", line 2: * cannot run the program $T/none (*), so mail waits"
	control authentication '# x' 'plaintext: yes'
	fault warning authentication ', line 2: passwords may cross the network without TLS; *'
}

# credentials LINE...: the file, private as it must be
credentials() {
	control credentials "$@"
	chmod 600 "$SATCHEL_CONTROL/credentials"
}

@test "smarthosts and logins that are typed as other programs have them" {
	local line
	control routes '# all' '*: smtp:a.test:465'
	fault error routes ', line 2: smtp:a.test:465 waits for a greeting *write smtps:*'
	control senderroutes '@b.test: smtps:a.test, smtp:b.test:465'
	fault error senderroutes ', line 1: smtp:b.test:465 waits *'
	control routes '*: smtps:a.test:587'
	fault warning routes ', line 1: smtps:a.test:587 begins with TLS, but on port 587 *'
	control routes 'default: smtp:a.test:587'
	fault warning routes ', line 1: default is for mail to a domain of that name *'
	for line in 'login=x, password=y' 'login=x,password=y' 'login=x; password=y' 'mechanisms=plain, login=x password=y'; do
		credentials '# x' "a.test: $line"
		fault error credentials ', line 2: *no comma or semicolon *'
	done
	for line in '*: login=x password=y' '* a@b.test: none'; do
		credentials "$line"
		fault error credentials ', line 1: the name of one relay is expected, *'
	done
	credentials 'a.test: password=y login=x'
	fault error credentials ', line 1: login= in front *'
	credentials 'smtp:a.test:587: login=x password=y'
	fault error credentials ', line 1: a host or host:port, *'
	for line in 'login=x password="y"' "login='x' password=y"; do
		credentials "a.test: $line"
		fault warning credentials ', line 1: the quotation marks are a part *'
	done
	credentials 'a.test: login=x password=y # z'
	fault warning credentials ', line 1: what stands behind # is a part of the password; *'
	for line in b.test a.test:25 b.test:587; do
		control routes '*: smtp:a.test:587' 'c.test: mx'
		credentials '# x' "$line: login=x password=y"
		fault warning credentials ', line 2: no route leads to this relay, *'
	done
	control routes '*: smtp:a.test:587' 'c.test: mx' '.d.test: mx' 'e.test: hold:mx:f.test' 'g.test: lmtp:h.test'
	control senderroutes '@b.test: smtps:b.test'
	control virtual '@box.test: lmtp:v.test:2424'
	control lmtpdomains '*: lmtp:l.test:2424'
	credentials 'A.test: login=x password=y#z' 'a.test:587 joe@b.test: login="x password=y"' \
	    'b.test:465: none' 'c.test: none' 'x.d.test: none' 'f.test: none' 'h.test:24: none' 'v.test: none' 'l.test:2424: none' '*: none'
	fine
	credentials '[2001:db8::1]:25 <>: none' '2001:db8::1: none' 'z.test: login=x password=y'
	fine
}

# certificate NAME DAYS: T/NAME.pem and T/NAME.key, good for DAYS from now on
certificate() {
	openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj "/CN=$1" \
	    -keyout "$T/$1.key" -out "$T/$1.csr" 2>/dev/null
	openssl x509 -req -in "$T/$1.csr" -signkey "$T/$1.key" -days "$2" -out "$T/$1.pem" \
	    -extfile <(echo "subjectAltName=DNS:$1") 2>/dev/null
	chmod 600 "$T/$1.key"
}

@test "certificates: another key, too old, for another name, a key that others may read" {
	needs openssl
	certificate here.test 100
	certificate there.test 100
	certificate new.here.test 5
	certificate old.here.test -1
	control certificates "*: $T/here.test.pem $T/here.test.key"
	fine
	control certificates "*: $T/here.test.pem $T/there.test.key"
	fault error certificates ", line 1: $T/there.test.key: the private key is that of another certificate"
	control certificates "*: $T/there.test.pem $T/there.test.key"
	fault warning certificates ', line 1: the certificate is for there.test, and not for here.test*'
	control certificates "*: $T/here.test.pem $T/here.test.key" "new.here.test: $T/new.here.test.pem $T/new.here.test.key"
	fault warning certificates ', line 2: the certificate expires on *'
	control certificates "*: $T/here.test.pem $T/here.test.key" "old.here.test: $T/old.here.test.pem $T/old.here.test.key"
	fault error certificates ', line 2: the certificate expired on *'
	control certificates "a.test: $T/here.test.pem $T/here.test.key"
	fault error certificates ': a line for \* is expected'
	chmod 644 "$T/here.test.key"
	control certificates "*: $T/here.test.pem $T/here.test.key"
	fault error certificates ", line 1: $T/here.test.key: others may read this private key*"
	control certificates "*: $T/here.test.pem $T/none.key"
	run -100 mailconf check -n
	[[ $output == *"error: $SATCHEL_CONTROL/certificates, line 1: $T/none.key: No such file or directory"* ]]
}

@test "files: what is wrong in them, their modes, compiled ones that are old, and names that are near" {
	control limits 'hops: 5000'
	fault error limits ', line 1: hops is a number from 1 to 1000, not "hops: 5000"'
	control mxport smtp
	fault error mxport ': a port*'
	control forwardfiles forward qmail
	fault warning forwardfiles ': its value is its first line; nobody reads "qmail"'
	for file in forwardfiles mailroot doublebounce verify senders authentication tls-report; do
		control "$file" 'no such word'
		fault error "$file" '*expected*'
	done
	control mailbox '../Maildir/'
	fault error mailbox ': a relative path *'
	: >"$SATCHEL_CONTROL/locals"
	chmod 666 "$SATCHEL_CONTROL/locals"
	fault error locals ': every user can change it, and so decide over mail; chmod o-w'
	chmod o+w "$SATCHEL_CONTROL"
	fault error "$SATCHEL_CONTROL" ': every user can change it*'
	control relayhost 127.0.0.1
	fault warning relayhost ': no program reads a file of this name; did you mean relayhosts?'
	control key.pem x
	control unrelated x
	fine
	control virtual '@box.test: a@b.test'
	: >"$SATCHEL_CONTROL/virtual.cdb"
	touch -d '1 hour ago' "$SATCHEL_CONTROL/virtual.cdb"
	run -100 mailconf check -n
	[[ $output == *"error: $SATCHEL_CONTROL/virtual.cdb: it is older than virtual, whose changes do not count; run mailconf compile virtual"* ]]
	anew
	control virtual '@box.test: /none/of/it/'
	mailconf compile virtual >/dev/null
	rm "$SATCHEL_CONTROL/virtual"
	fault error virtual ': * cannot write /none/of/it/ *'
	control me here
	fault warning me ': here is not the full name of a host; *'
}

@test "me: what the DNS does not know" {
	control me mail.example.org
	control resolvers 127.0.0.1:1
	run -0 mailconf check
	[ "$output" = "warning: $SATCHEL_CONTROL/me: the DNS does not say now whether mail.example.org has an address" ]
	run -0 mailconf check --no-dns
	[ -z "$output" ]
}

@test "the spool and the programs" {
	chmod 755 "$SATCHEL_SPOOL/hold"
	fault error "$SATCHEL_SPOOL/hold" ': others than * have rights that they may not have (mode 0755); chmod 700'
	chmod 700 "$SATCHEL_SPOOL/hold"
	rmdir "$SATCHEL_SPOOL/corrupt"
	fault error "$SATCHEL_SPOOL/corrupt" ': No such file or directory; qctl init makes it'
	: >"$SATCHEL_SPOOL/corrupt"
	fault error "$SATCHEL_SPOOL/corrupt" ': it is not what spool(5) says; *'
	rm "$SATCHEL_SPOOL/corrupt"
	qctl init >/dev/null
	mkdir -m 777 "$SATCHEL_SPOOL/run/authd"
	fault error "$SATCHEL_SPOOL/run/authd" ': others can put a socket there, and pass for authd; chmod 755'
	rmdir "$SATCHEL_SPOOL/run/authd"
	chmod 777 "$SATCHEL_SPOOL"
	fault error "$SATCHEL_SPOOL" ': others can change it, and nothing is accepted; chmod 755'
	chmod 755 "$SATCHEL_SPOOL"
	SATCHEL_SPOOL=$T/none fault error "$T/none" ': there is no spool, and nothing can be accepted; run qctl init'
	mkdir "$T/bin"
	cp "$BUILD"/bin/{qrun,smtp-send,deliver,mailconf} "$T/bin"
	SATCHEL_BIN=$T/bin fault error "$T/bin/enqueue" ': No such file or directory: *'
	cp "$BUILD/bin/enqueue" "$T/bin"
	chmod 777 "$T/bin/enqueue"
	SATCHEL_BIN=$T/bin fault error "$T/bin/enqueue" ': every user can change this program; chmod o-w'
}

# Settings that are root's, a spool of games', and mailboxes of nobody's, where all may look.
setup_split() {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	getent passwd games >/dev/null || skip 'there is no user games'
	needs setpriv
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-check.XXXXXX")
	FOLDERS+=("$T")
	chmod 755 "$T"
	mkdir "$T/spool" "$T/bin" "$T/mail"
	export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	cp "$BUILD"/bin/{qctl,enqueue,qrun,smtp-send,deliver,mailconf} "$T/bin"
	chown games:games "$T/spool" "$T/bin/enqueue"
	chmod 4755 "$T/bin/enqueue"
	setpriv --reuid=games --regid="$(id -g games)" --clear-groups -- "$T/bin/qctl" init >/dev/null
	chown nobody "$T/mail"
	chmod 755 "$T/mail"
	anew
}

# A control directory for that, with no fault on a host that lacks satchel's users.
anew_split() {
	anew
	rm "$SATCHEL_CONTROL/me"
	control mailuser nobody
}

# As fault, of what several users have to do with.
split_fault() {
	local expected=$1
	case $2 in /*) expected+=": $2" ;; *) expected+=": $SATCHEL_CONTROL/$2" ;; esac
	run mailconf check -n
	# shellcheck disable=SC2254 # a pattern
	while read -r line; do
		case $line in "$expected"$3) anew_split && return ;; esac
	done <<<"$output"
	printf 'expected: %s%s\nfound:\n%s\n' "$expected" "$3" "$output" >&2
	return 1
}

@test "several users: what each of them can do" {
	setup_split
	anew_split
	run mailconf check -n
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	control mailuser no-such-user
	control virtual "ann@box.test: $T/mail/ann/"
	split_fault error mailuser ': there is no user no-such-user, who owns hosted mailboxes, so mail waits; *'
	control virtual "ann@box.test: $T/mail/ann/" "joe@box.test: $T/joe/"
	split_fault error virtual ", line 2: nobody cannot write $T/joe/ (Permission denied), so mail waits; *"
	mkdir "$T/mail/root" && chmod 777 "$T/mail/root"
	control virtual "ann@box.test: $T/mail/root/"
	split_fault error virtual ", line 1: $T/mail/root belongs to uid 0 and not to nobody, *"
	echo '#!/bin/sh' >"$T/program"
	chmod 700 "$T/program"
	control aliases "fax: |$T/program"
	split_fault error aliases ", line 1: nobody cannot run the program $T/program (Permission denied)*"
	control routes '*: mx'
	chmod 600 "$SATCHEL_CONTROL/routes"
	split_fault error routes ': games cannot read it (Permission denied), and stops; chmod a+r'
	control users "ann@example.test:"
	chmod 600 "$SATCHEL_CONTROL/users"
	split_fault error users ': games cannot read it (Permission denied), and stops; chmod a+r'
	control srs-keys 000102030405060708090a0b0c0d0e0f
	chmod 640 "$SATCHEL_CONTROL/srs-keys"
	split_fault error srs-keys ': games, who needs it, cannot read it (Permission denied); chown games*'
	: >"$SATCHEL_CONTROL/limits"
	chown nobody "$SATCHEL_CONTROL/limits"
	split_fault error limits ": it belongs to uid $(id -u nobody), who can change it*"
	: >"$SATCHEL_CONTROL/credentials"
	chmod 600 "$SATCHEL_CONTROL/credentials"
	split_fault error credentials ': games, who needs it, cannot read it (Permission denied); chown games'
	chown nobody "$SATCHEL_SPOOL/hold"
	split_fault error "$SATCHEL_SPOOL/hold" ": it belongs to uid $(id -u nobody), not to games; chown it"
	chown games "$SATCHEL_SPOOL/hold"
	install -d -o nobody "$SATCHEL_SPOOL/run/enqueue"
	split_fault error "$SATCHEL_SPOOL/run/enqueue" ": it belongs to uid $(id -u nobody), who can pass for enqueue*"
	chmod 755 "$T/bin/enqueue"
	split_fault error "$T/bin/enqueue" ': nobody but games can submit mail: it is not set-user-ID, *'
	chown root "$T/bin/enqueue"
	chmod 4755 "$T/bin/enqueue"
	split_fault error "$T/bin/enqueue" ': it runs as uid 0 and the spool belongs to games, *'
}

@test "somebody else than root says what he could not look at" {
	setup_split
	anew_split
	control virtual "ann@box.test: $T/mail/ann/" "sue@box.test: $T/mail/"
	: >"$SATCHEL_CONTROL/credentials"
	chmod 600 "$SATCHEL_CONTROL/credentials"
	run -111 setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$T/bin/mailconf" check -n
	[[ $output == *"unknown: $SATCHEL_CONTROL/credentials: this user may not read it; run mailconf check as root"* ]]
	[[ $output != *'error: '* ]] || { echo "$output"; return 1; }
	# but what is wrong for everybody is so for him
	: >"$T/list"
	chmod 666 "$T/list"
	control aliases "list: :include:$T/list"
	run setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$T/bin/mailconf" check -n
	[[ $output == *"error: $T/list may be written by everybody, so mail for that list waits"* ]] || { echo "$output"; return 1; }
	rm "$SATCHEL_CONTROL/credentials" "$SATCHEL_CONTROL/aliases"
	run -111 setpriv --reuid=games --regid="$(id -g games)" --clear-groups -- "$T/bin/mailconf" check -n
	[[ $output == *"unknown: $T/mail"*': this user cannot tell who may use it'* ]] || { echo "$output"; return 1; }
}

@test "thousands of lists are held against thousands of local domains in seconds" {
	needs python3
	local form said='l0000@d19999.test is the list l0000@d00007.test, which says otherwise and counts'
	python3 -SI - "$T" <<-'PYTHON'
		import sys
		def put(name, lines):
		    open(sys.argv[1] + "/" + name, "w").writelines(line + "\n" for line in lines)
		put("locals", ["here.test"] + ["d%05d.test" % i for i in range(20000)])
		put("aliases", ["joe: joe@away.test"] + ["l%04d: joe@away.test" % i for i in range(2000)])
		put("lists", ["l%04d@d%05d.test: id=l%d.here.test" % (i, 19999 - i, i) for i in range(2000)]
		    + ["l0000@d00007.test: id=x.here.test"])
	PYTHON
	# of the processor's time, whoever else wants it: each pair looked up took minutes
	ulimit -t 20
	for form in text compiled; do
		cp "$T"/{locals,aliases,lists} "$SATCHEL_CONTROL"
		[ "$form" = text ] || mailconf compile locals lists
		fault warning lists "*: $said; *"
	done
}

# spoil FILE AT: another octet there.
spoil() {
	printf '\377' | dd of="$SATCHEL_CONTROL/$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "a compiled table that is damaged is named, and hides nothing else" {
	local at part said='lists.cdb: it is damaged, so mail that needs it waits; run mailconf compile lists'
	# an entry that nothing here asks for, and the last of the places where entries are found
	for part in entry place; do
		control aliases 'postmaster: root@example.com' 'list: root@example.com' 'joe: ann' 'ann: joe'
		control lists 'list: id=a.test' 'list@here.test: id=b.test' 'other@away.test: id=c.test'
		mailconf compile lists >/dev/null
		at=$(grep -abo c.test "$SATCHEL_CONTROL/lists.cdb" | cut -d: -f1)
		[ "$part" = entry ] || at=$(($(stat -c %s "$SATCHEL_CONTROL/lists.cdb") - 1))
		spoil lists.cdb "$at"
		run -100 mailconf check -n
		[ "${lines[0]}" = "error: $SATCHEL_CONTROL/$said" ]
		[[ $output == *': a circle, '* ]]
		[ "$part" = place ] || [[ $output == *'list@here.test is the list list, '* ]]
	done
	anew
	: >"$SATCHEL_CONTROL/lists.cdb"
	fault error lists.cdb ': it is cut short, or no compiled table; run mailconf compile lists'
	mailconf compile aliases >/dev/null
	spoil aliases.cdb $(($(stat -c %s "$SATCHEL_CONTROL/aliases.cdb") - 1))
	fault error aliases.cdb ': it is damaged, so mail that needs it waits; run newaliases'
}
