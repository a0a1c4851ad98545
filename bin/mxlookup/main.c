/* SPDX-License-Identifier: ISC */
/* mxlookup: where mail for a domain goes (mxlookup(1)). Here: options. */
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/control.h"
#include "conf/mx_port.h"
#include "forms.h"
#include "input.h"
#include "mxlookup.h"
#include "run.h"

#define TIMEOUT_DEFAULT 30
#define TIMEOUT_DEFAULT_TEXT "30"
#define TIMEOUT_MAX 3600
#define SERVERS_MAX ((size_t)4096)

enum {
	OPTION_IDN = OPTION_LONG,
	OPTION_SEED,
	OPTION_FORM,			/* and the forms */
	OPTION_PART = OPTION_FORM + 16, /* and the parts, by their bits */
	OPTION_ALL = OPTION_PART + 16,
};

#define FORM(form, name, help) \
	{ \
		OPTION_FORM + (form), (name), NULL, (help), TAKES_TEXT, NULL \
	}
#define PART(bit, name, help) \
	{ \
		OPTION_PART + (bit), (name), NULL, (help), TAKES_TEXT, NULL \
	}

static const struct option_row rows[] = {
    PART(0, "ttl", "how long the MX records hold, and if they are signed"),
    PART(1, "tlsa", "TLSA records, and whether DANE comes of them"),
    PART(2, "sts", "the MTA-STS policy, and which exchangers it covers"),
    PART(3, "tlsrpt", "where reports about TLS go"),
    PART(4, "spf", "the SPF record, and what it costs"),
    PART(5, "dmarc", "the DMARC record that counts"),
    PART(6, "srv", "servers of submission, IMAP, POP3, JMAP"),
    PART(7, "ptr", "the names of addresses, and whether they lead back"),
    {OPTION_ALL, "all", NULL, "all of these", TAKES_TEXT, NULL},
    PART(8, "why", "each step, and the rule that led to it"),
    PART(9, "tls", "say what TLS each must do before it gets mail, and why"),
    FORM(FORM_TABLE, "table", "columns for people (default on a terminal)"),
    FORM(FORM_TAB, "tab", "columns separated by tabs (default elsewhere)"),
    FORM(FORM_PLAIN, "plain", "a line of words for each domain"),
    FORM(FORM_JSON, "json", "an object for each domain"),
    FORM(FORM_ENV, "env", "variables of a shell, for eval"),
    {'s', "server", "SERVER[:PORT]", "ask this DNS server (may be given several times)", TAKES_HOST,
	NULL},
    {'t', "timeout", "SECONDS", "at most so long for one domain (default " TIMEOUT_DEFAULT_TEXT ")",
	TAKES_TEXT, NULL},
    {'4', NULL, NULL, "IPv4 addresses alone", TAKES_TEXT, NULL},
    {'6', NULL, NULL, "IPv6 addresses alone", TAKES_TEXT, NULL},
    {OPTION_SEED, "seed", "NUMBER", "the same order among equals each time", TAKES_TEXT, NULL},
    {OPTION_IDN, "idn", NULL, "print lines for the control file idn instead", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[OPTION...] [DOMAIN...]\n--idn DOMAIN...",
	.operands = "[DOMAIN...]",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_DOMAIN}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Shows where mail for each DOMAIN goes: its mail exchangers with their addresses,\n"
	     "in the order in which they are tried. \"-\", or none where standard input is no\n"
	     "terminal: the domains on standard input, many at once.\n",
    .after = "Exit code: 0 found, 1 no such domain or no exchanger, 2 null MX, 3 broken: no\n"
	     "exchanger has an address, 100 usage, 111 it cannot be said now; of several\n"
	     "domains, the highest. See mxlookup(1).\n",
    .commands = commands};

struct command {
	struct settings settings;
	struct str servers;
	bool shows_forms;
	bool is_seeded;
	uint64_t seed;
};

/* Without -s: the servers of the control directory, which mail itself uses; who is believed; and
 * the port of exchangers. */
