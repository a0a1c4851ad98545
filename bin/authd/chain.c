/* SPDX-License-Identifier: ISC */
/*
 * authd --checkpassword: who is asked is told on descriptor 3, and the answer is to run a program,
 * or not to; with what Dovecot adds to that interface for its userdb and its reply program.
 */
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/accounts.h"
#include "mailbox/quota.h"

#define ASK_FD 3
#define ASK_MAX ((size_t)512)
#define ASK_SECONDS 30

/* checkpassword's exit codes. */
enum answer { ANSWER_WRONG = 1, ANSWER_MISUSE = 2, ANSWER_UNKNOWN = 3, ANSWER_TEMPORARY = 111 };

/* Login, NUL, password, NUL and, perhaps, more. False for anything else. */
static bool
read_question(struct str *text, struct slice *login, struct slice *password)
{
	deadline until = deadline_in_seconds(ASK_SECONDS);
	ssize_t n = 1;
	struct slice rest;

	if (str_reserve(text, ASK_MAX) == -1)
		return false;
	while (n > 0 && text->len < ASK_MAX) {
		n = io_read(ASK_FD, text->data + text->len, ASK_MAX - text->len, until);
		if (n > 0)
			text->len += (size_t)n;
	}
	io_close(ASK_FD);
	rest = str_slice(text);
	return n == 0 && slice_take(&rest, '\0', login) && login->len > 0 &&
	       slice_find(rest, '\0') < rest.len && slice_take(&rest, '\0', password);
}

static void
set(const char *name, struct slice value)
{
	struct str text;

	str_init(&text, PROBLEM_MAX);
	if (str_add_slice(&text, value) == -1 || setenv(name, text.data, 1) == -1)
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to set %s", name);
	str_free(&text);
}

static void
set_number(const char *name, unsigned long value)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lu", value);
	set(name, slice_of(text));
}

/* Whom hosted Maildirs belong to; root becomes that user, as the interface has it. */
static void
become_owner(const struct server *s)
{
	const struct passwd *user;
	struct str name;

	str_init(&name, PROBLEM_MAX);
	if (control_line_or(&s->settings.control, "mailuser", CONTROL_MAILUSER, &name) == -1)
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to read mailuser");
	user = getpwnam(name.data);
	if (user == NULL || user->pw_uid == 0)
		die(PROGRAM, ANSWER_TEMPORARY, "there is no user %s to own mailboxes", name.data);
	set_number("userdb_uid", user->pw_uid);
	set_number("userdb_gid", user->pw_gid);
	if (geteuid() == 0 && (setgroups(0, NULL) == -1 ||
				  setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == -1 ||
				  setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == -1))
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to become %s", name.data);
	str_free(&name);
}

/* As a rule of Dovecot's; false if there is none. */
static bool
describe_quota(struct slice quota)
{
	struct quota_limits limits;
	struct str rule;

	if (quota.len == 0 || !quota_limits_parse(quota, &limits))
		return false;
	str_init(&rule, PROBLEM_MAX);
	if (str_format(&rule, "*:bytes=%" PRIu64 ":messages=%" PRIu64, limits.octets,
		limits.messages) == -1)
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to name the quota");
	set("userdb_quota_rule", str_slice(&rule));
	str_free(&rule);
	return true;
}

/* The environment that the program finds: the account that was let in. */
static void
describe(const struct account *account)
{
	struct slice box = account->mailbox;
	struct str text;

	str_init(&text, PROBLEM_MAX);
	if (str_add_slice(&text, box) == -1 || str_add_text(&text, "home") == -1)
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to name the mailbox");
	set("USER", account->login);
	set("HOME", str_slice(&text));
	set("MAIL", box);
	set("MAILDIR", box);
	str_clear(&text);
	if (str_format(&text, "maildir:%.*s", (int)box.len - 1, box.data) == -1)
		die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to name the mailbox");
	set("userdb_mail", str_slice(&text));
	str_free(&text);
	set("EXTRA", describe_quota(account->quota)
			 ? slice_of("userdb_uid userdb_gid userdb_mail userdb_quota_rule")
			 : slice_of("userdb_uid userdb_gid userdb_mail"));
}

/* The account of LOGIN, which has a Maildir, in USERS. An exit code, and no USERS, for none. */
static int
find_account(
    const struct server *s, struct slice login, struct accounts *users, struct account *account)
{
	struct str problem;
	int found;

	str_init(&problem, PROBLEM_MAX);
	found = accounts_open(users, &s->settings.control, &problem);
	if (found == 0)
		found = accounts_find(users, login, account);
	str_free(&problem);
	if (found == 1 && account->mailbox.len > 1 &&
	    account->mailbox.data[account->mailbox.len - 1] == '/')
		return EXIT_DONE;
	accounts_close(users);
	return found == -1 ? ANSWER_TEMPORARY : ANSWER_UNKNOWN;
}

/* With its limits on failures, which count for the client that TCPREMOTEIP names. */
static int
check(struct server *s, struct slice login, struct slice password)
{
	const char *address = getenv("TCPREMOTEIP");
	struct sasl_backend backend = backend_for(s);
	enum sasl_result result;
	struct str who;
	int64_t wait;

	if (address != NULL)
		(void)peer_from_text(&s->request.client, address);
	if (backend.check_password == NULL)
		return ANSWER_TEMPORARY;
	str_init(&who, SASL_NAME_MAX);
	result = backend.check_password(s, login, password, &who);
	str_free(&who);
	if (result == SASL_REFUSED)
		return failures_add(s, login, &wait) ? ANSWER_WRONG : ANSWER_TEMPORARY;
	/* who tried too much at the same time hears of no success either */
	if (result != SASL_ACCEPTED || failures_are_too_many(s, login))
		return ANSWER_TEMPORARY;
	return EXIT_DONE;
}

int
chain_run(struct server *s, char **program)
{
	/* Dovecot asks so for somebody whom it knows already, and expects to hear it back */
	const char *authorized = getenv("AUTHORIZED");
	bool is_known = authorized != NULL && strcmp(authorized, "1") == 0;
	struct slice login, password;
	struct account account;
	struct accounts users;
	struct str text;
	int code;

	str_init(&text, ASK_MAX);
	if (!read_question(&text, &login, &password)) {
		str_wipe(&text);
		return ANSWER_MISUSE;
	}
	code = is_known ? EXIT_DONE : check(s, login, password);
	if (code == EXIT_DONE)
		code = find_account(s, login, &users, &account);
	if (code != EXIT_DONE) {
		str_wipe(&text);
		return code == ANSWER_UNKNOWN && !is_known ? ANSWER_WRONG : code;
	}
	describe(&account);
	str_wipe(&text);
	if (is_known)
		set("AUTHORIZED", slice_of("2"));
	accounts_close(&users);
	become_owner(s);
	(void)umask(s->umask);
	(void)signal(SIGPIPE, SIG_DFL);
	execvp(program[0], program);
	die_errno(PROGRAM, ANSWER_TEMPORARY, "unable to run %s", program[0]);
}
