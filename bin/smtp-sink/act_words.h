/* SPDX-License-Identifier: ISC */
/* The words that an action may be made of (smtp-sink(1), ACTIONS); for act.c alone. */
#ifndef ACT_WORDS_H
#define ACT_WORDS_H

#include "sink.h"

/*
 * Begins with the first part of C's action, which it takes off there. False if that is no word:
 * then *PART is a reply, to be said as it is, and nothing is left.
 */
bool act_words_begin(struct connection *c, struct slice *part);

/* act.c: the step is done with; GOOD: the reply began with 2 or 3. */
void act_finish(struct connection *c, bool good);
void act_say_line(struct connection *c, const char *text, size_t len);
void act_say_usual(struct connection *c);

#endif
