/* SPDX-License-Identifier: ISC */
/* What servers say beside the codes (judge.h). */
#ifndef JUDGE_WORDS_H
#define JUDGE_WORDS_H

#include "base/slice.h"
#include "judge.h"

/* A star stands for anything between. */
struct word_row {
	const char *words; /* lower case; null behind the last */
	enum cause cause;
};

/* By subject, in the order in which they are looked at. */
extern const struct word_row judge_words_client[], judge_words_server[], judge_words_mail[];

/* By the words of TEXT, a reply's without its codes; CAUSE_UNKNOWN if they tell nothing. */
enum cause judge_words(struct slice text, enum question asked);

#endif
