/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "base/escape.h"
#include "load.h"

#define FAILED 1 /* exit code */
#define LINE_OCTETS ((size_t)1024)

static const char *const names[MEASURES] = {
    [MEASURE_CONNECT] = "connect",
    [MEASURE_GREETING] = "greeting",
    [MEASURE_TLS] = "tls",
    [MEASURE_LOGIN] = "auth",
    [MEASURE_MAIL] = "mail",
    [MEASURE_END] = "end",
    [MEASURE_WHOLE] = "whole",
};

static const struct {
	const char *name;
	unsigned per_mille;
} columns[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};

#define COLUMNS (sizeof columns / sizeof columns[0])

void
report_error(struct load *l, const char *step, const char *text, size_t len)
{
	char line[ERROR_OCTETS];
	struct str shown;
	size_t i = 0;

	/* masked before it is cut */
	str_init(&shown, len);
	if (str_add(&shown, text, len) == 0)
		hidden_mask(&l->hidden, &shown);
	snprintf(line, sizeof line, "%s: %s", step, shown.data);
	str_free(&shown);
	while (i < l->error_count && strcmp(l->errors[i].text, line) != 0)
		i++;
	if (i == ERRORS_MAX)
		i--;
	if (i == l->error_count) {
		snprintf(
		    l->errors[i].text, ERROR_OCTETS, "%s", i == ERRORS_MAX - 1 ? "others" : line);
		l->error_count++;
	}
	l->errors[i].count++;
}

static double
seconds(const struct load *l)
{
	double took = (double)(l->ended_us - l->begun_us) / 1e6;

	return took > 0 ? took : 1e-6;
}

static void
print_text(const struct load *l)
{
	double took = seconds(l);

	printf("messages     %llu taken, %llu failed, %llu not begun\n",
	    (unsigned long long)l->taken, (unsigned long long)l->failed,
	    (unsigned long long)(l->settings.messages - l->begun));
	printf("connections  %llu\n", (unsigned long long)l->connections);
	printf("seconds      %.3f\n", took);
	printf("messages/s   %.1f\n", (double)l->taken / took);
	printf("octets/s     %.0f\n", (double)l->octets / took);
	printf("milliseconds");
	for (size_t i = 0; i < COLUMNS; i++)
		printf(" %9s", columns[i].name);
	putchar('\n');
	for (int m = 0; m < MEASURES; m++) {
		if (l->measures[m].count == 0)
			continue;
		printf("  %-10s", names[m]);
		for (size_t i = 0; i < COLUMNS; i++)
			printf(" %9.3f",
			    (double)histogram_at(&l->measures[m], columns[i].per_mille) / 1e3);
		putchar('\n');
	}
}

/* What servers say is shown so that it does nothing to a terminal, or to JSON. */
static void
print_errors(const struct load *l)
{
	struct str line;

	str_init(&line, LINE_OCTETS);
	for (size_t i = 0; i < l->error_count; i++) {
		str_clear(&line);
		if (escape_text(&line, slice_of(l->errors[i].text)) == 0)
			printf("%9llu  %s\n", (unsigned long long)l->errors[i].count, line.data);
	}
	str_free(&line);
}

/* escape_text leaves nothing to escape but quotes and backslashes. */
static void
print_json_errors(const struct load *l)
{
	struct str line;

	str_init(&line, LINE_OCTETS);
	printf(",\"errors\":[");
	for (size_t i = 0; i < l->error_count; i++) {
		str_clear(&line);
		(void)escape_text(&line, slice_of(l->errors[i].text));
		printf("%s{\"count\":%llu,\"text\":\"", i > 0 ? "," : "",
		    (unsigned long long)l->errors[i].count);
		for (size_t at = 0; at < line.len; at++)
			printf(line.data[at] == '"' || line.data[at] == '\\' ? "\\%c" : "%c",
			    line.data[at]);
		printf("\"}");
	}
	printf("]}\n");
	str_free(&line);
}

static void
print_json(const struct load *l)
{
	double took = seconds(l);

	printf("{\"v\":1,\"taken\":%llu,\"failed\":%llu,\"not_begun\":%llu,\"recipients\":%llu,"
	       "\"octets\":%llu,\"connections\":%llu,\"seconds\":%.6f,\"messages_per_second\":%.1f,"
	       "\"octets_per_second\":%.0f,\"microseconds\":{",
	    (unsigned long long)l->taken, (unsigned long long)l->failed,
	    (unsigned long long)(l->settings.messages - l->begun),
	    (unsigned long long)l->recipients, (unsigned long long)l->octets,
	    (unsigned long long)l->connections, took, (double)l->taken / took,
	    (double)l->octets / took);
	for (int m = 0; m < MEASURES; m++) {
		printf("%s\"%s\":{\"count\":%llu", m > 0 ? "," : "", names[m],
		    (unsigned long long)l->measures[m].count);
		for (size_t i = 0; i < COLUMNS; i++)
			printf(",\"%s\":%llu", columns[i].name,
			    (unsigned long long)histogram_at(
				&l->measures[m], columns[i].per_mille));
		printf("}");
	}
	printf("}");
	print_json_errors(l);
}

int
report_print(struct load *l)
{
	if (l->settings.is_json) {
		print_json(l);
	} else {
		print_text(l);
		print_errors(l);
	}
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	return l->taken == l->settings.messages ? EXIT_DONE : FAILED;
}
