/* SPDX-License-Identifier: ISC */
/* The page of the table for people: its width and colours, and text that is folded to fit. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report_parts.h"

#define PAGE_SERVERS 3 /* named where several have the same result */
#define PAGE_FINDINGS 40

struct page {
	struct report *r;
	struct str *out;
	struct terminal terminal;
	bool is_folded; /* to the width; where nobody looks, a line is a line */
};

/* What is wrong or could not be told, once for all servers that have it alike. */
struct finding {
	const struct result *result;
	const struct report_server *servers[PAGE_SERVERS];
	size_t count; /* of servers */
};

struct findings {
	struct finding *list; /* the worst first */
	size_t count, room;
	bool has_failed;
};

void page_begin(struct page *page, struct report *r, struct str *out);
/* TEXT in STYLE. */
void page_styled(struct page *page, enum terminal_style style, const char *text);
/*
 * SAFE, which is escaped, and a line end; it begins at column AT, and goes on, where the line is
 * full, at INDENT. Cut behind MOST lines, 0 for none, with "...".
 */
void page_fold(struct page *page, struct slice safe, size_t at, size_t indent, size_t most);

void findings_collect(struct findings *f, const struct report *r);
void findings_free(struct findings *f);
/* With text, reply and advice. */
void findings_put(struct page *page, const struct findings *f);

#endif
