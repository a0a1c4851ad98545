/* SPDX-License-Identifier: ISC */
/*
 * HTTPS by libcurl: of all that it can do, one request to one host that the DNS was asked for here,
 * with a certificate that is checked; no redirect, proxy, cookie, password or cache.
 */
#include <curl/curl.h>
#include <poll.h>
#include <string.h>

#include "base/escape.h"
#include "mta_sts.h"
#include "net/endpoint.h"

#define URL_MAX ((size_t)2048)
#define ADDRESSES_MAX ((size_t)2048)
#define WORDS_MAX ((size_t)300)
#define HTTP_OK 200

struct request {
	const struct server *server;
	CURL *curl;
	struct str url, addresses, body;
	struct curl_slist *resolve, *headers;
	bool is_too_long;
	char words[CURL_ERROR_SIZE];
};

int
fetch_prepare(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

void
fetch_end(void)
{
	curl_global_cleanup();
}

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct request *r = context;

	if (r->body.cap == 0) /* nobody reads it */
		return size * count;
	if (str_add(&r->body, data, size * count) == 0)
		return size * count;
	r->is_too_long = true;
	return 0;
}

/* A client that has gone does not wait any more, and nobody should for it. */
static int
look_after_client(void *context, curl_off_t total, curl_off_t now, curl_off_t up, curl_off_t up_now)
{
	const struct request *r = context;
	struct pollfd p = {.fd = r->server->client, .events = 0};

	(void)total;
	(void)now;
	(void)up;
	(void)up_now;
	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* What the DNS says of HOST, so that libcurl asks nobody. */
static int
pin_addresses(
    struct request *r, struct slice host, uint16_t port, deadline until, struct str *reason)
{
	struct dns_addresses found;
	enum dns_result result = dns_addresses(r->server->dns, host, until, &found);
	int added = 0;

	if (result != DNS_FOUND) {
		(void)str_format(reason, "%.*s: %s", (int)host.len, host.data, dns_text(result));
		return -1;
	}
	added = str_format(&r->addresses, "%.*s:%u:", (int)host.len, host.data, (unsigned)port);
	for (size_t i = 0; added == 0 && i < found.count && r->addresses.len < ADDRESSES_MAX / 2;
	     i++) {
		bool is_six = found.list[i].address.ss_family == AF_INET6;

		added = str_format(&r->addresses, "%s%s", i > 0 ? "," : "", is_six ? "[" : "");
		if (added == 0)
			added = endpoint_add_text(&r->addresses, &found.list[i].address);
		if (added == 0 && is_six)
			added = str_add_char(&r->addresses, ']');
	}
	dns_addresses_free(&found);
	if (added == 0)
		r->resolve = curl_slist_append(NULL, r->addresses.data);
	if (r->resolve != NULL)
		return 0;
	(void)str_add_text(reason, "out of memory");
	return -1;
}

static CURLcode
set_options(struct request *r, long milliseconds)
{
	const struct settings *settings = &r->server->settings;
	const struct {
		CURLoption name;
		long value;
	} numbers[] = {
	    {CURLOPT_FOLLOWLOCATION, 0},
	    {CURLOPT_SSL_VERIFYPEER, 1},
	    {CURLOPT_SSL_VERIFYHOST, 2},
	    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
	    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
	    {CURLOPT_FORBID_REUSE, 1},
	    {CURLOPT_NOSIGNAL, 1},
	    {CURLOPT_NOPROGRESS, 0},
	    {CURLOPT_TIMEOUT_MS, milliseconds},
	    {CURLOPT_CONNECTTIMEOUT_MS, milliseconds},
	};
	const struct {
		CURLoption name;
		const void *value;
	} texts[] = {
	    {CURLOPT_URL, r->url.data},
	    {CURLOPT_PROTOCOLS_STR, "https"},
	    {CURLOPT_PROXY, ""}, /* whatever the environment says */
	    {CURLOPT_RESOLVE, r->resolve},
	    {CURLOPT_HTTPHEADER, r->headers},
	    {CURLOPT_USERAGENT, "satchel-mta-sts"},
	    {CURLOPT_ERRORBUFFER, r->words},
	    {CURLOPT_WRITEDATA, r},
	    {CURLOPT_XFERINFODATA, r},
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; code == CURLE_OK && i < sizeof numbers / sizeof numbers[0]; i++)
		code = curl_easy_setopt(r->curl, numbers[i].name, numbers[i].value);
	for (size_t i = 0; code == CURLE_OK && i < sizeof texts / sizeof texts[0]; i++)
		code = curl_easy_setopt(r->curl, texts[i].name, texts[i].value);
	if (code == CURLE_OK)
		code = curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, take_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(r->curl, CURLOPT_XFERINFOFUNCTION, look_after_client);
	if (code == CURLE_OK && settings->ca_file.len > 0)
		code = curl_easy_setopt(r->curl, CURLOPT_CAINFO, settings->ca_file.data);
	if (code == CURLE_OK && settings->ca_file.len > 0)
		code = curl_easy_setopt(r->curl, CURLOPT_CAPATH, NULL);
	return code;
}

static int
request_open(struct request *r, const struct server *s, size_t body_max)
{
	*r = (struct request){.server = s};
	str_init(&r->url, URL_MAX);
	str_init(&r->addresses, ADDRESSES_MAX);
	str_init(&r->body, body_max);
	r->curl = curl_easy_init();
	return r->curl == NULL ? -1 : 0;
}

static void
request_close(struct request *r)
{
	curl_easy_cleanup(r->curl);
	curl_slist_free_all(r->resolve);
	curl_slist_free_all(r->headers);
	str_free(&r->url);
	str_free(&r->addresses);
	str_free(&r->body);
}

/* What libcurl says, which may quote a stranger. */
static void
explain(const struct request *r, CURLcode code, struct str *reason)
{
	struct slice words = slice_of(r->words[0] != '\0' ? r->words : curl_easy_strerror(code));

	if (words.len > WORDS_MAX)
		words.len = WORDS_MAX;
	if (escape_text(reason, words) == -1)
		(void)str_add_text(reason, curl_easy_strerror(code));
}

/* Runs it: the status, or -1 with *code. */
static long
perform(struct request *r, deadline until, CURLcode *code)
{
	int left = deadline_poll_ms(until);
	long status = 0;

	*code = left <= 0 ? CURLE_OPERATION_TIMEDOUT : set_options(r, left);
	if (*code == CURLE_OK)
		*code = curl_easy_perform(r->curl);
	if (*code == CURLE_OK)
		*code = curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	return *code == CURLE_OK ? status : -1;
}

/* RFC 8461, 3.2: text/plain, whatever parameters follow. */
static bool
is_plain_text(struct request *r)
{
	const char *type = NULL;
	struct slice rest, name;

	if (curl_easy_getinfo(r->curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == NULL)
		return false;
	rest = slice_of(type);
	return slice_take(&rest, ';', &name) && slice_is_nocase(slice_trim(name), "text/plain");
}

/* "sts-policy-fetch-error" and so on, or null if the body may be looked at. */
static const char *
judge(struct request *r, long status, CURLcode code, struct str *reason)
{
	if (r->is_too_long) {
		(void)str_format(reason, "the policy is larger than %zu octets", STS_TEXT_MAX);
		return "sts-policy-invalid";
	}
	if (status == -1) {
		explain(r, code, reason);
		return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE
			   ? "sts-webpki-invalid"
			   : "sts-policy-fetch-error";
	}
	if (status != HTTP_OK) {
		(void)str_format(reason, "the server says %ld, not 200", status);
		return "sts-policy-fetch-error";
	}
	if (!is_plain_text(r)) {
		(void)str_add_text(reason, "the policy is not text/plain");
		return "sts-policy-invalid";
	}
	return NULL;
}

int
fetch_policy(const struct server *s, struct slice domain, deadline until, struct sts_policy *policy,
    const char **failure, struct str *reason)
{
	struct slice host;
	struct request r;
	CURLcode code;
	long status;

	str_clear(reason);
	*failure = "sts-policy-fetch-error";
	if (request_open(&r, s, STS_TEXT_MAX) == 0 &&
	    str_format(&r.url, "https://mta-sts.%.*s:%u/.well-known/mta-sts.txt", (int)domain.len,
		domain.data, (unsigned)s->settings.port) == 0) {
		host = slice_make(r.url.data + 8, domain.len + 8);
		if (pin_addresses(&r, host, s->settings.port, until, reason) == 0) {
			status = perform(&r, until, &code);
			*failure = judge(&r, status, code, reason);
		}
	}
	if (*failure == NULL && sts_policy_parse(policy, str_slice(&r.body), reason) == -1)
		*failure = "sts-policy-invalid";
	request_close(&r);
	return *failure == NULL ? 0 : -1;
}

/* The host and port of an https URL without user and password. */
static bool
split_url(const char *url, struct slice *host, uint16_t *port)
{
	struct slice rest = slice_of(url);
	struct endpoint_text parts;

	if (!slice_starts_nocase(rest, "https://") || slice_has_control(rest) ||
	    !slice_is_ascii(rest))
		return false;
	rest = slice_skip(rest, 8);
	rest.len = slice_find(rest, '/');
	rest.len = slice_find(rest, '?');
	rest.len = slice_find(rest, '#');
	if (!endpoint_split(rest, &parts))
		return false;
	*host = parts.host;
	*port = parts.has_port ? parts.port : 443;
	return sts_is_domain(parts.host);
}

int
fetch_post(const struct server *s, const char *url, const char *type, struct slice body,
    deadline until, struct str *reason)
{
	CURLcode code = CURLE_OUT_OF_MEMORY;
	struct slice host;
	struct request r;
	long status = -1;
	uint16_t port;
	struct str header;

	str_clear(reason);
	if (!split_url(url, &host, &port)) {
		(void)str_add_text(reason, "not an https URL with the name of a host");
		return -2;
	}
	str_init(&header, 200);
	if (request_open(&r, s, 0) == 0 && str_add_text(&r.url, url) == 0 &&
	    str_format(&header, "Content-Type: %s", type) == 0)
		r.headers = curl_slist_append(NULL, header.data);
	if (r.headers != NULL && pin_addresses(&r, host, port, until, reason) == 0 &&
	    curl_easy_setopt(r.curl, CURLOPT_POSTFIELDSIZE, (long)body.len) == CURLE_OK &&
	    curl_easy_setopt(r.curl, CURLOPT_POSTFIELDS, body.data) == CURLE_OK)
		status = perform(&r, until, &code);
	if (status == -1 && reason->len == 0)
		explain(&r, code, reason);
	else if (status != -1 && (status < 200 || status > 299))
		(void)str_format(reason, "the server says %ld", status);
	request_close(&r);
	str_free(&header);
	return status >= 200 && status <= 299 ? 0 : status >= 400 && status <= 499 ? -2 : -1;
}
