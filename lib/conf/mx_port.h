/* SPDX-License-Identifier: ISC */
/* The control file mxport: the port of mail exchangers, on a test bed. */
#ifndef CONF_MX_PORT_H
#define CONF_MX_PORT_H

#include <stdint.h>

#include "base/str.h"
#include "conf/control.h"

#define MX_PORT 25 /* RFC 5321, 4.5.4.2 */

/*
 * *PORT is MX_PORT where there is no such file. 0, or -1 with errno; EINVAL for what is no port,
 * and PROBLEM says so, beginning with the file's name.
 */
int mx_port_read(const struct control *c, uint16_t *port, struct str *problem);

#endif
