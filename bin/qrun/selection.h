/* SPDX-License-Identifier: ISC */
/* Which mail a pass is about, where its caller says so: by domain, sender, id, and due or not. */
#ifndef QRUN_SELECTION_H
#define QRUN_SELECTION_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct selection {
	struct str domains; /* of recipients: "example.org", "@example.org" (spool/ask.h) */
	struct str senders; /* an address, "example.org", "@example.org", or "<>" */
	struct str ids;	    /* all three with commas behind each; empty: whatever it is */
	bool takes_all;	    /* also what is not due yet */
};

void selection_init(struct selection *c);
void selection_free(struct selection *c);
/* Adds what a person wrote, one or several with commas. False if it is nothing that could be. */
bool selection_add_domains(struct selection *c, const char *text);
bool selection_add_senders(struct selection *c, const char *text);
bool selection_add_ids(struct selection *c, const char *text);
/* True if it leaves anything out. */
bool selection_is_partial(const struct selection *c);

bool selection_has_id(const struct selection *c, struct slice id);
bool selection_has_sender(const struct selection *c, struct slice reverse_path);
bool selection_has_recipient(const struct selection *c, struct slice address);

#endif
