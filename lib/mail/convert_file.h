/* SPDX-License-Identifier: ISC */
/*
 * Conversion (mail/convert.h) of a message in a file. What comes out is another file without a
 * name, in memory (memfd_create(2)), as programs that send and deliver may not be let near any
 * folder. Reads by pread(2), so that the offset of a descriptor shared with others does not matter.
 */
#ifndef MAIL_CONVERT_FILE_H
#define MAIL_CONVERT_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "mail/convert.h"

struct convert_file {
	enum convert_result result;
	unsigned needs;	  /* enum convert_need; of the original */
	bool is_8bit;	  /* what came out has octets above 127 */
	bool is_original; /* it may go as it is: nothing was made */
	int fd;		  /* owned; -1 if nothing was made */
	uint64_t length;
};

void convert_file_init(struct convert_file *f);
/* Closes it; it is as after init then. */
void convert_file_close(struct convert_file *f);
/* Looks at the message alone: needs and result. 0, or -1 with errno. */
int convert_file_look(struct convert_file *f, int fd, off_t offset, uint64_t length);
/*
 * Converts the message of LENGTH octets at OFFSET of FD. 0, whether it was refused or not (result),
 * or -1 with errno where it cannot be said.
 */
int convert_file_make(
    struct convert_file *f, enum convert_domain domain, int fd, off_t offset, uint64_t length);

#endif
