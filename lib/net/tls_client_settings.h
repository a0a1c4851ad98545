/* SPDX-License-Identifier: ISC */
/* The control file tlsclient (satchel-control(5)). */
#ifndef NET_TLS_CLIENT_SETTINGS_H
#define NET_TLS_CLIENT_SETTINGS_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/control.h"

struct tls_client_settings {
	bool is_set;		/* there is such a file */
	bool only_latest;	/* TLS 1.3 alone */
	struct str ca;		/* a file; "" for the system's */
	struct str certificate; /* files of ours, blanks between; "" for none */
};

/* 0, or -1 with errno and PROBLEM. Free it in any case. */
int tls_client_settings_read(
    struct tls_client_settings *settings, const struct control *c, struct str *problem);
void tls_client_settings_free(struct tls_client_settings *settings);

#endif
