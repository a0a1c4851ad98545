/* SPDX-License-Identifier: ISC */
/*
 * handshakes [-r] [-s] ADDRESS PORT CLIENTS COUNT
 *
 * CLIENTS processes together hold COUNT SMTP sessions under TLS with the server at an IPv4 address,
 * each on a connection of its own: handshake, greeting, EHLO, QUIT. With -s by STARTTLS, else from
 * the first byte. With -r each client resumes its first session in all others. One line says how
 * long it took, and the median time of a session.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <getopt.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"

#define PROGRAM "handshakes"

struct plan {
	bool resumes, starttls;
	struct sockaddr_in server;
	long clients, count;
	int64_t *took_us; /* of each session; shared */
};

struct connection {
	int fd;
	SSL *tls; /* null before the handshake */
};

static int
receive(struct connection *c, char *buf, size_t size)
{
	return c->tls != NULL ? SSL_read(c->tls, buf, (int)size) : (int)recv(c->fd, buf, size, 0);
}

/* Reads a whole reply; its code must be CODE. */
static void
expect(struct connection *c, const char *code)
{
	char buf[4096];
	size_t len = 0;

	for (;;) {
		char *last;
		int n = receive(c, buf + len, sizeof buf - len - 1);

		if (n <= 0)
			die(PROGRAM, EXIT_TEMPORARY, "no reply where %s is due", code);
		len += (size_t)n;
		buf[len] = '\0';
		if (buf[len - 1] != '\n')
			continue;
		buf[len - 1] = '\0';
		last = strrchr(buf, '\n');
		last = last == NULL ? buf : last + 1;
		if (strncmp(last, code, 3) != 0)
			die(PROGRAM, EXIT_TEMPORARY, "%s where %s is due", last, code);
		if (last[3] == ' ')
			return;
		buf[len - 1] = '\n';
	}
}

static void
say(struct connection *c, const char *line)
{
	size_t len = strlen(line);

	if (c->tls != NULL ? SSL_write(c->tls, line, (int)len) != (int)len
			   : send(c->fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		die(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static void
hold_session(const struct plan *p, SSL_CTX *context, SSL_SESSION **kept)
{
	struct connection c = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	SSL *tls = SSL_new(context);

	if (c.fd == -1 || tls == NULL ||
	    connect(c.fd, (const struct sockaddr *)&p->server, sizeof p->server) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to connect");
	if (p->starttls) {
		expect(&c, "220");
		say(&c, "EHLO client.test\r\n");
		expect(&c, "250");
		say(&c, "STARTTLS\r\n");
		expect(&c, "220");
	}
	if (*kept != NULL && SSL_set_session(tls, *kept) != 1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to resume");
	if (SSL_set_fd(tls, c.fd) != 1 || SSL_connect(tls) != 1)
		die(PROGRAM, EXIT_TEMPORARY, "the handshake fails");
	if (*kept != NULL && SSL_session_reused(tls) != 1)
		die(PROGRAM, EXIT_TEMPORARY, "the session was not resumed");
	c.tls = tls;
	if (!p->starttls)
		expect(&c, "220");
	say(&c, "EHLO client.test\r\n");
	expect(&c, "250");
	if (p->resumes && *kept == NULL)
		*kept = SSL_get1_session(tls);
	say(&c, "QUIT\r\n");
	expect(&c, "221");
	(void)SSL_shutdown(tls);
	SSL_free(tls);
	(void)close(c.fd);
}

_Noreturn static void
be_client(const struct plan *p, long first)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL_SESSION *kept = NULL;

	if (context == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "no TLS");
	for (long i = first; i < p->count; i += p->clients) {
		int64_t begun = clock_wall_us();

		hold_session(p, context, &kept);
		p->took_us[i] = clock_wall_us() - begun;
	}
	_exit(EXIT_DONE);
}

static int
compare(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return one < other ? -1 : one > other;
}

static void
parse(struct plan *p, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "rs")) != -1) {
		if (option == '?')
			exit(EXIT_PERMANENT);
		*(option == 'r' ? &p->resumes : &p->starttls) = true;
	}
	argv += optind;
	if (argc - optind != 4)
		die(PROGRAM, EXIT_PERMANENT, "usage: handshakes [-rs] ADDRESS PORT CLIENTS COUNT");
	p->server.sin_family = AF_INET;
	p->server.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	p->clients = strtol(argv[2], NULL, 10);
	p->count = strtol(argv[3], NULL, 10);
	if (inet_pton(AF_INET, argv[0], &p->server.sin_addr) != 1 || p->clients <= 0 ||
	    p->count <= 0 || p->count > 1000000)
		die(PROGRAM, EXIT_PERMANENT, "a bad address, or a number of none");
}

int
main(int argc, char **argv)
{
	struct plan p = {0};
	int64_t begun, took;
	int status, failures = 0;

	parse(&p, argc, argv);
	p.took_us = mmap(NULL, (size_t)p.count * sizeof *p.took_us, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.took_us == MAP_FAILED)
		die_errno(PROGRAM, EXIT_TEMPORARY, "no memory");
	begun = clock_wall_us();
	for (long i = 0; i < p.clients; i++)
		if (fork() == 0)
			be_client(&p, i);
	while (wait(&status) != -1)
		failures += status != 0;
	took = clock_wall_us() - begun;
	qsort(p.took_us, (size_t)p.count, sizeof *p.took_us, compare);
	printf("%ld sessions, %lld ms, %lld a second, median %lld us, %d clients failed\n", p.count,
	    (long long)took / 1000, (long long)p.count * 1000000 / (long long)took,
	    (long long)p.took_us[p.count / 2], failures);
	return failures == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
