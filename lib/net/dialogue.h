/* SPDX-License-Identifier: ISC */
/*
 * One SASL exchange between a client and authd, as SMTP (RFC 4954, 4) and POP3 (RFC 5034, 4) have
 * it: challenges and responses are lines of base 64. What is in them is authd's business, and so
 * is every secret: what the client said is overwritten in the input as soon as it was passed on.
 */
#ifndef NET_DIALOGUE_H
#define NET_DIALOGUE_H

#include "base/reader.h"
#include "base/slice.h"
#include "base/str.h"
#include "base/writer.h"
#include "net/authd.h"

#define DIALOGUE_LINE_MAX ((size_t)12288) /* octets of a response; RFC 4954, 4 */
#define DIALOGUE_NAME_MAX 20		  /* of a mechanism; RFC 4422, 3.1 */

enum dialogue_end {
	DIALOGUE_JUDGED, /* by authd: result */
	DIALOGUE_CANCELLED,
	DIALOGUE_NO_BASE64,
	DIALOGUE_TOO_LONG,
	DIALOGUE_BAD_LINE, /* a bare CR or LF, or a NUL */
	DIALOGUE_LOST,	   /* the connection has ended: read */
};

struct dialogue {
	/* set by the caller */
	const struct authd_client *client;
	const char *prompt; /* in front of a challenge: "334 ", "+ " */
	struct reader *reader;
	struct writer *writer;
	/* Sends what is to be sent and reads a line, with the session's deadlines. */
	enum reader_result (*read_line)(void *context, struct slice *line, size_t max);
	void *context;
	/* set by dialogue_run */
	struct authd authd;
	enum authd_result result;
	enum reader_result read;
};

/*
 * From the mechanism and the initial response, or null, to the end. Whatever it is, dialogue_close
 * must follow; until then authd.login and authd.wait_ms are there.
 */
enum dialogue_end dialogue_run(
    struct dialogue *d, struct slice mechanism, const struct slice *initial);
void dialogue_close(struct dialogue *d);

/*
 * The initial response WORD, which is base 64 or "=" for an empty one, added to INITIAL. False for
 * what is none. WORD is a part of the input, and overwritten there.
 */
bool dialogue_take_initial(struct reader *r, struct slice word, struct str *initial);
/* Overwrites LINE, which is a part of the input. */
void dialogue_wipe(struct reader *r, struct slice line);
/*
 * Waits as long as authd says that a failure costs, but not past UNTIL. All who come from there do.
 */
void dialogue_wait(int64_t ms, deadline until);

#endif
