/* SPDX-License-Identifier: ISC */
/* What was negotiated for a connection under TLS, as tlsd tells it; all empty without TLS. */
#ifndef NET_TLS_INFO_H
#define NET_TLS_INFO_H

#include <stdbool.h>

struct tls_info {
	bool is_on;
	char protocol[16]; /* "TLSv1.3" */
	char cipher[64];   /* "TLS_AES_256_GCM_SHA384" */
};

#endif
