/* SPDX-License-Identifier: ISC */
#include "handover.h"

#include <string.h>

#include "base/fields.h"
#include "base/packet.h"
#include "base/str.h"

#define SEND_SECONDS 30

static int
send_octets(const struct executor *keeper, const char *name, struct slice octets)
{
	struct str packet;
	int result = -1;

	str_init(&packet, PACKET_MAX);
	if (str_add(&packet, name, strlen(name) + 1) == 0 && str_add_slice(&packet, octets) == 0)
		result = packet_send(
		    keeper->fd, str_slice(&packet), -1, deadline_in_seconds(SEND_SECONDS));
	str_wipe(&packet);
	return result;
}

static int
add_fields(struct str *out, const struct handover *h)
{
	if (fields_add(out, 'A', slice_of(h->peer.address), '\0') == -1 ||
	    fields_add(out, 'M', h->mechanisms, '\0') == -1 ||
	    fields_add(out, 'P', h->protocol, '\0') == -1 ||
	    fields_add(out, 'C', h->cipher, '\0') == -1 ||
	    fields_add_number(out, 'E', (long long)h->errors, '\0') == -1)
		return -1;
	if (h->is_utf8 && fields_add(out, 'U', slice_of(NULL), '\0') == -1)
		return -1;
	return h->is_tlsd_executed ? fields_add(out, 'X', slice_of(NULL), '\0') : 0;
}

int
handover_send(const struct handover *h, const struct executor *keeper, int in, int out)
{
	struct str fields;
	int result = -1;

	str_init(&fields, PACKET_MAX);
	if (add_fields(&fields, h) == 0 && executor_ask(keeper, HANDOVER_INPUT, in) == 0 &&
	    executor_ask(keeper, HANDOVER_OUTPUT, out) == 0 &&
	    (h->unread.len == 0 || send_octets(keeper, HANDOVER_UNREAD, h->unread) == 0))
		result = send_octets(keeper, HANDOVER_SESSION, str_slice(&fields));
	str_free(&fields);
	return result;
}

static bool
take_field(struct handover *h, const struct field *field)
{
	switch (field->letter) {
	case 'A': /* ended by the NUL behind it */
		return field->value.len == 0 || peer_from_text(&h->peer, field->value.data);
	case 'M':
		h->mechanisms = field->value;
		return true;
	case 'P':
		h->protocol = field->value;
		return true;
	case 'C':
		h->cipher = field->value;
		return true;
	case 'E':
		return slice_number(field->value, INT32_MAX, &h->errors);
	case 'U':
		h->is_utf8 = true;
		return true;
	case 'X':
		h->is_tlsd_executed = true;
		return true;
	default:
		return false;
	}
}

bool
handover_parse(struct handover *h, struct slice fields)
{
	enum fields_result next;
	struct field field;

	*h = (struct handover){.errors = 0};
	while ((next = fields_next(&fields, '\0', &field)) == FIELDS_ONE)
		if (!take_field(h, &field))
			return false;
	return next == FIELDS_END;
}
