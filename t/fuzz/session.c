/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS session: whole sessions with a server of every kind, which offers all that one
 * process can. The first octet chooses the kind.
 *
 * options: -close_fd_mask=2 -dict=t/fuzz/session.dict
 */
#include "fuzz.h"
#include "server.h"

#define INPUT_MAX ((size_t)60000) /* less than the session's input buffer */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cidr everybody = {.prefix = 0};
	static struct served served;
	struct cidr_list proxies = {&everybody, 1};
	struct session_settings settings = {.program = "fuzz", .routes = server_routes()};
	struct session_client client = {.peer.address = "192.0.2.1"};

	if (size == 0 || size > INPUT_MAX)
		return 0;
	limits_default(&settings.limits);
	settings.limits.message_size = 10000;
	settings.limits.smtpd_errors = 100;
	settings.mode = data[0] % 3 == 0   ? SESSION_SMTP
			: data[0] % 3 == 1 ? SESSION_SUBMISSION
					   : SESSION_LMTP;
	settings.has_logins = (data[0] & 4) != 0;
	settings.xclient_hosts = (data[0] & 8) != 0 ? &proxies : NULL;
	client.may_relay = (data[0] & 16) != 0;
	client.tls.is_on = (data[0] & 32) != 0;
	server_serve(&settings, &client, slice_make((const char *)data + 1, size - 1), &served);
	served_free(&served);
	return 0;
}
