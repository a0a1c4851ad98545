/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS session: whole sessions with a server of every kind, which offers all that one
 * process can. The first octet chooses the kind. In the place of the spool (spool/submit.h) is one
 * that checks what it gets; in the place of authd one that knows joe's password.
 *
 * options: -close_fd_mask=2 -dict=t/fuzz/session.dict
 */
#include "smtp/session.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "fuzz.h"
#include "mail/wire.h"
#include "net/authd.h"

#define INPUT_MAX ((size_t)60000) /* less than the session's input buffer */
#define OUTPUT_MAX ((size_t)1 << 22)

/* One transaction at the spool's door. */
static struct {
	struct wire_check wire;
	bool is_open, is_binary;
	uint64_t messages;
} spool;

static void
check_envelope(struct slice envelope)
{
	struct field field;
	size_t senders = 0, recipients = 0;

	spool.is_binary = false;
	while (envelope.len > 0) {
		must(fields_next(&envelope, '\0', &field) == FIELDS_ONE);
		senders += field.letter == 'F';
		recipients += field.letter == 'T';
		if (field.letter == 'B' && slice_is(field.value, "BINARYMIME"))
			spool.is_binary = true;
	}
	must(senders == 1 && recipients > 0);
}

void
submit_init(struct submit *s)
{
	*s = (struct submit){.helper.fd = -1};
}

void
submit_free(struct submit *s)
{
	(void)s;
	spool.is_open = false;
}

bool
submit_is_plain(const struct submit *s)
{
	(void)s;
	return false;
}

enum submit_result
submit_begin(struct submit *s, struct slice envelope)
{
	must(!spool.is_open && s->has_trace);
	check_envelope(envelope);
	spool.wire = (struct wire_check){0};
	spool.is_open = true;
	memcpy(s->id, "00000000000000000000", ID_SIZE);
	return SUBMIT_OK;
}

void
submit_place_id(struct submit *s, size_t offset)
{
	(void)s;
	(void)offset;
	must(spool.is_open);
}

enum submit_result
submit_write(struct submit *s, const void *data, size_t len)
{
	(void)s;
	must(spool.is_open);
	must(spool.is_binary || wire_check_piece(&spool.wire, slice_make(data, len)));
	return SUBMIT_OK;
}

enum submit_result
submit_commit(struct submit *s)
{
	(void)s;
	must(spool.is_open && (spool.is_binary || wire_check_end(&spool.wire)));
	spool.is_open = false;
	spool.messages++;
	return SUBMIT_OK;
}

void
submit_abort(struct submit *s)
{
	(void)s;
	spool.is_open = false;
}

void
submit_release(struct submit *s)
{
	(void)s;
	must(!spool.is_open);
}

void
submit_part(struct submit *s, struct helper *helper)
{
	(void)s;
	*helper = (struct helper){.fd = -1};
}

void
authd_init(struct authd *a)
{
	*a = (struct authd){.helper.fd = -1};
	str_init(&a->challenge, AUTHD_MESSAGE_MAX);
}

void
authd_close(struct authd *a)
{
	str_free(&a->challenge);
}

int
authd_names(const struct authd_client *client, struct str *names)
{
	(void)client;
	return str_add_text(names, "PLAIN X-ASK");
}

enum authd_result
authd_begin(struct authd *a, const struct authd_client *client, struct slice mechanism,
    const struct slice *initial)
{
	(void)client;
	if (!slice_is_nocase(mechanism, "PLAIN") && !slice_is_nocase(mechanism, "X-ASK"))
		return AUTHD_NO_MECHANISM;
	return initial == NULL ? AUTHD_CHALLENGE : authd_respond(a, *initial);
}

enum authd_result
authd_respond(struct authd *a, struct slice response)
{
	must(response.len <= AUTHD_MESSAGE_MAX);
	if (slice_is(response, "joe")) {
		memcpy(a->login, "joe", 4);
		return AUTHD_ACCEPTED;
	}
	if (slice_starts(response, "more"))
		return AUTHD_CHALLENGE;
	return slice_starts(response, "wrong") ? AUTHD_REFUSED : AUTHD_TEMPORARY;
}

