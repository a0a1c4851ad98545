/* SPDX-License-Identifier: ISC */
/* mxlookup: where mail for a domain goes (mxlookup(1)). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "conf/control.h"
#include "mail/address.h"
#include "net/dns.h"
#include "net/endpoint.h"
#include "net/idn.h"
#include "tls.h"

#define TIMEOUT_DEFAULT 30
#define TIMEOUT_MAX 3600
#define TEXT_MAX ((size_t)1 << 20)

/* Exit codes of one domain, the worse the higher; of several domains the highest counts. */
enum outcome { FOUND = 0, NO_DOMAIN = 1, NULL_MX = 2, BROKEN = 3, TEMPORARY = 111 };

struct lookup {
	struct dns *dns;
	int64_t timeout;
	bool tabs;  /* columns for programs, not for people */
	bool forms; /* nothing is looked up: lines for the control file idn */
	bool shows_tls;
	struct tls tls;
	struct str text;    /* of one domain */
	struct slice asked; /* the domain with A-labels */
};

static const char *const usage =
    "usage: mxlookup [-s SERVER[:PORT]] [-t SECONDS] [--table|--tab] [--tls] DOMAIN...\n"
    "       mxlookup --idn DOMAIN...\n";

static void
help(void)
{
	printf(
	    "%s"
	    "Shows where mail for each DOMAIN goes: its mail exchangers with their addresses, in "
	    "the\n"
	    "order in which they are tried.\n"
	    "  -s, --server SERVER[:PORT]  ask this DNS server (may be given several times)\n"
	    "  -t, --timeout SECONDS       at most so long for one domain (default %d)\n"
	    "      --table                 columns for people (default on a terminal)\n"
	    "      --tab                   columns separated by tabs (default elsewhere)\n"
	    "      --tls                   say what TLS each must do before it gets mail, and why\n"
	    "      --idn                   print lines for the control file idn instead\n"
	    "      --help, --version\n"
	    "Exit code: 0 found, 1 no such domain or no exchanger, 2 null MX, 3 broken: no "
	    "exchanger has\n"
	    "an address, 100 usage, 111 it cannot be said now; of several domains, the highest.\n",
	    usage, TIMEOUT_DEFAULT);
}

/* One line. An empty column is "-" between tabs, so that there are always six. */
static int
add_row(struct lookup *l, struct slice domain, const char *kind, const struct dns_exchanger *one,
    const char *addresses, const char *note)
{
	const char *name = one == NULL ? "-" : one->name;
	char preference[16] = "-";

	if (one != NULL)
		snprintf(preference, sizeof preference, "%u", (unsigned)one->preference);
	if (escape_text(&l->text, domain) == -1)
		return -1;
	if (l->tabs)
		return str_format(&l->text, "\t%s\t%s\t%s\t%s\t%s\n", kind, preference, name,
		    *addresses == '\0' ? "-" : addresses, *note == '\0' ? "-" : note);
	if (one == NULL)
		return str_format(&l->text, "  %s\n", note);
	return str_format(&l->text, "  %5s  %-32s  %s%s%s%s\n", preference, name, addresses,
	    *addresses != '\0' && *note != '\0' ? "  " : "", *note == '\0' ? "" : "# ", note);
}

static int
join(const struct dns_addresses *found, const char *separator, struct str *out)
{
	for (size_t i = 0; i < found->count; i++)
		if ((i > 0 && str_add_text(out, separator) == -1) ||
		    endpoint_add_text(out, &found->list[i].address) == -1)
			return -1;
	return 0;
}

/* Behind the line of an exchanger that has an address. */
static int
add_tls(struct lookup *l, struct slice domain, const struct dns_exchangers *list,
    const struct dns_exchanger *one, const struct dns_addresses *found, deadline until)
{
	struct tls_destination to = {.domain = l->asked,
	    .expanded = slice_of(list->expanded),
	    .is_mx = true,
	    .is_secure = list->is_secure};
	struct tls_server server = {.name = slice_of(one->name),
	    .expanded = slice_of(found->expanded),
	    .is_secure = found->is_secure};
	const char *text = tls_explain(&l->tls, &to, &server, until);

	if (l->tabs)
		return add_row(l, domain, "tls", one, "", text);
	return str_format(&l->text, "         %s\n", text);
}

static enum dns_result
show_exchanger(struct lookup *l, struct slice domain, const struct dns_exchangers *list,
    const struct dns_exchanger *one, deadline until)
{
	bool implicit = list->implicit;
	struct dns_addresses found;
	enum dns_result result = dns_addresses(l->dns, slice_of(one->name), until, &found);
	const char *note = implicit ? "no MX: the domain itself" : "";
	struct str addresses;

	str_init(&addresses, TEXT_MAX);
	if (result != DNS_FOUND)
		note = result == DNS_NO_DATA ? "no address" : dns_text(result);
	if (join(&found, l->tabs ? "," : " ", &addresses) == -1 ||
	    add_row(l, domain, implicit ? "implicit" : "mx", one, addresses.data, note) == -1)
		result = DNS_TEMPORARY;
	if (l->shows_tls && found.count > 0 && add_tls(l, domain, list, one, &found, until) == -1)
		result = DNS_TEMPORARY;
	str_free(&addresses);
	dns_addresses_free(&found);
	return result;
}

/* Exchangers there are: broken if none has an address, unless that may change by itself. */
static enum outcome
show_exchangers(
    struct lookup *l, struct slice domain, const struct dns_exchangers *list, deadline until)
{
	enum outcome outcome = BROKEN;

