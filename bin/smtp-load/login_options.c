/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "login.h"
#include "net/sasl_client.h"

#define DESCRIPTOR_MAX UINT64_C(1000000)
#define PROBLEM_MAX ((size_t)8192)
/* what works by a password, and without the channel bindings that nobody here knows */
#define MECHANISMS "scram-sha-256 scram-sha-1 cram-md5 plain login"

enum {
	OPTION_INSECURE = OPTION_LONG + 100,
	OPTION_LOGIN,
	OPTION_MECHANISMS,
	OPTION_PASSWORD_ENV,
	OPTION_PASSWORD_FD,
	OPTION_PASSWORD_FILE,
};

/* clang-format off */
const struct option_row login_rows[] = {
    {OPTION_LOGIN, "login", "NAME", "log in; without more, the password is asked for", TAKES_TEXT, NULL},
    {OPTION_PASSWORD_FD, "password-fd", "N", "read it from this descriptor", TAKES_TEXT, NULL},
    {OPTION_PASSWORD_ENV, "password-env", "VARIABLE", "take it from the environment", TAKES_TEXT, NULL},
    {OPTION_PASSWORD_FILE, "password-file", "FILE", "read it from a file", TAKES_FILE, NULL},
    {OPTION_MECHANISMS, "mechanisms", "NAME,...", "only by these", TAKES_WORDS, MECHANISMS},
    {OPTION_INSECURE, "insecure", NULL, "tell it to a server elsewhere", TAKES_TEXT, NULL},
    {0},
};
/* clang-format on */

static void
take_mechanisms(struct settings *settings, const struct option_scan *scan)
{
	unsigned known = sasl_client_bits(slice_of(MECHANISMS));
	struct slice list = slice_of(scan->value), name;

	settings->mechanisms = 0;
	while (slice_take(&list, ',', &name)) {
		unsigned bit = sasl_client_bit(name) & known;

		if (bit == 0)
			about_wrong(scan,
			    "--mechanisms takes, with commas between, of: %s; not '%s'", MECHANISMS,
			    scan->value);
		settings->mechanisms |= bit;
	}
}

/* One place is enough: two would leave it open which holds. */
static void
take_place(struct settings *settings, const struct option_scan *scan, int code)
{
	struct secret_source *from = &settings->secret;
	uint64_t fd = 0;

	if (from->has_descriptor || from->variable != NULL || from->file != NULL)
		about_wrong(scan, "a password comes from one place");
	if (code == OPTION_PASSWORD_ENV) {
		from->variable = scan->value;
	} else if (code == OPTION_PASSWORD_FILE) {
		from->file = scan->value;
	} else {
		if (!slice_number(slice_of(scan->value), DESCRIPTOR_MAX, &fd))
			about_wrong(
			    scan, "--password-fd takes a descriptor, not '%s'", scan->value);
		from->has_descriptor = true;
		from->fd = (int)fd;
	}
}

bool
login_take(struct settings *settings, const struct option_scan *scan, int code)
{
	if (code < OPTION_INSECURE)
		return false;
	if (code == OPTION_LOGIN) {
		if (slice_has_control(slice_of(scan->value)))
			about_wrong(scan, "--login takes no control characters");
		settings->login = scan->value;
	} else if (code == OPTION_MECHANISMS) {
		take_mechanisms(settings, scan);
	} else if (code == OPTION_INSECURE) {
		settings->is_insecure = true;
	} else {
		take_place(settings, scan, code);
	}
	return true;
}

void
login_check(const struct settings *settings, const struct option_scan *scan)
{
	const struct secret_source *from = &settings->secret;

	if (settings->login == NULL && (from->has_descriptor || from->variable != NULL ||
					   from->file != NULL || settings->mechanisms != 0))
		about_wrong(scan, "--login is missing");
}

void
login_read(struct load *l)
{
	enum secret_source_result result;
	struct str problem;

	str_init(&l->secret, SASL_CLIENT_SECRET_MAX);
	if (l->settings.login == NULL)
		return;
	if (l->settings.mechanisms == 0)
		l->settings.mechanisms = sasl_client_bits(slice_of(MECHANISMS));
	result = secret_source_read(&l->settings.secret, l->settings.login, &l->secret);
	hidden_init(&l->hidden);
	if (result == SECRET_SOURCE_GIVEN && hidden_add(&l->hidden, str_slice(&l->secret)) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "out of memory");
	if (result == SECRET_SOURCE_GIVEN)
		return;
	str_init(&problem, PROBLEM_MAX);
	(void)secret_source_explain(&problem, result, &l->settings.secret, &l->secret);
	if (result == SECRET_SOURCE_UNABLE)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	die(PROGRAM, EXIT_PERMANENT, "%s. Try '%s --help'.", problem.data, PROGRAM);
}
