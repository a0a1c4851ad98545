/* SPDX-License-Identifier: ISC */
/* Times, sizes and states in words. Texts are given back, too. */
#ifndef QSTAT_WORDS_H
#define QSTAT_WORDS_H

#include <stdint.h>

#include "base/slice.h"
#include "conf/user.h"
#include "spool/message.h"

#define WORDS_SIZE 32

/* "2026-11-22 17:00:00", local. */
const char *words_time(char text[WORDS_SIZE], int64_t seconds);
/* "512", "1.4k", "20M". */
const char *words_size(char text[WORDS_SIZE], uint64_t octets);
/* SOURCE, as field S of an envelope: "uid 1000", with the user's name. Blocks as user_text does. */
struct slice words_submitter(char text[USER_TEXT_SIZE], struct slice source);
/* "waiting", "delivered", "returned", "failed". */
const char *words_status(enum recipient_status status);

/* What a state keeps of a reply, "CODE RELAY TEXT"; empty for what is not there. */
struct reply {
	struct slice code, relay, text;
};
struct reply words_reply(struct slice kept);
/* Its code, or nothing where the text, "451 4.7.1 Later", has it. */
struct slice words_code(const struct reply *reply);

#endif
