/* SPDX-License-Identifier: ISC */
/* What became of one thing that was asked of a server; what it said, if anything, is apart. */
#ifndef ANSWER_H
#define ANSWER_H

enum answer {
	ANSWERED,    /* there is a reply, whatever it says */
	LOST,	     /* closed or reset */
	TIMED_OUT,   /* nothing, or not all of it, within the time for a step */
	GARBLED,     /* no reply of SMTP */
	REFUSED,     /* to connect */
	UNREACHABLE, /* likewise: no way there, none from here, or no address */
	UNSECURED,   /* the TLS handshake failed */
	SPARED,	     /* not asked: --connections allows no more */
};

#endif
