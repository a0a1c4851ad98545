/* SPDX-License-Identifier: ISC */
/* TLS as a layer (net/tls_client.h), over a socket pair, against OpenSSL in a process of its own.
 */
#include "net/tls_client.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

#define TICKETS 400
#define MUCH ((size_t)3 << 20)
#define SOON deadline_in_seconds(20)

static EVP_PKEY *key;
static X509 *certificate;
static char much[MUCH];

static void
make_certificate(void)
{
	key = EVP_EC_gen("P-256");
	certificate = X509_new();
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
}

static SSL *
serve(int fd, int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_use_certificate(context, certificate);
	SSL_CTX_use_PrivateKey(context, key);
	SSL_CTX_set_min_proto_version(context, version);
	SSL_CTX_set_max_proto_version(context, version);
	ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	return SSL_accept(ssl) == 1 ? ssl : NULL;
}

static bool
take(SSL *ssl, const char *wanted, size_t len)
{
	char *got = malloc(len);
	size_t taken = 0;
	bool same;

	while (taken < len) {
		int n = SSL_read(ssl, got + taken, (int)(len - taken));

		if (n <= 0)
			break;
		taken += (size_t)n;
	}
	same = taken == len && memcmp(got, wanted, len) == 0;
	free(got);
	return same;
}

/* What a server does behind its handshake; its exit code is 0 if it saw what it should. */
static bool
talk(SSL *ssl, int fd)
{
	if (ssl == NULL || SSL_write(ssl, "220 here\r\n", 10) != 10 || !take(ssl, "EHLO\r\n", 6))
		return false;
	(void)fd;
	return SSL_shutdown(ssl) == 0 && SSL_write(ssl, "x", 1) <= 0;
}

static bool
change_keys(SSL *ssl, int fd)
{
	(void)fd;
	for (int i = 0; i < 3; i++)
		if (ssl == NULL || SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_write(ssl, "250 on\r\n", 8) != 8 || !take(ssl, "NOOP\r\n", 6))
			return false;
	return true;
}

/* The client writes while we do: nobody reads before he has written. */
static bool
read_late(SSL *ssl, int fd)
{
	(void)fd;
	(void)usleep(50000);
	return ssl != NULL && take(ssl, much, sizeof much);
}

static bool
read_never(SSL *ssl, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return ssl != NULL && poll(&p, 1, 20000) == 1; /* the client has closed */
}

static bool
cut(SSL *ssl, int fd)
{
	return ssl != NULL && SSL_write(ssl, "250-half", 8) == 8 && close(fd) == 0;
}

/* A record that nobody could have made. */
static bool
forge(SSL *ssl, int fd)
{
	char record[40] = "\x17\x03\x03\0\x23 forged";

	return ssl != NULL && write(fd, record, sizeof record) == sizeof record &&
	       SSL_read(ssl, record, 1) <= 0;
}

static bool
ask_anew(SSL *ssl, int fd)
{
	char c;

	(void)fd;
	if (ssl == NULL || SSL_renegotiate(ssl) != 1)
		return false;
	(void)SSL_do_handshake(ssl);
	(void)SSL_read(ssl, &c, 1);
	return SSL_CTX_sess_accept_good(SSL_get_SSL_CTX(ssl)) == 1;
}

/* Tickets upon tickets, and a reply behind them. */
static bool
flood(SSL *ssl, int fd)
{
	BIO *made = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (ssl == NULL || made == NULL)
		return false;
	SSL_set0_wbio(ssl, made);
	for (int i = 0; i < TICKETS; i++)
		if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1)
			return false;
	if (SSL_write(ssl, "250 ok\r\n", 8) != 8)
		return false;
	len = BIO_get_mem_data(made, &data);
	return len > 80000 && io_write(fd, data, (size_t)len, SOON) == 0;
}

static struct {
	struct tls_client *client;
	struct tls_requirement requirement;
	struct tls_finding finding;
	int fd;
	pid_t pid;
} us;

static struct layer *
start(bool (*behaviour)(SSL *, int), int version)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return NULL;
	us.pid = fork();
	if (us.pid == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		close(ends[0]);
		_exit(behaviour(serve(ends[1], version), ends[1]) ? 0 : 1);
	}
	close(ends[1]);
	us.fd = ends[0];
	return tls_client_start(
	    us.client, us.fd, slice_of("here"), &us.requirement, SOON, &us.finding);
}

static void
end(struct layer *layer, const char *name)
{
	int status = 0;

	if (layer != NULL)
		layer->close(layer);
	close(us.fd);
	tap_ok(
	    waitpid(us.pid, &status, 0) == us.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "%s: the server saw what it should", name);
}

static int
put(struct layer *layer, const char *text, size_t len, deadline until)
{
	/* in pieces, the first of which is empty */
	struct iovec pieces[3] = {{(void *)(uintptr_t)text, 0}, {(void *)(uintptr_t)text, 1},
	    {(void *)(uintptr_t)(text + 1), len - 1}};

	return layer->write(layer, pieces, 3, until);
}

