/* SPDX-License-Identifier: ISC */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-32C (Castagnoli; RFC 3385, 9260 appendix A) of LEN bytes behind those that gave CRC; 0 to
 * begin with. It finds what a disk or a power cut did, not what a person forged.
 */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
