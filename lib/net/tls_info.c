/* SPDX-License-Identifier: ISC */
#include "net/tls_info.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"

#define VALUE_MAX ((size_t)512)
#define HASH_PREFIX "SHA256:"

enum kind {
	KIND_TOKEN, /* letters, digits, "-", "_" and "." */
	KIND_TEXT,
	KIND_FINGERPRINT,
	KIND_NUMBER,
	KIND_RESUMED,
	KIND_VERIFIED,
	KIND_OCTETS,
};

struct row {
	char letter;
	const char *variable;
	enum kind kind;
	size_t offset, size; /* of the member */
	size_t length;	     /* of octets: the member with their number */
};

#define MEMBER(member) offsetof(struct tls_info, member), sizeof(((struct tls_info *)0)->member)

/* clang-format off */
static const struct row rows[] = {
    {'P', "SSL_PROTOCOL", KIND_TOKEN, MEMBER(protocol), 0},
    {'C', "SSL_CIPHER", KIND_TOKEN, MEMBER(cipher), 0},
    {'B', "SSL_CIPHER_USEKEYSIZE", KIND_NUMBER, MEMBER(bits), 0},
    {'R', "SSL_SESSION_RESUMED", KIND_RESUMED, MEMBER(is_resumed), 0},
    {'N', "SSL_TLS_SNI_SERVERNAME", KIND_TOKEN, MEMBER(server_name), 0},
    {'F', "SSL_PEER_CERT_HASH", KIND_FINGERPRINT, MEMBER(client_fingerprint), 0},
    {'S', "SSL_CLIENT_S_DN", KIND_TEXT, MEMBER(client_subject), 0},
    {'V', "SSL_CLIENT_VERIFY", KIND_VERIFIED, MEMBER(client_is_verified), 0},
    {'X', "TLS_EXPORTER", KIND_OCTETS, MEMBER(exporter), offsetof(struct tls_info, exporter_length)},
    {'E', "TLS_SERVER_END_POINT", KIND_OCTETS, MEMBER(end_point),
	offsetof(struct tls_info, end_point_length)},
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof rows[0])

static bool
is_token(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_alpha(value.data[i]) && !ascii_is_digit(value.data[i]) &&
		    strchr("-_.", value.data[i]) == NULL)
			return false;
	return true;
}

static int
digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits to at most SIZE octets; false for anything else. */
static bool
take_octets(unsigned char *octets, size_t size, struct slice hex, size_t *length)
{
	if (hex.len % 2 != 0 || hex.len / 2 > size)
		return false;
	for (size_t i = 0; i < hex.len; i += 2) {
		int high = digit(hex.data[i]), low = digit(hex.data[i + 1]);

		if (high == -1 || low == -1)
			return false;
		octets[i / 2] = (unsigned char)(high << 4 | low);
	}
	*length = hex.len / 2;
	return true;
}

static bool
take_text(char *member, size_t size, struct slice value)
{
	if (value.len >= size || slice_has_control(value))
		return false;
	memcpy(member, value.data, value.len);
	member[value.len] = '\0';
	return true;
}

static bool
take_fingerprint(char *member, size_t size, struct slice value)
{
	unsigned char octets[32];
	size_t length = 0;

	if (!slice_starts(value, HASH_PREFIX))
		return false;
	value = slice_skip(value, strlen(HASH_PREFIX));
	return take_octets(octets, sizeof octets, value, &length) && length == sizeof octets &&
	       take_text(member, size, value);
}

static bool
take(struct tls_info *info, const struct row *row, struct slice value)
{
	char *member = (char *)info + row->offset;
	bool flag = false;
	uint64_t number;
	unsigned bits;

	switch (row->kind) {
	case KIND_TOKEN:
		return is_token(value) && take_text(member, row->size, value);
	case KIND_TEXT:
		return take_text(member, row->size, value);
	case KIND_FINGERPRINT:
		return take_fingerprint(member, row->size, value);
	case KIND_NUMBER:
		if (!slice_number(value, 65536, &number))
			return false;
		bits = (unsigned)number;
		memcpy(member, &bits, sizeof bits);
		return true;
	case KIND_RESUMED:
	case KIND_VERIFIED:
		flag = slice_is(value, row->kind == KIND_RESUMED ? "Resumed" : "SUCCESS");
		memcpy(member, &flag, sizeof flag);
		return true;
	case KIND_OCTETS:
		return take_octets((unsigned char *)member, row->size, value,
		    (size_t *)(void *)((char *)info + row->length));
	}
	return false;
}

