/* SPDX-License-Identifier: ISC */
/* smtp-send: an SMTP client, for one message or as a worker of qrun (smtp-send(8)). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "explain.h"
#include "send.h"

#define DEADLINE_MAX 86400

struct options {
	bool worker, explain;
	const char *reverse_path;
	struct identity identity;
	uint64_t timeout; /* seconds; 0: the limit delivery-deadline */
	bool requires_tls;
	const char *tls; /* as in tlspolicy; null for what the policy says */
	const char *records[TLS_TLSA_MAX];
	size_t record_count;
};

enum {
	OPTION_MECHANISMS = OPTION_LONG,
	OPTION_INSECURE,
	OPTION_TLS,
	OPTION_TLSA,
	OPTION_REQUIRE_TLS,
	OPTION_EXPLAIN
};

static const struct option_row rows[] = {
    {'f', "from", "SENDER", "the reverse-path; without it the null one, <>", TAKES_ADDRESS, NULL},
    {'l', "login", "LOGIN", "log in to the server (without: the control file credentials)",
	TAKES_TEXT, NULL},
    {'p', "password", "FILE", "with the first line of FILE as the password", TAKES_FILE, NULL},
    {OPTION_MECHANISMS, "mechanisms", "LIST", "by one of these, with commas between", TAKES_WORDS,
	"SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN "
	"XOAUTH2 OAUTHBEARER"},
    {OPTION_INSECURE, "insecure", NULL, "even if the server does not show who it is", TAKES_TEXT,
	NULL},
    {'t', "timeout", "SECONDS", "for all of it (default: the limit delivery-deadline)", TAKES_TEXT,
	NULL},
    {OPTION_TLS, "tls", "LEVEL", "none, may, encrypt, verify [NAME...] or fingerprint SHA256...",
	TAKES_WORD, "none may encrypt verify fingerprint"},
    {OPTION_TLSA, "tlsa", "RECORD", "DANE with this record: USAGE SELECTOR MATCHING DATA",
	TAKES_TEXT, NULL},
    {OPTION_REQUIRE_TLS, "require-tls", NULL, "REQUIRETLS: TLS all the way, or nothing", TAKES_TEXT,
	NULL},
    {OPTION_EXPLAIN, "explain", NULL, "show the way step by step, and send no message", TAKES_TEXT,
	NULL},
    {'w', "worker", NULL, "take jobs of qrun on descriptor 0", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[OPTION...] DESTINATION RECIPIENT... <MESSAGE\n"
	      "--explain [OPTION...] DESTINATION [RECIPIENT...]\n-w",
	.operands = "DESTINATION RECIPIENT...",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_HOST, TAKES_ADDRESS}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Sends the message on standard input by SMTP.\n"
	     "DESTINATION: DOMAIN or mx:DOMAIN (its mail exchangers), smtp:HOST:PORT,\n"
	     "smtps:HOST:PORT, lmtp:HOST:PORT or lmtp:unix:PATH.\n",
    .after = "Prints a line for each recipient: result, recipient, enhanced status code,\n"
	     "relay, reply, TLS; tabs between. Exit code: 0 all delivered, 100 a permanent\n"
	     "failure or wrong usage, 111 a temporary one. See smtp-send(8).\n",
    .commands = commands,
    .stops_at_operand = true};

static void
take_identity(struct identity *identity, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'l':
		identity->login = scan->value;
		break;
	case 'p':
		identity->password_file = scan->value;
		break;
	case OPTION_MECHANISMS:
		identity->mechanisms = scan->value;
		break;
	default:
		identity->is_insecure = true;
	}
}

static void
take_option(struct options *o, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'f':
		o->reverse_path = scan->value;
		break;
	case 't':
		if (!slice_number(slice_of(scan->value), DEADLINE_MAX, &o->timeout) ||
		    o->timeout == 0)
			about_wrong(
			    scan, "--timeout takes seconds, 1 to 86400, not %s", scan->value);
		break;
	case OPTION_TLS:
		o->tls = scan->value;
		break;
	case OPTION_TLSA:
		if (o->record_count == TLS_TLSA_MAX)
			about_wrong(scan, "too many records: --tlsa %s", scan->value);
		o->records[o->record_count++] = scan->value;
		break;
	case OPTION_REQUIRE_TLS:
		o->requires_tls = true;
		break;
	case OPTION_EXPLAIN:
		o->explain = true;
		break;
	case 'w':
		o->worker = true;
		break;
	default:
		take_identity(&o->identity, scan, code);
	}
}

static void
check_options(const struct options *o, const struct option_scan *scan)
{
	const struct identity *identity = &o->identity;

	if (o->worker && (o->tls != NULL || o->record_count > 0))
		about_wrong(scan, "a worker asks the policy for TLS");
	if (o->worker && o->explain)
		about_wrong(scan, "a worker does not explain");
	if (o->worker && (scan->count > 0 || identity->login != NULL))
		about_wrong(scan, "a worker takes no arguments and no login");
	if (!o->worker && scan->count < (o->explain ? 1 : 2))
		about_wrong(scan, "%s is missing behind smtp-send",
		    scan->count == 0 ? "DESTINATION" : "RECIPIENT");
	if ((identity->login == NULL) != (identity->password_file == NULL))
		about_wrong(scan, "--login and --password belong together");
	if (identity->login == NULL && (identity->mechanisms != NULL || identity->is_insecure))
		about_wrong(scan, "--mechanisms and --insecure belong to --login");
	if (scan->count - 1 > CLIENT_RECIPIENTS_MAX)
		about_wrong(scan, "at most 100 recipients");
}

