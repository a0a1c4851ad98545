/* SPDX-License-Identifier: ISC */
/*
 * Dovecot's auth-client socket: lines of fields with tabs between. Whatever mechanism the client
 * uses towards us, Dovecot is asked by PLAIN.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/base64.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/log.h"
#include "base/reader.h"

#define LINE_MAX_OCTETS ((size_t)8192)
#define LINES_MAX 200 /* of its greeting */

struct dovecot {
	struct reader reader;
	struct str line; /* without its LF */
};

/* 0, or -1 with errno. */
static int
read_line(struct dovecot *d)
{
	struct slice unread = reader_unread(&d->reader);
	size_t lf;

	str_clear(&d->line);
	while ((lf = slice_find(unread, '\n')) == unread.len) {
		long n = reader_fill(&d->reader);

		if (n == 0)
			errno = EPIPE;
		if (n <= 0)
			return -1;
		unread = reader_unread(&d->reader);
	}
	if (str_add(&d->line, unread.data, lf) == -1)
		return -1;
	reader_consume(&d->reader, lf + 1);
	return 0;
}

/* Up to DONE. The major number of its version must be 1. */
static int
read_greeting(struct dovecot *d)
{
	bool is_known = false;

	for (int i = 0; i < LINES_MAX && read_line(d) == 0; i++) {
		if (slice_starts(str_slice(&d->line), "VERSION\t"))
			is_known = slice_starts(str_slice(&d->line), "VERSION\t1\t");
		if (slice_is(str_slice(&d->line), "DONE") && is_known)
			return 0;
	}
	errno = EPROTO;
	return -1;
}

static int
add_request(const struct server *s, struct slice login, struct slice password, struct str *out)
{
	const struct request *r = &s->request;
	struct str response;
	int result = -1;

	str_init(&response, LINE_MAX_OCTETS / 2);
	if (str_add_char(&response, '\0') == 0 && str_add_slice(&response, login) == 0 &&
	    str_add_char(&response, '\0') == 0 && str_add_slice(&response, password) == 0 &&
	    str_format(out, "VERSION\t1\t1\nCPID\t%ld\nAUTH\t1\tPLAIN\tservice=%s\t%s",
		(long)getpid(), r->service, r->tls.is_on ? "secured\t" : "") == 0 &&
	    (r->client.address[0] == '\0' || str_format(out, "rip=%s\t", r->client.address) == 0) &&
	    str_add_text(out, "resp=") == 0 && base64_encode(out, str_slice(&response)) == 0)
		result = str_add_char(out, '\n');
	str_wipe(&response);
	return result;
}

/* OK and FAIL, the number of the request, and fields; what is escaped (\x01) is no name of ours. */
static enum sasl_result
take_reply(struct slice line, struct str *who)
{
	struct slice verb, number, field;
	bool is_temporary = false;

	if (!slice_take(&line, '\t', &verb) || !slice_take(&line, '\t', &number) ||
	    !slice_is(number, "1"))
		return SASL_TEMPORARY;
	str_clear(who);
	while (slice_take(&line, '\t', &field)) {
		if (slice_starts(field, "user="))
			(void)str_add_slice(who, slice_skip(field, 5));
		is_temporary = is_temporary || slice_is(field, "temp");
	}
	if (slice_is(verb, "OK"))
		return sasl_is_name(str_slice(who)) ? SASL_ACCEPTED : SASL_TEMPORARY;
	return slice_is(verb, "FAIL") && !is_temporary ? SASL_REFUSED : SASL_TEMPORARY;
}

static enum sasl_result
converse(struct dovecot *d, struct slice request, struct str *who)
{
	if (read_greeting(d) == -1 ||
	    io_write(d->reader.fd, request.data, request.len, d->reader.until) == -1)
		return SASL_TEMPORARY;
	/* what is no answer to us (it greets anew when it was restarted) is passed over */
	for (int i = 0; i < LINES_MAX && read_line(d) == 0; i++)
		if (slice_starts(str_slice(&d->line), "OK\t") ||
		    slice_starts(str_slice(&d->line), "FAIL\t"))
			return take_reply(str_slice(&d->line), who);
	return SASL_TEMPORARY;
}

enum sasl_result
dovecot_ask(struct server *s, struct slice login, struct slice password, struct str *who)
{
	struct dovecot d = {.reader = {.fd = -1}};
	enum sasl_result result = SASL_TEMPORARY;
	struct str path, request;
	int fd = -1;

	str_init(&path, 4096);
	str_init(&request, LINE_MAX_OCTETS);
	str_init(&d.line, LINE_MAX_OCTETS);
	if (str_add_slice(&path, s->settings.dovecot) == 0)
		fd = helper_connect(path.data);
	if (fd != -1 && reader_init(&d.reader, fd, LINE_MAX_OCTETS) == 0) {
		d.reader.until = deadline_in_seconds((int64_t)s->settings.limits.auth_program);
		if (add_request(s, login, password, &request) == 0)
			result = converse(&d, str_slice(&request), who);
		reader_free(&d.reader);
	}
	if (result == SASL_TEMPORARY)
		log_note(PROGRAM, "failed", "%s: %s", path.data, strerror(errno));
	io_close(fd);
	str_free(&path);
	str_wipe(&request);
	str_wipe(&d.line);
	return result;
}
