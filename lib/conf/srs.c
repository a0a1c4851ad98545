/* SPDX-License-Identifier: ISC */
#include "conf/srs.h"

#include <errno.h>
#include <string.h>

#include "mail/address.h"

#define HASH_DIGITS 6
#define DAY_DIGITS 2
#define DAYS_AROUND 1024 /* after so many, a day has the same digits again */
#define DAY_SECONDS 86400
#define DIGIT_BITS 5
#define TEXT_MAX ((size_t)512)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* RFC 4648, 6 */

/* How what is wrapped begins: "SRS0=…" by who was first, "SRS1=…" by all behind. */
static bool
is_tagged(struct slice local, const char *tag)
{
	return slice_starts_nocase(local, tag) && local.len > strlen(tag) &&
	       strchr("=+-", local.data[strlen(tag)]) != NULL;
}

bool
srs_is_wrapped(const struct srs *s, struct slice local, struct slice domain)
{
	return s->domain.len > 0 && slice_equal_nocase(domain, str_slice(&s->domain)) &&
	       (is_tagged(local, "SRS0") || is_tagged(local, "SRS1"));
}

/* Of TEXT, which stands behind TAG and the hash. 0, or -1 with ENOMEM. */
static int
hash(const struct srs *s, size_t key, const char *tag, struct slice text, uint32_t *result)
{
	struct str folded;

	str_init(&folded, TEXT_MAX);
	if (str_add_text(&folded, tag) == -1 || str_add_slice(&folded, text) == -1) {
		str_free(&folded);
		return -1;
	}
	for (size_t i = 0; i < folded.len; i++)
		folded.data[i] = ascii_lower(folded.data[i]);
	*result = (uint32_t)siphash(s->keys[key], str_slice(&folded)) &
		  ((1U << HASH_DIGITS * DIGIT_BITS) - 1);
	str_free(&folded);
	return 0;
}

static int
add_number(struct str *out, uint32_t number, unsigned count)
{
	while (count-- > 0)
		if (str_add_char(out, digits[number >> count * DIGIT_BITS & 31]) == -1)
			return -1;
	return 0;
}

static bool
read_number(struct slice text, unsigned count, uint32_t *number)
{
	*number = 0;
	if (text.len != count)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		const char *at = memchr(digits, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c, 32);

		if (at == NULL)
			return false;
		*number = *number << DIGIT_BITS | (uint32_t)(at - digits);
	}
	return true;
}

/* "TAG=HASH=TEXT@ours": 1, or 0 where that is too long. */
static int
finish(const struct srs *s, const char *tag, struct slice text, struct str *out)
{
	size_t before = out->len;
	struct address made;
	uint32_t number;

	if (hash(s, 0, tag, text, &number) == -1 || str_format(out, "%s=", tag) == -1 ||
	    add_number(out, number, HASH_DIGITS) == -1 || str_add_char(out, '=') == -1 ||
	    str_add_slice(out, text) == -1 || str_format(out, "@%s", s->domain.data) == -1)
		return -1;
	if (address_parse(slice_make(out->data + before, out->len - before), ADDRESS_UTF8, &made) ==
	    ADDRESS_OK)
		return 1;
	str_truncate(out, before);
	return 0;
}

/* What another host wrapped is not wrapped whole again: it would grow with every host. */
static int
add_inner(const struct address *a, struct str *text)
{
	struct slice rest = slice_skip(a->local, strlen("SRS1="));
	size_t separator = slice_find(rest, '=');

	if (is_tagged(a->local, "SRS1") && separator < rest.len)
		return str_add_slice(text, slice_skip(rest, separator + 1));
	return str_format(text, "%.*s=%.*s", (int)a->domain.len, a->domain.data,
	    (int)a->local.len - 4, a->local.data + 4);
}

