/* SPDX-License-Identifier: ISC */
#include "base/transcript.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/random.h"

#define RECORD_MAX ((size_t)65536)
#define PIECE_MAX ((size_t)4096) /* octets of one record */

void
transcript_init(struct transcript *t, int fd)
{
	uint32_t number;

	random_bytes(&number, sizeof number);
	*t = (struct transcript){.fd = fd, .began_ms = clock_monotonic_ms()};
	(void)snprintf(t->session, sizeof t->session, "%08x", (unsigned)number);
	str_init(&t->client, PIECE_MAX);
	str_init(&t->server, PIECE_MAX);
}

void
transcript_free(struct transcript *t)
{
	str_wipe(&t->client);
	str_wipe(&t->server);
}

static void
record(struct transcript *t, char kind, struct slice text)
{
	int64_t ms = clock_monotonic_ms() - t->began_ms;
	struct str line;

	str_init(&line, RECORD_MAX);
	/* a write that falls short leaves half a line, which a reader of the file can tell */
	if (str_format(&line, "%s %lld.%03lld %c ", t->session, (long long)(ms / 1000),
		(long long)(ms % 1000), kind) == 0 &&
	    escape_text(&line, text) == 0 && str_add_char(&line, '\n') == 0 &&
	    write(t->fd, line.data, line.len) == -1)
		t->left = 0;
	str_wipe(&line);
}

/* Takes a line with its end, or what there is of one, off the front. */
static bool
take_line(struct slice *octets, struct slice *line)
{
	size_t end = slice_find(*octets, '\n');
	size_t len = end < octets->len ? end + 1 : end;

	*line = slice_make(octets->data, len < PIECE_MAX ? len : PIECE_MAX);
	*octets = slice_skip(*octets, line->len);
	return line->len > 0;
}

/* Nothing speaks against what the client said last. */
static void
settle(struct transcript *t)
{
	if (t->client.len > 0)
		record(t, 'C', str_slice(&t->client));
	str_clear(&t->client);
}

void
transcript_doubt(struct transcript *t)
{
	if (t == NULL || !t->saw_auth)
		return;
	str_clear(&t->client);
	record(t, 'C', slice_of("*\r\n"));
}

/* What is behind the mechanism's name in AUTH, and all that answers a challenge (RFC 4954, 4). */
static void
record_masked(struct transcript *t, struct slice line)
{
	struct slice rest = line, verb, mechanism, more;
	char shown[64];
	int len;

	bool is_whole = line.data[line.len - 1] == '\n';

	if (t->is_secret || t->is_masking) {
		t->is_masking = t->is_masking && !is_whole;
		record(t, 'C', slice_of("*\r\n"));
		return;
	}
	if (slice_word(&rest, &verb) && slice_is_nocase(verb, "AUTH"))
		t->saw_auth = true;
	else
		verb = slice_of(NULL);
	if (verb.len == 0 || !slice_word(&rest, &mechanism) || !slice_word(&rest, &more)) {
		(void)str_add_slice(&t->client, line);
		return;
	}
	t->is_masking = !is_whole;
	len = snprintf(shown, sizeof shown, "AUTH %.*s *\r\n",
	    mechanism.len < 40 ? (int)mechanism.len : 40, mechanism.data);
	record(t, 'C', slice_make(shown, (size_t)len));
}

static void
record_message(struct transcript *t, struct slice octets)
{
	struct slice line;

	if (t->left == 0)
		return;
	if (octets.len > t->left) {
		octets.len = (size_t)t->left;
		t->left = 0;
	} else {
		t->left -= octets.len;
	}
	while (take_line(&octets, &line))
		record(t, 'M', line);
	if (t->left == 0)
		transcript_remark(t, "cut");
}

void
transcript_client(struct transcript *t, struct slice octets)
{
	struct slice line;

	if (t == NULL)
		return;
	if (t->is_message) {
		record_message(t, octets);
		return;
	}
	while (take_line(&octets, &line)) {
		settle(t);
		record_masked(t, line);
	}
}

void
transcript_server(struct transcript *t, struct slice octets)
{
	struct slice line;

	if (t != NULL)
		settle(t);
	while (t != NULL && take_line(&octets, &line)) {
		if (str_add_slice(&t->server, line) == -1 || line.data[line.len - 1] != '\n')
			continue;
		hidden_mask(t->hidden, &t->server);
		/* a challenge may hold what a password can be guessed from */
		record(t, 'S',
		    slice_starts(str_slice(&t->server), "334 ") ? slice_of("334 *\r\n")
								: str_slice(&t->server));
		str_clear(&t->server);
	}
}

void
transcript_remark(struct transcript *t, const char *format, ...)
{
	struct str text;
	va_list args;

	if (t == NULL)
		return;
	settle(t);
	str_init(&text, PIECE_MAX);
	va_start(args, format);
	if (str_vformat(&text, format, args) == 0)
		record(t, '=', str_slice(&text));
	va_end(args);
	str_free(&text);
}

void
transcript_message(struct transcript *t, bool begins)
{
	if (t == NULL)
		return;
	settle(t);
	t->is_message = begins;
	t->left = TRANSCRIPT_MESSAGE_MAX;
}
