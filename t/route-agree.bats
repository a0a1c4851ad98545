#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Where an address goes is one function's word (lib/conf/route.h): smtpd at RCPT, qrun, sendmail -bv
# and mailconf route are asked about the same addresses, by texts and by compiled tables.

bats_require_minimum_version 1.5.0
load helper

# ADDRESS, a blank, who may write there (ours, relay, away), and what comes of it: user:NAME,
# targets, unknown, error, discard, temporary, or the next hop. "_" in an address is a blank.
table() {
	cat <<-'END'
		nobody@here.test ours user:nobody
		NOBODY@HERE.test ours user:nobody
		nobody+a+b@here.test ours user:nobody
		nobody-a@here.test ours user:nobody
		"nobody"@here.test ours user:nobody
		nosuch@here.test ours unknown
		-x@here.test ours unknown
		root@here.test ours targets
		postmaster@here.test ours targets
		PostMaster@Here.Test ours targets
		mailer-daemon@here.test ours targets
		abuse@here.test ours targets
		noc@here.test ours targets
		security@here.test ours targets
		hostmaster@here.test ours targets
		webmaster@here.test ours targets
		usenet@here.test ours targets
		ftp@here.test ours targets
		info@here.test ours targets
		support@here.test ours targets
		team@here.test ours targets
		Team-x@here.test ours targets
		"two_words"@here.test ours targets
		boss@here.test ours user:nobody
		loop@here.test ours temporary
		nobody@[127.0.0.1] ours user:nobody
		ann@box.test ours targets
		ANN@BOX.TEST ours targets
		"ann"@box.test ours targets
		ann+x@box.test ours targets
		ann-x@box.test ours targets
		list@box.test ours targets
		sys@box.test ours user:nobody
		acc@box.test ours targets
		acc-x+y@box.test ours targets
		Acc@Box.test ours targets
		off@box.test ours targets
		login@box.test ours unknown
		odd@box.test ours temporary
		nosuch@box.test ours unknown
		acc.x@box.test ours unknown
		postmaster@box.test ours targets
		abuse@box.test ours targets
		sales@box.test ours targets
		any@all.test ours targets
		postmaster@all.test ours targets
		x@lmtp.test ours lmtp:unix:/run/lmtp
		one@lmtp.test ours lmtp:127.0.0.1:2424
		x@dom.test ours targets
		y@dom.test ours unknown
		x@sub.box.test away smtp:127.0.0.1:2526
		könig@bücher.test ours targets
		könig@xn--bcher-kva.test ours targets
		y@xn--bcher-kva.test ours targets
		nosuch@bücher.test ours unknown
		x@relay.test relay smtp:127.0.0.1:2525
		x@sub.relay.test relay smtp:127.0.0.1:2526
		postmaster@relay.test relay smtp:127.0.0.1:2525
		x@gone.test away error
		x@later.test away error
		x@none.test away discard
		fax-1@gate.test away pipe:/bin/cat
		x@gate.test away smtp:127.0.0.1:2526
		x@other.test away smtp:127.0.0.1:2526
		x@[192.0.2.1] away smtp:127.0.0.1:2526
		abuse@other.test away smtp:127.0.0.1:2526
	END
}

setup() {
	setup_satchel
	control me here.test
	control locals here.test '[127.0.0.1]'
	control extensions '+-'
	control idn 'bücher.test: xn--bcher-kva.test'
	control aliases 'team: joe@other.test, /var/mail/team/' '"two words": joe@other.test' \
	    'boss: nobody' 'loop: loop2' 'loop2: loop' 'news: root' 'uucp: root' 'www: root'
	control virtual 'ann@box.test: /m/ann/' 'list@box.test: joe@other.test, ann@box.test' \
	    'sys@box.test: nobody' '@all.test: /m/all' '@lmtp.test: lmtp:unix:/run/lmtp' \
	    'one@lmtp.test: lmtp:127.0.0.1:2424' 'könig@bücher.test: /m/koenig/'
	control domains dom.test
	control users 'acc@box.test: /m/acc/ quota=5S' 'off@box.test: disabled /m/off/' \
	    'login@box.test:' 'odd@box.test: odd' 'x@dom.test: /m/x/' 'y@bücher.test: /m/y/' \
	    'ann@box.test: /m/other/'
	control relaydomains relay.test .relay.test
	control routes 'relay.test: smtp:127.0.0.1:2525' 'gone.test: error:5.1.2 gone' \
	    'later.test: error:4.3.2 later' '*: smtp:127.0.0.1:2526' 'none.test: discard' 'fax-*@gate.test: pipe:/bin/cat'
	control limits 'smtpd-errors: 1000'
	table >"$T/table"
	addresses=()
	while read -r address _; do
		addresses+=("${address//_/ }")
	done <"$T/table"
	cut -d' ' -f1,3 "$T/table" >"$T/wanted"
}

