/* SPDX-License-Identifier: ISC */
/* Between the front and authd, so that the keeper hears itself who has logged in. */
#ifndef POP3D_RELAY_H
#define POP3D_RELAY_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Passes the frames of authd's helper protocol (authd(8)) on, between the descriptors FRONT and
 * AUTHD, until one of them ends, but for what FRONT says of a client's certificate, which would be
 * a login by its word alone. LOGIN becomes whom authd accepted, or empty.
 */
void relay_run(int front, int authd, struct str *login);

/*
 * authd cannot be asked: it was waited for as long as anybody waits for a service, and FRONT, told
 * so, does not ask again.
 */
void relay_fail(int front);

#endif
