/* SPDX-License-Identifier: ISC */
/* AUTH (RFC 4954): who smtp-load is, what it says to that, and the options for it. */
#ifndef LOGIN_H
#define LOGIN_H

#include "base/options.h"
#include "session.h"

extern const struct option_row login_rows[];

/* Takes the option if it is one of login_rows; or the end. */
bool login_take(struct settings *settings, const struct option_scan *scan, int code);
/* After the last option: the end if some are missing. */
void login_check(const struct settings *settings, const struct option_scan *scan);
/* Reads the password into l->secret; or the end. */
void login_read(struct load *l);

/* Says AUTH, with the strongest of the mechanisms that are offered and may be used. */
void login_begin(struct session *s);
void login_reply(struct session *s, int code, struct slice text);
/* Forgets what was said. */
void login_end(struct session *s);

#endif
