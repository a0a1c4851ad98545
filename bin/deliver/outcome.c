/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <errno.h>
#include <string.h>

#define TEXT_MAX ((size_t)2000)

void
outcome_init(struct outcome *o)
{
	*o = (struct outcome){.status = JOB_DELIVERED, .code = "2.0.0"};
	str_init(&o->relay, TEXT_MAX);
	str_init(&o->reply, TEXT_MAX);
}

void
outcome_free(struct outcome *o)
{
	str_free(&o->relay);
	str_free(&o->reply);
}

void
outcome_copy(struct outcome *o, const struct outcome *from)
{
	o->status = from->status;
	o->notifies = from->notifies;
	memcpy(o->own_code, from->own_code, sizeof o->own_code);
	o->code = from->code == from->own_code ? o->own_code : from->code;
	str_clear(&o->relay);
	str_clear(&o->reply);
	(void)str_add_slice(&o->relay, str_slice(&from->relay));
	(void)str_add_slice(&o->reply, str_slice(&from->reply));
}

/* Words that cannot be kept (too long, no memory) are left out: they decide over nothing. */
void
outcome_try(struct outcome *o, const char *kind, struct slice name)
{
	(void)str_format(
	    &o->relay, "%s%s:%.*s", o->relay.len > 0 ? " " : "", kind, (int)name.len, name.data);
}

void
outcome_say(struct outcome *o, const char *format, ...)
{
	va_list args;

	if (o->reply.len > 0)
		(void)str_add_text(&o->reply, "; ");
	va_start(args, format);
	(void)str_vformat(&o->reply, format, args);
	va_end(args);
}

int
outcome_take(struct outcome *o, const struct outcome *from)
{
	if (from->status == JOB_DELIVERED) {
		outcome_say(o, "%s", from->reply.data);
		return 0;
	}
	o->status = from->status;
	memcpy(o->own_code, from->own_code, sizeof o->own_code);
	o->code = from->code == from->own_code ? o->own_code : from->code;
	str_clear(&o->reply);
	(void)str_add_slice(&o->reply, str_slice(&from->reply));
	return -1;
}

int
outcome_fail(struct outcome *o, enum job_status status, const char *code, const char *format, ...)
{
	va_list args;

	o->status = status;
	o->code = code;
	str_clear(&o->reply);
	va_start(args, format);
	(void)str_vformat(&o->reply, format, args);
	va_end(args);
	return -1;
}

/* RFC 3463: 4.2.2 is the mailbox's own limit, 4.3.1 that of the system. */
static const char *
code_of(int error)
{
	switch (error) {
	case EDQUOT:
	case EFBIG:
		return "4.2.2";
	case ENOSPC:
		return "4.3.1";
	default:
		return "4.3.0";
	}
}

int
outcome_errno(struct outcome *o, const char *format, ...)
{
	int error = errno;
	va_list args;

	o->status = JOB_TEMPORARY;
	o->code = code_of(error);
	str_clear(&o->reply);
	va_start(args, format);
	(void)str_vformat(&o->reply, format, args);
	va_end(args);
	(void)str_format(&o->reply, ": %s", strerror(error));
	return -1;
}

int
outcome_fault(struct outcome *o, const struct mailbox_fault *f)
{
	const char *code = f->kind == MAILBOX_FAULT_REFUSED ? "4.3.5" : code_of(f->error);

	return outcome_fail(o, JOB_TEMPORARY, code, "%s", f->text);
}
