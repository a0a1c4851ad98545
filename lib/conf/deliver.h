/* SPDX-License-Identifier: ISC */
/* The control file deliver: whether enqueue(8) starts the first attempt of each message. */
#ifndef CONF_DELIVER_H
#define CONF_DELIVER_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/control.h"

/* 0, or -1 with errno, for EINVAL with the cause in PROBLEM. Without the file: false. */
int deliver_read(bool *is_now, const struct control *c, struct str *problem);

#endif
