#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe vrfy and expn: what a server's answers are worth, and that nothing is "no" that says less.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# server <ARMS: a server for --pipe, in which VRFY, EXPN and RCPT are answered by the arms of a case of
# sh, in the order given; each is PATTERN|REPLY, or PATTERN|! to close. It logs what it is told. What no
# arm matches is 250.
server() {
	local pattern reply
	{
		echo "printf '220 mail.example.test\r\n'; echo greeted >>$T/log"
		echo "while read -r said; do printf '%s\n' \"\$said\" >>$T/log; case \$said in"
		while IFS='|' read -r pattern reply; do
			if [ "$reply" = ! ]; then
				echo "$pattern) exit ;;"
			else
				echo "$pattern) printf '$reply\r\n' ;;"
			fi
		done
		echo "QUIT*) exit ;;"
		echo "*) printf '250 ok\r\n' ;; esac; done"
	} >"$T/server"
	: >"$T/log"
	probe() {
		run timeout 60 smtp-probe "${FORM:---tap}" --pipe "sh $T/server" --pace 0 "$@"
	}
}

# What was said of ID [ABOUT]: "yes VALUE", "no", "? …".
said() {
	local line
	for line in "${lines[@]}"; do
		case $line in
		ok*" $1: "*) echo "${line##* "$1": }" && return ;;
		"not ok"*" $1 # could not tell"*) echo "?" && return ;;
		"not ok"*" $1 # "*) echo no && return ;;
		esac
	done
	echo "nothing about $1"
	printf '%s\n' "${lines[@]}" >&2
}

@test "the server: what it makes of names that nobody can have, and of postmaster" {
	while IFS='/' read -r what verdict postmaster others; do
		for verb in vrfy expn; do
			server <<-END
				${verb^^}*postmaster*|$postmaster
				${verb^^}*|$others
			END
			FORM=--json probe "$verb"
			[[ $output == *"\"id\":\"$verb\",\"verdict\":\"$verdict\",\"weight\":"*"\"value\":\"$what\""* ]] || {
				echo "$verb $what: $output" >&2
				false
			}
		done
	done <<-'TABLE'
		verifies/yes/250 2.1.5 <postmaster@example.test>/550 5.1.1 no such user
		verifies/yes/250 Postmaster <postmaster@example.test>/550 not here
		verifies/yes/252 2.0.0 postmaster@example.test/550 not here
		252-to-all/no/252 2.5.2 cannot verify/252 2.5.2 cannot verify
		disabled/no/502 5.5.1 no/502 5.5.1 no
		disabled/no/550 5.7.1 not for you/550 5.7.1 not for you
		disabled/no/550 go away/550 go away
		disabled/no/500 what/500 what
		catch-all/no/250 ok <x@example.test>/250 ok <x@example.test>
		catch-all/no/251 will forward/251 will forward
		limited/unknown/450 4.7.1 slow down/450 4.7.1 slow down
		limited/unknown/421 4.7.0 too many/421 4.7.0 too many
		limited/unknown/530 5.7.0 Authentication required/530 5.7.0 Authentication required
		limited/unknown/530 Must issue a STARTTLS command first/530 Must issue a STARTTLS command first
		limited/unknown/!/!
	TABLE
}

@test "an address: the verdict for each reply, of a server that verifies" {
	while IFS='|' read -r reply verdict code; do
		server <<-END
			*postmaster*|250 2.1.5 <postmaster@example.test>
			*joe@example.test*|$reply
			VRFY*|550 5.1.1 no such user
		END
		probe vrfy joe@example.test
		echo "$reply" >&2
		[ "$(said "vrfy.address joe@example.test")" = "$verdict" ]
		assert_status "$code"
	done <<-'TABLE'
		250 2.1.5 Joe <joe@example.test>|yes joe@example.test|0
		251 2.1.5 will forward to <joe@example.org>|yes joe@example.org|0
		550 5.1.1 no such user|no|1
		553 5.1.3 what is that|no|1
		553 5.1.4 user ambiguous|?|2
		553-Ambiguous:\r\n553 <joe1@example.test>|?|2
		252 2.0.0 joe@example.test|yes joe@example.test|0
		550 5.7.1 not for you|?|2
		550 go away|?|2
		502 5.5.1 disabled|?|2
		500 what|?|2
		450 4.2.0 greylisted|?|2
		452 4.5.3 too many|?|2
		421 4.3.2 enough|?|2
		!|?|2
		hello|?|2
	TABLE
}

