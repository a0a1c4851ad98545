/* SPDX-License-Identifier: ISC */
/* The text format of Prometheus, with the names that qstat(1) lists. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/str.h"
#include "metrics_parts.h"
#include "spool/state.h"

#define PREFIX "satchel_"
#define DESTINATIONS 20
#define TEXT_MAX 4096

static void
begin(const char *name, const char *help)
{
	printf("# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n", name, help, name);
}

static void
print_number(const char *name, const char *help, uint64_t value)
{
	begin(name, help);
	printf(PREFIX "%s %" PRIu64 "\n", name, value);
}

/* NAME escaped as everywhere, and its backslashes once more, as the format has it. */
static void
print_label(const char *metric, const char *label, const char *name, uint64_t value)
{
	struct str safe;

	str_init(&safe, TEXT_MAX);
	if (escape_text(&safe, slice_of(name)) == -1)
		str_clear(&safe);
	printf(PREFIX "%s{%s=\"", metric, label);
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.data[i] == '\\' || safe.data[i] == '"')
			putchar('\\');
		putchar(safe.data[i]);
	}
	printf("\"} %" PRIu64 "\n", value);
	str_free(&safe);
}

static void
print_states(const struct metrics *m)
{
	begin("queue_messages", "Messages in the queue by state.");
	for (unsigned i = 0; i < METRICS_STATES; i++)
		print_label(
		    "queue_messages", "state", state_word((enum state)(1U << i)), m->messages[i]);
}

static void
print_reasons(const struct metrics *m)
{
	static const char *const words[METRICS_REASONS] = {"other", "address", "mailbox", "system",
	    "network", "protocol", "content", "security", NULL, "none"};

	begin("queue_deferred_recipients",
	    "Recipients of deferred messages by the subject of their last status code.");
	for (unsigned i = 0; i < METRICS_REASONS; i++)
		if (words[i] != NULL)
			print_label(
			    "queue_deferred_recipients", "reason", words[i], m->deferred[i]);
}

static void
print_destinations(const struct metrics *m)
{
	struct top_entry **list;
	size_t count = top_sort(&m->destinations, &list);
	uint64_t others = m->destinations.other.counts[0];

	begin("queue_destination_recipients",
	    "Recipients not done, by domain: those with most, and the others together.");
	for (size_t i = 0; i < count; i++)
		if (i < DESTINATIONS)
			print_label("queue_destination_recipients", "domain", list[i]->name,
			    list[i]->counts[0]);
		else
			others += list[i]->counts[0];
	print_label("queue_destination_recipients", "domain", "(other)", others);
	free(list);
}

static void
print_room(const struct metrics *m)
{
	print_number(
	    "spool_free_bytes", "Room for the spool's owner on its file system.", m->free_octets);
	print_number("spool_size_bytes", "Size of that file system.", m->size_octets);
	print_number("spool_free_inodes", "Files that can still be made there.", m->free_inodes);
	print_number("spool_inodes", "Files that it can have in all, or 0.", m->inodes);
}

void
metrics_print(const struct metrics *m, double seconds)
{
	print_states(m);
	print_number("queue_bytes", "Octets of the files of all messages.", m->octets);
	print_number("queue_recipients", "Recipients that are not done.", m->recipients);
	print_reasons(m);
	print_destinations(m);
	print_number("queue_due_messages", "Messages that are to be tried now.", m->due);
	print_number("queue_oldest_seconds", "Age of the oldest message that is to be delivered.",
	    (uint64_t)m->oldest);
	print_number("queue_overdue_seconds", "How long the message due first has been due.",
	    (uint64_t)m->overdue);
	print_number("hosts_known", "Destinations that something is known of.", m->hosts);
	print_number("hosts_backing_off", "Of these, those left alone for a while as out of reach.",
	    m->hosts_resting);
	print_number("keys", "Keys of messages that are remembered.", m->keys);
	if (m->has_room)
		print_room(m);
	print_number("qrun_watching", "1 if qrun -w runs.", m->is_watched);
	if (m->last_pass > 0)
		print_number("qrun_last_pass_timestamp_seconds",
		    "When qrun last looked for what is due.", (uint64_t)m->last_pass);
	print_number("scrape_unreadable", "Files and folders that could not be read for this.",
	    m->unreadable);
	begin("scrape_duration_seconds", "How long it took to gather all this.");
	printf(PREFIX "scrape_duration_seconds %.3f\n", seconds);
}
