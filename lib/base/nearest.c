/* SPDX-License-Identifier: ISC */
#include "base/nearest.h"

#define WORD_MAX ((size_t)40) /* longer ones are no slips of a finger */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters to change, add, drop or swap with the next; both at most WORD_MAX long. */
static size_t
distance(struct slice a, struct slice b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *before = rows[(i + 2) % 3],
		       *earlier = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t same = a.data[i - 1] == b.data[j - 1] ? 0 : 1;

			row[j] = least(least(before[j], row[j - 1]) + 1, before[j - 1] + same);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
			    a.data[i - 2] == b.data[j - 1])
				row[j] = least(row[j], earlier[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

void
nearest_begin(struct nearest *n, struct slice asked)
{
	*n = (struct nearest){
	    .asked = asked, .found = {.data = "", .len = 0}, .distance = 1 + asked.len / 3};
	if (n->distance > 3)
		n->distance = 3;
	/* what is offered must be nearer than this */
	n->distance++;
}

void
nearest_offer(struct nearest *n, struct slice word)
{
	size_t far;

	if (n->asked.len > WORD_MAX || word.len > WORD_MAX || n->asked.len == 0)
		return;
	far = distance(n->asked, word);
	/* a word that only shares its length with another is no guess */
	if (far < n->distance && far < least(n->asked.len, word.len)) {
		n->found = word;
		n->distance = far;
	}
}
