/* SPDX-License-Identifier: ISC */
/*
 * Options of sendmail(1) whose values have a grammar. What is none ends the program with 64. Each
 * keeps pointers into VALUE.
 */
#ifndef SENDMAIL_VALUES_H
#define SENDMAIL_VALUES_H

#include "options.h"

/* Ends the program: WHAT is wrong with VALUE. */
_Noreturn void values_refuse(const char *what, const char *value);

void values_body(struct options *o, const char *value);	       /* -B */
void values_notify(struct options *o, const char *value);      /* -N */
void values_return(struct options *o, const char *value);      /* -R */
void values_envelope_id(struct options *o, const char *value); /* -V */
void values_extended(struct options *o, const char *value);    /* -O */
void values_verp(struct options *o, const char *value);	       /* -XV; -X with a file is ignored */
void values_protocol(struct options *o, const char *value);    /* -p */
void values_queue(struct options *o, const char *value);       /* -q */
/* True for -q[!]I, R or S, whose text is the next argument as some write it: that is taken. */
bool values_queue_filter(struct options *o, const char *value, const char *text);

#endif