/* What there is to say; a value that is left empty is not said. */
static void
format_value(struct str *out, const struct tls_info *info, const struct row *row)
{
	const char *member = (const char *)info + row->offset;
	bool has_client = info->client_fingerprint[0] != '\0', flag;
	unsigned bits;
	size_t length;

	switch (row->kind) {
	case KIND_TOKEN:
	case KIND_TEXT:
		(void)str_add_text(out, member);
		break;
	case KIND_FINGERPRINT:
		if (has_client)
			(void)str_format(out, HASH_PREFIX "%s", member);
		break;
	case KIND_NUMBER:
		memcpy(&bits, member, sizeof bits);
		(void)str_format(out, "%u", bits);
		break;
	case KIND_RESUMED:
		memcpy(&flag, member, sizeof flag);
		(void)str_add_text(out, flag ? "Resumed" : "Initial");
		break;
	case KIND_VERIFIED:
		memcpy(&flag, member, sizeof flag);
		(void)str_add_text(out, !has_client ? "NONE" : flag ? "SUCCESS" : "FAILED");
		break;
	case KIND_OCTETS:
		memcpy(&length, (const char *)info + row->length, sizeof length);
		for (size_t i = 0; i < length; i++)
			(void)str_format(out, "%02x", (unsigned char)member[i]);
		break;
	}
}

void
tls_info_forget_client(struct tls_info *info)
{
	info->client_fingerprint[0] = info->client_subject[0] = '\0';
	info->client_is_verified = false;
}

int
tls_info_add_fields(struct str *out, const struct tls_info *info)
{
	struct str value;
	int result = 0;

	str_init(&value, VALUE_MAX);
	for (size_t i = 0; i < ROWS && result == 0; i++) {
		str_clear(&value);
		format_value(&value, info, &rows[i]);
		if (value.len > 0)
			result = fields_add(out, rows[i].letter, str_slice(&value), '\0');
	}
	str_free(&value);
	return result;
}

bool
tls_info_from_fields(struct tls_info *info, struct slice fields)
{
	struct field field;
	enum fields_result result;

	*info = (struct tls_info){.is_on = true};
	while ((result = fields_next(&fields, '\0', &field)) == FIELDS_ONE) {
		size_t i = 0;

		while (i < ROWS && rows[i].letter != field.letter)
			i++;
		if (i == ROWS || !take(info, &rows[i], field.value))
			return false;
	}
	return result == FIELDS_END && info->protocol[0] != '\0' && info->cipher[0] != '\0';
}

int
tls_info_add_variables(struct str *out, const struct tls_info *info)
{
	struct str value;
	int result = 0;

	str_init(&value, VALUE_MAX);
	for (size_t i = 0; i < ROWS && result == 0; i++) {
		str_clear(&value);
		format_value(&value, info, &rows[i]);
		if (value.len > 0 &&
		    (str_format(out, "%s=%s", rows[i].variable, value.data) == -1 ||
			str_add_char(out, '\0') == -1))
			result = -1;
	}
	str_free(&value);
	return result;
}

void
tls_info_take_variable(struct tls_info *info, struct slice name, struct slice value)
{
	for (size_t i = 0; i < ROWS; i++)
		if (slice_is(name, rows[i].variable))
			(void)take(info, &rows[i], value);
	info->is_on = info->protocol[0] != '\0';
}

const char *
tls_info_variable(size_t index)
{
	return index < ROWS ? rows[index].variable : NULL;
}

void
tls_info_from_environment(struct tls_info *info)
{
	*info = (struct tls_info){.is_on = false};
	for (size_t i = 0; i < ROWS; i++) {
		const char *value = getenv(rows[i].variable);

		if (value != NULL)
			tls_info_take_variable(info, slice_of(rows[i].variable), slice_of(value));
	}
}
