/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS pop3d: sessions of pop3d on either side of the login, over a Maildir whose
 * messages the input has, too. Behind the first octet, which chooses the side, are the commands; a
 * 0xff ends them, and each further one a message: its name up to a LF, and its text.
 *
 * options: -close_fd_mask=2 -dict=t/fuzz/pop3d.dict
 * sources: bin/pop3d/talk.c bin/pop3d/capabilities.c bin/pop3d/front.c bin/pop3d/front_login.c
 * sources: bin/pop3d/front_tls.c bin/pop3d/handover.c bin/pop3d/transaction.c bin/pop3d/retrieve.c
 * sources: bin/pop3d/unique.c bin/pop3d/content.c bin/pop3d/plain.c bin/pop3d/owner.c
 * sources: bin/pop3d/confinement.c bin/pop3d/maildrop.c bin/pop3d/maildrop_scan.c
 * sources: bin/pop3d/maildrop_sizes.c bin/pop3d/maildrop_update.c
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../bin/pop3d/front.h"
#include "../../bin/pop3d/transaction.h"
#include "base/io.h"
#include "fuzz.h"
#include "net/authd.h"
#include "scratch.h"

#define INPUT_MAX ((size_t)20000) /* less than the input buffer */
#define END '\xff'

/* authd, as far as one process has it: a response is a challenge, or right, or wrong. */
bool
authd_is_configured(void)
{
	return true;
}

void
authd_init(struct authd *a)
{
	*a = (struct authd){.helper = {.fd = -1}};
	str_init(&a->challenge, AUTHD_MESSAGE_MAX);
}

void
authd_close(struct authd *a)
{
	str_wipe(&a->challenge);
}

const char *
authd_result_name(enum authd_result result)
{
	return result == AUTHD_ACCEPTED ? "accepted" : "failed";
}

enum authd_result
authd_result_of(struct slice name)
{
	(void)name;
	return AUTHD_TEMPORARY;
}

int
authd_names(const struct authd_client *client, struct str *names)
{
	must(strcmp(client->service, "pop3") == 0 && client->is_relayed);
	str_clear(names);
	return str_add_text(names, "PLAIN SCRAM-SHA-256");
}

enum authd_result
authd_respond(struct authd *a, struct slice response)
{
	str_clear(&a->challenge);
	if (response.len > 100)
		return AUTHD_SYNTAX;
	if (response.len > 0 && response.data[response.len - 1] == '!')
		return AUTHD_ACCEPTED;
	if (response.len % 2 == 0)
		return AUTHD_REFUSED;
	must(str_add_slice(&a->challenge, response) == 0);
	return AUTHD_CHALLENGE;
}

enum authd_result
authd_begin(struct authd *a, const struct authd_client *client, struct slice mechanism,
    const struct slice *initial)
{
	(void)client;
	if (!slice_is_nocase(mechanism, "PLAIN"))
		return AUTHD_NO_MECHANISM;
	return initial == NULL ? AUTHD_CHALLENGE : authd_respond(a, *initial);
}

/* Reads COMMANDS and writes to nowhere that anybody reads. */
static int
open_input(struct slice commands)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	must(fd != -1 && io_pwrite(fd, commands.data, commands.len, 0) == 0);
	return fd;
}

static void
empty(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	must(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
}

/* A Maildir with what the input has: names with a slash at their end of are no files. */
static void
fill(const char *maildir, struct slice rest)
{
	struct slice one, name;
	char path[512];
	int fd;

	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", maildir, i == 0 ? "new" : "cur");
		(void)mkdir(path, 0700);
		empty(path);
	}
	for (size_t i = 0; i < 20 && slice_take(&rest, END, &one); i++) {
		name = part(&one, '\n');
		if (name.len == 0 || name.len > 200 || slice_find(name, '/') < name.len ||
		    slice_find(name, '\0') < name.len)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s/%.*s", maildir, i % 2 == 0 ? "new" : "cur",
		    (int)name.len, name.data);
		fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd != -1)
			must(io_pwrite(fd, one.data, one.len, 0) == 0);
		io_close(fd);
	}
}

static void
after_login(const struct settings *s, const char *maildir, int in, int out)
{
	struct handover h = {.is_utf8 = false};
	struct transaction t;
	struct str reason;

	str_init(&reason, MAILDROP_REASON_MAX);
	must(transaction_init(&t, s, &h, slice_of("joe"), in, out) == 0);
	must(maildrop_open(&t.maildrop, maildir, 15, 0, &reason) == MAILDROP_OPEN);
	transaction_converse(&t);
	transaction_free(&t);
	str_free(&reason);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *maildir = scratch_folder();
	struct settings settings = {.has_logins = true};
	struct client client = {.peer.address = "192.0.2.1"};
	struct slice rest, commands;
	int in, out;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	limits_default(&settings.limits);
	settings.limits.pop3d_errors = 100;
	str_init(&settings.me, 16);
	must(str_add_text(&settings.me, "here.test") == 0);
	rest = slice_make((const char *)data + 1, size - 1);
	commands = part(&rest, END);
	in = open_input(commands);
	out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	client.tls.is_on = (data[0] & 2) != 0;
	if ((data[0] & 1) != 0) {
		fill(maildir, rest);
		after_login(&settings, maildir, in, out);
	} else {
		must(front_run(&settings, &client, -1, in, out) == 0);
	}
	io_close(in);
	io_close(out);
	str_free(&settings.me);
	return 0;
}
