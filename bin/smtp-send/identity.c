/* SPDX-License-Identifier: ISC */
/* The options --login and --password in place of the control file credentials. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/die.h"
#include "base/io.h"
#include "net/sasl_client.h"
#include "send.h"

#define READ_SECONDS 60

/* The first line of FILE. Ends the program if that fails. */
static void
read_password(const char *file, struct str *password)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	deadline until = deadline_in_seconds(READ_SECONDS);
	ssize_t n = -1;

	/* all at once: a string that grows leaves copies behind */
	if (fd != -1 && str_reserve(password, password->cap) == 0)
		while ((n = io_read(fd, password->data + password->len,
			    password->cap - password->len, until)) > 0)
			password->len += (size_t)n;
	if (n == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read a password from %s", file);
	io_close(fd);
	password->data[password->len] = '\0';
	str_truncate(password, slice_find(str_slice(password), '\n'));
	if (password->len > 0 && password->data[password->len - 1] == '\r')
		str_truncate(password, password->len - 1);
}

static int
add_value(struct str *value, const struct identity *i, const struct str *password)
{
	if (str_reserve(value, value->cap) == -1 ||
	    str_format(value, "login=%s ", i->login) == -1 ||
	    (i->mechanisms != NULL && str_format(value, "mechanisms=%s ", i->mechanisms) == -1) ||
	    (i->is_insecure && str_add_text(value, "insecure ") == -1) ||
	    str_add_text(value, "password=") == -1)
		return -1;
	return str_add_slice(value, str_slice(password));
}

void
identity_use(struct sender *s, const struct identity *i)
{
	const char *wanted = "";
	struct str password, value;

	str_init(&password, SASL_CLIENT_SECRET_MAX);
	str_init(&value, 2 * SASL_CLIENT_SECRET_MAX);
	read_password(i->password_file, &password);
	credentials_free(&s->credentials);
	if (slice_find(slice_of(i->login), ' ') < strlen(i->login))
		die(PROGRAM, EXIT_PERMANENT, "--login takes a name without blanks");
	if (add_value(&value, i, &password) == -1 ||
	    credentials_make(&s->credentials, str_slice(&value), &wanted) == -1) {
		if (errno == EINVAL)
			die(PROGRAM, EXIT_PERMANENT, "unable to log in so: %s", wanted);
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep the password");
	}
	str_wipe(&password);
	str_wipe(&value);
}
