/* SPDX-License-Identifier: ISC */
#include "spool/ask.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/packet.h"
#include "spool/id.h"
#include "spool/spool.h"

#define FOLDER_MAX 250 /* octets of a name; the longest that DNS knows has 253, and no mail */

bool
ask_covers(struct slice pattern, struct slice domain)
{
	bool is_below = slice_starts(pattern, "@");
	struct slice wanted = slice_skip(pattern, is_below ? 1 : 0);

	if (slice_equal_nocase(wanted, domain))
		return wanted.len > 0;
	return is_below && wanted.len > 0 && domain.len > wanted.len &&
	       slice_ends_nocase(domain, wanted) && domain.data[domain.len - wanted.len - 1] == '.';
}

void
ask_folder(char name[ASK_FOLDER_SIZE], struct slice domain)
{
	if (domain.len == 0 || domain.len > FOLDER_MAX || domain.data[0] == '.' ||
	    slice_find(domain, '/') < domain.len || slice_has_control(domain)) {
		memcpy(name, ASK_SEVERAL, sizeof ASK_SEVERAL);
		return;
	}
	for (size_t i = 0; i < domain.len; i++)
		name[i] = ascii_lower(domain.data[i]);
	name[domain.len] = '\0';
	/* in hold/ that is the name of a message */
	if (id_is_valid(slice_of(name)))
		memcpy(name, ASK_SEVERAL, sizeof ASK_SEVERAL);
}

static int
socket_address(struct sockaddr_un *address)
{
	struct str path;
	int result;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	str_init(&path, sizeof address->sun_path - 1);
	result = str_format(&path, "%s/run/qrun/socket", spool_path());
	if (result == 0)
		memcpy(address->sun_path, path.data, path.len + 1);
	str_free(&path);
	return result;
}

bool
ask_is_possible(void)
{
	struct sockaddr_un address;

	return socket_address(&address) == 0 && access(address.sun_path, W_OK) == 0;
}

static int
open_socket(struct ask *a, deadline until)
{
	struct sockaddr_un address;

	if (socket_address(&address) == -1)
		return -1;
	a->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd == -1)
		return -1;
	/* qrun takes everybody at once: EAGAIN is a crowd that it will not take */
	if (connect(a->fd, (struct sockaddr *)&address, sizeof address) == 0)
		return io_wait_writable(a->fd, until);
	return -1;
}

static int
send_request(const struct ask *a, enum ask_letter what, struct slice who, struct slice domains,
    deadline until)
{
	struct slice domain;
	struct str packet;
	int result;

	str_init(&packet, ASK_PACKET_MAX);
	result = fields_add(&packet, (char)what, who, '\0');
	while (result == 0 && slice_take(&domains, ',', &domain))
		result = fields_add(&packet, ASK_DOMAIN, slice_trim(domain), '\0');
	if (result == 0)
		result = packet_send(a->fd, str_slice(&packet), -1, until);
	str_free(&packet);
	return result;
}

static enum ask_result
take_answer(struct ask *a, struct slice packet)
{
	struct field field;

	if (fields_next(&packet, '\0', &field) != FIELDS_ONE)
		return ASK_FAILED;
	switch (field.letter) {
	case ASK_FOUND:
		a->is_counted = slice_number(field.value, INT64_MAX, &a->count);
		return a->is_counted ? ASK_OK : ASK_FAILED;
	case ASK_BEGUN:
		return ASK_OK;
	case ASK_BUSY:
		return ASK_REFUSED;
	default:
		return ASK_FAILED;
	}
}

static enum ask_result
hear_answer(struct ask *a, deadline until)
{
	char answer[1024];
	int extra;
	ssize_t n = packet_receive(a->fd, answer, sizeof answer, &extra, until);

	io_close(extra);
	if (n == -1 && errno == ETIMEDOUT)
		return ASK_LATE;
	return n <= 0 ? ASK_FAILED : take_answer(a, slice_make(answer, (size_t)n));
}

enum ask_result
ask_qrun(
    struct ask *a, enum ask_letter what, struct slice who, struct slice domains, deadline until)
{
	enum ask_result result = ASK_FAILED;

	*a = (struct ask){.fd = -1};
	if (open_socket(a, until) == 0 && send_request(a, what, who, domains, until) == 0)
		result = hear_answer(a, until);
	if (what != ASK_TURN || result != ASK_OK)
		ask_close(a);
	return result;
}

static int
send_mine(const struct ask *a, const char *form, deadline until)
{
	struct str packet;
	int result;

	str_init(&packet, ASK_PACKET_MAX);
	result = fields_add(&packet, ASK_MINE, slice_of(form), '\0');
	if (result == 0)
		result = packet_send(a->fd, str_slice(&packet), -1, until);
	str_free(&packet);
	return result;
}

/* The one field of the next packet, with the descriptor beside it. False for anything else. */
static bool
hear_field(struct ask *a, char *buf, size_t size, struct field *field, int *extra, deadline until)
{
	ssize_t n = packet_receive(a->fd, buf, size, extra, until);
	struct slice packet;

	/* an answer that was given without a look at the request stands behind that error */
	if (n == -1 && errno == ECONNRESET)
		n = packet_receive(a->fd, buf, size, extra, until);
	if (n <= 0)
		return false;
	packet = slice_make(buf, (size_t)n);
	return fields_next(&packet, '\0', field) == FIELDS_ONE && packet.len == 0;
}

static enum ask_result
hear_output(struct ask *a, int *output, deadline until)
{
	char buf[1024];
	struct field field;
	int extra = -1;

	if (!hear_field(a, buf, sizeof buf, &field, &extra, until)) {
		io_close(extra);
		return ASK_FAILED;
	}
	if (field.letter == ASK_OUTPUT && extra != -1) {
		*output = extra;
		return ASK_OK;
	}
	io_close(extra);
	if (field.letter != ASK_BUSY)
		return ASK_FAILED;
	if (field.value.len >= sizeof a->why)
		field.value.len = sizeof a->why - 1;
	memcpy(a->why, field.value.data, field.value.len);
	a->why[field.value.len] = '\0';
	return ASK_REFUSED;
}

enum ask_result
ask_mine(struct ask *a, const char *form, int *output, deadline until)
{
	enum ask_result result = ASK_FAILED;

	*a = (struct ask){.fd = -1};
	*output = -1;
	/* who is refused is told so at once, and may not have taken the request */
	if (open_socket(a, until) == 0 &&
	    (send_mine(a, form, until) == 0 || errno == EPIPE || errno == ECONNRESET))
		result = hear_output(a, output, until);
	if (result != ASK_OK)
		ask_close(a);
	return result;
}

int
ask_code(struct ask *a, deadline until)
{
	char buf[64];
	struct field field;
	uint64_t code;
	int extra = -1, result = -1;

	if (hear_field(a, buf, sizeof buf, &field, &extra, until) && field.letter == ASK_CODE &&
	    slice_number(field.value, 255, &code))
		result = (int)code;
	io_close(extra);
	ask_close(a);
	return result;
}

int
ask_hand_over(struct ask *a, int fd, deadline until)
{
	static const char packet[] = {ASK_CONNECTION, '\0'};
	int result = packet_send(a->fd, slice_make(packet, sizeof packet), fd, until);

	ask_close(a);
	return result;
}

void
ask_close(struct ask *a)
{
	int saved = errno;

	io_close(a->fd);
	a->fd = -1;
	errno = saved;
}
