/* SPDX-License-Identifier: ISC */
/* What cdb_reader.c and cdb_writer.c agree on beside the format itself. */
#ifndef CONF_CDB_PARTS_H
#define CONF_CDB_PARTS_H

#include <stdint.h>

#include "base/crc32c.h"
#include "base/slice.h"

#define CDB_BEGIN 2048u /* behind the 256 pairs of place and length of the hash tables */
#define CDB_TABLES 256u
/*
 * The first record, of a key of its own: the CRC-32C of each hash table, in order, and then of the
 * table of contents and of those check sums, four octets each, the lowest first.
 */
#define CDB_SUMS_KEY "\nsatchel 1"
#define CDB_SUMS_KEY_LEN (sizeof CDB_SUMS_KEY - 1)
#define CDB_SUMS_LEN (4u * (CDB_TABLES + 1))
#define CDB_SUMS_AT (CDB_BEGIN + 8u + (uint32_t)CDB_SUMS_KEY_LEN)
/* Behind each other value: the CRC-32C of its key, a NUL and itself. */
#define CDB_SUM_LEN 4u

static inline uint32_t
cdb_record_sum(struct slice key, struct slice value)
{
	uint32_t sum = crc32c(0, key.data, key.len);

	sum = crc32c(sum, "", 1);
	return crc32c(sum, value.data, value.len);
}

#endif
