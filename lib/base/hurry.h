/* SPDX-License-Identifier: ISC */
/*
 * Strangers may hand us descriptors with what they send, also unasked, and the last to let go of a
 * socket that lingers (SO_LINGER) waits for its peer, for hours if its owner said so: whoever reads
 * past it, or closes what it came by. A signal ends that wait, and so between hurry_prepare and
 * hurry_end one comes each millisecond, from when hurry_at says. They interrupt, and do no more. A
 * reader that is_hurried (base/reader.h) asks for them itself, beyond its deadline, as it reads.
 */
#ifndef BASE_HURRY_H
#define BASE_HURRY_H

#include <signal.h>

#include "base/clock.h"

struct hurry {
	struct sigaction action; /* as it was */
	sigset_t mask;
};

/* None comes before hurry_at. */
void hurry_prepare(struct hurry *h);
/* From WHEN on, which may have passed; DEADLINE_NEVER: no more. errno stays. */
void hurry_at(deadline when);
void hurry_end(const struct hurry *h);

/* Closes FD in a hurry, for who is not within these; errno stays. */
void hurry_close(int fd);

#endif
