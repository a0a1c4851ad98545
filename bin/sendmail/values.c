/* SPDX-License-Identifier: ISC */
#include "values.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/die.h"

_Noreturn void
values_refuse(const char *what, const char *value)
{
	die(PROGRAM, EX_USAGE, "%s: %s (see " PROGRAM " --help)", what, value);
}

void
values_body(struct options *o, const char *value)
{
	if (slice_is_nocase(slice_of(value), "7BIT"))
		o->body = "7BIT";
	else if (slice_is_nocase(slice_of(value), "8BITMIME"))
		o->body = "8BITMIME";
	else
		values_refuse("-B takes 7BIT or 8BITMIME", value);
}

/* RFC 3461, 4.1: NEVER stands alone, the others once each. */
void
values_notify(struct options *o, const char *value)
{
	static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
	struct slice rest = slice_of(value), word;
	bool wanted[3] = {false};
	size_t len = 0;

	if (slice_is_nocase(rest, "NEVER")) {
		snprintf(o->notify, sizeof o->notify, "NEVER");
		return;
	}
	while (slice_take(&rest, ',', &word)) {
		size_t i = 0;

		while (i < 3 && !slice_is_nocase(slice_trim(word), words[i]))
			i++;
		if (i == 3)
			values_refuse("-N takes never, or some of success,failure,delay", value);
		wanted[i] = true;
	}
	o->notify[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		if (wanted[i])
			len += (size_t)snprintf(o->notify + len, sizeof o->notify - len, "%s%s",
			    len > 0 ? "," : "", words[i]);
	if (len == 0)
		values_refuse("-N takes never, or some of success,failure,delay", value);
}

void
values_return(struct options *o, const char *value)
{
	if (slice_is_nocase(slice_of(value), "FULL"))
		o->return_part = "FULL";
	else if (slice_is_nocase(slice_of(value), "HDRS"))
		o->return_part = "HDRS";
	else
		values_refuse("-R takes full or hdrs", value);
}

void
values_envelope_id(struct options *o, const char *value)
{
	o->envelope_id = value[0] == '\0' ? NULL : value;
}

/* Yes or no, as Postfix and sendmail write them. */
static bool
is_yes(const char *value, struct slice answer)
{
	answer = slice_trim(answer);
	if (slice_is_nocase(answer, "yes") || slice_is_nocase(answer, "true"))
		return true;
	if (!slice_is_nocase(answer, "no") && !slice_is_nocase(answer, "false"))
		values_refuse("-O takes yes or no for this", value);
	return false;
}

void
values_extended(struct options *o, const char *value)
{
	struct slice rest = slice_of(value), name;

	if (terms_take(&o->terms, value) || !slice_take(&rest, '=', &name))
		return;
	if (slice_is_nocase(slice_trim(name), "requiretls"))
		o->requires_tls = is_yes(value, rest);
	else if (slice_is_nocase(slice_trim(name), "smtputf8"))
		o->is_utf8 = is_yes(value, rest);
}

/* What -X has, but a V and nothing or two characters, is the name of a file. */
void
values_verp(struct options *o, const char *value)
{
	size_t len = strlen(value);

	if (value[0] != 'V' || (len != 1 && len != 3))
		return;
	if (len == 3 && (strchr("+-_=", value[1]) == NULL || value[2] != '='))
		values_refuse("-XV takes one of + - _ = and behind it =", value);
	o->verp = len == 1 ? '+' : value[1];
}

void
values_protocol(struct options *o, const char *value)
{
	const char *colon = strchr(value, ':');

	o->protocol = value;
	o->remote = colon == NULL ? "" : colon + 1;
}

static void
add_filter(struct options *o, const char *kind, bool is_negated, const char *text)
{
	if (text[0] == '\0')
		values_refuse("-q needs the text to look for", kind);
	o->filters[o->filter_count++] =
	    (struct queue_filter){.kind = *kind, .is_negated = is_negated, .text = text};
	o->is_forced = true;
}

void
values_queue(struct options *o, const char *value)
{
	bool is_negated = value[0] == '!';
	const char *kind = value + is_negated;

	o->mode = MODE_QUEUE;
	if (*kind != '\0' && strchr("IRS", *kind) != NULL)
		add_filter(o, kind, is_negated, kind + 1);
	else if (is_negated)
		values_refuse("-q takes !I, !R or !S", value);
	else if (strcmp(value, "f") == 0)
		o->is_forced = true;
}

bool
values_queue_filter(struct options *o, const char *value, const char *text)
{
	bool is_negated = value[0] == '!';
	const char *kind = value + is_negated;

	if (*kind == '\0' || strchr("IRS", *kind) == NULL || kind[1] != '\0')
		return false;
	o->mode = MODE_QUEUE;
	add_filter(o, kind, is_negated, text);
	return true;
}
