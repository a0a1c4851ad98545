# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # T is setup_satchel's
# A host of MTA-STS policies: load it behind helper and dns.

# For setup_file: a CA in $KEYS/ca.crt, and a certificate of it for these hosts of policies:
# make_sts_keys NAME…, each for mta-sts.NAME.example.test.
make_sts_keys() {
	local names
	names=$(printf ',DNS:mta-sts.%s.example.test' "$@")
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	(
		umask 077
		cd "$KEYS" || exit 1
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		    -subj "/CN=test CA" -keyout ca.key -out ca.crt &&
		    sign_sts_key here "${names#,}" && sign_sts_key wrong DNS:other.example.test
	) >"$KEYS/log" 2>&1 || cat "$KEYS/log" >&2
}

# sign_sts_key NAME SUBJECT-ALTERNATIVE-NAMES
sign_sts_key() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
	    -addext "subjectAltName=$2" -keyout "$1.key" -out "$1.csr" &&
	    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 \
		-copy_extensions copy -out "$1.crt"
}

# Starts the host of policies; DNS_PORT is that of start_dns. STS is its folder, STS_PORT its port.
start_sts() {
	STS=$T/sts
	mkdir -p "$STS/policies"
	cp "$KEYS"/here.* "$KEYS"/wrong.* "$STS"
	: >"$STS/requests"
	start python3 -S "$ROOT/t/sts.py" "$STS"
	wait_for 10 test -s "$STS/port"
	STS_PORT=$(cat "$STS/port")
	export STS STS_PORT
}

# Has mta-sts ask these servers.
use_sts() {
	control resolvers "127.0.0.1:$DNS_PORT"
	control mta-sts "ca-file: $KEYS/ca.crt" "port: $STS_PORT" "timeout: 20" "ask: execute"
}

# policy NAME LINE…: what mta-sts.NAME.example.test serves from now on.
policy() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$STS/policies.new"
	mv "$STS/policies.new" "$STS/policies/$name"
}

# How often mta-sts.NAME.example.test was asked.
requests() {
	grep -c " mta-sts.$1.example.test" "$STS/requests" || true
}
