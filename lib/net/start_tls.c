/* SPDX-License-Identifier: ISC */
#include "net/start_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "net/tlsd.h"

#define START_SECONDS 20 /* until tlsd is ready */

void
start_tls_init(struct start_tls *t)
{
	*t = (struct start_tls){.in = -1, .out = -1, .address = ""};
	str_init(&t->reason, TLSD_REASON_MAX);
}

void
start_tls_free(struct start_tls *t)
{
	str_free(&t->reason);
}

static enum start_tls_result
fail(struct start_tls *t, enum start_tls_result result, const char *reason)
{
	str_clear(&t->reason);
	(void)str_add_text(&t->reason, reason);
	return result;
}

/* FD in the place of WHERE, whose number its owner knows. */
static int
put(int fd, int where)
{
	int flags = fcntl(where, F_GETFD);

	if (fd == where || flags == -1)
		return flags == -1 ? -1 : 0;
	return dup3(fd, where, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0) == -1 ? -1 : 0;
}

static enum start_tls_result
go_on(struct start_tls *t, int in, int out)
{
	if (put(in, t->in) == -1 || put(out, t->out) == -1)
		return fail(t, START_TLS_FAILED, strerror(errno));
	return START_TLS_ON;
}

static bool
tell(const struct start_tls *t)
{
	return t->tell == NULL || t->tell(t->context);
}

static enum start_tls_result
shake_hands(struct start_tls *t, struct tlsd *tlsd, struct tls_info *info, struct helper *process,
    deadline until)
{
	enum start_tls_result result;
	int fd;

	if (!tlsd_handshake(tlsd, info, until))
		return fail(t, START_TLS_FAILED, tlsd->reason.data);
	fd = tlsd_take(tlsd, process);
	result = go_on(t, fd, fd);
	io_close(fd);
	return result;
}

static enum start_tls_result
ask_tlsd(struct start_tls *t, struct tls_info *info, struct helper *process, deadline until)
{
	enum start_tls_result result;
	struct tlsd tlsd;

	tlsd_init(&tlsd);
	tlsd.executor = t->executor;
	if (!tlsd_start(&tlsd, t->in, t->out, t->address, deadline_in_seconds(START_SECONDS)))
		result = fail(t, START_TLS_UNAVAILABLE, tlsd.reason.data);
	else if (!tell(t))
		result = START_TLS_UNTOLD;
	else
		result = shake_hands(t, &tlsd, info, process, until);
	tlsd_free(&tlsd);
	return result;
}

static enum start_tls_result
ask_by_ucspi(struct start_tls *t, struct tls_info *info, deadline until)
{
	const struct ucspi_tls *u = t->ucspi_tls;
	enum start_tls_result result;

	if (!tell(t))
		return START_TLS_UNTOLD;
	str_clear(&t->reason);
	if (!ucspi_tls_start(u, info, until, &t->reason))
		return START_TLS_FAILED;
	result = go_on(t, u->in, u->out);
	io_close(u->in);
	if (u->out != u->in)
		io_close(u->out);
	if (u->control != u->in && u->control != u->out)
		io_close(u->control);
	return result;
}

enum start_tls_result
start_tls(struct start_tls *t, struct tls_info *info, struct helper *process, deadline until)
{
	*process = (struct helper){.fd = -1};
	return t->ucspi_tls != NULL ? ask_by_ucspi(t, info, until)
				    : ask_tlsd(t, info, process, until);
}
