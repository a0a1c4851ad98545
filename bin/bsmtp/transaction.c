/* SPDX-License-Identifier: ISC */
/* MAIL and RCPT: the envelope. */
#include "base/escape.h"
#include "base/fields.h"
#include "bsmtp.h"
#include "smtp/parameter.h"

/* What can wait in a file and means the same when it comes out. */
#define OFFERED (EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_DSN | EXTENSION_SMTPUTF8)
#define RECIPIENT_FIELDS_MAX ((size_t)2048)
#define RECIPIENTS_MAX ((size_t)100000) /* those who are refused count, too */

void
transaction_init(struct transaction *t)
{
	*t = (struct transaction){.active = false};
	str_init(&t->reverse_path, 2 * ADDRESS_PATH_MAX);
	str_init(&t->envelope, RECIPIENTS_MAX * RECIPIENT_FIELDS_MAX);
	str_init(&t->refusals, RECIPIENTS_MAX * RECIPIENT_FIELDS_MAX);
	str_init(&t->envelope_id, 1000);
	str_init(&t->header, HEADER_MAX);
}

void
transaction_reset(struct transaction *t)
{
	t->active = t->is_utf8 = false;
	t->accepted = t->refused = 0;
	t->size = 0;
	str_clear(&t->reverse_path);
	str_clear(&t->envelope);
	str_clear(&t->refusals);
	str_clear(&t->envelope_id);
	str_clear(&t->header);
}

void
transaction_free(struct transaction *t)
{
	str_free(&t->reverse_path);
	str_free(&t->envelope);
	str_free(&t->refusals);
	str_free(&t->envelope_id);
	str_free(&t->header);
}

/* A mailbox without a domain is of the host that wrote the batch, or of this one. */
static int
add_mailbox(struct str *out, struct slice mailbox, struct slice domain)
{
	if (str_add_slice(out, mailbox) == -1)
		return -1;
	if (mailbox.len == 0 || slice_find_last(mailbox, '@') < mailbox.len)
		return 0;
	return str_format(out, "@%.*s", (int)domain.len, domain.data);
}

static struct slice
sender_domain(const struct session *s)
{
	return s->helo.len > 0 ? str_slice(&s->helo) : str_slice(&s->settings->me);
}

static int
begin(struct session *s, const struct command_path *path, const struct parameters *p)
{
	struct transaction *t = &s->transaction;

	transaction_reset(t);
	if (add_mailbox(&t->reverse_path, path->mailbox, sender_domain(s)) == -1 ||
	    fields_add(&t->envelope, 'F', str_slice(&t->reverse_path), '\0') == -1 ||
	    str_add_slice(&t->envelope_id, p->envelope_id) == -1)
		return -1;
	t->active = true;
	t->is_utf8 = p->is_utf8;
	return parameter_add_mail_fields(p, clock_wall_seconds(), &t->envelope);
}

/* A sender that nobody understands is nobody who could be told: the batch is none. */
void
transaction_begin(struct session *s, struct slice argument)
{
	struct parameters parameters;
	struct command_path path;
	enum command_result result;

	if (s->transaction.active) {
		session_wrong(s, "MAIL stands within a transaction");
		return;
	}
	result = command_reverse_path(&argument, ADDRESS_UTF8 | ADDRESS_BARE, &path);
	if (result == COMMAND_OK)
		result = parameter_parse_mail(argument, OFFERED, &parameters);
	if (result != COMMAND_OK)
		session_wrong(s, result == COMMAND_ADDRESS ? "the sender is no address"
				 : result == COMMAND_UNKNOWN_PARAMETER
				     ? "MAIL has a parameter that "
				       "is not understood"
				     : "MAIL has a wrong syntax");
	else if (!parameters.is_utf8 && !slice_is_ascii(path.mailbox))
		session_wrong(s, "the sender is not ASCII, and there is no SMTPUTF8");
	else if (begin(s, &path, &parameters) == -1)
		session_fail(s, "out of memory", "");
	else
		session_reply(s, 250, "2.1.0", "Ok");
}

static bool
is_listed(const struct settings *settings, struct slice domain)
{
	if (settings->domain_count == 0 || domain.len == 0)
		return true;
	for (size_t i = 0; i < settings->domain_count; i++) {
		const char *one = settings->domains[i];

		if (slice_is_nocase(domain, one) ||
		    (one[0] == '.' && slice_ends_nocase(domain, slice_of(one))))
			return true;
	}
	return false;
}

