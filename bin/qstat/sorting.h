/* SPDX-License-Identifier: ISC */
/*
 * qstat --sort: of all messages the first so many of an order are kept as they will be printed, so
 * that memory has a bound and each is read once.
 */
#ifndef QSTAT_SORTING_H
#define QSTAT_SORTING_H

#include <stdbool.h>

#include "qstat.h"

#define SORTING_MOST ((size_t)100000)	  /* messages that may be kept */
#define SORTING_OCTETS ((size_t)64 << 20) /* of what is printed of them */

/* True for one of sorting_words, which are the orders. */
bool sorting_is_word(const char *word);
extern const char sorting_words[]; /* with spaces between */

/*
 * For the first LIMIT of an order, 1 to SORTING_MOST; fewer if they take more than SORTING_OCTETS.
 * Null if there is no memory.
 */
struct sorting *sorting_make(const char *word, bool is_reversed, size_t limit, int64_t now);
void sorting_free(struct sorting *s);

/* A message, and after it each of its recipients who is shown. */
void sorting_message(struct sorting *s, const struct survey_message *m);
void sorting_recipient(
    struct sorting *s, const struct envelope_recipient *r, const struct recipient_state *state);
/* The end of that message, of which TEXT is printed. 0, or -1 without memory. */
int sorting_message_end(struct sorting *s, struct slice text);

/* Calls SHOW with the text of each that was kept, in order, and forgets them: how many. */
size_t sorting_each(
    struct sorting *s, void (*show)(struct qstat *q, struct slice text), struct qstat *q);

#endif
