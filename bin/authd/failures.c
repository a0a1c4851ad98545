/* SPDX-License-Identifier: ISC */
/* What failures cost: they are counted for the client's address and for the login. */
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/random.h"
#include "spool/spool.h"

#define DELAY_FIRST_MS INT64_C(500) /* doubled by each further failure */
#define KEY_MAX ((size_t)512)

/* Makes the salt, once for all: who comes second reads what the first has written. */
static int
make_salt(const char *path, unsigned char salt[SALT_OCTETS])
{
	struct str temporary;
	int fd, result = -1;

	str_init(&temporary, PATH_MAX);
	random_bytes(salt, SALT_OCTETS);
	if (str_format(&temporary, "%s.%ld", path, (long)getpid()) == -1)
		return -1;
	fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1) {
		result = io_pwrite(fd, salt, SALT_OCTETS, 0);
		if (close(fd) == -1 ||
		    (result == 0 && link(temporary.data, path) == -1 && errno != EEXIST))
			result = -1;
		if (unlink(temporary.data) == -1)
			result = -1;
	}
	str_free(&temporary);
	return result;
}

static int
read_salt(const char *path, unsigned char salt[SALT_OCTETS])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), result;

	if (fd == -1)
		return -1;
	result = io_pread(fd, salt, SALT_OCTETS, 0);
	io_close(fd);
	return result;
}

static void
note(const char *path, const char *what)
{
	log_note(PROGRAM, "warning", "unable to keep %s in %s: %s", what, path, strerror(errno));
}

/*
 * Root, as whom --checkpassword may be asked, keeps count with the service whose folder it is: that
 * could not open what is root's, and root takes no counts from others' files.
 */
static void
act_as_service(const char *folder)
{
	struct stat st;

	if (geteuid() == 0 && lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
	    seteuid(st.st_uid) == -1)
		note(folder, "counts of failures");
}

void
failures_open(struct server *s)
{
	uid_t self = geteuid();
	struct str path;
	size_t folder;

	tally_init(&s->tally);
	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/run/" PROGRAM, spool_path()) == -1) {
		random_bytes(s->salt, SALT_OCTETS);
		return;
	}
	folder = path.len;
	act_as_service(path.data);
	if (str_add_text(&path, "/failures") == -1 || tally_open(&s->tally, path.data) == -1)
		note(path.data, "counts of failures");
	str_truncate(&path, folder);
	if (str_add_text(&path, "/salt") == -1 ||
	    (read_salt(path.data, s->salt) == -1 &&
		(make_salt(path.data, s->salt) == -1 || read_salt(path.data, s->salt) == -1))) {
		note(path.data, "the salt of unknown logins");
		random_bytes(s->salt, SALT_OCTETS);
	}
	if (geteuid() != self && seteuid(self) == -1)
		note(path.data, "the rights of root");
	str_free(&path);
}

/* An IPv6 network of 64 bits is one client. */
static void
add_network(struct str *key, const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;

	if (inet_pton(AF_INET6, address, &six) == 1) {
		memset(six.s6_addr + 8, 0, 8);
		if (inet_ntop(AF_INET6, &six, text, sizeof text) != NULL)
			address = text;
	}
	(void)str_add_text(key, address);
}

struct counter {
	struct str key; /* empty: nothing is counted */
	struct tally_rate rate;
};

static void
address_counter(const struct server *s, struct counter *c)
{
	c->rate.limit = s->settings.limits.auth_failures_address;
	c->rate.seconds = s->settings.limits.auth_failures_period;
	str_init(&c->key, KEY_MAX);
	if (s->request.client.address[0] == '\0' || c->rate.limit == 0)
		return;
	(void)str_add_text(&c->key, "failed logins of address ");
	add_network(&c->key, s->request.client.address);
}

static void
login_counter(const struct server *s, struct slice login, struct counter *c)
{
	c->rate.limit = s->settings.limits.auth_failures_login;
	c->rate.seconds = s->settings.limits.auth_failures_period;
	str_init(&c->key, KEY_MAX);
	if (login.len == 0 || login.len > SASL_NAME_MAX || c->rate.limit == 0)
		return;
	(void)str_add_text(&c->key, "failed logins of login ");
	for (size_t i = 0; i < login.len; i++)
		(void)str_add_char(&c->key, ascii_lower(login.data[i]));
}

static bool
is_over(struct server *s, struct counter *c)
{
	bool over =
	    c->key.len > 0 && tally_look(&s->tally, str_slice(&c->key), 1, &c->rate, NULL) == 0;

	str_free(&c->key);
	return over;
}

bool
failures_are_too_many(struct server *s, struct slice login)
{
	struct counter address, name;
	bool over;

	address_counter(s, &address);
	login_counter(s, login, &name);
	over = is_over(s, &address);
	return is_over(s, &name) || over;
}

/* False if that is over the limit. In *level is how many there are now, if that is more. */
static bool
count(struct server *s, struct counter *c, int64_t *level)
{
	bool within = true;
	int64_t now = 0;

	if (c->key.len > 0) {
		within = tally_add(&s->tally, str_slice(&c->key), 1, &c->rate, NULL) != 0;
		now = tally_level(&s->tally, str_slice(&c->key), &c->rate);
	}
	if (now > *level)
		*level = now;
	str_free(&c->key);
	return within;
}

bool
failures_add(struct server *s, struct slice login, int64_t *wait)
{
	int64_t highest = (int64_t)s->settings.limits.auth_delay * 1000, level = 0;
	struct counter address, name;
	bool within;

	address_counter(s, &address);
	login_counter(s, login, &name);
	within = count(s, &address, &level);
	within = count(s, &name, &level) && within;
	*wait = DELAY_FIRST_MS;
	while (level-- > 1 && *wait < highest)
		*wait *= 2;
	if (*wait > highest)
		*wait = highest;
	return within;
}
