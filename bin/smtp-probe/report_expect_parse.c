/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/nearest.h"
#include "report_expect.h"

static const struct {
	const char *text;
	enum expectation_operator operator;
} operators[] = {/* the longer ones first */
    {"!=", IS_NOT}, {"!~", HAS_NOT}, {">=", AT_LEAST}, {"<=", AT_MOST}, {">", MORE}, {"<", LESS},
    {"=", IS}, {"~", HAS}};

static void
complain_of_id(struct slice id, struct str *problem)
{
	const struct report_kind *kind;
	struct nearest near;

	nearest_begin(&near, id);
	for (size_t i = 0; (kind = report_kind_at(i)) != NULL; i++)
		nearest_offer(&near, slice_of(kind->id));
	(void)str_format(problem, "--expect: there is no result %.*s", (int)id.len, id.data);
	if (near.found.len > 0)
		(void)str_format(
		    problem, ": did you mean %.*s?", (int)near.found.len, near.found.data);
	else
		(void)str_add_text(problem, "; smtp-probe(1), RESULTS, lists them");
}

static bool
parse_word(struct expectation *e, struct slice word, struct str *problem)
{
	bool has_value;
	size_t at = 0;
	struct slice rest;

	while (at < word.len && strchr("=!<>~", word.data[at]) == NULL)
		at++;
	rest = slice_skip(word, at);
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		if (!slice_starts(rest, operators[i].text))
			continue;
		*e = (struct expectation){.text = word,
		    .kind = report_kind(slice_make(word.data, at)),
		    .operator= operators[i].operator,
		    .value = slice_skip(rest, strlen(operators[i].text))};
		/* "==" is no operator */
		has_value = e->value.len > 0 && strchr("=!<>~", e->value.data[0]) == NULL;
		if (e->kind == NULL)
			complain_of_id(slice_make(word.data, at), problem);
		else if (!has_value)
			(void)str_format(problem, "--expect: a value is missing behind %.*s",
			    (int)(e->value.data - word.data), word.data);
		return e->kind != NULL && has_value;
	}
	(void)str_format(problem,
	    "--expect takes words like starttls=yes or size>=1000000, not '%.*s'", (int)word.len,
	    word.data);
	return false;
}

bool
expect_parse(struct report_expectations *all, const char *list, struct str *problem)
{
	while (*list != '\0') {
		size_t len = strcspn(list, " ,\t\n");

		if (len > 0 && all->count >= EXPECTATIONS_MOST) {
			(void)str_format(problem, "--expect takes %d words", EXPECTATIONS_MOST);
			return false;
		}
		if (len > 0 &&
		    !parse_word(&all->list[all->count++], slice_make(list, len), problem))
			return false;
		list += len;
		if (*list != '\0')
			list++;
	}
	if (all->count == 0)
		(void)str_add_text(problem, "--expect takes words like starttls=yes");
	return all->count > 0;
}
