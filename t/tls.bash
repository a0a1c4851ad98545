# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # T is setup_satchel's, PORT for who loads it
# Certificates and servers for the tests of TLS. Load it behind helper.

# make_key NAME KIND [OPENSSL-OPTION...]: a certificate for NAME.test signed by itself in
# $KEYS/NAME.crt, its key in $KEYS/NAME.key. KIND is ec or rsa. Once a file of tests: keys cost time.
make_key() {
	local name=$1 kind=$2
	shift 2
	case $kind in
	ec) set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256 "$@" ;;
	rsa) set -- -newkey rsa:2048 "$@" ;;
	esac
	(umask 077 && openssl req -x509 "$@" -nodes -days 30 -subj "/CN=$name.test" \
	    -addext "subjectAltName=DNS:$name.test" -keyout "$KEYS/$name.key" -out "$KEYS/$name.crt") \
	    2>"$KEYS/log" || cat "$KEYS/log" >&2
}

# For setup_file: here.test with keys of both kinds, and others.
make_keys() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key here ec
	make_key rsa rsa
	make_key other ec
	make_key client ec
}

# The certificates, and a place for tickets, for one test.
setup_tls() {
	mkdir -p "$SATCHEL_SPOOL/run/tlsd"
	control certificates "*: $KEYS/here.crt $KEYS/here.key" \
	    "other.test: $KEYS/other.crt $KEYS/other.key"
	unset SSLCTLFD SSLREADFD SSLWRITEFD SSL_PROTOCOL SSL_CIPHER
}

# start_behind COMMAND...: under tcpserver at a port of its own; PORT.
start_behind() {
	start tcpserver -1 -R -H -l here.test 127.0.0.1 0 "$@"
	wait_for 10 has_port "$STARTED_LOG"
	PORT=$(grep -m 1 -x '[0-9]*' "$STARTED_LOG")
}

has_port() {
	grep -qx '[0-9]*' "$1"
}

tls() {
	python3 -S "$ROOT/t/tls.py" "$@"
}
