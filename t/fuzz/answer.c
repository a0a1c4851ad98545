/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS answer: packets of a DNS server that is not one's friend, walked as look-ups
 * walk them.
 */
#include "net/answer.h"

#include <string.h>

#include "fuzz.h"

static void
check_record(struct slice packet, const struct answer_record *record)
{
	char name[ANSWER_NAME_MAX];

	must(memchr(record->name, '\0', sizeof record->name) != NULL);
	must(record->ttl <= INT32_MAX);
	must(record->data.data >= packet.data &&
	     record->data.data + record->data.len <= packet.data + packet.len);
	for (size_t offset = 0; offset <= 2; offset += 2)
		if (answer_name(packet, record, offset, name) == 0)
			must(record->data.len > offset && strlen(name) < sizeof name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packet = slice_make((const char *)data, size);
	struct answer_record record;
	struct answer a;
	char name[ANSWER_NAME_MAX] = "example.test";
	uint32_t ttl = UINT32_MAX;
	size_t records = 0;

	(void)answer_is_referral(packet);
	if (!answer_start(&a, packet))
		return 0;
	must(a.at <= packet.len);
	while (answer_next(&a, &record) == 1) {
		must(++records <= size);
		check_record(packet, &record);
		if (records == 1) /* else hardly ever the name that is asked for */
			memcpy(name, record.name, sizeof name);
	}
	(void)answer_follow(packet, name, &ttl);
	must(strlen(name) < sizeof name);
	return 0;
}
