/* SPDX-License-Identifier: ISC */
/* What a list puts into the header of a message, and what it leaves out for that. */
#include "conf/lists.h"

static int
add(struct str *out, const char *name, struct slice value)
{
	if (value.len == 0)
		return 0;
	if (str_add_text(out, name) == -1 || str_add_text(out, ": ") == -1)
		return -1;
	/* a line may have 998 octets: each URL gets one (RFC 2369, 2) */
	for (bool is_first = true; value.len > 0; is_first = false) {
		struct slice one;

		(void)slice_take(&value, ',', &one);
		if ((!is_first && str_add_text(out, ",\n\t") == -1) ||
		    str_add_slice(out, one) == -1)
			return -1;
	}
	return str_add_char(out, '\n');
}

static int
add_id(struct str *out, struct slice id)
{
	if (id.len == 0)
		return 0;
	return str_format(out, "List-Id: <%.*s>\n", (int)id.len, id.data);
}

int
list_add_fields(const struct list *l, struct str *out)
{
	struct slice one_click = slice_of(l->is_one_click ? "List-Unsubscribe=One-Click" : "");

	if ((!l->is_sublist &&
		(add_id(out, l->id) == -1 || add(out, "List-Post", l->post) == -1)) ||
	    add(out, "List-Help", l->help) == -1 ||
	    add(out, "List-Subscribe", l->subscribe) == -1 ||
	    add(out, "List-Unsubscribe", l->unsubscribe) == -1 ||
	    add(out, "List-Unsubscribe-Post", one_click) == -1 ||
	    add(out, "List-Owner", l->contact) == -1 ||
	    (!l->is_sublist && add(out, "List-Archive", l->archive) == -1))
		return -1;
	return add(out, "Precedence", l->precedence);
}

static bool
has_fields(const struct list *l)
{
	return l->id.len > 0 || l->help.len > 0 || l->subscribe.len > 0 || l->unsubscribe.len > 0 ||
	       l->post.len > 0 || l->contact.len > 0 || l->archive.len > 0;
}

/* RFC 2369, 4: those by which a reader comes to or from another list than this one. */
static bool
is_of_members(struct slice name)
{
	static const char *const names[] = {"List-Help", "List-Subscribe", "List-Unsubscribe",
	    "List-Unsubscribe-Post", "List-Owner"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return false;
}

bool
list_drops_field(const struct list *l, struct slice name)
{
	if (slice_is_nocase(name, "Precedence"))
		return l->precedence.len > 0;
	if (!has_fields(l))
		return false;
	if (is_of_members(name))
		return true;
	if (l->is_sublist) /* RFC 2919, 7 */
		return false;
	return (slice_is_nocase(name, "List-Id") && l->id.len > 0) ||
	       (slice_is_nocase(name, "List-Post") && l->post.len > 0) ||
	       (slice_is_nocase(name, "List-Archive") && l->archive.len > 0);
}
