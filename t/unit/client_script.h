/* SPDX-License-Identifier: ISC */
/*
 * Servers that follow a script, for the tests of smtp/client.h. Each item of a script is one of
 *
 *	">TEXT"  said
 *	"<TEXT"  heard, exactly, and nothing behind it before the next item
 *	"~"      waits until the client has called is_slow
 *	"!"      hangs up
 *	"*TEXT"  heard until the client hangs up, without TEXT in it
 *
 * and at the end nothing more is heard than QUIT.
 */
#ifndef UNIT_CLIENT_SCRIPT_H
#define UNIT_CLIENT_SCRIPT_H

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "smtp/client.h"
#include "tap.h"

#define CLIENT_TEXT "Subject: x\r\n\r\nhello\r\n"
#define SCRIPT_MAX 24
#define SCRIPT_PEOPLE_MAX 8
#define SCRIPT_SECONDS 30 /* for a machine that has other work */

struct script {
	pid_t pid;
	int fd;	  /* the client's */
	int slow; /* to be written to when the client calls is_slow */
};

static void
script_wrong(const char *item, const char *got, size_t len)
{
	char text[2000];

	memcpy(text, got, len < sizeof text ? len : sizeof text - 1);
	text[len < sizeof text ? len : sizeof text - 1] = '\0';
	tap_show("expected", item);
	tap_show("heard", text);
	fflush(stdout);
	_exit(1);
}

static void
script_hear(int fd, const char *wanted)
{
	size_t len = strlen(wanted), have = 0;
	char *got = malloc(len + 1000);
	ssize_t n;

	while (have < len && (n = read(fd, got + have, len - have)) > 0)
		have += (size_t)n;
	n = have < len ? 0 : recv(fd, got + have, 999, MSG_DONTWAIT | MSG_PEEK);
	if (have < len || memcmp(got, wanted, len) != 0 || n > 0)
		script_wrong(wanted, got, have + (n > 0 ? (size_t)n : 0));
	free(got);
}

/* Until the client hangs up, which is waited for. */
static struct str
script_hear_rest(int fd)
{
	char piece[4096];
	struct str all;
	ssize_t n;

	str_init(&all, (size_t)1 << 24);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		(void)str_add(&all, piece, (size_t)n);
	return all;
}

static void
script_play(int fd, int slow, const char *const *items)
{
	struct str rest;
	char octet;

	for (; *items != NULL; items++) {
		const char *text = *items + 1;

		if (**items == '!')
			_exit(0);
		if (**items == '>')
			(void)!write(fd, text, strlen(text));
		else if (**items == '<')
			script_hear(fd, text);
		else if (**items == '~')
			(void)!read(slow, &octet, 1);
		else if (**items == '*') {
			rest = script_hear_rest(fd);
			if (memmem(rest.data, rest.len, text, strlen(text)) != NULL)
				script_wrong("something without this", text, strlen(text));
			_exit(0);
		}
	}
	rest = script_hear_rest(fd);
	if (rest.len > 0 && strcmp(rest.data, "QUIT\r\n") != 0)
		script_wrong("QUIT or nothing", rest.data, rest.len);
	_exit(0);
}

static struct script
script_start(const char *const *items)
{
	struct script s;
	int ends[2], slow[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 || pipe(slow) == -1)
		abort();
	fflush(stdout);
	s.pid = fork();
	if (s.pid == 0) {
		close(ends[0]);
		close(slow[1]);
		alarm(SCRIPT_SECONDS);
		script_play(ends[1], slow[0], items);
	}
	close(ends[1]);
	close(slow[0]);
	s.fd = ends[0];
	s.slow = slow[1];
	return s;
}

/* Once the client has closed its end: true if the server has heard what it should. */
static bool
script_end(const struct script *s)
{
	int status = -1;

	close(s->slow);
	while (waitpid(s->pid, &status, 0) == -1)
		;
	return status == 0;
}

/* A file with this text. */
static int
script_file(const char *text, size_t len)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd == -1 || io_pwrite(fd, text, len, 0) == -1)
		abort();
	return fd;
}

/* One message to people who have a letter each: small at x.test, large at y.test. */
struct script_message {
	struct client_transaction transaction;
	struct client_recipient people[SCRIPT_PEOPLE_MAX];
	struct client_outcome outcomes[SCRIPT_PEOPLE_MAX];
	char addresses[SCRIPT_PEOPLE_MAX][16];
};

static void
script_prepare(struct script_message *m, const char *letters, const char *text, size_t len)
{
	struct client_transaction *t = &m->transaction;

	client_transaction_init(t);
	t->message = (struct client_message){
	    .reverse_path = slice_of("f@x.test"), .fd = script_file(text, len), .length = len};
	t->recipients = m->people;
	for (t->count = 0; letters[t->count] != '\0'; t->count++) {
		char *address = m->addresses[t->count], letter = letters[t->count];

		snprintf(address, sizeof m->addresses[0], "%c@%c.test", letter,
		    letter < 'a' ? 'y' : 'x');
		client_outcome_init(&m->outcomes[t->count]);
		m->people[t->count] = (struct client_recipient){
		    .address = slice_of(address), .outcome = &m->outcomes[t->count]};
	}
}

/* A letter for each: delivered, temporary (L: 4.5.3, ?: or unknown), permanent, or - for none. */
static bool
script_is(const struct script_message *m, const char *want)
{
	char got[SCRIPT_PEOPLE_MAX + 1] = "";
	size_t left = 0;

	for (size_t i = 0; i < m->transaction.count; i++) {
		const struct client_outcome *o = &m->outcomes[i];

		got[i] = "DTP"[o->status];
		if (!o->is_set)
			got[i] = '-';
		else if (o->is_unknown)
			got[i] = '?';
		else if (strcmp(o->code, "4.5.3") == 0)
			got[i] = 'L';
		left += !o->is_set;
	}
	if (strcmp(got, want) == 0 && left == m->transaction.left)
		return true;
	tap_show("outcomes", got);
	return false;
}

static void
script_forget(struct script_message *m)
{
	for (size_t i = 0; i < m->transaction.count; i++)
		client_outcome_free(&m->outcomes[i]);
	io_close(m->transaction.message.fd);
	client_transaction_free(&m->transaction);
}

/* Opens a session, through LAYER if that is not null: all that it waits for ends some time. */
static bool
script_open(struct client *c, const struct script *s, struct layer *layer)
{
	struct client_outcome outcome;
	bool good;

	c->hard = deadline_in_seconds(SCRIPT_SECONDS);
	client_outcome_init(&outcome);
	if (layer == NULL)
		good = client_open(c, s->fd, slice_of("here"), &outcome) == CLIENT_OK;
	else
		good = client_open_secure(c, s->fd, layer, slice_of("here"), &outcome) == CLIENT_OK;
	client_outcome_free(&outcome);
	return good;
}

#endif
