/* SPDX-License-Identifier: ISC */
/* The server of server.h. The linker takes what is here before what lib/ has of that name. */
#include "server.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "fuzz.h"
#include "mail/wire.h"
#include "net/authd.h"

#define OUTPUT_MAX ((size_t)1 << 22)

/* One transaction at the spool's door. */
static struct {
	struct wire_check wire;
	bool is_open, is_binary, is_traced;
	struct str message; /* without its trace */
	struct served *served;
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
	spool.is_traced = false;
	str_clear(&spool.message);
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
	if (spool.is_traced)
		must(str_add(&spool.message, data, len) == 0);
	else
		must(slice_starts(slice_make(data, len), "Received: "));
	spool.is_traced = true;
	return SUBMIT_OK;
}

enum submit_result
submit_commit(struct submit *s)
{
	(void)s;
	must(spool.is_open && (spool.is_binary || wire_check_end(&spool.wire)));
	spool.is_open = false;
	must(spool.is_traced);
	spool.served->messages++;
	must(str_add_slice(&spool.served->taken, str_slice(&spool.message)) == 0);
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
const struct routes *
server_routes(void)
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
check_replies(struct slice said, struct served *served)
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
		served->replies += said.data[3] == ' ';
		said = slice_skip(said, lf + 1);
	}
	must(queued >= served->messages);
}

static int
descriptor(struct slice text)
{
	int fd = memfd_create("session", MFD_CLOEXEC);

	must(fd != -1 && write(fd, text.data, text.len) == (ssize_t)text.len);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

void
server_serve(const struct session_settings *settings, const struct session_client *client,
    struct slice text, struct served *served)
{
	static char said[OUTPUT_MAX];
	int in = descriptor(text), out = descriptor(slice_of(NULL));
	ssize_t len;

	served->messages = served->replies = 0;
	str_init(&served->taken, OUTPUT_MAX);
	str_init(&spool.message, OUTPUT_MAX);
	spool.served = served;
	must(session_init(&served->session, settings, client, in, out) == 0);
	session_run(&served->session);
	must(served->session.end != SESSION_GOES_ON);
	len = pread(out, said, sizeof said, 0);
	must(len >= 0);
	check_replies(slice_make(said, (size_t)len), served);
	close(in);
	close(out);
}

void
served_free(struct served *served)
{
	session_free(&served->session);
	str_free(&served->taken);
	str_free(&spool.message);
}
