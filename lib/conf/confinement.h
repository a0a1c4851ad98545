/* SPDX-License-Identifier: ISC */
/* The control file confinement: whether programs confine themselves (base/confine.h). */
#ifndef CONF_CONFINEMENT_H
#define CONF_CONFINEMENT_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/control.h"

/* 0, or -1 with errno, for EINVAL with the cause in PROBLEM. Without the file: true. */
int confinement_read(bool *is_confined, const struct control *c, struct str *problem);

#endif
