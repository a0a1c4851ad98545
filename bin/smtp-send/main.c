/* SPDX-License-Identifier: ISC */
/* smtp-send: an SMTP client, for one message or as a worker of qrun (smtp-send(8)). */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "send.h"

#define DEADLINE_MAX 86400

struct options {
	bool worker;
	const char *reverse_path;
	struct identity identity;
	uint64_t timeout; /* seconds; 0: the limit delivery-deadline */
	bool requires_tls;
	const char *tls; /* as in tlspolicy; null for what the policy says */
	const char *records[TLS_TLSA_MAX];
	size_t record_count;
};

/* Options that have no letter. */
enum { OPTION_TLS = 256, OPTION_TLSA, OPTION_REQUIRE_TLS };

static const char *const usage =
    "usage: smtp-send [-f SENDER] [-l LOGIN -p FILE] [-t SECONDS] [--tls LEVEL] [--tlsa RECORD]\n"
    "           [--require-tls] DESTINATION RECIPIENT... <message\n"
    "       smtp-send -w\n";

static void
help(void)
{
	printf("%s"
	       "Sends the message on standard input by SMTP.\n"
	       "DESTINATION: DOMAIN or mx:DOMAIN (its mail exchangers), smtp:HOST:PORT,\n"
	       "smtps:HOST:PORT, lmtp:HOST:PORT or lmtp:unix:PATH.\n"
	       "  -f, --from SENDER      the reverse-path; without it the null one, <>\n"
	       "  -l, --login LOGIN      log in to the server, with the first line of\n"
	       "  -p, --password FILE    FILE as the password (without them: the control file "
	       "credentials)\n"
	       "      --mechanisms LIST  by one of these, with commas between\n"
	       "      --insecure         even if the server does not show who it is\n"
	       "  -t, --timeout SECONDS  for all of it (default: the limit delivery-deadline)\n"
	       "      --tls LEVEL        none, may, encrypt, verify [NAME...] or fingerprint "
	       "SHA256...\n"
	       "      --tlsa RECORD      DANE with this record: USAGE SELECTOR MATCHING DATA\n"
	       "      --require-tls      REQUIRETLS: TLS all the way, or nothing\n"
	       "  -w, --worker           take jobs of qrun on descriptor 0\n"
	       "      --help, --version\n"
	       "Prints a line for each recipient: result, recipient, enhanced status code, relay, "
	       "reply,\n"
	       "TLS; tabs between. Exit code: 0 all delivered, 100 a permanent failure or wrong "
	       "usage, "
	       "111 a\n"
	       "temporary one.\n",
	    usage);
}

_Noreturn static void
wrong_usage(const char *what)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, what, usage);
	exit(EXIT_PERMANENT);
}

/* False for other options. */
static bool
take_identity(struct identity *identity, int c)
{
	switch (c) {
	case 'l':
		identity->login = optarg;
		return true;
	case 'p':
		identity->password_file = optarg;
		return true;
	case 'm':
		identity->mechanisms = optarg;
		return true;
	case 'i':
		identity->is_insecure = true;
		return true;
	default:
		return false;
	}
}

static void
parse(struct options *o, int argc, char **argv)
{
	static const struct option long_options[] = {{"from", required_argument, NULL, 'f'},
	    {"login", required_argument, NULL, 'l'}, {"password", required_argument, NULL, 'p'},
	    {"mechanisms", required_argument, NULL, 'm'}, {"insecure", no_argument, NULL, 'i'},
	    {"timeout", required_argument, NULL, 't'}, {"worker", no_argument, NULL, 'w'},
	    {"tls", required_argument, NULL, OPTION_TLS},
	    {"tlsa", required_argument, NULL, OPTION_TLSA},
	    {"require-tls", no_argument, NULL, OPTION_REQUIRE_TLS},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+f:l:p:t:w", long_options, NULL)) != -1) {
		if (c == 'f')
			o->reverse_path = optarg;
		else if (c == 't') {
			if (!slice_number(slice_of(optarg), DEADLINE_MAX, &o->timeout) ||
			    o->timeout == 0)
				wrong_usage("--timeout takes seconds, 1 to 86400");
		} else if (c == OPTION_TLS)
			o->tls = optarg;
		else if (c == OPTION_TLSA && o->record_count < TLS_TLSA_MAX)
			o->records[o->record_count++] = optarg;
		else if (c == OPTION_REQUIRE_TLS)
			o->requires_tls = true;
		else if (c == 'w')
			o->worker = true;
		else if (take_identity(&o->identity, c))
			continue;
		else if (c == 'h') {
			help();
			exit(EXIT_DONE);
		} else if (c == 'v') {
			about_version(PROGRAM);
		} else
			wrong_usage("unknown option, or one without its value");
	}
	if (o->worker && (o->tls != NULL || o->record_count > 0))
		wrong_usage("a worker asks the policy for TLS");
	if (o->worker && (optind < argc || o->identity.login != NULL))
		wrong_usage("a worker takes no arguments and no login");
	if (!o->worker && argc - optind < 2)
		wrong_usage("where to, and for whom?");
	if ((o->identity.login == NULL) != (o->identity.password_file == NULL) ||
	    (o->identity.login == NULL &&
		(o->identity.mechanisms != NULL || o->identity.is_insecure)))
		wrong_usage("--login and --password belong together, --mechanisms and --insecure "
			    "to them");
	if (argc - optind - 1 > CLIENT_RECIPIENTS_MAX)
		wrong_usage("at most 100 recipients");
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
take_tls(struct sender *s, const struct options *o)
{
	const char *tls = o->tls != NULL ? o->tls : o->record_count > 0 ? "encrypt" : NULL;
	const char *wanted = tls == NULL ? NULL : secure_ask(&s->secure, tls);

	if (wanted == NULL && s->secure.is_asked && s->secure.asked.is_dane_only)
		wanted = "none, may, encrypt, verify or fingerprint (or --tlsa)";
	if (wanted != NULL) {
		fprintf(stderr, "%s: --tls takes %s\n%s", PROGRAM, wanted, usage);
		exit(EXIT_PERMANENT);
	}
	for (size_t i = 0; i < o->record_count; i++)
		if (!secure_add_record(&s->secure, o->records[i]))
			wrong_usage(
			    "--tlsa takes \"USAGE SELECTOR MATCHING DATA\" with usage 2 or 3");
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
	a.message.fd = input_read(s->limits.message_size, &a.message.length);
	a.until = deadline_in_seconds((int64_t)timeout);
	a.count = (size_t)count - 1;
	for (size_t i = 0; i < a.count; i++)
		a.recipients[i].address = slice_of(arguments[i + 1]);
	attempt_run(s, &a);
	code = conclude(&a);
	io_close(a.message.fd);
	attempt_free(&a);
	str_free(&destination);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = {.reverse_path = ""};
	struct sender s;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	parse(&o, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	sender_open(&s);
	take_tls(&s, &o);
	code = o.worker ? worker_run(&s) : send_one(&s, &o, argv + optind, argc - optind);
	sender_close(&s);
	return code;
}