@test "an address: a reply is worth what the server says of names that nobody can have" {
	while IFS='|' read -r others joe verdict; do
		server <<-END
			*postmaster*|$others
			*joe@example.test*|$joe
			VRFY*|$others
		END
		probe vrfy joe@example.test
		echo "$others, $joe" >&2
		[ "$(said "vrfy.address joe@example.test")" = "$verdict" ]
	done <<-'TABLE'
		250 ok|250 <joe@example.test>|?
		250 ok|550 5.1.1 no such user|no
		252 whatever|252 whatever|?
		252 whatever|550 5.1.1 no such user|no
		252 whatever|250 <joe@example.test>|yes joe@example.test
		502 no|502 no|?
		550 go away|550 go away|?
		450 4.7.1 later|250 <joe@example.test>|?
		450 4.7.1 later|450 4.7.1 later|?
		550 5.1.1 no such user|550 5.1.1 no such user|?
	TABLE
}

@test "550 and nothing else is no where postmaster is known, and his is not" {
	server <<-'END'
		*postmaster*|250 <postmaster@example.test>
		*joe@*|250 <joe@example.test>
		VRFY*|550 sorry
	END
	probe vrfy joe@example.test ann@example.test
	assert_status 1
	[ "$(said "vrfy.address joe@example.test")" = "yes joe@example.test" ]
	[ "$(said "vrfy.address ann@example.test")" = no ]
}

@test "each domain is measured by itself, once" {
	server <<-'END'
		*@catch.test*|250 ok
		*postmaster@*|250 ok
		VRFY*|550 5.1.1 no such user
	END
	probe vrfy a@catch.test a@example.test b@catch.test B@EXAMPLE.TEST
	[ "$(said "vrfy.address a@catch.test")" = "?" ]
	[ "$(said "vrfy.address b@catch.test")" = "?" ]
	[ "$(said "vrfy.address a@example.test")" = no ]
	[ "$(said "vrfy.address B@EXAMPLE.TEST")" = no ]
	[ "$(grep -c ^VRFY "$T/log")" -eq 10 ]
	[ "$(grep -c '^VRFY [a-z]\{14,19\}@catch.test' "$T/log")" -eq 2 ]
}

@test "expn: the members of a list" {
	server <<-'END'
		*staff*|250-Joe <joe@example.test>\r\n250-ann@example.test\r\n250 <list@example.org>
		EXPN*|550 5.1.1 no such list
	END
	probe expn staff@example.test nobody@example.test
	assert_status 1
	[ "$(said "expn.address staff@example.test")" = "yes joe@example.test ann@example.test list@example.org" ]
	[ "$(said "expn.address nobody@example.test")" = no ]
}

@test "a connection that ends is begun again, with the same name" {
	server <<-'END'
		*postmaster*|250 ok
		VRFY*|550 5.1.1 no such user
	END
	# it has enough after every fourth question
	sed -i 's/^while read -r said; do/n=0; & case $said in VRFY*) n=$((n+1)); [ $n -lt 5 ] || { printf "421 4.7.0 enough\\r\\n"; exit; } ;; esac;/' "$T/server"
	probe vrfy --own {1,2,3,4,5,6,7,8,9}@example.test
	assert_status 1
	for i in {1..9}; do
		[ "$(said "vrfy.address $i@example.test")" = no ]
	done
	[ "$(grep -c greeted "$T/log")" -eq 3 ]
	probe --connections 2 vrfy {1,2,3,4,5,6,7,8,9}@example.test
	assert_status 1
	[ "$(said "vrfy.address 5@example.test")" = no ]
	[ "$(said "vrfy.address 6@example.test")" = "?" ]
	assert_output_has "more connections than --connections allows"
}

@test "a server that stops answering is left alone, and nothing is no" {
	server <<-'END'
		*postmaster*|250 ok
		*1@*|550 5.1.1 no such user
		*[0-9]@*|!
		VRFY*|550 5.1.1 no such user
	END
	probe vrfy --own 1@example.test {22..99}@example.test
	assert_status 1
	[ "$(said "vrfy.address 1@example.test")" = no ]
	for i in 22 23 50 99; do
		[ "$(said "vrfy.address $i@example.test")" = "?" ]
	done
	[ "$(grep -c greeted "$T/log")" -le 8 ]
	[ "$(grep -c '^VRFY [0-9]' "$T/log")" -le 8 ]
}

