/* SPDX-License-Identifier: ISC */
/* Standard input as a file of our own that cannot change meanwhile, its line ends made one kind. */
#ifndef BSMTP_BATCH_H
#define BSMTP_BATCH_H

#include <stdint.h>

#include "base/str.h"

struct batch {
	int fd;	       /* no name leads to it; all lines end with CRLF */
	uint64_t size; /* octets */
	uint32_t sum;  /* CRC-32C of them */
};

enum batch_result {
	BATCH_GOOD,
	BATCH_WRONG,  /* problem: no batch, now and later */
	BATCH_FAILED, /* errno */
};

/*
 * Copies FD to its end. The first line's end decides: if it is CRLF, all are, and if it is LF, no
 * CR may stand anywhere. So no two programs can see the batch's lines otherwise. Blocks as long as
 * something comes once an hour.
 */
enum batch_result batch_open(struct batch *b, int fd, struct str *problem);
void batch_close(struct batch *b);

#endif
