/* SPDX-License-Identifier: ISC */
#ifndef QCTL_INIT_H
#define QCTL_INIT_H

#define PROGRAM "qctl"

/*
 * Makes the spool; USER is who shall own it when root runs this, or null for the default of
 * qctl(8). Says what was made. Exit code.
 */
int init_spool(const char *user);

#endif
