/* SPDX-License-Identifier: ISC */
#include "net/tlsd.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/pass.h"
#include "spool/frame.h"
#include "spool/spool.h"

#define RUNDIR_MAX 4096

void
tlsd_init(struct tlsd *t)
{
	*t = (struct tlsd){.helper = {.fd = -1}};
	str_init(&t->reason, TLSD_REASON_MAX);
}

void
tlsd_free(struct tlsd *t)
{
	helper_close(&t->helper);
	str_free(&t->reason);
}

static bool
fail(struct tlsd *t, const char *what, int error)
{
	str_clear(&t->reason);
	(void)str_format(&t->reason, "%s: %s", what, strerror(error));
	helper_close(&t->helper);
	return false;
}

static int
open_helper(struct tlsd *t, unsigned try)
{
	static const char *const argv[] = {"tlsd", "-s", NULL};
	struct str rundir;
	int result;

	str_init(&rundir, RUNDIR_MAX);
	result = str_format(&rundir, "%s/run", spool_path());
	if (result == 0)
		result = helper_open_by(
		    t->executor, &t->helper, rundir.data, (char *const *)(uintptr_t)argv, try);
	str_free(&rundir);
	return result;
}

/* The descriptors go with the head: so they are there when it is. */
static int
send_start(struct tlsd *t, int in, int out, const char *address, deadline until)
{
	const int descriptors[] = {in, out};
	char head[FRAME_HEAD];
	struct str frame;
	int result;

	str_init(&frame, TLSD_PAYLOAD_MAX);
	result = fields_add(&frame, 'A', slice_of(address), '\0');
	if (result == 0) {
		frame_head(head, (enum frame_type)TLSD_START, frame.len);
		result = pass_send(t->helper.fd, slice_make(head, sizeof head), descriptors,
		    in == out ? 1 : 2, until);
	}
	if (result == 0)
		result = io_write(t->helper.fd, frame.data, frame.len, until);
	str_free(&frame);
	return result;
}

/* Waits for the frame WANTED, or for REFUSAL, whose words become the reason. */
static bool
hear(struct tlsd *t, char wanted, char refusal, struct str *payload, deadline until, bool *is_lost)
{
	char type = '\0';
	int n = frame_take(t->helper.fd, &type, payload, until);

	*is_lost = n == 0 || (n == -1 && (errno == EPIPE || errno == ECONNRESET));
	if (n == 1 && type == wanted)
		return true;
	if (n == 1 && type == refusal) {
		str_clear(&t->reason);
		(void)str_format(&t->reason, "%.*s", (int)TLSD_REASON_MAX - 1, payload->data);
		helper_close(&t->helper);
		return false;
	}
	return fail(t, "tlsd does not answer", n == -1 ? errno : n == 0 ? EPIPE : EPROTO);
}

/* *IS_LOST: a service took the connection to it, and ended without a word. */
static bool
ask(struct tlsd *t, unsigned try, int in, int out, const char *address, deadline until,
    bool *is_lost)
{
	struct str payload;
	bool good, is_service;

	*is_lost = false;
	if (open_helper(t, try) == -1)
		return fail(t, "unable to start tlsd", errno);
	is_service = !t->helper.is_executed;
	if (send_start(t, in, out, address, until) == -1) {
		*is_lost = is_service && (errno == EPIPE || errno == ECONNRESET);
		return fail(t, "unable to ask tlsd", errno);
	}
	str_init(&payload, TLSD_PAYLOAD_MAX);
	good = hear(t, TLSD_READY, TLSD_UNAVAILABLE, &payload, until, is_lost);
	*is_lost = *is_lost && is_service;
	str_free(&payload);
	return good;
}

bool
tlsd_start(struct tlsd *t, int in, int out, const char *address, deadline until)
{
	bool good = false, is_lost = true;

	for (unsigned try = 0; !good && is_lost && try < HELPER_TRIES; try++)
		good = ask(t, try, in, out, address, until, &is_lost);
	return good;
}

bool
tlsd_handshake(struct tlsd *t, struct tls_info *info, deadline until)
{
	struct str payload;
	bool good, is_lost;

	if (frame_send(t->helper.fd, (enum frame_type)TLSD_HANDSHAKE, slice_of(NULL), until) == -1)
		return fail(t, "unable to ask tlsd", errno);
	str_init(&payload, TLSD_PAYLOAD_MAX);
	good = hear(t, TLSD_NEGOTIATED, TLSD_FAILED, &payload, until, &is_lost);
	if (good && !tls_info_from_fields(info, str_slice(&payload)))
		good = fail(t, "tlsd gives a wrong answer", EPROTO);
	str_wipe(&payload);
	return good;
}

int
tlsd_take(struct tlsd *t, struct helper *process)
{
	int fd = t->helper.fd;

	*process = t->helper;
	process->fd = -1;
	t->helper = (struct helper){.fd = -1};
	return fd;
}

void
tlsd_end(struct helper *process, int fd)
{
	if (process->is_executed)
		(void)shutdown(fd, SHUT_RDWR);
	helper_close(process);
	*process = (struct helper){.fd = -1};
}
