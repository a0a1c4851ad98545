/* SPDX-License-Identifier: ISC */
/* What the files of the client's mechanisms share among themselves. */
#ifndef NET_SASL_CLIENT_MECHANISM_H
#define NET_SASL_CLIENT_MECHANISM_H

#include "net/sasl_client.h"

/* One step: s->step is 1 in the first, and out is empty. */
typedef enum sasl_client_result sasl_client_handler(struct sasl_client *s, struct slice challenge);

sasl_client_handler sasl_client_plain, sasl_client_login, sasl_client_cram_md5,
    sasl_client_external, sasl_client_scram, sasl_client_scram_plus, sasl_client_scram_sha_1,
    sasl_client_scram_sha_1_plus, sasl_client_oauthbearer, sasl_client_xoauth2;

/* Adds NAME as a saslname (RFC 5802, 5.1). 0, or -1 with str's errors. */
int sasl_client_add_name(struct str *out, struct slice name);

#endif
