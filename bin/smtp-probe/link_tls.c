/* SPDX-License-Identifier: ISC */
/* TLS on a link: at once, or by STARTTLS. */
#include <string.h>

#include "link_parts.h"
#include "probe.h"
#include "smtp/client_session.h"
#include "tap.h"

/* TLS_LEVEL_MAY, and the server's name as SNI. */
static void
want_anybody(struct link *l, struct tls_requirement *r)
{
	tls_requirement_init(r);
	memcpy(r->sni, l->server->sni, sizeof r->sni);
}

static enum answer
fail(struct link *l)
{
	const char *problem = l->finding.problem.data;
	bool is_late = deadline_poll_ms(l->client.hard) == 0;
	enum answer answer = !l->finding.is_broken ? UNSECURED : is_late ? TIMED_OUT : LOST;

	tap_remark(l->tap, "TLS failed");
	(void)link_end_step(l, answer, "TLS handshake: %s", problem);
	link_drop(l); /* nothing can be said any more */
	return answer;
}

/* The handshake; the descriptor has nothing unread. */
static enum answer
shake_hands(struct link *l, const struct tls_requirement *r)
{
	struct layer *layer = tls_client_start(probe_tls_client(l->probe), l->client.fd,
	    slice_of(l->server->where), r, l->client.hard, &l->finding);

	if (layer == NULL)
		return fail(l);
	l->tls = layer;
	if (l->tap != NULL)
		tap_put_layer(l->tap, layer);
	else
		client_put_layer(&l->client, layer);
	tap_remark(l->tap, l->finding.protocol);
	client_forget(&l->client);
	return link_end_step(l, ANSWERED, "%s %s", l->finding.protocol, l->finding.cipher);
}

enum answer
link_secure(struct link *l, const struct tls_requirement *r)
{
	struct tls_requirement anybody;

	link_step(l, "TLS");
	tls_finding_clear(&l->finding);
	if (!link_is_open(l))
		return link_end_step(l, LOST, "connection closed before TLS");
	if (r != NULL)
		return shake_hands(l, r);
	want_anybody(l, &anybody);
	(void)shake_hands(l, &anybody);
	tls_requirement_free(&anybody);
	return l->answer;
}

enum answer
link_starttls(struct link *l, const struct tls_requirement *r)
{
	struct slice unread;

	tls_finding_clear(&l->finding);
	if (link_say(l, "STARTTLS") != ANSWERED || l->client.reply.code != 220)
		return l->answer;
	/* it came in plaintext, from anybody, and would be taken for a reply under TLS */
	unread = reader_unread(&l->client.reader);
	if (unread.len > 0)
		return link_end_step(l, GARBLED, "the server spoke before TLS: %.*s",
		    unread.len < 200 ? (int)unread.len : 200, unread.data);
	return link_secure(l, r);
}
