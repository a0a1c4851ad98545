/* SPDX-License-Identifier: ISC */
#include "spool/selection_options.h"

#define STATE_WORDS "new active deferred held arriving incomplete corrupt damaged"

enum { OLDER = OPTION_LONG + 64, NEWER, STATE, REASON, SUBMITTER, LARGER };

const struct option_row selection_rows[] = {
    {STATE, "state", "STATE,...", "new, active, deferred, held, ...", TAKES_WORDS, STATE_WORDS},
    {'f', "sender", "PATTERN", "from there: ADDRESS, DOMAIN or <>; * any, ! not", TAKES_ADDRESS,
	NULL},
    {'r', "recipient", "PATTERN", "to one there who waits", TAKES_ADDRESS, NULL},
    {'d', "domain", "DOMAIN", "to one in it (@: and below) who waits", TAKES_DOMAIN, NULL},
    {OLDER, "older", "AGE", "that came before: 90s, 15m, 2h, 3d, 1w", TAKES_TEXT, NULL},
    {NEWER, "newer", "AGE", "that came since", TAKES_TEXT, NULL},
    {REASON, "reason", "TEXT", "whose last reply has this text or code (4.7)", TAKES_TEXT, NULL},
    {SUBMITTER, "submitter", "USER", "that USER, or this uid, submitted", TAKES_USER, NULL},
    {LARGER, "larger", "SIZE", "with more octets: 5000, 20k, 3M", TAKES_TEXT, NULL},
    {0},
};

static const enum selection_kind kinds[] = {SELECTION_STATE, SELECTION_SENDER, SELECTION_RECIPIENT,
    SELECTION_DOMAIN, SELECTION_OLDER, SELECTION_NEWER, SELECTION_REASON, SELECTION_SUBMITTER,
    SELECTION_LARGER};

bool
selection_take_option(struct selection *s, int code, const char *value, const char **wrong)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (selection_rows[i].code == code) {
			*wrong = selection_add(s, kinds[i], value);
			return true;
		}
	return false;
}

const char *
selection_option_name(int code)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (selection_rows[i].code == code)
			return selection_rows[i].name;
	return "";
}
