/* SPDX-License-Identifier: ISC */
/* TXT records of a domain, and which of them are of one kind. */
#ifndef MXLOOKUP_LOOK_TEXTS_H
#define MXLOOKUP_LOOK_TEXTS_H

#include "mxlookup.h"

/* All of PREFIX and DOMAIN, into TEXTS as dns_texts does. */
enum dns_result texts_ask(
    struct look *l, const char *prefix, struct slice domain, struct str *texts);
/* Puts those for which IS_ONE into OBJECT; how many, and the last of them in *ONE. */
size_t texts_keep(struct look *l, json_t *object, const struct str *texts,
    bool (*is_one)(struct slice), struct slice *one);
void texts_wrong(struct look *l, json_t *object, const char *reason);

#endif
