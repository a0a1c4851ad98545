/* SPDX-License-Identifier: ISC */
/* What job.c and job_result.c share of how jobs and results are written. */
#ifndef SPOOL_JOB_LETTERS_H
#define SPOOL_JOB_LETTERS_H

#include <errno.h>
#include <stdint.h>

#include "base/fields.h"
#include "base/slice.h"
#include "base/str.h"

/* Each field of a job or result: what letter it has, satchel(7) tells people. */
enum job_letter {
	JOB_NUMBER = 'J',
	JOB_ID = 'I',
	JOB_DESTINATION = 'D',
	JOB_REVERSE_PATH = 'F',
	JOB_BODY = 'B',
	JOB_ENVELOPE_ID = 'V',
	JOB_RETURN_PART = 'R',
	JOB_SUBMITTER = 'A',
	JOB_DELIVER_BY = 'Y',
	JOB_PRIORITY = 'W', /* P is taken */
	JOB_UTF8 = 'U',
	JOB_REQUIRES_TLS = 'Q',
	JOB_DEADLINE = 'E',
	JOB_OFFSET = 'P',
	JOB_LENGTH = 'L',
	JOB_PER_CONNECTION = 'M',
	JOB_CONNECTION = 'C',	 /* alone: no job, but a connection for jobs to come */
	RECIPIENT_ADDRESS = 'T', /* begins a recipient; the four below belong to it */
	RECIPIENT_EXTENSION = 'X',
	RECIPIENT_TARGETS = 'G',
	RECIPIENT_NOTIFY = 'N',
	RECIPIENT_ORIGINAL = 'O',
	RESULT_TLS_OUTCOME = 'O', /* first: no result; fields of a struct tls_outcome follow */
	RESULT_DONE = 'Z',
	RESULT_RETURNED = 'U',
	RESULT_RECIPIENT = 'I',
	RESULT_STATUS = 'S',
	RESULT_CODE = 'C',
	RESULT_RELAY = 'Y',
	RESULT_REPLY = 'X',
	RESULT_CONNECT = 'K',
	RESULT_TRANSFER = 'M',
	RESULT_NOTIFIES = 'N',
	RESULT_KEEPS_BY = 'B',
	RESULT_TLS = 'T',
	RESULT_EXPANDED = 'F',
};

static inline int
job_protocol_error(void)
{
	errno = EPROTO;
	return -1;
}

static inline int
job_add_unless_empty(struct str *out, char letter, struct slice value)
{
	return value.len == 0 ? 0 : fields_add(out, letter, value, '\0');
}

static inline int
job_take_number(struct slice value, uint64_t *number)
{
	return slice_number(value, INT64_MAX, number) ? 0 : job_protocol_error();
}

#endif
