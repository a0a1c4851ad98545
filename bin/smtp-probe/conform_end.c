/* SPDX-License-Identifier: ISC */
/* Two checks that no row can say: one goes through a handshake, one is about the end. */
#include "conform_parts.h"

static const struct check quit = {.id = "conform.quit",
    .source = "RFC 5321, 4.1.1.10",
    .text = "QUIT is answered by 221, and the server closes.",
    .weight = WARNING};
static const struct check injection = {.id = "conform.starttls-injection",
    .source = "RFC 3207, 4.2",
    .text = "What comes in plaintext behind STARTTLS is not run under TLS.",
    .weight = PROBLEM};

static struct result *
add_words(struct conform *c, const struct check *check, enum verdict verdict)
{
	struct result *res = conform_add(c, check, verdict);

	result_reply(res, str_slice(&c->link.words));
	return res;
}

/* What closed is; what still answers is not. */
void
conform_quit(struct conform *c)
{
	struct link *l = &c->link;

	if (!conform_begin(c) || link_say(l, "QUIT") != ANSWERED ||
	    reply_class(&l->client.reply) == 4) {
		(void)add_words(c, &quit, UNKNOWN);
		return;
	}
	conform_watch(c, false);
	if (l->client.reply.code != 221) {
		(void)add_words(c, &quit, NO);
		link_drop(l);
		return;
	}
	if (link_say(l, "NOOP") == LOST)
		(void)conform_add(c, &quit, YES);
	else
		(void)add_words(c, &quit, l->answer == ANSWERED ? NO : UNKNOWN);
	link_drop(l);
}

/* Under TLS: EHLO's reply is the next; one more in front of it is that of the plaintext. */
static void
judge_session(struct conform *c)
{
	struct link *l = &c->link;

	if (link_hello(l) != ANSWERED)
		(void)result_value(add_words(c, &injection, l->answer == LOST ? YES : UNKNOWN),
		    l->answer == LOST ? "refused" : "");
	else if (link_say(l, "NOOP") != ANSWERED)
		(void)add_words(c, &injection, UNKNOWN);
	else if (l->client.reply.lines > 1)
		(void)add_words(c, &injection, NO);
	else
		result_value(conform_add(c, &injection, YES), "discarded");
}

/* That TLS works without the command behind STARTTLS is known by then. */
void
conform_inject(struct conform *c)
{
	struct link *l = &c->link;

	link_close(l);
	if (c->ehlo_tls.len == 0 || c->server->is_implicit) {
		conform_add_unasked(c, &injection, "not offered");
		return;
	}
	if (link_open(l, c->server) != ANSWERED || link_greet(l) != ANSWERED ||
	    link_hello(l) != ANSWERED || reply_class(&l->client.reply) != 2 ||
	    link_send(l, slice_of("STARTTLS\r\nNOOP\r\n")) != ANSWERED ||
	    link_reply(l) != ANSWERED || reply_class(&l->client.reply) == 4)
		(void)add_words(c, &injection, UNKNOWN);
	else if (l->client.reply.code != 220)
		result_value(add_words(c, &injection, YES), "refused");
	else if (reader_unread(&l->client.reader).len > 0)
		result_value(add_words(c, &injection, YES), "run before TLS");
	else if (link_secure(l, NULL) != ANSWERED)
		result_value(
		    add_words(c, &injection, l->answer == TIMED_OUT ? UNKNOWN : YES), "refused");
	else
		judge_session(c);
	link_drop(l);
}
