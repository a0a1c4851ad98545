/* SPDX-License-Identifier: ISC */
/*
 * Telling senders: bounces and delay notices (lib/mail/dsn.h), handed to enqueue like any other
 * message, with the null reverse-path. What had the null reverse-path itself is never answered (RFC
 * 5321, 6.1).
 */
#ifndef QRUN_REPORT_H
#define QRUN_REPORT_H

#include "mail/dsn.h"
#include "qrun.h"

enum report_result {
	REPORT_TOLD,  /* durable, or there is nobody who wants to be told */
	REPORT_LATER, /* it could not be queued now, or too many were made this minute */
};

/* Recipients of a message, by their index. */
struct report_range {
	size_t first, end;
};

/*
 * Tells the sender of M, as all of RANGE see it, about the recipients of RANGE that are
 * RECIPIENT_FAILED (by report_status; for DSN_DELAYED only those not told yet), but for those whose
 * NOTIFY says no (RFC 3461, 4.1). The states are the caller's to mark.
 */
enum report_result report_send(
    struct qrun *q, struct message *m, enum dsn_kind kind, struct report_range range);
/* The status of recipients that a report of KIND is about. */
enum recipient_status report_status(enum dsn_kind kind);
/* True if RECIPIENT's sender wants to be told of KIND. */
bool report_is_wanted(const struct message *m, size_t recipient, enum dsn_kind kind);

#endif
