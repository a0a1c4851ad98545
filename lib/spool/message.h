/* SPDX-License-Identifier: ISC */
/*
 * The file of a message (spool(5), FILE FORMAT): its header and its states, to bytes and back.
 * Pure: nothing here reads or writes files.
 */
#ifndef SPOOL_MESSAGE_H
#define SPOOL_MESSAGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "spool/id.h"

#define MESSAGE_HEADER_SIZE ((size_t)96)
#define MESSAGE_STATE_SIZE ((size_t)192)
#define MESSAGE_REPLY_MAX ((size_t)170)
#define MESSAGE_ENVELOPE_MAX ((size_t)1 << 30)
#define MESSAGE_RECIPIENTS_MAX ((size_t)1000000)

struct message_header {
	char id[ID_SIZE];
	size_t envelope_length; /* octets */
	size_t recipients;
	uint64_t length; /* of the message, octets */
	uint32_t envelope_sum, sum;
};

/* Where the parts begin in a file with this header, and how long it is in all. */
off_t message_state_offset(const struct message_header *h, size_t recipient);
off_t message_offset(const struct message_header *h);
uint64_t message_file_size(const struct message_header *h);

void message_header_encode(const struct message_header *h, char bytes[MESSAGE_HEADER_SIZE]);

/* True if the header was not written: NUL bytes. */
bool message_header_is_empty(const char bytes[MESSAGE_HEADER_SIZE]);

enum message_check {
	MESSAGE_GOOD,
	MESSAGE_INCOMPLETE, /* the header is NUL bytes: its writer did not end */
	MESSAGE_CORRUPT,
};

enum message_check message_header_decode(
    struct message_header *h, const char bytes[MESSAGE_HEADER_SIZE]);

enum recipient_status {
	RECIPIENT_WAITING = '.',
	RECIPIENT_DELIVERED = 'D',
	RECIPIENT_SUCCEEDED = 'S', /* delivered, and the sender, who asked, is yet to be told */
	RECIPIENT_RELAYED = 'R',   /* likewise, to a host that will not tell him */
	RECIPIENT_EXPANDED =
	    'X',		/* likewise, to several others, and so what becomes of it is open */
	RECIPIENT_FAILED = 'F', /* for good; the sender is yet to be told */
	RECIPIENT_BOUNCED = 'B', /* for good; the sender knows, or there is none */
};

struct recipient_state {
	enum recipient_status status;
	bool delay_told;
	bool is_released;     /* before the time that its sender had it held until */
	unsigned attempts;    /* shown up to 9999 */
	int64_t last_attempt; /* seconds since 1970, 0 for none */
	struct slice reply;   /* escaped; cut to MESSAGE_REPLY_MAX when it is written */
};

void message_state_encode(const struct recipient_state *s, char bytes[MESSAGE_STATE_SIZE]);
/* Takes any bytes: what is no state counts as waiting. reply points into BYTES. */
void message_state_decode(struct recipient_state *s, const char bytes[MESSAGE_STATE_SIZE]);

#endif
