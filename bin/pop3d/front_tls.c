/* SPDX-License-Identifier: ISC */
/* STLS (RFC 2595, 4), and TLS from the first octet (RFC 8314, 3.3). */
#include <string.h>

#include "base/log.h"
#include "front.h"
#include "net/start_tls.h"

static void
fail(struct front *f, const char *reason, bool is_end)
{
	struct event e;

	talk_log(&f->talk, &e, "tls");
	event_text(&e, "reason", reason);
	event_send(&e);
	if (is_end)
		f->talk.end = TALK_TLS;
}

static bool
say_ready(void *context)
{
	struct talk *t = context;

	talk_ok(t, "Begin TLS");
	t->writer.until = talk_deadline(t);
	if (writer_flush(&t->writer) == 0)
		return true;
	talk_lost(t, -1);
	return false;
}

/* What was said before is forgotten. */
static void
go_on(struct front *f, const struct tls_info *info)
{
	struct talk *t = &f->talk;

	if (talk_take_descriptors(t, t->reader.fd, t->writer.fd) == -1) {
		talk_lost(t, -1);
		return;
	}
	f->tls = *info;
	memcpy(t->protocol, info->protocol, sizeof t->protocol);
	memcpy(t->cipher, info->cipher, sizeof t->cipher);
	str_wipe(&f->user);
	str_clear(&t->mechanisms);
	f->knows_mechanisms = false;
	t->is_utf8 = false;
}

static void
start(struct front *f, bool is_command)
{
	struct talk *t = &f->talk;
	struct tls_info info;
	struct start_tls s;

	start_tls_init(&s);
	s.in = t->reader.fd;
	s.out = t->writer.fd;
	s.address = t->peer.address;
	s.ucspi_tls = t->settings->ucspi_tls;
	s.executor = &f->keeper;
	s.tell = is_command ? say_ready : NULL;
	s.context = t;
	switch (start_tls(&s, &info, &f->tlsd, talk_deadline(t))) {
	case START_TLS_ON:
		go_on(f, &info);
		break;
	case START_TLS_UNAVAILABLE:
		fail(f, s.reason.data, !is_command);
		if (is_command)
			talk_err(t, "SYS/TEMP", "TLS is not available now");
		break;
	case START_TLS_FAILED:
		fail(f, s.reason.data, true);
		break;
	case START_TLS_UNTOLD:
		break;
	}
	start_tls_free(&s);
	explicit_bzero(&info, sizeof info);
}

void
front_stls(struct talk *t, struct slice argument)
{
	struct front *f = (struct front *)t;

	if (argument.len > 0) {
		talk_wrong(t, "STLS takes no argument");
	} else if (f->tls.is_on) {
		talk_wrong(t, "TLS is on already");
	} else if (!t->settings->has_tls && t->settings->ucspi_tls == NULL) {
		talk_wrong(t, "TLS is not offered here");
	} else if (t->is_utf8) { /* RFC 6856, 2.1 */
		talk_wrong(t, "Not after UTF8");
	} else if (reader_unread(&t->reader).len > 0) {
		/* it would be taken for something that was said under TLS */
		talk_wrong(t, "Nothing may follow STLS; closing the connection");
		fail(f, "the client sent more behind STLS", true);
	} else {
		start(f, true);
	}
}

void
front_begin_with_tls(struct front *f)
{
	start(f, false);
}