static int
add_first(const struct address *a, int64_t now, struct str *text)
{
	if (add_number(text, (uint32_t)(now / DAY_SECONDS % DAYS_AROUND), DAY_DIGITS) == -1)
		return -1;
	return str_format(text, "=%.*s=%.*s", (int)a->domain.len, a->domain.data, (int)a->local.len,
	    a->local.data);
}

/* "SRS1=HASH=host=REST", which alone says what SRS0 address it leads to. */
static bool
is_second(struct slice local)
{
	struct slice rest = slice_skip(local, strlen("SRS1=")), part;

	if (!is_tagged(local, "SRS1") || !slice_take(&rest, '=', &part) ||
	    !slice_take(&rest, '=', &part))
		return false;
	return address_is_domain(part, ADDRESS_UTF8) && rest.len > 0;
}

int
srs_wrap(const struct srs *s, struct slice sender, int64_t now, struct str *out)
{
	struct address a;
	struct str text;
	bool is_again;
	int result;

	if (s->count == 0 || address_parse(sender, ADDRESS_UTF8, &a) != ADDRESS_OK ||
	    a.local.data[0] == '"' || a.domain.data[0] == '[')
		return 0;
	is_again = is_tagged(a.local, "SRS0") || is_second(a.local);
	str_init(&text, TEXT_MAX);
	result = is_again ? add_inner(&a, &text) : add_first(&a, now, &text);
	if (result == 0)
		result = finish(s, is_again ? "SRS1" : "SRS0", str_slice(&text), out);
	str_free(&text);
	return result;
}

/* TEXT, which stands behind its hash: whether one of the keys made that. */
static enum srs_result
prove(const struct srs *s, const char *tag, struct slice written, struct slice text)
{
	uint32_t number, right;

	if (s->is_closed)
		return SRS_CLOSED;
	if (!read_number(written, HASH_DIGITS, &number))
		return SRS_FORGED;
	for (size_t key = 0; key < s->count; key++) {
		if (hash(s, key, tag, text, &right) == -1)
			return SRS_FAILED;
		if (right == number)
			return SRS_GOOD;
	}
	return SRS_FORGED;
}

/* A clock that is a day behind the one that made it is no reason to refuse. */
static bool
is_fresh(const struct srs *s, struct slice day, int64_t now)
{
	uint32_t made;
	uint64_t age;

	if (!read_number(day, DAY_DIGITS, &made))
		return false;
	age = ((uint64_t)(now / DAY_SECONDS) + DAYS_AROUND - made) % DAYS_AROUND;
	return age <= s->days || age == DAYS_AROUND - 1;
}

/* LOCAL@DOMAIN, if that is an address. */
static enum srs_result
add_address(struct str *out, const char *tag, struct slice local, struct slice domain)
{
	size_t before = out->len;
	struct address a;

	if (str_format(out, "%s%.*s@%.*s", tag, (int)local.len, local.data, (int)domain.len,
		domain.data) == -1)
		return SRS_FAILED;
	if (address_parse(slice_make(out->data + before, out->len - before), ADDRESS_UTF8, &a) ==
		ADDRESS_OK &&
	    a.local.data[0] != '"')
		return SRS_GOOD;
	str_truncate(out, before);
	return SRS_FORGED;
}

enum srs_result
srs_unwrap(const struct srs *s, struct slice local, int64_t now, struct str *out)
{
	bool is_first = is_tagged(local, "SRS0");
	const char *tag = is_first ? "SRS0" : "SRS1";
	struct slice rest = slice_skip(local, strlen(tag) + 1), written, day, domain;
	enum srs_result proof;

	if (local.len > ADDRESS_LOCAL_MAX || !slice_take(&rest, '=', &written))
		return SRS_FORGED;
	proof = prove(s, tag, written, rest);
	if (proof != SRS_GOOD)
		return proof;
	if (is_first && (!slice_take(&rest, '=', &day) || !is_fresh(s, day, now)))
		return SRS_EXPIRED;
	if (!slice_take(&rest, '=', &domain))
		return SRS_FORGED;
	return add_address(out, is_first ? "" : "SRS0", rest, domain);
}
