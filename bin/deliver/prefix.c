/* SPDX-License-Identifier: ISC */
#include "prefix.h"

int
prefix_add(struct str *out, struct slice sender, struct slice recipient, const struct content *c)
{
	if (str_add_text(out, "Return-Path: <") == -1 || str_add_slice(out, sender) == -1 ||
	    str_add_text(out, ">\n") == -1)
		return -1;
	if (prefix_add_forward(out, recipient, c) == -1)
		return -1;
	return recipient.len == 0 && c->is_headless ? str_add_char(out, '\n') : 0;
}

int
prefix_add_forward(struct str *out, struct slice recipient, const struct content *c)
{
	if (recipient.len == 0)
		return 0;
	if (str_add_text(out, "Delivered-To: ") == -1 || str_add_slice(out, recipient) == -1 ||
	    str_add_char(out, '\n') == -1)
		return -1;
	return c->is_headless ? str_add_char(out, '\n') : 0;
}
