/* SPDX-License-Identifier: ISC */
/* What the command line says of the envelope, and of the way the message goes. */
#include <string.h>

#include "base/about.h"
#include "send_options.h"

#define PRIORITY_MAX 9

static bool
is_mode(struct slice text)
{
	return slice_is_nocase(text, "R") || slice_is_nocase(text, "N") ||
	       slice_is_nocase(text, "RT") || slice_is_nocase(text, "NT");
}

/* RFC 3461, 4.1. */
static const char *
take_notify(const struct option_scan *scan)
{
	struct slice list = slice_of(scan->value), one;
	size_t count = 0;
	bool is_good = list.len > 0, is_never = false;

	while (slice_take(&list, ',', &one)) {
		is_never = is_never || slice_is_nocase(one, "never");
		is_good = is_good &&
			  (slice_is_nocase(one, "never") || slice_is_nocase(one, "success") ||
			      slice_is_nocase(one, "failure") || slice_is_nocase(one, "delay"));
		count++;
	}
	if (!is_good || (is_never && count > 1))
		about_wrong(scan,
		    "--notify takes never, or some of success,failure,delay; not '%s'",
		    scan->value);
	return scan->value;
}

/* RFC 2852, 4: SECONDS;R or ;N, perhaps with T. */
static const char *
take_by(const struct option_scan *scan)
{
	struct slice rest = slice_of(scan->value), seconds = {.len = 0};
	uint64_t number;

	if (slice_starts(rest, "-"))
		rest = slice_skip(rest, 1);
	if (!slice_take(&rest, ';', &seconds) || !slice_number(seconds, 999999999, &number) ||
	    !is_mode(rest))
		about_wrong(scan,
		    "--by takes SECONDS;R or SECONDS;N, with T behind it for a trace; "
		    "not '%s'",
		    scan->value);
	return scan->value;
}

static const char *
take_priority(const struct option_scan *scan)
{
	struct slice text = slice_of(scan->value);
	uint64_t number;

	if (!slice_number(slice_skip(text, slice_starts(text, "-") ? 1 : 0), PRIORITY_MAX, &number))
		about_wrong(scan, "--priority takes -9 to 9, not '%s'", scan->value);
	return scan->value;
}

void
send_take_envelope(struct send_settings *o, const struct option_scan *scan, int code)
{
	switch (code) {
	case SEND_OPTION_NOTIFY:
		o->notify = take_notify(scan);
		break;
	case SEND_OPTION_RET:
		o->return_part = send_take_word(scan, "--ret", "full hdrs") == 0 ? "FULL" : "HDRS";
		break;
	case SEND_OPTION_ENVID:
		o->envelope_id = send_take_text(scan, "--envid");
		break;
	case SEND_OPTION_ORCPT:
		o->original = send_take_text(scan, "--orcpt");
		break;
	case SEND_OPTION_DECLARE:
		(void)send_take_word(scan, "--declare", "7bit 8bitmime binarymime");
		o->declared = scan->value;
		break;
	case SEND_OPTION_BY:
		o->by = take_by(scan);
		break;
	case SEND_OPTION_PRIORITY:
		o->priority = take_priority(scan);
		break;
	case SEND_OPTION_SIZE:
		o->has_size = true;
		o->size = send_take_number(scan, "--size", INT64_MAX);
		break;
	default:
		o->requires_tls = true;
	}
}

void
send_take_way(struct send_settings *o, const struct option_scan *scan, int code)
{
	switch (code) {
	case SEND_OPTION_BDAT:
		o->uses_bdat = true;
		o->chunk = send_take_number(scan, "--bdat", INT64_MAX);
		break;
	case SEND_OPTION_NO_PIPELINING:
		o->no_pipelining = true;
		break;
	case SEND_OPTION_FORCE:
		o->is_forced = true;
		break;
	default:
		o->stops = true;
		o->last = (enum send_step)send_take_word(scan, "--stop-after", SEND_STEPS);
	}
}
