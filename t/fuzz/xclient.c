/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS xclient: a host that may say XCLIENT, and that may relay and has a login
 * itself. What it says behind the word is the input, with what follows. Its own rights must go over
 * to nobody, and nothing that it said may be of use in a log line or a field.
 *
 * options: -close_fd_mask=2 -dict=t/fuzz/xclient.dict
 */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "mail/address.h"
#include "server.h"

#define INPUT_MAX ((size_t)8192)
#define TEXT_MAX ((size_t)16384)

static const char own_login[] = "the-host", own_address[] = "192.0.2.1";

static bool
holds(struct slice text, const char *word)
{
	while (text.len > 0 && !slice_starts_nocase(text, word))
		text = slice_skip(text, 1);
	return text.len > 0;
}

static void
check_texts(const struct session *s)
{
	struct slice name = slice_of(s->client.name);
	struct peer peer;

	must(!slice_has_control(slice_of(s->client.login)));
	must(!slice_has_control(str_slice(&s->helo)));
	must(name.len == 0 || address_is_domain(name, 0));
	must(name.len == s->name.len && (name.len == 0 || slice_equal(name, s->name)));
	must(s->client.peer.address[0] == '\0' || peer_from_text(&peer, s->client.peer.address));
	must(
	    s->client.server.address[0] == '\0' || peer_from_text(&peer, s->client.server.address));
}

static void
check_rights(const struct session *s, struct slice input)
{
	const struct session_client *c = &s->client;
	const struct cidr_list *relay = s->settings->relay_hosts;

	must(!c->may_relay ||
	     (s->xclient.has_address && cidr_list_contains(relay, c->peer.address)));
	must(c->tls.client_fingerprint[0] == '\0' && !c->tls.client_is_verified);
	/* what it does not name is not known, or was the host's where nothing hangs on it */
	must(c->login[0] == '\0' || holds(input, "LOGIN="));
	must(strcmp(c->peer.address, own_address) == 0 || holds(input, "ADDR="));
	must(c->is_hidden || s->xclient.has_address);
}

static void
check(const struct session *s, struct slice input)
{
	check_texts(s);
	if (s->xclient.is_used) {
		check_rights(s, input);
		/* the client itself said something since */
		must(s->end != SESSION_QUIT || !s->xclient.is_allowed);
	} else {
		must(s->client.may_relay && strcmp(s->client.login, own_login) == 0);
		must(strcmp(s->client.peer.address, own_address) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct served served;
	struct slice input = slice_make((const char *)data, size);
	struct cidr everybody = {.prefix = 0}, relay;
	struct cidr_list proxies = {&everybody, 1}, relays = {&relay, 1};
	struct session_settings settings = {.program = "fuzz", .routes = server_routes()};
	struct session_client client = {.may_relay = true, .tls.is_on = true};
	struct str text;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	must(cidr_parse(slice_of("10.0.0.0/8"), &relay));
	limits_default(&settings.limits);
	settings.limits.smtpd_errors = INPUT_MAX;
	settings.xclient_hosts = &proxies;
	settings.relay_hosts = &relays;
	memcpy(client.peer.address, own_address, sizeof own_address);
	memcpy(client.login, own_login, sizeof own_login);
	client.tls.client_is_verified = true;
	memset(client.tls.client_fingerprint, 'a', sizeof client.tls.client_fingerprint - 1);
	str_init(&text, TEXT_MAX);
	must(str_add_text(&text, "EHLO host.test\r\nXCLIENT ") == 0);
	must(str_add_slice(&text, input) == 0);
	must(
	    str_add_text(&text, "\r\nEHLO peer.test\r\nMAIL FROM:<me@peer.test>\r\nQUIT\r\n") == 0);
	server_serve(&settings, &client, str_slice(&text), &served);
	check(&served.session, input);
	served_free(&served);
	str_free(&text);
	return 0;
}