static void
parse(struct options *o, struct option_scan *scan)
{
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		take_option(o, scan, code);
	check_options(o, scan);
}

static int
show(const struct attempt_recipient *r, struct str *out)
{
	static const char *const words[] = {
	    [CLIENT_OK] = "delivered",
	    [CLIENT_TEMPORARY] = "temporary",
	    [CLIENT_PERMANENT] = "permanent",
	};

	if (str_format(out, "%s\t", words[r->outcome.status]) == -1 ||
	    escape_text(out, r->address) == -1 ||
	    str_format(out, "\t%s\t", r->outcome.code) == -1 ||
	    str_add_text(out, r->relay.len == 0 ? "-" : r->relay.data) == -1 ||
	    str_add_char(out, '\t') == -1 || escape_text(out, str_slice(&r->outcome.reply)) == -1)
		return -1;
	return str_format(out, "\t%s\n", r->tls[0] == '\0' ? "none" : r->tls);
}

/* Prints the results: the exit code. What may succeed later outweighs what never will. */
static int
conclude(const struct attempt *a)
{
	struct str out;
	int code = EXIT_DONE;

	str_init(&out, (size_t)1 << 20);
	for (size_t i = 0; i < a->count; i++) {
		enum client_status status = a->recipients[i].outcome.status;

		if (status == CLIENT_TEMPORARY)
			code = EXIT_TEMPORARY;
		else if (status == CLIENT_PERMANENT && code == EXIT_DONE)
			code = EXIT_PERMANENT;
		if (show(&a->recipients[i], &out) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say what happened");
	}
	if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	str_free(&out);
	return code;
}

static void
take_tls(struct sender *s, const struct options *o, const struct option_scan *scan)
{
	const char *tls = o->tls != NULL ? o->tls : o->record_count > 0 ? "encrypt" : NULL;
	const char *wanted = tls == NULL ? NULL : secure_ask(&s->secure, tls);

	if (wanted == NULL && s->secure.is_asked && s->secure.asked.is_dane_only)
		wanted = "none, may, encrypt, verify or fingerprint (or --tlsa)";
	if (wanted != NULL)
		about_wrong(scan, "--tls takes %s", wanted);
	for (size_t i = 0; i < o->record_count; i++)
		if (!secure_add_record(&s->secure, o->records[i]))
			about_wrong(scan,
			    "--tlsa takes \"USAGE SELECTOR MATCHING DATA\" with usage 2 or 3");
}

/* The way is that of an empty message; what is found of TLS is nobody's mail, and not reported. */
static void
begin_explain(struct sender *s, struct attempt *a)
{
	a->is_explained = true;
	s->counts_tls = false;
	a->message.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (a->message.fd == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open /dev/null");
}

static int
send_one(struct sender *s, const struct options *o, char **arguments, int count)
{
	struct attempt a;
	struct str destination;
	struct slice to = slice_of(arguments[0]);
	uint64_t timeout = o->timeout > 0 ? o->timeout : s->limits.delivery_deadline;
	int code;

	attempt_init(&a);
	str_init(&destination, 1000);
	if ((!slice_starts(to, "mx:") && !slice_starts(to, "smtp:") &&
		!slice_starts(to, "smtps:") && !slice_starts(to, "lmtp:") &&
		str_add_text(&destination, "mx:") == -1) ||
	    str_add_slice(&destination, to) == -1)
		die(PROGRAM, EXIT_PERMANENT, "destination is too long");
	a.destination = str_slice(&destination);
	a.message.reverse_path = slice_of(o->reverse_path);
	if (o->identity.login != NULL)
		identity_use(s, &o->identity);
	a.message.body = a.message.envelope_id = a.message.return_part = slice_of("");
	a.message.requires_tls = o->requires_tls;
	if (o->explain)
		begin_explain(s, &a);
	else
		a.message.fd = input_read(s->limits.message_size, &a.message.length);
	a.until = deadline_in_seconds((int64_t)timeout);
	a.count = (size_t)count - 1;
	for (size_t i = 0; i < a.count; i++)
		a.recipients[i].address = slice_of(arguments[i + 1]);
	attempt_run(s, &a);
	code = o->explain ? explain_conclude(&a) : conclude(&a);
	io_close(a.message.fd);
	attempt_free(&a);
	str_free(&destination);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = {.reverse_path = ""};
	struct option_scan scan;
	struct sender s;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	options_begin(&scan, &about, argc, argv);
	parse(&o, &scan);
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	sender_open(&s);
	take_tls(&s, &o, &scan);
	code = o.worker ? worker_run(&s) : send_one(&s, &o, scan.operands, scan.count);
	sender_close(&s);
	return code;
}
