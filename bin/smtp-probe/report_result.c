/* SPDX-License-Identifier: ISC */
/* One result: its texts. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

/* What is longer than the string may be is cut: it is for people, and foreign. */
__attribute__((format(printf, 3, 0))) static void
set(struct result *res, struct str *s, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	str_clear(s);
	if (str_vformat(s, format, args) == -1) {
		if (errno != EMSGSIZE || str_reserve(s, s->cap) == -1)
			res->report->has_failed = true;
		else if (vsnprintf(s->data, s->cap + 1, format, again) > 0)
			s->len = s->cap;
	}
	hidden_mask(&res->report->hidden, s);
	va_end(again);
}

void
result_about(struct result *res, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(res, &res->about, format, args);
	va_end(args);
}

void
result_value(struct result *res, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(res, &res->value, format, args);
	va_end(args);
}

void
result_text(struct result *res, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(res, &res->text, format, args);
	va_end(args);
}

void
result_advice(struct result *res, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(res, &res->advice, format, args);
	va_end(args);
}

void
result_reply(struct result *res, struct slice reply)
{
	while (reply.len > 0 &&
	       (reply.data[reply.len - 1] == '\n' || reply.data[reply.len - 1] == '\r'))
		reply.len--;
	str_clear(&res->reply);
	if (reply.len > res->reply.cap)
		reply.len = res->reply.cap;
	for (struct slice line; slice_take(&reply, '\n', &line);) {
		if (reply.len > 0 && line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		if ((res->reply.len > 0 && str_add_char(&res->reply, '\n') == -1) ||
		    str_add_slice(&res->reply, line) == -1) {
			res->report->has_failed = true;
			return;
		}
	}
	hidden_mask(&res->report->hidden, &res->reply);
}

void
result_source(struct result *res, const char *source)
{
	res->source = source;
}

void
result_took(struct result *res, int64_t ms)
{
	res->ms = ms;
}

void
result_judge(struct result *res, enum verdict verdict, enum weight weight)
{
	res->verdict = verdict;
	res->weight = verdict == YES ? PLAIN : weight;
}
