/* SPDX-License-Identifier: ISC */
#include "report_page.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"

#define NARROWEST 20 /* columns that are left to fold text in, on whatever terminal */

void
page_begin(struct page *page, struct report *r, struct str *out)
{
	*page = (struct page){.r = r, .out = out};
	(void)setlocale(LC_CTYPE, "");
	terminal_look(&page->terminal, STDOUT_FILENO);
	if (r->color != COLOR_AUTO)
		page->terminal.has_color = r->color == COLOR_ALWAYS;
	page->is_folded = page->terminal.is_terminal || getenv("COLUMNS") != NULL;
}

void
page_styled(struct page *page, enum terminal_style style, const char *text)
{
	put_format(page->r, page->out, "%s%s%s", terminal_on(&page->terminal, style), text,
	    terminal_off(&page->terminal));
}

/* As much of TEXT as takes no more than COLUMNS; one character at least. */
static size_t
piece_that_fits(const struct page *page, struct slice text, size_t columns)
{
	size_t end = 0, used = 0;

	while (end < text.len) {
		size_t n = utf8_sequence(slice_skip(text, end));

		n = n == 0 ? 1 : n;
		used += terminal_columns(&page->terminal, slice_make(text.data + end, n));
		if (used > columns && end > 0)
			break;
		end += n;
	}
	return end;
}

/* "(0.012 s)", "(10.2 MB)": a number stays with its unit. */
static bool
is_before_unit(struct slice text, size_t blank)
{
	size_t end = blank + 1;

	while (end < text.len && ascii_is_alpha(text.data[end]))
		end++;
	return blank > 0 && text.data[blank] == ' ' && ascii_is_digit(text.data[blank - 1]) &&
	       end > blank + 1 && end < text.len && text.data[end] == ')';
}

/* The next line: up to the last blank that fits, or cut where there is none. */
static struct slice
take_line(const struct page *page, struct slice *text, size_t columns)
{
	size_t end = piece_that_fits(page, *text, columns);
	struct slice line = slice_make(text->data, end);

	if (end < text->len && text->data[end] != ' ')
		end = slice_find_last(line, ' ');
	if (end < text->len && is_before_unit(*text, end))
		end = slice_find_last(slice_make(line.data, end), ' ');
	if (end > 0)
		line.len = end;
	*text = slice_skip(*text, line.len);
	while (line.len > 0 && line.data[line.len - 1] == ' ')
		line.len--;
	while (text->len > 0 && text->data[0] == ' ')
		*text = slice_skip(*text, 1);
	return line;
}

void
page_fold(struct page *page, struct slice safe, size_t at, size_t indent, size_t most)
{
	size_t width = page->terminal.width, count = 0;
	struct str line;

	if (!page->is_folded || width < indent + NARROWEST || width < at + NARROWEST) {
		put_format(page->r, page->out, "%.*s\n", (int)safe.len, safe.data);
		return;
	}
	str_init(&line, REPORT_PENDING_CAP);
	do {
		bool is_last = most != 0 && ++count == most;
		struct slice piece =
		    take_line(page, &safe, width - at - (is_last && safe.len > 0 ? 4 : 0));

		str_clear(&line);
		if (terminal_fit(&page->terminal, &line, piece, width, false) == -1)
			page->r->has_failed = true;
		put_format(
		    page->r, page->out, "%s%s\n", line.data, is_last && safe.len > 0 ? " ..." : "");
		if (is_last || safe.len == 0)
			break;
		put_format(page->r, page->out, "%*s", (int)indent, "");
		at = indent;
	} while (safe.len > 0);
	str_free(&line);
}
