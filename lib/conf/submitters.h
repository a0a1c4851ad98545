/* SPDX-License-Identifier: ISC */
/*
 * The control file submitters: what local users may hand to enqueue. A line is a user (a name, a
 * user ID, "@group" or "*" for everybody else) and words such as rate=100/h. The nearest line
 * counts, alone.
 */
#ifndef CONF_SUBMITTERS_H
#define CONF_SUBMITTERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

#define SUBMITTERS_FILE "submitters"

enum submitter_measure { SUBMITTER_MESSAGES, SUBMITTER_RECIPIENTS, SUBMITTER_OCTETS };
#define SUBMITTER_MEASURES 3

/* So many in so long; 0 and 0: any number. */
struct submitter_rate {
	uint64_t limit, seconds;
	struct slice text; /* "100/h", as the file has it */
};

/* What a line says. Its slices are of the table. */
struct submitter {
	bool is_denied;
	struct submitter_rate rates[SUBMITTER_MEASURES];
	struct slice senders, programs; /* commas between; empty: any */
	size_t line;			/* of the file */
};

/* The word of the file for MEASURE: "rate". */
const char *submitters_word(enum submitter_measure measure);

/* 0, or -1 with errno, for EINVAL with file, line and cause in PROBLEM. To be freed by table_free.
 */
int submitters_read(struct table *t, const struct control *c, struct str *problem);
/*
 * What is said of UID, called NAME (empty if nobody knows): false if nothing is. IS_SERVICE: of the
 * lines only one that names him counts. Looks groups up if there are lines of such; what cannot be
 * looked up counts as no member.
 */
bool submitters_find(const struct table *t, uid_t uid, struct slice name, gid_t group,
    bool is_service, struct submitter *found);
/* True if REVERSE_PATH is one of senders ("ann@example.org", "@example.org", "<>"). */
bool submitter_may_send_as(const struct submitter *s, struct slice reverse_path);

#endif
