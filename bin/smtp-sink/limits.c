/* SPDX-License-Identifier: ISC */
/* Greylisting, and limits on how often a client may come. */
#include <string.h>

#include "sink.h"

#define KEY_MAX ((size_t)4096)
#define COUNT_BITS 24

/* The key of what is remembered of these three; 0 for want of memory, which then share. */
static uint64_t
key_of(const struct connection *c, struct slice from, struct slice to)
{
	struct str text;
	uint64_t key = 0;

	str_init(&text, KEY_MAX);
	if (str_add_text(&text, c->peer.address) == 0 && str_add_char(&text, '\0') == 0 &&
	    str_add_slice(&text, from) == 0 && str_add_char(&text, '\0') == 0 &&
	    str_add_slice(&text, to) == 0)
		key = siphash(c->sink->secret, str_slice(&text));
	str_free(&text);
	return key;
}

const char *
limits_connection(struct connection *c)
{
	const struct settings *settings = &c->sink->settings;
	uint64_t now = (uint64_t)clock_monotonic_ms() / 1000, begun, count, *value;
	bool is_new;

	if (settings->rate == 0)
		return NULL;
	value = map_at(&c->sink->rates, key_of(c, slice_of(""), slice_of("")), &is_new);
	if (value == NULL)
		return NULL;
	begun = *value >> COUNT_BITS;
	count = *value & ((1 << COUNT_BITS) - 1);
	if (is_new || now - begun >= settings->rate_seconds) {
		begun = now;
		count = 0;
	}
	if (count >= settings->rate)
		return "421 4.7.0 too many connections from you; come again later";
	*value = begun << COUNT_BITS | (count + 1);
	return NULL;
}

const char *
limits_recipient(struct connection *c, struct slice address)
{
	const struct settings *settings = &c->sink->settings;
	int64_t now = clock_monotonic_ms();
	uint64_t *value;
	bool is_new;

	if (settings->greylist_seconds < 0)
		return NULL;
	value = map_at(
	    &c->sink->greylist, key_of(c, command_address(str_slice(&c->mail)), address), &is_new);
	if (value == NULL)
		return NULL;
	if (is_new)
		*value = (uint64_t)now;
	if (!is_new && now - (int64_t)*value >= settings->greylist_seconds * 1000)
		return NULL;
	return "451 4.7.1 greylisted: come again later";
}