@test "many names in a row that are told to wait are enough" {
	server <<-'END'
		*postmaster*|250 ok
		*[0-9]@*|450 4.7.1 Error: too many requests
		VRFY*|550 5.1.1 no such user
	END
	probe vrfy {1..20}@example.test
	assert_status 2
	[ "$(grep -c '^VRFY [0-9]' "$T/log")" -eq 3 ]
	[ "$(said "vrfy.address 20@example.test")" = "?" ]
}

@test "a second opinion by RCPT, where it is asked for, and nothing is sent" {
	server <<-'END'
		VRFY*|252 cannot
		*joe@*|250 2.1.5 ok
		RCPT*|550 5.1.1 no such user
	END
	probe vrfy joe@example.test ann@example.test
	[ "$(grep -cE 'MAIL|RCPT' "$T/log")" -eq 0 ]
	probe vrfy --rcpt joe@example.test ann@example.test
	assert_status 1
	[ "$(said "vrfy.address joe@example.test")" = "?" ]
	[ "$(said "rcpt.address joe@example.test")" = yes ]
	[ "$(said "rcpt.address ann@example.test")" = no ]
	[ "$(said "rcpt.catch-all example.test")" = no ]
	assert_file_has "$T/log" 'MAIL FROM:<>'
	[ "$(grep -cE 'DATA|BDAT' "$T/log")" -eq 0 ]
	server <<-'END'
		VRFY*|252 cannot
	END
	probe vrfy --rcpt joe@example.test
	[ "$(said "rcpt.catch-all example.test")" = yes ]
	[ "$(said "rcpt.address joe@example.test")" = "?" ]
	while IFS='|' read -r which reply; do
		server <<-END
			VRFY*|252 cannot
			$which*|$reply
		END
		probe vrfy --rcpt joe@example.test
		[ "$(said "rcpt.address joe@example.test")" = "?" ]
	done <<-'TABLE'
		MAIL|550 5.7.1 no null sender here
		MAIL|450 4.7.1 later
		RCPT|450 4.2.0 greylisted
		RCPT|421 4.7.0 enough
		RCPT|550 5.7.1 Service unavailable; client host blocked
		RCPT|!
	TABLE
}

@test "names from standard input, and a long list for one's own server alone" {
	server <<-'END'
		*postmaster*|250 ok
		*[0-4]@*|250 ok
		VRFY*|550 5.1.1 no such user
	END
	printf '%s@example.test\n\n' {1..20} >"$T/names"
	probe vrfy first@example.test - <"$T/names"
	assert_status 64
	[ ! -s "$T/log" ]
	assert_output_has --own
	probe vrfy - <"$T/names"
	assert_status 1
	[ "$(said "vrfy.address 3@example.test")" = yes ]
	[ "$(said "vrfy.address 19@example.test")" = no ]
	printf '%s@example.test\n' {1..300} >"$T/names"
	probe --own vrfy - <"$T/names"
	assert_status 1
	[ "$(grep -c '^VRFY' "$T/log")" -eq 326 ]
	# many are asked for one after the other
	run timeout 0.7 smtp-probe --pipe "sh $T/server" --own vrfy - <"$T/names"
	assert_status 124
}

@test "a name cannot be a command of its own" {
	server <<<'x|y'
	for name in $'a\r\nQUIT' $'a\nQUIT' $'a\x01' "" "$(printf '%0501d' 1)" "jöe@example.test"; do
		probe vrfy "$name"
		assert_status 64
	done
	[ ! -s "$T/log" ]
	probe vrfy "joe@bücher.example.test"
	assert_file_has "$T/log" "VRFY joe@xn--bcher-kva.example.test"
}

@test "no server to ask is no answer" {
	server <<<'EHLO*|!'
	probe vrfy a@example.test b@example.test
	assert_status 2
	[ "$(said "vrfy.address a@example.test")" = "?" ]
	run timeout 60 smtp-probe --tap vrfy "127.0.0.1:$(free_port)" a@example.test
	assert_status 69
	[ "$(said "vrfy.address a@example.test")" = "?" ]
	run timeout 60 smtp-probe --tap --pipe "printf '554 no\r\n'; sleep 1" vrfy a@example.test
	assert_status 2
	assert_output_has "554 no"
}