	for (size_t i = 0; i < list->count; i++) {
		enum dns_result result = show_exchanger(l, domain, list, &list->list[i], until);

		if (result == DNS_FOUND)
			outcome = FOUND;
		else if (result == DNS_TEMPORARY && outcome == BROKEN)
			outcome = TEMPORARY;
	}
	if (list->count == 0)
		(void)add_row(l, domain, "broken", NULL, "", "No MX record names a host");
	return outcome;
}

static enum outcome
look_up(struct lookup *l, struct slice domain)
{
	deadline until = deadline_in_seconds(l->timeout);
	struct dns_exchangers list;
	char ascii[IDN_NAME_SIZE];
	enum outcome outcome = TEMPORARY;
	enum dns_result result;

	l->asked = idn_to_ascii(domain, ascii) ? slice_of(ascii) : domain;
	result = dns_exchangers(l->dns, l->asked, until, &list);
	switch (result) {
	case DNS_FOUND:
		outcome = show_exchangers(l, domain, &list, until);
		break;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		outcome = NO_DOMAIN;
		(void)add_row(l, domain, "none", NULL, "", dns_text(result));
		break;
	case DNS_NULL_MX:
		outcome = NULL_MX;
		(void)add_row(l, domain, "null", NULL, "", dns_text(result));
		break;
	case DNS_TEMPORARY:
		(void)add_row(l, domain, "temporary", NULL, "", dns_text(result));
		break;
	}
	dns_exchangers_free(&list);
	return outcome;
}

static const char *
escaped(struct slice text, struct str *room)
{
	str_clear(room);
	(void)escape_text(room, text); /* empty, if there is no memory */
	return room->data;
}

/* A line of the control file idn, for a domain in either form. */
static enum outcome
show_forms(struct lookup *l, struct slice domain)
{
	char ascii[IDN_NAME_SIZE];
	enum outcome outcome = NO_DOMAIN;
	struct str unicode;

	str_init(&unicode, TEXT_MAX);
	if (!idn_to_ascii(domain, ascii) || idn_to_unicode(slice_of(ascii), &unicode) == -1 ||
	    !address_is_domain(slice_of(ascii), 0))
		fprintf(
		    stderr, "%s: this is no domain name: %s\n", PROGRAM, escaped(domain, &unicode));
	else if (slice_is_ascii(str_slice(&unicode)))
		fprintf(stderr, "%s: has one form only: %s\n", PROGRAM, ascii);
	else if (str_format(&l->text, "%s: %s\n", unicode.data, ascii) == 0)
		outcome = FOUND;
	str_free(&unicode);
	return outcome;
}

_Noreturn static void
wrong_usage(const char *what)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, what, usage);
	exit(EXIT_PERMANENT);
}

/* Without -s: the servers of the control directory, which mail itself uses. */
static void
configured_servers(struct str *servers)
{
	struct control control;
	struct str text;

	str_init(&text, CONTROL_FILE_MAX);
	if (control_open(&control) == -1)
		return; /* a person without rights there still has /etc/resolv.conf */
	if (control_line(&control, "resolvers", &text) == 1)
		(void)str_add_slice(servers, str_slice(&text));
	control_close(&control);
	str_free(&text);
}

static void
options(struct lookup *l, int argc, char **argv, struct str *servers)
{
	static const struct option long_options[] = {{"server", required_argument, NULL, 's'},
	    {"timeout", required_argument, NULL, 't'}, {"table", no_argument, NULL, 'A'},
	    {"tab", no_argument, NULL, 'T'}, {"idn", no_argument, NULL, 'I'},
	    {"help", no_argument, NULL, 'h'}, {"tls", no_argument, NULL, 'L'},
	    {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	uint64_t seconds = 0;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "s:t:", long_options, NULL)) != -1) {
		if (c == 's') {
			if (str_format(servers, "%s%s", servers->len > 0 ? "," : "", optarg) == -1)
				wrong_usage("too many servers");
		} else if (c == 't') {
			if (!slice_number(slice_of(optarg), TIMEOUT_MAX, &seconds) || seconds == 0)
				wrong_usage("--timeout takes seconds, 1 to 3600");
			l->timeout = (int64_t)seconds;
		} else if (c == 'A' || c == 'T')
			l->tabs = c == 'T';
		else if (c == 'L')
			l->shows_tls = true;
		else if (c == 'I')
			l->forms = true;
		else if (c == 'h') {
			help();
			exit(EXIT_DONE);
		} else if (c == 'v') {
			about_version(PROGRAM);
		} else
			wrong_usage("unknown option, or one without its value");
	}
	if (optind == argc)
		wrong_usage("which domain?");
}

int
main(int argc, char **argv)
{
	struct lookup l = {.timeout = TIMEOUT_DEFAULT, .tabs = !isatty(STDOUT_FILENO)};
	struct str servers;
	enum outcome worst = FOUND;

	if (io_fill_standard() == -1)
		return TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	str_init(&servers, 4096);
	str_init(&l.text, TEXT_MAX);
	options(&l, argc, argv, &servers);
	if (servers.len == 0)
		configured_servers(&servers);
	l.dns = dns_open(str_slice(&servers));
	if (l.dns == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "not a list of DNS servers: %s", servers.data);
	if (l.dns == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	if (l.shows_tls)
		tls_open(&l.tls, l.dns);
	for (int i = optind; i < argc; i++) {
		enum outcome outcome = (l.forms ? show_forms : look_up)(&l, slice_of(argv[i]));

		if (outcome > worst)
			worst = outcome;
		if (fwrite(l.text.data, 1, l.text.len, stdout) != l.text.len || fflush(stdout) != 0)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
		str_clear(&l.text);
	}
	if (l.shows_tls)
		tls_close(&l.tls);
	dns_close(l.dns);
	str_free(&servers);
	str_free(&l.text);
	return (int)worst;
}
