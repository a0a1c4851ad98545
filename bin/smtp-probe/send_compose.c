/* SPDX-License-Identifier: ISC */
/* The message, of what the command line says. */
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/io.h"
#include "base/random.h"
#include "mail/address.h"
#include "mail/message_id.h"
#include "send_parts.h"

#define TEXT_MAX ((size_t)2000)

/* What content points into. */
struct material {
	struct send_content content;
	struct str body, subject, message_id, template;
	struct str files[SEND_ATTACHMENTS_MAX];
};

_Noreturn static void
wrong(const char *what)
{
	die(PROGRAM, PROBE_USAGE, "%s. Try '%s send --help'.", what, PROGRAM);
}

static void
check_address(const struct sending *s, const char *option, const char *text)
{
	struct address address;

	if (s->settings->is_forced ||
	    address_parse(slice_of(text), ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK)
		return;
	die(PROGRAM, PROBE_USAGE,
	    "%s takes an address such as joe@example.org, not '%s' (--force sends it all the same)",
	    option, text);
}

/* A host that calls itself by a name has a postmaster there (RFC 5321, 4.5.1). */
static void
find_sender(struct sending *s)
{
	const char *from = s->settings->from;

	if (from != NULL && *from != '\0')
		check_address(s, "--from", from);
	if ((from != NULL && str_add_text(&s->from, from) == -1) ||
	    (from == NULL && str_format(&s->from, "postmaster@%s", s->probe->helo.data) == -1))
		wrong("--from is too long");
}

static void
add_boundary(struct send_content *c)
{
	unsigned char octets[16];
	size_t len = 0;

	/* "=_" is in no line of quoted-printable or base64 (RFC 2045, 6.7) */
	random_bytes(octets, sizeof octets);
	c->boundary[len++] = '=';
	c->boundary[len++] = '_';
	for (size_t i = 0; i < sizeof octets; i++) {
		c->boundary[len++] = "0123456789abcdef"[octets[i] >> 4];
		c->boundary[len++] = "0123456789abcdef"[octets[i] & 15];
	}
	c->boundary[len] = '\0';
}

static void
read_body(const struct send_settings *o, struct str *body)
{
	if (o->body == NULL) {
		if (str_add_text(body, "This is a test message of smtp-probe.\n") == -1)
			probe_no_memory();
	} else if (strcmp(o->body, "-") == 0) {
		send_read_file("-", body);
	} else if (*o->body == '@') {
		send_read_file(o->body + 1, body);
	} else if (str_add_text(body, o->body) == -1) {
		wrong("--body is too long");
	}
}

/* FILE[:TYPE]; what is behind the last colon is a type if it has a slash and the file's name not.
 */
static void
split_attachment(const char *text, struct slice *path, struct slice *type)
{
	struct slice whole = slice_of(text);
	size_t colon = slice_find_last(whole, ':'), slash;

	*path = whole;
	*type = slice_skip(whole, colon + 1);
	slash = slice_find(*type, '/');
	if (colon < whole.len && colon > 0 && slash > 0 && slash + 1 < type->len &&
	    slice_find(slice_skip(*type, slash + 1), '/') == type->len - slash - 1)
		*path = slice_make(text, colon);
	else
		*type = slice_make(NULL, 0);
}

static void
attach(struct material *m, const char *text)
{
	struct send_attachment *a = &m->content.attachments[m->content.attachment_count];
	struct str *file = &m->files[m->content.attachment_count++];
	struct slice path, type;
	size_t slash;
	char *name;

	split_attachment(text, &path, &type);
	slash = slice_find_last(path, '/');
	a->name = slash < path.len ? slice_skip(path, slash + 1) : path;
	a->type = type.len > 0 ? type : send_type_of(a->name);
	if (slice_has_control(a->type) || !slice_is_ascii(a->type) ||
	    slice_starts_nocase(a->type, "multipart/"))
		die(PROGRAM, PROBE_USAGE,
		    "--attach takes FILE or FILE:TYPE, with a type such as "
		    "text/plain; not '%s'",
		    text);
	name = strndup(path.data, path.len);
	if (name == NULL)
		probe_no_memory();
	send_read_file(name, file);
	free(name);
	a->octets = str_slice(file);
}

static void
gather(struct sending *s, const struct target *target, struct material *m)
{
	const struct send_settings *o = s->settings;
	struct send_content *c = &m->content;

	c->now = clock_wall_seconds();
	c->helo = str_slice(&s->probe->helo);
	c->target = target->text;
	c->from = str_slice(&s->from);
	c->is_utf8 = o->is_utf8 || !slice_is_ascii(c->from);
	for (; c->to_count < o->to_count; c->to_count++) {
		check_address(s, "--to", o->to[c->to_count]);
		c->to[c->to_count] = slice_of(o->to[c->to_count]);
		c->is_utf8 = c->is_utf8 || !slice_is_ascii(c->to[c->to_count]);
	}
	c->encoding = o->encoding;
	for (; c->field_count < o->field_count; c->field_count++)
		c->fields[c->field_count] = slice_of(o->fields[c->field_count]);
	for (size_t i = 0; i < o->attachment_count; i++)
		attach(m, o->attachments[i]);
	if (str_format(&m->subject, "Test from %s", s->probe->helo.data) == -1 ||
	    message_id_add(&m->message_id, c->now, c->helo) == -1)
		probe_no_memory();
	c->subject = o->subject != NULL ? slice_of(o->subject) : str_slice(&m->subject);
	c->message_id = str_slice(&m->message_id);
	add_boundary(c);
	read_body(o, &m->body);
	c->body = str_slice(&m->body);
}

/* Raw octets go as they are where BDAT carries them as BINARYMIME; else they become lines. */
static void
take_raw(struct sending *s, struct material *m)
{
	const struct send_settings *o = s->settings;
	bool is_binary = o->declared != NULL && strcasecmp(o->declared, "binarymime") == 0;

	send_read_file(o->raw, &m->template);
	if ((is_binary ? str_add_slice(&s->message, str_slice(&m->template))
		       : send_message_wire(str_slice(&m->template), &s->message)) == -1)
		probe_no_memory();
}

static void
compose(struct sending *s, struct material *m)
{
	const struct send_settings *o = s->settings;
	const char *problem = NULL;
	struct str text;
	int result;

	str_init(&text, TEXT_MAX);
	if (o->template != NULL) {
		send_read_file(o->template, &m->template);
		result =
		    send_message_fill(&m->content, str_slice(&m->template), &s->message, &text);
		problem = text.len > 0 ? text.data : NULL;
	} else {
		result = send_message_compose(&m->content, &s->message, &problem);
	}
	if (result == -1)
		wrong(problem != NULL ? problem : "the message is too large");
	str_free(&text);
}

void
send_compose(struct sending *s, const struct target *target)
{
	struct material *m = calloc(1, sizeof *m);

	if (m == NULL)
		probe_no_memory();
	str_init(&m->body, SEND_MESSAGE_MAX);
	str_init(&m->subject, TEXT_MAX);
	str_init(&m->message_id, TEXT_MAX);
	str_init(&m->template, SEND_MESSAGE_MAX);
	for (size_t i = 0; i < SEND_ATTACHMENTS_MAX; i++)
		str_init(&m->files[i], SEND_MESSAGE_MAX);
	find_sender(s);
	gather(s, target, m);
	if (s->settings->raw != NULL)
		take_raw(s, m);
	else
		compose(s, m);
	s->needs = send_message_needs(str_slice(&s->message));
	str_free(&m->body);
	str_free(&m->subject);
	str_free(&m->message_id);
	str_free(&m->template);
	for (size_t i = 0; i < SEND_ATTACHMENTS_MAX; i++)
		str_free(&m->files[i]);
	free(m);
}
