/* SPDX-License-Identifier: ISC */
/* tls-report: tells domains how TLS with their servers went (tls-report(8)). */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "net/dns_texts.h"
#include "net/tls_report_record.h"
#include "spool/spool.h"
#include "tls_report.h"

#define DNS_SECONDS 10 /* for one domain */
#define REASON_MAX ((size_t)1000)
#define NAME_MAX_OCTETS ((size_t)300)

static const struct option_row rows[] = {
    {'n', "print", NULL, "print them, for all domains, and send nothing", TAKES_TEXT, NULL},
    {'d', "day", "DAY", "of that day, as 2026-11-21 (default: yesterday; days begin at 0:00 UTC)",
	TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-n] [-d DAY] [DOMAIN...]",
	.operands = "[DOMAIN...]",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_DOMAIN}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Sends the daily reports about TLS (RFC 8460) to the domains that ask for them.\n"
	     "For cron.\n",
    .after = "Exit code: 0 done, 100 usage, 111 something could not be sent now: call it\n"
	     "again. See tls-report(8).\n",
    .commands = commands};

struct run {
	struct settings settings;
	struct counts counts;
	struct sent sent;
	struct dns *dns;
	int folder;
	int64_t day;
	bool only_prints;
	char **domains; /* asked for; all if there is none */
	struct str json, packed, reason;
	bool is_incomplete; /* something could not be sent now */
};

static void
parse_options(struct run *run, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	run->day = clock_wall_seconds() / TLS_DAY_SECONDS - 1;
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		if (code == 'n')
			run->only_prints = true;
		else if (!tls_day_parse(slice_of(scan.value), &run->day))
			about_wrong(&scan, "--day takes a day as 2026-11-21, not %s", scan.value);
	run->domains = scan.operands;
}

static bool
is_wanted(const struct run *run, struct slice domain)
{
	if (*run->domains == NULL)
		return true;
	for (char **one = run->domains; *one != NULL; one++)
		if (slice_is_nocase(domain, *one))
			return true;
	return false;
}

static void
log_report(const struct report *r, struct slice to, const char *status, const char *reason)
{
	struct event e;
	char day[TLS_DAY_SIZE];

	tls_day_name(day, r->day);
	event_start(&e, PROGRAM, "report");
	event_slice(&e, "domain", r->domain);
	event_text(&e, "day", day);
	event_slice(&e, "to", to);
	event_text(&e, "status", status);
	if (*reason != '\0')
		event_text(&e, "reason", reason);
	event_send(&e);
}

/* The same each time it is made: who gets it twice can tell. */
static int
name_report(struct run *run, struct report *r)
{
	uint32_t sum = crc32c(0, r->domain.data, r->domain.len);
	char day[TLS_DAY_SIZE];

	tls_day_name(day, run->day);
	return str_format(&r->id, "%s.%08lx@%s", day, (unsigned long)sum, run->settings.me.data);
}

static int
make_packed(struct run *run, const struct report *r)
{
	str_clear(&run->json);
	str_clear(&run->packed);
	if (json_add(&run->json, r, false) == -1)
		return -1;
	return pack(&run->packed, str_slice(&run->json));
}

static void
send_to(struct run *run, const struct report *r, struct slice uri)
{
	struct str address;
	int result;

	if (sent_has(&run->sent, r->domain, uri))
		return;
	str_init(&address, NAME_MAX_OCTETS);
	str_clear(&run->reason);
	if (slice_starts_nocase(uri, "https:"))
		result = post_send(uri, str_slice(&run->packed));
	else if (tls_report_mailto(uri, &address))
		result = mail_send(r, str_slice(&address), str_slice(&run->packed), &run->reason);
	else
		result = -2;
	log_report(r, uri,
	    result == 0	   ? "sent"
	    : result == -1 ? "deferred"
			   : "refused",
	    run->reason.data);
	if (result == -1 || sent_add(&run->sent, r->domain, uri) == -1)
		run->is_incomplete = true;
	str_free(&address);
}

