/* SPDX-License-Identifier: ISC */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Unguessable bytes from the kernel; never fails once the system has started. */
void random_bytes(void *buf, size_t len);
/* Below BOUND, which is not 0, each value as likely as the next. */
uint32_t random_below(uint32_t bound);

#endif
