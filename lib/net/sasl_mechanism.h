/* SPDX-License-Identifier: ISC */
/* What the files of the mechanisms share among themselves. */
#ifndef NET_SASL_MECHANISM_H
#define NET_SASL_MECHANISM_H

#include "net/sasl.h"

/* One step: s->step is 1 in the first. */
typedef enum sasl_result sasl_handler(struct sasl *s, struct slice response);

sasl_handler sasl_plain, sasl_login, sasl_external, sasl_scram, sasl_cram_md5, sasl_oauthbearer,
    sasl_xoauth2;

/*
 * Checks a password, and that an authorization identity, where one is given, is the login itself:
 * nobody may act as somebody else.
 */
enum sasl_result sasl_check_password(
    struct sasl *s, struct slice authorization, struct slice login, struct slice password);
/* Ends an exchange with WHO as the login. */
enum sasl_result sasl_accept(struct sasl *s, const struct str *who);
/* Replaces the challenge by TEXT. SASL_CHALLENGE or SASL_TEMPORARY. */
enum sasl_result sasl_challenge(struct sasl *s, const char *text);
/* Undoes saslname (RFC 5802, 5.1): =2C and =3D, no other. False if NAME is none. */
bool sasl_undo_name(struct str *out, struct slice name);

#endif