static void
test_talk(void)
{
	struct layer *layer = start(talk, TLS1_3_VERSION);
	char buf[100];

	tap_ok(layer != NULL, "a handshake");
	if (layer == NULL)
		return;
	tap_is_text(us.finding.protocol, "TLSv1.3", "its version");
	tap_is_int(us.finding.proof, TLS_PROOF_NONE, "nobody vouches for it");
	tap_is_text(us.finding.failure, "certificate-not-trusted", "because of that");
	tap_ok(us.finding.is_met, "which is no matter");
	tap_is_int(layer->wait(layer, SOON), 0, "something is to be read");
	tap_is_int(layer->read(layer, buf, sizeof buf, SOON), 10, "it is read");
	tap_ok(memcmp(buf, "220 here\r\n", 10) == 0, "and right");
	tap_is_int(layer->wait(layer, deadline_in_ms(20)), -1, "no more is to be read");
	tap_is_int(errno, ETIMEDOUT, "in time");
	tap_is_int(layer->read(layer, buf, sizeof buf, deadline_in_ms(20)), -1, "nor is read");
	tap_is_int(errno, ETIMEDOUT, "in time");
	tap_is_int(put(layer, "EHLO\r\n", 6, SOON), 0, "a command is written");
	tap_is_int(layer->wait(layer, SOON), 0, "the end counts as something");
	tap_is_int(layer->read(layer, buf, sizeof buf, SOON), 0, "it is the end");
	end(layer, "talk");
}

static void
test_keys(void)
{
	struct layer *layer = start(change_keys, TLS1_3_VERSION);
	char buf[100];

	for (int i = 0; i < 3 && layer != NULL; i++) {
		tap_is_int(layer->wait(layer, SOON), 0, "a reply under other keys");
		tap_is_int(layer->read(layer, buf, sizeof buf, SOON), 8, "it is read");
		tap_is_int(put(layer, "NOOP\r\n", 6, SOON), 0, "and answered");
	}
	end(layer, "keys");
}

static void
test_write(void)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	for (size_t i = 0; i < sizeof much; i++)
		much[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < 2; i++) {
		struct layer *layer = start(read_late, versions[i]);

		tap_ok(
		    layer != NULL && put(layer, much, sizeof much, SOON) == 0, "much is written");
		end(layer, "much");
	}
}

static void
test_deaf(void)
{
	struct layer *layer = start(read_never, TLS1_3_VERSION);

	tap_is_int(layer == NULL ? 0 : put(layer, much, sizeof much, deadline_in_ms(50)), -1,
	    "a server that does not read");
	tap_is_int(errno, ETIMEDOUT, "is given up in time");
	end(layer, "deaf");
}

static void
test_broken(void)
{
	struct layer *layer = start(cut, TLS1_3_VERSION);
	char buf[100];

	if (layer != NULL) {
		tap_is_int(
		    layer->read(layer, buf, sizeof buf, SOON), 8, "what came before it broke");
		tap_is_int(layer->read(layer, buf, sizeof buf, SOON), 0, "the end without goodbye");
		while (put(layer, much, sizeof much, SOON) == 0)
			;
		tap_ok(errno == EPIPE || errno == ECONNRESET, "writing fails, without a signal");
	}
	end(layer, "cut");
	layer = start(forge, TLS1_3_VERSION);
	if (layer != NULL) {
		tap_is_int(layer->read(layer, buf, sizeof buf, SOON), -1, "what is forged");
		tap_is_int(errno, EPROTO, "breaks the protocol");
	}
	end(layer, "forge");
}

static void
test_flood(void)
{
	struct layer *layer = start(flood, TLS1_3_VERSION);
	siginfo_t info;

	if (layer != NULL && waitid(P_PID, (id_t)us.pid, &info, WEXITED | WNOWAIT) == 0) {
		tap_is_int(layer->wait(layer, deadline_in_ms(0)), -1, "not all of it is read");
		tap_is_int(errno, ETIMEDOUT, "when time is up");
		tap_is_int(layer->wait(layer, SOON), 0, "but when there is time");
	}
	end(layer, "flood");
}

/* RFC 9325, 3.5: there is one handshake. */
static void
test_renegotiation(void)
{
	struct layer *layer = start(ask_anew, TLS1_2_VERSION);
	char buf[100];

	if (layer != NULL)
		(void)layer->read(layer, buf, sizeof buf, deadline_in_ms(200));
	end(layer, "anew");
}

/* The first message of a server of TLS 1.2 that does not know RFC 5746; then it closes. */
static void
test_legacy(enum tls_level level, const char *expected)
{
	static const char hello[] = "\x16\x03\x03\0\x2a\x02\0\0\x26\x03\x03"
				    "0123456789abcdef0123456789abcdef\0\xc0\x2b\0";
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return;
	us.requirement.level = level;
	tap_is_int(write(ends[1], hello, sizeof hello - 1), 47, "an old server's hello");
	(void)shutdown(ends[1], SHUT_WR);
	tap_ok(tls_client_start(
		   us.client, ends[0], slice_of("old"), &us.requirement, SOON, &us.finding) == NULL,
	    "that is all it says");
	tap_is_text(us.finding.problem.data, expected, tls_level_text(level));
	us.requirement.level = TLS_LEVEL_MAY;
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	struct control none = {.fd = -1, .path = "nowhere"};
	struct str problem;

	str_init(&problem, 1000);
	make_certificate();
	tls_requirement_init(&us.requirement);
	tls_finding_init(&us.finding);
	us.client = tls_client_open(&none, &problem);
	test_talk();
	test_keys();
	test_write();
	test_deaf();
	test_broken();
	test_renegotiation();
	test_flood();
	test_legacy(TLS_LEVEL_ENCRYPT, "the server closed the connection");
	test_legacy(TLS_LEVEL_FINGERPRINT, "unsafe legacy renegotiation disabled");
	tls_client_close(us.client);
	tls_finding_free(&us.finding);
	tls_requirement_free(&us.requirement);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tap_done();
}
