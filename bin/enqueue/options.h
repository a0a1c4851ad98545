/* SPDX-License-Identifier: ISC */
/* The command line of enqueue(8). */
#ifndef ENQUEUE_OPTIONS_H
#define ENQUEUE_OPTIONS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "accept.h"
#include "base/str.h"

#define PROGRAM "enqueue"

struct options {
	const char *sender; /* null if not given */
	const char *key;    /* likewise */
	int64_t expires;    /* seconds since 1970; 0 if not given */
	int64_t not_before; /* likewise */
	bool speak, serve, print_id, explain, show_quota;
	char **recipients;
	int recipient_count;
};

/* Reads the command line; ends the program where it is wrong. Strings point into ARGV. */
void options_read(struct options *o, int argc, char **argv);

/* The envelope, as submitters write it, of who said all of it there. False with code and reason. */
bool options_envelope(const struct options *o, struct accept *a, uid_t uid, struct str *envelope);

#endif
