/* SPDX-License-Identifier: ISC */
#include "net/ucspi_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define ANSWER_MAX ((size_t)65536)
#define BLOCK ((size_t)1024)

static int
take_descriptor(const char *name)
{
	const char *text = getenv(name);
	uint64_t fd;

	if (text == NULL)
		return -1;
	if (!slice_number(slice_of(text), INT32_MAX, &fd) || fd <= STDERR_FILENO ||
	    io_set_close_on_exec((int)fd, true) == -1)
		fd = UINT64_MAX;
	return unsetenv(name) == -1 || fd == UINT64_MAX ? -1 : (int)fd;
}

bool
ucspi_tls_from_environment(struct ucspi_tls *u)
{
	*u = (struct ucspi_tls){.control = take_descriptor("SSLCTLFD"),
	    .in = take_descriptor("SSLREADFD"),
	    .out = take_descriptor("SSLWRITEFD")};
	return u->control != -1 && u->in != -1 && u->out != -1;
}

/* All descriptors may be one: then what comes behind the answer is plaintext, and not ours. */
static size_t
block_size(const struct ucspi_tls *u)
{
	return u->control == u->in ? 1 : BLOCK;
}

/* The variables are over where an empty one stands. */
static bool
is_whole(const struct str *answer)
{
	return answer->len >= 2 && answer->data[answer->len - 1] == '\0' &&
	       answer->data[answer->len - 2] == '\0';
}

static bool
read_answer(const struct ucspi_tls *u, struct str *answer, deadline until)
{
	char block[BLOCK];

	while (!is_whole(answer)) {
		ssize_t n = io_read(u->control, block, block_size(u), until);

		if (n == 0)
			errno = EPIPE;
		if (n <= 0 || str_add(answer, block, (size_t)n) == -1)
			return false;
	}
	explicit_bzero(block, sizeof block);
	return true;
}

bool
ucspi_tls_start(
    const struct ucspi_tls *u, struct tls_info *info, deadline until, struct str *reason)
{
	struct slice rest, variable, name;
	struct str answer;
	bool good;

	*info = (struct tls_info){.is_on = false};
	str_init(&answer, ANSWER_MAX);
	good = io_write(u->control, "Y", 1, until) == 0 && read_answer(u, &answer, until);
	rest = str_slice(&answer);
	while (good && slice_take(&rest, '\0', &variable))
		if (slice_find(variable, '=') < variable.len && slice_take(&variable, '=', &name))
			tls_info_take_variable(info, name, variable);
	if (!good)
		(void)str_add_text(
		    reason, errno == EPIPE ? "the handshake failed" : strerror(errno));
	info->is_on = good; /* whatever is known of it */
	str_wipe(&answer);
	return good;
}
