/* SPDX-License-Identifier: ISC */
#include "mail/trace.h"

#include "mail/date.h"

/* TCP-info of RFC 5321, 4.4: a name, and the address as a literal (4.1.3). */
static int
add_client(struct str *out, const struct trace *t)
{
	struct slice name = t->client_name.len > 0 ? t->client_name : slice_of("unknown");
	struct slice address = t->client_address;
	const char *tag = slice_find(address, ':') < address.len ? "IPv6:" : "";

	if (t->helo.len == 0)
		return 0;
	if (str_format(out, "from %.*s", (int)t->helo.len, t->helo.data) == -1)
		return -1;
	if (address.len == 0)
		return str_add_text(out, "\r\n\t");
	return str_format(out, " (%.*s [%s%.*s])\r\n\t", (int)name.len, name.data, tag,
	    (int)address.len, address.data);
}

int
trace_add(struct str *out, const struct trace *t, size_t *id_at)
{
	if (str_add_text(out, "Received: ") == -1 || add_client(out, t) == -1 ||
	    str_format(out, "by %.*s with %s", (int)t->me.len, t->me.data, t->protocol) == -1)
		return -1;
	if (t->tls_protocol.len > 0 &&
	    str_format(out, " (%.*s %.*s)", (int)t->tls_protocol.len, t->tls_protocol.data,
		(int)t->tls_cipher.len, t->tls_cipher.data) == -1)
		return -1;
	if (t->id.len > 0 && str_format(out, " id %.*s", (int)t->id.len, t->id.data) == -1)
		return -1;
	*id_at = out->len - t->id.len;
	if (t->recipient.len > 0 &&
	    str_format(out, "\r\n\tfor <%.*s>", (int)t->recipient.len, t->recipient.data) == -1)
		return -1;
	if (t->priority != 0 && str_format(out, "\r\n\tpriority %d", t->priority) == -1)
		return -1;
	if (str_add_text(out, ";\r\n\t") == -1 || date_add(out, t->date) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}
