/* SPDX-License-Identifier: ISC */
/* Secrets that a command prints: tokens that live for an hour, or what a key store has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "net/credentials.h"
#include "net/sasl_client.h"

#define COMMAND_SECONDS 30
#define VARIABLE_MAX 4096

void
credential_forget(struct credential *one)
{
	size_t cap = one->token.cap;

	str_wipe(&one->token);
	str_init(&one->token, cap);
}

/* The first line is the secret; there may be no other. */
static int
take_line(struct credential *one, struct str *problem)
{
	struct slice text = slice_trim(str_slice(&one->token));

	if (text.len == 0 || slice_has_control(text)) {
		(void)str_format(problem, "the command of login %.*s did not print one line",
		    (int)one->login.len, one->login.data);
		return -1;
	}
	str_drop(&one->token, (size_t)(text.data - one->token.data));
	str_truncate(&one->token, text.len);
	return 0;
}

static int
complain(struct credential *one, int code, struct str *problem)
{
	const char *cause = errno == ETIMEDOUT	? "took too long"
			    : errno == EMSGSIZE ? "printed too much"
						: strerror(errno);

	(void)str_format(
	    problem, "the command of login %.*s ", (int)one->login.len, one->login.data);
	if (code == -1)
		(void)str_format(problem, "failed: %s", cause);
	else
		(void)str_format(problem, "ended with exit code %d", code);
	return -1;
}

static int
run_command(struct credential *one, deadline until, struct str *problem)
{
	deadline own = deadline_in_seconds(COMMAND_SECONDS);
	char home[VARIABLE_MAX] = "HOME=/";
	struct program program = {.command = one->command,
	    .variables = {home},
	    .output = &one->token,
	    .until = own < until ? own : until};
	const char *of_ours = getenv("HOME");
	int code;

	if (of_ours != NULL)
		snprintf(home, sizeof home, "HOME=%s", of_ours);
	/* all at once: a string that grows leaves copies behind */
	if (str_reserve(&one->token, one->token.cap) == -1)
		return complain(one, -1, problem);
	code = program_run(&program);
	if (code != 0)
		return complain(one, code, problem);
	return take_line(one, problem);
}

int
credential_secret(struct credential *one, deadline until, struct slice *secret, bool *is_fresh,
    struct str *problem)
{
	*is_fresh = one->command.len == 0;
	*secret = one->password;
	if (one->command.len == 0)
		return 0;
	if (one->token.len > 0 && one->lifetime > 0 && deadline_poll_ms(one->token_until) == 0)
		credential_forget(one);
	if (one->token.len == 0) {
		*is_fresh = true;
		if (run_command(one, until, problem) == -1) {
			credential_forget(one);
			return -1;
		}
		one->token_until = deadline_in_seconds((int64_t)one->lifetime);
	}
	*secret = str_slice(&one->token);
	return 0;
}
