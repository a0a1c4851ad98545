/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "smtp/client_session.h"

#define LIMIT_MAX 999999 /* RFC 9422, 3: six digits */

static const struct {
	const char *keyword;
	enum client_extension extension;
} extensions[] = {
    {"PIPELINING", CLIENT_PIPELINING},
    {"SIZE", CLIENT_SIZE},
    {"8BITMIME", CLIENT_8BITMIME},
    {"DSN", CLIENT_DSN},
    {"ENHANCEDSTATUSCODES", CLIENT_STATUS},
    {"STARTTLS", CLIENT_STARTTLS},
    {"SMTPUTF8", CLIENT_SMTPUTF8},
    {"CHUNKING", CLIENT_CHUNKING},
    {"DELIVERBY", CLIENT_DELIVERBY},
    {"MT-PRIORITY", CLIENT_PRIORITY},
    {"REQUIRETLS", CLIENT_REQUIRETLS},
    {"BINARYMIME", CLIENT_BINARYMIME},
};

/* "AUTH PLAIN LOGIN" (RFC 4954, 3); "AUTH=PLAIN LOGIN" is what came before it. */
static void
take_mechanisms(struct client *c, struct slice line)
{
	if (!slice_starts_nocase(line, "AUTH ") && !slice_starts_nocase(line, "AUTH="))
		return;
	c->extensions |= CLIENT_AUTH;
	/* what there is no memory for is not offered */
	if (str_add_char(&c->mechanisms, ' ') == 0)
		(void)str_add_slice(&c->mechanisms, slice_skip(line, strlen("AUTH ")));
}

/* RFC 9422, 3: "LIMITS RCPTMAX=100 MAILMAX=5"; what is no limit is none. */
static void
take_limits(struct client *c, struct slice line)
{
	const struct {
		const char *name;
		uint64_t *value;
	} known[] = {{"MAILMAX=", &c->limits.mails}, {"RCPTMAX=", &c->limits.recipients},
	    {"RCPTDOMAINMAX=", &c->limits.domains}};
	struct slice word;
	uint64_t value;

	while (slice_word(&line, &word))
		for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
			size_t len = strlen(known[i].name);

			if (slice_starts_nocase(word, known[i].name) &&
			    slice_number(slice_skip(word, len), LIMIT_MAX, &value) && value > 0)
				*known[i].value = value;
		}
}

static void
take_extension(struct client *c, struct slice line)
{
	struct slice keyword, value;

	take_mechanisms(c, line);
	if (!slice_word(&line, &keyword))
		return;
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		if (slice_is_nocase(keyword, extensions[i].keyword))
			c->extensions |= extensions[i].extension;
	/* SIZE without a number, or 0: no limit is known (RFC 1870, 4) */
	if (slice_is_nocase(keyword, "SIZE") && slice_word(&line, &value))
		(void)slice_number(value, UINT64_MAX, &c->size_limit);
	/* "DELIVERBY 30", perhaps with more behind a comma (RFC 2852, 2) */
	if (slice_is_nocase(keyword, "DELIVERBY") && slice_word(&line, &value)) {
		value.len = slice_find(value, ',');
		(void)slice_number(value, INT64_MAX, &c->by_minimum);
	}
	if (slice_is_nocase(keyword, "LIMITS"))
		take_limits(c, line);
}

void
client_take_extensions(struct client *c)
{
	struct slice rest = str_slice(&c->reply.text), line;

	c->is_esmtp = true;
	str_clear(&c->mechanisms);
	(void)slice_take(&rest, '\n', &line); /* the server's name and greeting */
	while (slice_take(&rest, '\n', &line))
		if (rest.len > 0 || !c->reply.is_cut) /* half a line may say something else */
			take_extension(c, line);
}

static int
say_hello(struct client *c, const char *verb, struct slice name, struct client_outcome *outcome)
{
	if (str_format(&c->output, "%s %.*s\r\n", verb, (int)name.len, name.data) == -1) {
		client_lost(c, verb, outcome);
		return -1;
	}
	if (client_flush(c, verb, outcome) == -1)
		return -1;
	return client_reply(c, CLIENT_WAIT_HELLO, verb, outcome);
}

/* There is nothing to fall back to; and who refuses LHLO is no LMTP server, which may be mended. */
static enum client_status
lmtp_hello(struct client *c, struct slice name, struct client_outcome *outcome)
{
	if (say_hello(c, "LHLO", name, outcome) == -1)
		return outcome->status;
	if (reply_class(&c->reply) == 2) {
		client_take_extensions(c);
		return CLIENT_OK;
	}
	client_outcome_of_reply(c, outcome);
	outcome->status = CLIENT_TEMPORARY;
	outcome->code[0] = '4';
	return CLIENT_TEMPORARY;
}

enum client_status
client_hello(struct client *c, struct slice name, struct client_outcome *outcome)
{
	if (c->is_lmtp)
		return lmtp_hello(c, name, outcome);
	if (say_hello(c, "EHLO", name, outcome) == -1)
		return outcome->status;
	if (reply_class(&c->reply) == 2) {
		client_take_extensions(c);
		return CLIENT_OK;
	}
	/* refused by a server that does not know it, or would not have us (RFC 5321, 3.2) */
	if (reply_class(&c->reply) == 5 && say_hello(c, "HELO", name, outcome) == -1)
		return outcome->status;
	if (reply_class(&c->reply) == 2)
		return CLIENT_OK;
	client_outcome_of_reply(c, outcome);
	return outcome->status;
}
