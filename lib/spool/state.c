/* SPDX-License-Identifier: ISC */
#include "spool/state.h"

static const struct {
	enum state state;
	const char *word;
} words[] = {{STATE_NEW, "new"}, {STATE_ACTIVE, "active"}, {STATE_DEFERRED, "deferred"},
    {STATE_HELD, "held"}, {STATE_ARRIVING, "arriving"}, {STATE_INCOMPLETE, "incomplete"},
    {STATE_CORRUPT, "corrupt"}, {STATE_DAMAGED, "damaged"}};

enum state
state_of(const struct place *place, enum view_result result, const struct view *view)
{
	if (place->kind == PLACE_CORRUPT)
		return STATE_CORRUPT;
	if (result == VIEW_DAMAGED)
		return STATE_DAMAGED;
	if (result != VIEW_GOOD)
		return view->is_locked ? STATE_ARRIVING : STATE_INCOMPLETE;
	if (view->is_locked)
		return STATE_ACTIVE;
	if (place->kind == PLACE_HOLD)
		return STATE_HELD;
	return place->kind == PLACE_DEFERRED ? STATE_DEFERRED : STATE_NEW;
}

const char *
state_word(enum state state)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].state == state)
			return words[i].word;
	return "?";
}

bool
state_read(struct slice word, enum state *state)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is_nocase(word, words[i].word)) {
			*state = words[i].state;
			return true;
		}
	return false;
}
