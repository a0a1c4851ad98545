/* SPDX-License-Identifier: ISC */
/*
 * Strangers may hand us descriptors with what they send, also unasked, and the last to let go of a
 * socket that lingers (SO_LINGER) waits for its peer, for hours if its owner said so. A signal ends
 * that wait, and so between these two one comes each millisecond.
 */
#ifndef QRUN_HURRY_H
#define QRUN_HURRY_H

#include <signal.h>

struct hurry {
	struct sigaction action; /* as it was */
	sigset_t mask;
};

void hurry_begin(struct hurry *h);
void hurry_end(const struct hurry *h);

#endif
