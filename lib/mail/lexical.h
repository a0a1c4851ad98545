/* SPDX-License-Identifier: ISC */
/* The lexical tokens of structured header fields (RFC 5322, 3.2). Nothing allocates. */
#ifndef MAIL_LEXICAL_H
#define MAIL_LEXICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* A blank, or an octet of the line ends that folding puts between blanks (2.2.3). */
bool lexical_is_blank(char c);
/* How many of those S begins with. */
size_t lexical_blanks(struct slice s);
/* The length of the comment at the start of S (3.2.2; they nest), 0 if it has no end. */
size_t lexical_comment(struct slice s);
/* The length of the quoted string or domain literal at the start of S, 0 if it has no END. */
size_t lexical_enclosed(struct slice s, char end);
/* True for an encoded-word (RFC 2047, 2) and nothing else. */
bool lexical_is_encoded(struct slice word);

#endif
