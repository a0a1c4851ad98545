/* SPDX-License-Identifier: ISC */
#include "front.h"

#include <string.h>

#include "base/log.h"
#include "handover.h"
#include "net/tlsd.h"

static void
take_capa(struct talk *t, struct slice argument)
{
	front_find_mechanisms((struct front *)t);
	talk_capa(t, argument);
}

/* RFC 6856, 2.1: what it changes shows after the login. */
static void
take_utf8(struct talk *t, struct slice argument)
{
	if (argument.len > 0) {
		talk_wrong(t, "UTF8 takes no argument");
		return;
	}
	t->is_utf8 = true;
	talk_ok(t, "UTF-8 it is");
}

static void
refuse(struct talk *t, struct slice argument)
{
	(void)argument;
	talk_wrong(t, "There is no such command before the login");
}

static const struct talk_command commands[] = {
    {"CAPA", take_capa, false},
    {"STLS", front_stls, false},
    {"USER", front_user, true},
    {"PASS", front_pass, true},
    {"AUTH", front_auth, false},
    {"UTF8", take_utf8, false},
    {"LANG", talk_lang, false},
    {"QUIT", talk_quit, false},
    {NULL, refuse, true},
};

/* The replies to what came before the login go first; those behind it are the keeper's. */
static void
hand_over(struct front *f)
{
	struct talk *t = &f->talk;
	struct handover h = {.is_utf8 = t->is_utf8,
	    .is_tlsd_executed = f->tlsd.is_executed,
	    .peer = t->peer,
	    .errors = t->errors,
	    .mechanisms = str_slice(&t->mechanisms),
	    .protocol = slice_of(t->protocol),
	    .cipher = slice_of(t->cipher),
	    .unread = reader_unread(&t->reader)};

	t->writer.until = talk_deadline(t);
	if (writer_flush(&t->writer) == -1 ||
	    handover_send(&h, &f->keeper, t->reader.fd, t->writer.fd) == -1)
		talk_lost(t, -1);
}

static void
log_session(const struct front *f)
{
	struct event e;

	talk_log(&f->talk, &e, "session");
	talk_log_end(&f->talk, &e);
	event_send(&e);
}

static void
converse(struct front *f)
{
	struct talk *t = &f->talk;

	if (t->settings->tls_first && !f->tls.is_on)
		front_begin_with_tls(f);
	if (t->end == TALK_GOES_ON)
		talk_ok(t, "%s POP3", t->settings->me.data);
	talk_run(t, commands);
	if (t->end == TALK_HANDED)
		hand_over(f);
	if (t->end == TALK_HANDED)
		return;
	talk_close(t);
	log_session(f);
	tlsd_end(&f->tlsd, t->writer.fd);
}

int
front_run(const struct settings *s, const struct client *client, int keeper, int in, int out)
{
	struct front f = {.keeper = {.fd = keeper}, .tls = client->tls, .tlsd = {.fd = -1}};

	str_init(&f.user, AUTHD_LOGIN_MAX);
	if (talk_init(&f.talk, s, &client->peer, in, out) == -1) {
		log_note(PROGRAM, "fatal", "no memory for a session");
		return -1;
	}
	memcpy(f.talk.protocol, f.tls.protocol, sizeof f.talk.protocol);
	memcpy(f.talk.cipher, f.tls.cipher, sizeof f.talk.cipher);
	converse(&f);
	talk_free(&f.talk);
	str_wipe(&f.user);
	return 0;
}