/* Exactly one record is expected (RFC 8460, 3). */
static bool
find_places(
    struct run *run, const struct report *r, struct str *texts, struct tls_report_places *places)
{
	struct tls_report_places found = {.count = 0};
	struct str name;
	struct slice rest, text;
	unsigned count = 0;
	uint32_t ttl;
	enum dns_result result = DNS_NO_NAME;

	str_init(&name, NAME_MAX_OCTETS);
	if (str_format(&name, "_smtp._tls.%.*s", (int)r->domain.len, r->domain.data) == 0)
		result = dns_texts(
		    run->dns, str_slice(&name), deadline_in_seconds(DNS_SECONDS), texts, &ttl);
	str_free(&name);
	if (result == DNS_TEMPORARY) {
		log_report(r, slice_of(""), "deferred", "its TXT record cannot be looked up now");
		run->is_incomplete = true;
	}
	if (result != DNS_FOUND)
		return false;
	rest = str_slice(texts);
	while (slice_take(&rest, '\0', &text)) {
		int parsed = tls_report_record_parse(text, &found);

		count += parsed != 0;
		if (parsed == 1)
			*places = found;
	}
	return count == 1 && places->count > 0;
}

static void
send_report(struct run *run, const struct report *r)
{
	struct tls_report_places places = {.count = 0};
	struct str texts;

	str_init(&texts, DNS_TEXTS_MAX);
	if (find_places(run, r, &texts, &places)) {
		if (make_packed(run, r) == 0)
			for (size_t i = 0; i < places.count; i++)
				send_to(run, r, places.list[i]);
		else
			log_report(r, slice_of(""), "refused", "it is too large");
	}
	str_free(&texts);
}

static void
print_report(struct run *run, const struct report *r)
{
	str_clear(&run->json);
	if (json_add(&run->json, r, true) == -1 || str_add_char(&run->json, '\n') == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to make the report for %.*s",
		    (int)r->domain.len, r->domain.data);
	if (fwrite(run->json.data, 1, run->json.len, stdout) != run->json.len)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static void
report_all(struct run *run)
{
	struct report r = {.settings = &run->settings, .day = run->day};
	size_t at = 0;

	str_init(&r.id, NAME_MAX_OCTETS * 4);
	while (counts_next(&run->counts, &at, &r)) {
		str_clear(&r.id);
		if (!is_wanted(run, r.domain) || name_report(run, &r) == -1)
			continue;
		if (run->only_prints)
			print_report(run, &r);
		else
			send_report(run, &r);
	}
	str_free(&r.id);
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

/* The spool's folder of counts; -1 where there is none yet. */
static int
open_folder(void)
{
	struct spool spool;
	int fd;

	spool_init(&spool);
	if (spool_become_owner(&spool) == -1 || spool_open(&spool) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", spool.problem.data);
	fd = openat(spool.fd, TLS_COUNTS_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		die_errno(
		    PROGRAM, EXIT_TEMPORARY, "unable to open %s/" TLS_COUNTS_FOLDER, spool.path);
	spool_close(&spool);
	return fd;
}

static void
prepare(struct run *run)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	run->folder = open_folder();
	if (settings_read(&run->settings, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
	if (run->folder == -1)
		exit(EXIT_DONE); /* nothing was counted */
	if (!run->only_prints && sent_open(&run->sent, run->folder, run->day) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s",
		    errno == EAGAIN ? "another tls-report is at it" : strerror(errno));
	if (counts_read(&run->counts, run->folder, run->day) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the counts of that day");
	run->dns = dns_open(str_slice(&run->settings.resolvers));
	if (run->dns == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	str_init(&run->json, REPORT_MAX);
	str_init(&run->packed, REPORT_MAX);
	str_init(&run->reason, REASON_MAX);
}

int
main(int argc, char **argv)
{
	struct run run = {.sent = {.fd = -1}};

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	parse_options(&run, argc, argv);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	umask(077);
	prepare(&run);
	report_all(&run);
	if (!run.only_prints)
		sent_close(&run.sent);
	dns_close(run.dns);
	counts_free(&run.counts);
	settings_free(&run.settings);
	str_free(&run.json);
	str_free(&run.packed);
	str_free(&run.reason);
	io_close(run.folder);
	return run.is_incomplete ? EXIT_TEMPORARY : EXIT_DONE;
}