static enum dns_trust
read_control(struct command *c)
{
	enum dns_trust trust = DNS_TRUST_OWN;
	struct control control;
	struct str text;

	str_init(&text, CONTROL_FILE_MAX);
	if (control_open(&control) == -1)
		return trust; /* a person without rights there still has /etc/resolv.conf */
	if (c->servers.len == 0 && control_line(&control, "resolvers", &text) == 1)
		(void)str_add_slice(&c->servers, str_slice(&text));
	str_clear(&text);
	if (dns_trust_read(&control, &trust, &text) == -1 && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", control.path, text.data);
	str_clear(&text);
	if ((c->settings.parts & PART_TLSA) != 0 &&
	    mx_port_read(&control, &c->settings.mx_port, &text) == -1 && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", control.path, text.data);
	control_close(&control);
	str_free(&text);
	return trust;
}

static void
take_value(struct command *c, const struct option_scan *scan, int code)
{
	uint64_t seconds = 0;

	if (code == 's') {
		if (str_format(&c->servers, "%s%s", c->servers.len > 0 ? "," : "", scan->value) ==
		    -1)
			about_wrong(scan, "too many servers");
	} else if (code == 't') {
		if (!slice_number(slice_of(scan->value), TIMEOUT_MAX, &seconds) || seconds == 0)
			about_wrong(
			    scan, "--timeout takes seconds, 1 to 3600, not %s", scan->value);
		c->settings.timeout = (int64_t)seconds;
	} else {
		if (!slice_number(slice_of(scan->value), UINT64_MAX, &c->seed))
			about_wrong(scan, "--seed takes a number, not %s", scan->value);
		c->is_seeded = true;
	}
}

static void
take_option(struct command *c, const struct option_scan *scan, int code)
{
	struct settings *s = &c->settings;

	if (code == 's' || code == 't' || code == OPTION_SEED)
		take_value(c, scan, code);
	else if (code == '4' || code == '6')
		s->family = code == '4' ? AF_INET : AF_INET6;
	else if (code == OPTION_IDN)
		c->shows_forms = true;
	else if (code == OPTION_ALL)
		s->parts |= PART_ALL;
	else if (code >= OPTION_PART)
		s->parts |= 1U << (code - OPTION_PART);
	else
		s->form = (enum form)(code - OPTION_FORM);
}

static void
open_resolver(struct command *c)
{
	enum dns_trust trust = read_control(c);
	struct settings *s = &c->settings;

	s->dns = dns_open(str_slice(&c->servers));
	if (s->dns == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "not a list of DNS servers: %s", c->servers.data);
	if (s->dns == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	if (c->is_seeded)
		dns_seed(s->dns, c->seed);
	if ((s->parts & PART_TLS) != 0)
		tls_open(&s->tls, s->dns);
	dns_trust(s->dns, trust);
	s->is_believed = dns_is_trusted(s->dns);
	dns_trust(s->dns, DNS_TRUST_ALL);
}

static enum outcome
look_at_all(struct command *c, char **operands)
{
	struct input input;
	enum outcome worst;

	input_open(&input, operands);
	open_resolver(c);
	worst = run_all(&c->settings, &input, str_slice(&c->servers));
	if ((c->settings.parts & PART_TLS) != 0)
		tls_close(&c->settings.tls);
	dns_close(c->settings.dns);
	input_close(&input);
	return worst;
}

static enum outcome
show_all_forms(const struct option_scan *scan)
{
	enum outcome worst = FOUND;

	for (int i = 0; i < scan->count; i++) {
		enum outcome outcome = forms_show(slice_of(scan->operands[i]));

		if (outcome > worst)
			worst = outcome;
	}
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	return worst;
}

int
main(int argc, char **argv)
{
	struct command c = {
	    .settings = {.timeout = TIMEOUT_DEFAULT,
		.mx_port = MX_PORT,
		.form = isatty(STDOUT_FILENO) ? FORM_TABLE : FORM_TAB},
	};
	struct option_scan scan;
	enum outcome worst;
	int code;

	if (io_fill_standard() == -1)
		return TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	str_init(&c.servers, SERVERS_MAX);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(&c, &scan, code);
	if (scan.count == 0 && (c.shows_forms || isatty(STDIN_FILENO)))
		about_wrong(&scan, "DOMAIN is missing behind " PROGRAM);
	worst = c.shows_forms ? show_all_forms(&scan) : look_at_all(&c, scan.operands);
	str_free(&c.servers);
	return (int)worst;
}
