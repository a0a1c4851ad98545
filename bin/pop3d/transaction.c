/* SPDX-License-Identifier: ISC */
#include "transaction.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "net/tlsd.h"
#include "owner.h"
#include "unique.h"

static bool
takes_nothing(struct talk *talk, struct slice argument)
{
	if (argument.len > 0)
		talk_wrong(talk, "This command takes no argument");
	return argument.len == 0;
}

struct message *
transaction_message(struct transaction *t, struct slice word, size_t *index)
{
	uint64_t number;

	if (!slice_number(word, SIZE_MAX, &number))
		talk_wrong(&t->talk, "The number of a message is expected");
	else if (number == 0 || number > t->maildrop.count)
		talk_err(&t->talk, NULL, "There is no such message");
	else if (t->maildrop.messages[number - 1].is_deleted)
		talk_err(&t->talk, NULL, "This message is deleted");
	else {
		*index = (size_t)number - 1;
		return &t->maildrop.messages[number - 1];
	}
	return NULL;
}

/* One that cannot be read has none. */
static uint64_t
octets_of(struct transaction *t, struct message *message)
{
	uint64_t octets;

	return maildrop_octets(&t->maildrop, message, !t->talk.is_utf8, &octets) == 0 ? octets : 0;
}

static void
count_all(struct transaction *t, size_t *count, uint64_t *octets)
{
	*count = 0;
	*octets = 0;
	maildrop_size_all(&t->maildrop);
	for (size_t i = 0; i < t->maildrop.count; i++) {
		if (t->maildrop.messages[i].is_deleted)
			continue;
		++*count;
		if (t->maildrop.messages[i].is_sized)
			*octets += octets_of(t, &t->maildrop.messages[i]);
	}
}

static void
take_stat(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;
	uint64_t octets;
	size_t count;

	if (!takes_nothing(talk, argument))
		return;
	count_all(t, &count, &octets);
	talk_ok(talk, "%zu %llu", count, (unsigned long long)octets);
}

static int
print_size(struct transaction *t, size_t index, struct str *line)
{
	struct message *message = &t->maildrop.messages[index];
	uint64_t octets = 0;

	if (maildrop_octets(&t->maildrop, message, !t->talk.is_utf8, &octets) == -1)
		octets = 0;
	return str_format(line, "%zu %llu", index + 1, (unsigned long long)octets);
}

static int
print_unique(struct transaction *t, size_t index, struct str *line)
{
	if (str_format(line, "%zu ", index + 1) == -1)
		return -1;
	return unique_add(line, maildrop_base(&t->maildrop, &t->maildrop.messages[index]));
}

/* LIST and UIDL: of one message, or of all, a line each. */
static void
print(struct transaction *t, struct slice argument, bool is_unique)
{
	int (*add)(struct transaction *, size_t, struct str *) =
	    is_unique ? print_unique : print_size;
	struct str line;
	size_t index;

	str_init(&line, UNIQUE_MAX + 64);
	if (argument.len > 0) {
		if (transaction_message(t, argument, &index) != NULL && add(t, index, &line) == 0)
			talk_ok(&t->talk, "%s", line.data);
		str_free(&line);
		return;
	}
	if (!is_unique)
		maildrop_size_all(&t->maildrop);
	talk_ok(&t->talk, "The messages");
	for (size_t i = 0; i < t->maildrop.count; i++) {
		if (t->maildrop.messages[i].is_deleted)
			continue;
		str_clear(&line);
		t->talk.writer.until = talk_deadline(&t->talk);
		if (add(t, i, &line) == 0 && str_add_text(&line, "\r\n") == 0)
			(void)writer_slice(&t->talk.writer, str_slice(&line));
	}
	talk_end_lines(&t->talk);
	str_free(&line);
}

static void
take_list(struct talk *talk, struct slice argument)
{
	print((struct transaction *)talk, argument, false);
}

static void
take_uidl(struct talk *talk, struct slice argument)
{
	print((struct transaction *)talk, argument, true);
}

static void
take_dele(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;
	size_t index;
	struct message *message = transaction_message(t, argument, &index);

	if (message == NULL)
		return;
	message->is_deleted = true;
	t->deleted++;
	talk_ok(talk, "Message %zu will be removed", index + 1);
}

static void
take_rset(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;

	if (!takes_nothing(talk, argument))
		return;
	for (size_t i = 0; i < t->maildrop.count; i++)
		t->maildrop.messages[i].is_deleted = false;
	t->deleted = 0;
	talk_ok(talk, "%zu messages", t->maildrop.count);
}

static void
take_noop(struct talk *talk, struct slice argument)
{
	if (takes_nothing(talk, argument))
		talk_ok(talk, "Here");
}

/*
 * What is deleted is removed now, and not before (RFC 1939, 6). Who has the answer may log in again
 * at once.
 */
static void
take_quit(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;

	if (!takes_nothing(talk, argument))
		return;
	t->not_removed = maildrop_update(&t->maildrop);
	maildrop_unlock(&t->maildrop);
	if (t->not_removed > 0)
		talk_err(
		    talk, "SYS/TEMP", "%zu deleted messages could not be removed", t->not_removed);
	else
		talk_ok(talk, "Goodbye");
	talk->end = TALK_QUIT;
}

static void
refuse(struct talk *talk, struct slice argument)
{
	(void)argument;
	talk_wrong(talk, "There is no such command after the login");
}

