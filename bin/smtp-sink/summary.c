/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "base/die.h"
#include "sink.h"

static uint64_t
all_faults(const struct sink *s)
{
	uint64_t sum = seen_missing(&s->seen);

	for (int i = 0; i < WIRE_FAULTS; i++)
		sum += s->faults.count[i];
	return sum;
}

static void
item(const struct sink *s, const char *name, uint64_t value, const char **separator)
{
	if (s->settings.is_json)
		printf("%s\"%s\":%llu", *separator, name, (unsigned long long)value);
	else
		printf("%-17s %llu\n", name, (unsigned long long)value);
	*separator = ",";
}

static void
print_faults(const struct sink *s, const char **separator)
{
	item(s, "marked", s->seen.marked, separator);
	item(s, "missing", seen_missing(&s->seen), separator);
	item(s, "out-of-order", s->seen.out_of_order, separator);
	for (int i = 0; i < WIRE_FAULTS; i++)
		if (s->settings.is_json || s->faults.count[i] > 0)
			item(s, wire_fault_name((enum wire_fault)i), s->faults.count[i], separator);
	item(s, "faults", all_faults(s), separator);
}

int
summary_print(struct sink *s)
{
	const struct counts *counts = &s->counts;
	const char *separator = "";
	int64_t took = s->last_ms - s->first_ms;

	if (!s->settings.counts && !s->settings.verifies && !s->settings.is_json)
		return EXIT_DONE;
	if (s->settings.is_json)
		printf("{\"v\":1,");
	item(s, "connections", counts->connections, &separator);
	item(s, "tls", counts->tls, &separator);
	item(s, "messages", counts->messages, &separator);
	item(s, "recipients", counts->recipients, &separator);
	item(s, "octets", counts->octets, &separator);
	item(s, "refusals", counts->refused, &separator);
	item(s, "milliseconds", (uint64_t)took, &separator);
	if (s->settings.verifies)
		print_faults(s, &separator);
	if (s->settings.is_json)
		printf("}\n");
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	return s->settings.verifies && all_faults(s) > 0 ? 1 : EXIT_DONE;
}
