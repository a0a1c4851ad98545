/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "conf/table.h"
#include "mta_sts.h"

#define HTTPS_PORT 443
#define TIMEOUT_DEFAULT 20
#define TIMEOUT_MAX 60 /* RFC 8461, 3.3 */
#define WORKERS_DEFAULT 32
#define WORKERS_MAX 1000
#define RESOLVERS_MAX ((size_t)4096)

static int
complain(const struct table *t, const struct table_entry *entry, struct str *problem,
    const char *expected)
{
	return table_complain(problem, PROGRAM, slice_of(t->text), entry->key, "%s", expected);
}

static int
take_number(const struct table *t, const struct table_entry *entry, uint64_t max, uint64_t *number,
    struct str *problem)
{
	if (slice_number(entry->value, max, number) && *number > 0)
		return 0;
	return table_complain(problem, PROGRAM, slice_of(t->text), entry->value,
	    "a number from 1 to %llu is expected", (unsigned long long)max);
}

static int
take_entry(
    struct settings *s, const struct table *t, const struct table_entry *entry, struct str *problem)
{
	uint64_t number = 0;
	int result = 0;

	if (slice_is_nocase(entry->key, "ca-file")) {
		if (entry->value.len == 0 || entry->value.data[0] != '/')
			return complain(t, entry, problem, "a path that begins with / is expected");
		str_clear(&s->ca_file);
		result = str_add_slice(&s->ca_file, entry->value);
	} else if (slice_is_nocase(entry->key, "port")) {
		result = take_number(t, entry, UINT16_MAX, &number, problem);
		s->port = (uint16_t)number;
	} else if (slice_is_nocase(entry->key, "timeout")) {
		result = take_number(t, entry, TIMEOUT_MAX, &number, problem);
		s->timeout = (int64_t)number;
	} else if (slice_is_nocase(entry->key, "workers")) {
		result = take_number(t, entry, WORKERS_MAX, &number, problem);
		s->workers = (size_t)number;
	} else if (!slice_is_nocase(entry->key, "ask")) { /* that is for who asks us */
		result = complain(
		    t, entry, problem, "a setting that satchel-control(5) lists is expected");
	}
	return result;
}

static int
read_files(struct settings *s, const struct control *control, struct str *problem)
{
	struct table table;
	int result = 0;

	if (control_line(control, "resolvers", &s->resolvers) == -1 ||
	    table_read(&table, control, PROGRAM, TABLE_PAIRS, problem) == -1)
		return -1;
	for (size_t i = 0; result == 0 && i < table.count; i++)
		result = take_entry(s, &table, &table.entries[i], problem);
	table_free(&table);
	return result;
}

int
settings_read(struct settings *s, struct str *problem)
{
	struct control control;
	int result = -1;

	*s = (struct settings){
	    .port = HTTPS_PORT, .timeout = TIMEOUT_DEFAULT, .workers = WORKERS_DEFAULT};
	str_init(&s->ca_file, PATH_MAX);
	str_init(&s->resolvers, RESOLVERS_MAX);
	if (control_open(&control) == 0) {
		result = read_files(s, &control, problem);
		control_close(&control);
	}
	if (result == -1 && problem->len == 0)
		(void)str_format(problem, "unable to read %s: %s", control.path, strerror(errno));
	return result;
}

void
settings_free(struct settings *s)
{
	str_free(&s->ca_file);
	str_free(&s->resolvers);
}

int
server_resolve(struct server *s)
{
	if (s->dns == NULL)
		s->dns = dns_open(str_slice(&s->settings.resolvers));
	return s->dns == NULL ? -1 : 0;
}