static const struct talk_command commands[] = {
    {"STAT", take_stat, false},
    {"LIST", take_list, false},
    {"RETR", transaction_retr, false},
    {"DELE", take_dele, false},
    {"NOOP", take_noop, false},
    {"RSET", take_rset, false},
    {"QUIT", take_quit, false},
    {"TOP", transaction_top, false},
    {"UIDL", take_uidl, false},
    {"CAPA", talk_capa, false},
    {"LANG", talk_lang, false},
    {NULL, refuse, true},
};

static void
copy(char *to, size_t size, struct slice from)
{
	size_t len = from.len < size ? from.len : size - 1;

	if (len > 0)
		memcpy(to, from.data, len);
	to[len] = '\0';
}

int
transaction_init(struct transaction *t, const struct settings *s, const struct handover *h,
    struct slice login, int in, int out)
{
	struct talk *talk = &t->talk;

	*t = (struct transaction){.is_tlsd_executed = h->is_tlsd_executed,
	    .maildrop = {.root = -1, .folders = {-1, -1}, .sizes = -1}};
	str_init(&t->maildrop.names, 0);
	if (talk_init(talk, s, &h->peer, in, out) == -1 ||
	    str_add_slice(&talk->mechanisms, h->mechanisms) == -1 ||
	    h->unread.len > talk->reader.size)
		return -1;
	if (h->unread.len > 0)
		memcpy(talk->reader.buf, h->unread.data, h->unread.len);
	talk->reader.end = talk->reader.used = h->unread.len;
	copy(talk->protocol, sizeof talk->protocol, h->protocol);
	copy(talk->cipher, sizeof talk->cipher, h->cipher);
	copy(talk->login, sizeof talk->login, login);
	talk->is_utf8 = h->is_utf8;
	talk->errors = h->errors;
	return 0;
}

void
transaction_free(struct transaction *t)
{
	maildrop_close(&t->maildrop);
	talk_free(&t->talk);
}

/* The mailbox cannot be had: RFC 1939, 4, lets us close the connection then. */
static bool
give_up(struct transaction *t, const char *code, const char *text, const char *reason)
{
	struct event e;

	talk_log(&t->talk, &e, "mailbox");
	event_text(&e, "reason", *reason == '\0' ? text : reason);
	event_send(&e);
	talk_err(&t->talk, code, "%s", text);
	t->talk.end = TALK_MAILBOX;
	return false;
}

static bool
open_maildrop(struct transaction *t, const char *path, struct str *reason)
{
	const struct limits *l = &t->talk.settings->limits;

	switch (maildrop_open(
	    &t->maildrop, path, (size_t)l->pop3d_messages, l->pop3d_login_delay, reason)) {
	case MAILDROP_OPEN:
		return true;
	case MAILDROP_IN_USE:
		return give_up(t, "IN-USE", "Another session has this mailbox open", "");
	case MAILDROP_TOO_SOON:
		return give_up(t, "LOGIN-DELAY", "The last login was only just now", "");
	case MAILDROP_WRONG:
		return give_up(t, "SYS/PERM", "The mailbox is not as it should be", reason->data);
	case MAILDROP_FAILED:
		break;
	}
	return give_up(t, "SYS/TEMP", "The mailbox cannot be opened now", reason->data);
}

/* Who he is, and becoming him, before anything of his is looked at. */
static bool
enter(struct transaction *t, struct owner *o, struct str *reason)
{
	bool as_root = t->talk.settings->is_root;

	switch (owner_find(o, slice_of(t->talk.login), as_root, reason)) {
	case OWNER_NONE:
		return give_up(t, "SYS/PERM", "This login has no mailbox here", reason->data);
	case OWNER_TEMPORARY:
		return give_up(t, "SYS/TEMP", "The mailbox cannot be found now", reason->data);
	case OWNER_FOUND:
		break;
	}
	if (as_root && owner_become(o) == -1)
		return give_up(t, "SYS/TEMP", "The mailbox cannot be opened now", strerror(errno));
	confine_session(t->talk.settings, o->path.data);
	return open_maildrop(t, o->path.data, reason);
}

static void
log_session(const struct transaction *t)
{
	struct event e;

	talk_log(&t->talk, &e, "session");
	event_number(&e, "messages", (int64_t)t->maildrop.count);
	event_number(&e, "retrieved", (int64_t)t->retrieved);
	event_number(&e, "deleted", t->talk.end == TALK_QUIT ? (int64_t)t->deleted : 0);
	if (t->not_removed > 0)
		event_number(&e, "not-removed", (int64_t)t->not_removed);
	event_number(&e, "octets", (int64_t)t->sent);
	talk_log_end(&t->talk, &e);
	event_send(&e);
}

void
transaction_converse(struct transaction *t)
{
	talk_run(&t->talk, commands);
}

void
transaction_run(struct transaction *t)
{
	struct helper tlsd = {.fd = -1, .is_executed = t->is_tlsd_executed};
	struct str reason;
	struct owner owner;

	str_init(&reason, MAILDROP_REASON_MAX);
	if (enter(t, &owner, &reason)) {
		talk_ok(&t->talk, "%zu messages", t->maildrop.count);
		transaction_converse(t);
	}
	owner_free(&owner);
	str_free(&reason);
	talk_close(&t->talk);
	log_session(t);
	tlsd_end(&tlsd, t->talk.writer.fd);
}
