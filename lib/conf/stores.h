/* SPDX-License-Identifier: ISC */
/*
 * How mailboxes are written: the control files mboxlocks, overquota and subfolders
 * (satchel-control(5)).
 */
#ifndef CONF_STORES_H
#define CONF_STORES_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/control.h"

enum stores_lock { STORES_FCNTL = 1, STORES_FLOCK = 2, STORES_DOT = 4 };

struct stores {
	unsigned locks;		    /* of enum stores_lock: what an mbox file is locked by */
	bool must_lock;		    /* the file names them: each must work */
	bool is_over_quota_final;   /* overquota: permanent */
	bool has_extension_folders; /* subfolders: extension */
};

/* 0, or -1 with errno (EINVAL: what is wrong) and, in PROBLEM, file and cause. */
int stores_read(struct stores *s, const struct control *c, struct str *problem);

#endif