# Lines "ADDRESS WHAT", in which blanks of the address become _ again.
named() {
	paste -d' ' <(cut -d' ' -f1 "$T/table") -
}

ask_sendmail() {
	sendmail -bv -- "${addresses[@]}" | sed -E 's/^[^:]*("[^"]*")?[^ ]*: //; s/^user ([a-z]+).*/user:\1/
		s/^undeliverable: .*/unknown/; s/^refused: .*/error/; s/^discarded$/discard/
		s/^not known now: .*/temporary/
		/^(user:[a-z]+$|unknown$|error$|discard$|temporary$|mx:|smtp:|lmtp:|pipe:)/!s/.*/targets/' | named
}

ask_mailconf() {
	mailconf route -- "${addresses[@]}" | awk '
		/^address/ { found = 0 }
		/^  =>/ && !found {
			found = 1
			sub(/^  => */, "")
			if (/^mail of the user/) print "user:" $5
			else if (/^refused: 5\.1\.1/) print "unknown"
			else if (/^refused/) print "error"
			else if (/^thrown away/) print "discard"
			else if (/^not known now/) print "temporary"
			else if (/^(mx|smtp|lmtp|pipe):/) print
			else print "targets"
		}' | named
}

# smtpd says less: whether it takes the address, from one who may relay and from a stranger.
ask_smtpd() {
	{
		printf 'EHLO client.test\r\nMAIL FROM:<joe@other.test> SMTPUTF8\r\n'
		printf 'RCPT TO:<%s>\r\n' "${addresses[@]}"
		printf 'QUIT\r\n'
	} | smtpd 2>"$T/smtpd.log" | sed -n 's/\r$//; /^[0-9]* /p' | sed '1,3d; $d' | cut -d' ' -f1,2 | named
}

wanted_of_smtpd() {
	awk -v relayed="$1" '{
		if ($3 == "unknown") says = "550 5.1.1"
		else if ($3 == "temporary") says = "451 4.3.0"
		else if ($2 == "away" && !relayed) says = "550 5.7.1"
		else if ($1 == "x@gone.test") says = "550 5.1.2"
		else if ($1 == "x@later.test") says = "450 4.3.2"
		else says = "250 2.1.5"
		print $1, says
	}' "$T/table"
}

# One message to all of them that sendmail takes, as qrun would treat it; in any order.
ask_qrun() {
	local ascii=()
	for address in "${addresses[@]}"; do
		[[ $address == *[^[:ascii:]]* ]] || ascii+=("$address")
	done
	printf 'Subject: x\n\n' | sendmail -f joe@other.test -- "${ascii[@]}"
	qrun -n | sed -E 's/^try .* destination=([^ ]*).*/\1/; s/^targets:.*/targets/; s/ .*//'
}

wanted_of_qrun() {
	LC_ALL=C awk '/^[ -~]*$/ {
		if ($1 == "x@later.test" || $3 == "temporary") print "defer"
		else if ($3 == "unknown" || $3 == "error") print "return"
		else print $3
	}' "$T/table"
}

all_agree() {
	ask_sendmail >"$T/sendmail"
	diff "$T/wanted" "$T/sendmail"
	ask_mailconf >"$T/mailconf"
	diff "$T/wanted" "$T/mailconf"
	RELAYCLIENT='' ask_smtpd >"$T/smtpd"
	diff <(wanted_of_smtpd 1) "$T/smtpd"
	ask_smtpd >"$T/smtpd"
	diff <(wanted_of_smtpd 0) "$T/smtpd"
}

@test "smtpd, qrun, sendmail -bv and mailconf route say the same" {
	all_agree
	ask_qrun >"$T/qrun"
	diff <(wanted_of_qrun) "$T/qrun"
}

@test "and so they do of compiled tables" {
	sendmail -bi
	mailconf compile virtual domains locals relaydomains routes users
	rm "$SATCHEL_CONTROL"/{aliases,virtual,domains,locals,relaydomains,routes,users}
	all_agree
}
