/* SPDX-License-Identifier: ISC */
/* Why a mailbox could not be used, in words that a log or a reply can show. */
#ifndef MAILBOX_FAULT_H
#define MAILBOX_FAULT_H

#define MAILBOX_FAULT_TEXT 512

enum mailbox_fault_kind {
	MAILBOX_FAULT_SYSTEM,  /* a call failed: error is its errno, and its text is in the words */
	MAILBOX_FAULT_REFUSED, /* what is there is not what it should be; somebody must see to it */
};

struct mailbox_fault {
	enum mailbox_fault_kind kind;
	int error;
	char text[MAILBOX_FAULT_TEXT]; /* cut off where it is longer */
};

/* Both set F and errno (EPERM for what is refused) and return -1, for the caller to return. */
int mailbox_fault_errno(struct mailbox_fault *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int mailbox_fault_refuse(struct mailbox_fault *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
