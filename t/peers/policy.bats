#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) asks a policy service that is not of our making.

load ../helper
load peers

setup() {
	setup_satchel
	control relaydomains relay.test
	export TCPREMOTEIP=192.0.2.1
}

teardown() {
	stop_started
}

smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# postgrey_with WAY: the way as it has it, unix=PATH or inet=PORT
postgrey_with() {
	local user paths
	peer postgrey usr/sbin/postgrey libnet-server-perl libberkeleydb-perl libnetaddr-ip-perl \
		libnet-dns-perl libio-multiplex-perl libnet-ip-perl libdb5.3
	user=$(id -un)
	mkdir "$T/grey"
	# -T, which postgrey wants, heeds no PERL5LIB
	mapfile -t paths < <(find "$PEERS" -type d \( -path '*/usr/share/perl5' -o -path '*/usr/lib/*/perl5/5.??' \) -printf '-I%p\n')
	LD_LIBRARY_PATH=$PEER_LIBS start perl -T "${paths[@]}" "$PEERS/postgrey/usr/sbin/postgrey" "--$1" --delay=1 \
		--dbdir="$T/grey" --user="$user" --group="$(id -gn)" --pidfile="$T/grey/pid" \
		--whitelist-clients=/dev/null --whitelist-recipients=/dev/null --greylist-text='Come back in %s s'
}

ask='EHLO a.test\r\nMAIL FROM:<ann@b.test>\r\nRCPT TO:<joe@relay.test>\r\n'

is_accepted() {
	smtp "$1"
	[[ $output == *'250 2.1.5 Ok'* ]]
}

greylists() {
	smtp "$ask"
	assert_output_has '450 4.2.0 Come back in 1 s'
	wait_for 20 is_accepted "$ask"
	rm -rf "$SATCHEL_SPOOL"
	satchel_init
	smtp "${ask}DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
	assert_output_has '250 2.0.0 Ok'
}

@test "postgrey, on a unix socket" {
	postgrey_with "unix=$T/grey/socket"
	wait_for 20 listens_at "$T/grey/socket"
	control policy "unix:$T/grey/socket"
	greylists
}

@test "postgrey, by TCP, adds its field" {
	port=$(free_port)
	postgrey_with "inet=127.0.0.1:$port"
	wait_for 20 port_open "$port"
	control policy "inet:127.0.0.1:$port"
	smtp "$ask"
	assert_output_has '450 4.2.0 Come back in 1 s'
	wait_for 20 is_accepted "${ask}DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec grep -a '^X-Greylist: delayed' {} +
}