const char *
authd_result_name(enum authd_result result)
{
	(void)result;
	return "result";
}

static const char *const files[][2] = {
    {"me", "here.test\n"},
    {"locals", ""},
    {"virtual", "jones@foo.test: a@away.test\n"},
    {"relaydomains", "xyz.test\n"},
    {"aliases", "list: a@away.test, b@away.test\n"},
};

/* Read from files that are gone again. */
static const struct routes *
routes(void)
{
	static const struct routes *all;
	char path[] = "/tmp/fuzz.XXXXXX";
	struct control control = {.path = path};
	struct str problem;

	if (all != NULL)
		return all;
	must(mkdtemp(path) != NULL);
	control.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		int fd = openat(control.fd, files[i][0], O_WRONLY | O_CREAT, 0600);

		must(write(fd, files[i][1], strlen(files[i][1])) != -1 && close(fd) == 0);
	}
	str_init(&problem, 4096);
	all = routes_open(&control, &problem);
	must(all != NULL);
	str_free(&problem);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		must(unlinkat(control.fd, files[i][0], 0) == 0);
	must(rmdir(path) == 0);
	close(control.fd);
	return all;
}

/* Each line is "CODE TEXT" or "CODE-TEXT" of printable octets. */
static void
check_replies(struct slice said, uint64_t messages)
{
	uint64_t queued = 0;

	while (said.len > 0) {
		size_t lf = slice_find(said, '\n');

		must(lf < said.len && lf >= 4 && said.data[lf - 1] == '\r');
		must(said.data[0] >= '2' && said.data[0] <= '5' && ascii_is_digit(said.data[1]) &&
		     ascii_is_digit(said.data[2]));
		must(said.data[3] == ' ' || said.data[3] == '-');
		must(!slice_has_control(slice_make(said.data, lf - 1)));
		if (slice_starts(said, "250 2.0.0 Ok: queued"))
			queued++;
		said = slice_skip(said, lf + 1);
	}
	must(queued >= messages);
}

static int
descriptor(struct slice text)
{
	int fd = memfd_create("session", MFD_CLOEXEC);

	must(fd != -1 && write(fd, text.data, text.len) == (ssize_t)text.len);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
serve(
    const struct session_settings *settings, const struct session_client *client, struct slice text)
{
	static struct session s;
	static char said[OUTPUT_MAX];
	int in = descriptor(text), out = descriptor(slice_of(NULL));
	ssize_t len;

	spool.messages = 0;
	must(session_init(&s, settings, client, in, out) == 0);
	session_run(&s);
	must(s.end != SESSION_GOES_ON);
	len = pread(out, said, sizeof said, 0);
	must(len >= 0);
	check_replies(slice_make(said, (size_t)len), spool.messages);
	session_free(&s);
	close(in);
	close(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cidr everybody = {.prefix = 0};
	struct cidr_list proxies = {&everybody, 1};
	struct session_settings settings = {.program = "fuzz", .routes = routes()};
	struct session_client client = {.peer.address = "192.0.2.1"};

	if (size == 0 || size > INPUT_MAX)
		return 0;
	limits_default(&settings.limits);
	settings.limits.message_size = 10000;
	settings.limits.smtpd_errors = 100;
	settings.mode = data[0] % 3 == 0   ? SESSION_SMTP
			: data[0] % 3 == 1 ? SESSION_SUBMISSION
					   : SESSION_LMTP;
	settings.has_logins = (data[0] & 4) != 0;
	settings.xclient_hosts = (data[0] & 8) != 0 ? &proxies : NULL;
	client.may_relay = (data[0] & 16) != 0;
	client.tls.is_on = (data[0] & 32) != 0;
	serve(&settings, &client, slice_make((const char *)data + 1, size - 1));
	return 0;
}