/* Whether strangers may write to it. What nobody can tell now ends the batch for now. */
static bool
is_open(struct session *s, struct slice mailbox, const struct address *a)
{
	struct route route;
	bool good;

	route_init(&route);
	if (route_find(s->settings->routes, mailbox, &route) == -1 || route.kind == ROUTE_TEMPORARY)
		session_fail(s, "unable to look a recipient up: ", route.reason.data);
	/* "%" and "!" may be letters to us, and an address within an address to the next host */
	good = route.is_ours ? !route_is_past_aliases(a->local)
			     : route.is_relay && slice_find(a->local, '%') == a->local.len &&
				   slice_find(a->local, '!') == a->local.len &&
				   slice_find(a->local, '@') == a->local.len;
	route_free(&route);
	return good;
}

static int
accept(struct session *s, struct slice mailbox, const struct parameters *p)
{
	struct transaction *t = &s->transaction;

	if (fields_add(&t->envelope, 'T', mailbox, '\0') == -1 ||
	    parameter_add_rcpt_fields(p, &t->envelope) == -1)
		return -1;
	t->accepted++;
	session_reply(s, 250, "2.1.5", "Ok");
	return 0;
}

static int
refuse(struct session *s, struct slice mailbox, const struct parameters *p, int code,
    const char *status, const char *text)
{
	session_reply(s, code, status, text);
	return refusal_add(&s->transaction, mailbox, p->original, p->notify, status, text);
}

static int
take_recipient(struct session *s, const struct command_path *path, const struct parameters *p)
{
	const struct slice me = str_slice(&s->settings->me);
	static const char denied[] = "Mail for this domain is not taken from there";
	bool is_allowed =
	    is_listed(s->settings, path->address.domain) &&
	    (s->settings->routes == NULL || is_open(s, path->mailbox, &path->address));
	struct str mailbox;
	int result;

	if (s->end != SESSION_GOES_ON)
		return 0;
	str_init(&mailbox, 2 * ADDRESS_PATH_MAX);
	result = add_mailbox(&mailbox, path->mailbox, me);
	if (result == 0 && !is_allowed)
		result = refuse(s, str_slice(&mailbox), p, 550, "5.7.1", denied);
	else if (result == 0 && s->transaction.accepted >= s->settings->limits.message_recipients)
		result = refuse(s, str_slice(&mailbox), p, 552, "5.5.3", "Too many recipients");
	else if (result == 0)
		result = accept(s, str_slice(&mailbox), p);
	str_free(&mailbox);
	return result;
}

static int
refuse_wrong(struct session *s, enum command_result result, struct slice written)
{
	const struct parameters none = {.notify = slice_of("")};

	if (written.len > ADDRESS_PATH_MAX)
		written.len = ADDRESS_PATH_MAX;
	switch (result) {
	case COMMAND_ADDRESS:
		return refuse(s, written, &none, 501, "5.1.3", "This is no address");
	case COMMAND_8BIT:
		return refuse(s, written, &none, 553, "5.6.7", "It is not ASCII");
	case COMMAND_UNKNOWN_PARAMETER:
		return refuse(
		    s, written, &none, 555, "5.5.4", "There is a parameter that is not understood");
	default:
		return refuse(s, written, &none, 501, "5.5.4", "Wrong syntax");
	}
}

/* What stands between the angle brackets, for whom it is all there is to go by. */
static struct slice
as_written(struct slice argument)
{
	size_t open = slice_find(argument, '<');
	struct slice inner = slice_skip(argument, open + 1);

	return open == argument.len ? argument
				    : slice_make(inner.data, slice_find_last(inner, '>'));
}

void
transaction_add(struct session *s, struct slice argument)
{
	struct transaction *t = &s->transaction;
	unsigned offered = OFFERED & ~(t->is_utf8 ? 0U : (unsigned)EXTENSION_SMTPUTF8);
	struct slice written = as_written(argument);
	struct parameters parameters;
	struct command_path path;
	enum command_result result;
	int taken;

	if (!t->active || t->accepted + t->refused == RECIPIENTS_MAX) {
		session_wrong(s, t->active ? "there are too many recipients" : "RCPT before MAIL");
		return;
	}
	result =
	    command_forward_path(&argument, ADDRESS_BARE | (t->is_utf8 ? ADDRESS_UTF8 : 0), &path);
	if (result == COMMAND_OK)
		result = parameter_parse_rcpt(argument, offered, &parameters);
	taken = result == COMMAND_OK ? take_recipient(s, &path, &parameters)
				     : refuse_wrong(s, result, written);
	if (taken == -1)
		session_fail(s, "out of memory", "");
}
