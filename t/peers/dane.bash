# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # T is setup_satchel's; QUESTIONS is for who loads it
# Signed zones below .test, a server for them (nsd) and a resolver that validates (unbound), all of the
# test's own. Load it behind helper and peers.

# The tools, in the PATH: those that are installed, else unpacked ones.
dane_peers() {
	needs nsd
	command -v unbound >/dev/null || {
		peer unbound usr/sbin/unbound
		dane_wrapper unbound usr/sbin/unbound
	}
	command -v ldns-signzone >/dev/null || {
		peer ldnsutils usr/bin/ldns-signzone
		dane_wrapper ldnsutils usr/bin/ldns-signzone
		dane_wrapper ldnsutils usr/bin/ldns-keygen
	}
}

dane_wrapper() {
	mkdir -p "$T/peers"
	printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$PEER_LIBS" "$PEERS/$1/$2" >"$T/peers/${2##*/}"
	chmod 755 "$T/peers/${2##*/}"
	PATH=$T/peers:$PATH
}

# zone NAME [SIGN-OPTION...]: the zone NAME with the records on standard input, signed if there is an
# option; "-" is for none.
zone() {
	local name=$1 key
	shift
	mkdir -p "$T/dns"
	{
		printf '%s\n' "\$ORIGIN $name." "\$TTL 300"
		printf '@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n'
		cat
	} >"$T/dns/$name.zone"
	[ $# -gt 0 ] || return 0
	[ "$1" != - ] || shift
	(
		cd "$T/dns" || exit
		key=$(ldns-keygen -k -a ECDSAP256SHA256 -r /dev/urandom "$name")
		cat "$key.key" >>"$T/dns/anchors"
		ldns-signzone "$@" -f "$name.signed" "$name.zone" "$key" && mv "$name.signed" "$name.zone"
	)
}

# All zones made so far: AUTHORITY is the port of the server that has them, RESOLVER that of the
# resolver, QUESTIONS what was asked of it.
start_zones() {
	local zone
	AUTHORITY=$(free_port)
	{
		cat <<-CONF
			server:
				ip-address: 127.0.0.1@$AUTHORITY
				server-count: 1
				username: ""
				zonesdir: "$T/dns"
				database: ""
				pidfile: "$T/dns/pid"
				zonelistfile: "$T/dns/zone.list"
				xfrdfile: "$T/dns/xfrd.state"
				xfrdir: "$T/dns"
				rrl-ratelimit: 0
			remote-control:
				control-enable: no
		CONF
		for zone in "$T"/dns/*.zone; do
			zone=${zone##*/}
			printf 'zone:\n\tname: %s\n\tzonefile: %s\n' "${zone%.zone}" "$zone"
		done
	} >"$T/dns/nsd.conf"
	start nsd -d -c "$T/dns/nsd.conf"
	# unbound would remember that it was not there
	wait_for 20 mxlookup -t 2 -s "127.0.0.1:$AUTHORITY" ready.example.test
	start_unbound
}

start_unbound() {
	local zone
	RESOLVER=$(free_port)
	{
		cat <<-CONF
			server:
				interface: 127.0.0.1@$RESOLVER
				do-daemonize: no
				username: ""
				chroot: ""
				directory: "$T/dns"
				pidfile: ""
				use-syslog: no
				logfile: ""
				log-queries: yes
				module-config: "validator iterator"
				do-not-query-localhost: no
				qname-minimisation: no
				local-zone: "test." nodefault
				trust-anchor-file: "$T/dns/anchors"
		CONF
		for zone in "$T"/dns/*.zone; do
			zone=${zone##*/}
			printf 'stub-zone:\n\tname: %s\n\tstub-addr: 127.0.0.1@%s\n' "${zone%.zone}" "$AUTHORITY"
		done
		printf 'remote-control:\n\tcontrol-enable: no\n'
	} >"$T/dns/unbound.conf"
	start unbound -d -c "$T/dns/unbound.conf"
	QUESTIONS=$STARTED_LOG
	control resolvers "127.0.0.1:$RESOLVER"
	wait_for 20 mxlookup -t 2 ready.example.test
}
