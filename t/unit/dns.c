/* SPDX-License-Identifier: ISC */
/* The resolver: what is kept, for how long, and that it follows resolv.conf. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dns_cache.h"
#include "net/dns_channel.h"
#include "net/query.h"
#include "tap.h"

/* Header, question "a.test MX IN", and what a test adds. */
#define QUESTION "\1a\4test\0\0\17\0\1"
#define TO_NAME "\300\014"

struct life_row {
	const char *name;
	const char *counts; /* of questions, answers, authority, more */
	const char *records;
	size_t len;
	uint32_t ttl;
};

#define RECORDS(text) (text), sizeof(text) - 1

static const struct life_row lives[] = {
    {"one answer", "\0\1\0\1\0\0\0\0", RECORDS(TO_NAME "\0\17\0\1\0\0\1\0\0\3\0\5\0"), 256},
    {"the least of two", "\0\1\0\2\0\0\0\0",
	RECORDS(TO_NAME "\0\17\0\1\0\0\1\0\0\3\0\5\0" TO_NAME "\0\17\0\1\0\0\0\7\0\3\0\5\0"), 7},
    {"NS records beside an answer do not count", "\0\1\0\1\0\1\0\0",
	RECORDS(TO_NAME "\0\17\0\1\0\0\1\0\0\3\0\5\0" TO_NAME "\0\2\0\1\0\0\0\7\0\1\0"), 256},
    {"MINIMUM of the SOA for no", "\0\1\0\0\0\1\0\0",
	RECORDS(TO_NAME "\0\6\0\1\0\0\1\0\0\26\0\0"
			"aaaa"
			"bbbb"
			"cccc"
			"dddd"
			"\0\0\0\74"),
	60},
    {"TTL of the SOA for no", "\0\1\0\0\0\1\0\0",
	RECORDS(TO_NAME "\0\6\0\1\0\0\0\1\0\26\0\0"
			"aaaa"
			"bbbb"
			"cccc"
			"dddd"
			"\0\0\0\74"),
	1},
    {"nothing at all", "\0\1\0\0\0\0\0\0", RECORDS(""), 0},
    {"cut off", "\0\1\0\1\0\0\0\0", RECORDS(TO_NAME "\0\17\0\1\0\0"), 0},
};

static void
test_lifetimes(void)
{
	for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
		const struct life_row *r = &lives[i];
		char packet[256] = "\0\0\201\200";
		size_t at = 4;

		memcpy(packet + at, r->counts, 8);
		at += 8;
		memcpy(packet + at, QUESTION, sizeof QUESTION - 1);
		at += sizeof QUESTION - 1;
		memcpy(packet + at, r->records, r->len);
		tap_is_int(answer_lifetime(slice_make(packet, at + r->len)), r->ttl, r->name);
	}
}

static void
keep(struct dns_cache *c, const char *name, enum dns_result result, uint32_t ttl, size_t len)
{
	struct dns_cached entry = {.type = ANSWER_MX, .result = result, .is_secure = true};
	char *text = calloc(1, len + 1);

	snprintf(entry.asked, sizeof entry.asked, "%s", name);
	str_init(&entry.packet, 65535);
	if (text == NULL || str_add(&entry.packet, text, len) == -1)
		tap_ok(false, "memory");
	dns_cache_keep(c, &entry, ttl);
	str_free(&entry.packet);
	free(text);
}

static void
test_cache(void)
{
	struct dns_cache c = {.list = NULL};
	const struct dns_cached *found;
	uint32_t left;
	size_t kept = 0;
	char name[32];

	tap_ok(dns_cache_find(&c, "a.test", ANSWER_MX, &left) == NULL, "nothing is in it");
	keep(&c, "a.test", DNS_FOUND, 7200, 100);
	found = dns_cache_find(&c, "A.Test", ANSWER_MX, &left);
	tap_ok(found != NULL && found->is_secure && found->packet.len == 100, "it is found again");
	tap_ok(left > 3540 && left <= 3600, "an hour at most");
	tap_ok(dns_cache_find(&c, "a.test", ANSWER_A, &left) == NULL, "another type is another");
	keep(&c, "no.test", DNS_NO_NAME, 7200, 12);
	tap_ok(dns_cache_find(&c, "no.test", ANSWER_MX, &left) != NULL && left > 240 && left <= 300,
	    "a no for five minutes at most");
	keep(&c, "zero.test", DNS_FOUND, 0, 12);
	tap_ok(dns_cache_find(&c, "zero.test", ANSWER_MX, &left) == NULL, "TTL 0 is not kept");
	keep(&c, "bad.test", DNS_TEMPORARY, 60, 12);
	tap_ok(dns_cache_find(&c, "bad.test", ANSWER_MX, &left) == NULL, "nor is a failure");
	keep(&c, "big.test", DNS_FOUND, 60, DNS_CACHE_PACKET_MAX + 1);
	tap_ok(dns_cache_find(&c, "big.test", ANSWER_MX, &left) == NULL, "nor what is too large");
	/* uses are told apart by milliseconds, and all above are to be older */
	(void)poll(NULL, 0, 2);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "n%d.test", i);
		keep(&c, name, DNS_FOUND, 60, 12);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "n%d.test", i);
		kept += dns_cache_find(&c, name, ANSWER_MX, &left) != NULL;
	}
	tap_is_int((intmax_t)kept, DNS_CACHE_ENTRIES, "it is bounded");
	dns_cache_clear(&c);
	tap_ok(dns_cache_find(&c, "n999.test", ANSWER_MX, &left) == NULL, "and empty when cleared");
}

static bool
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f != NULL && fputs(text, f) >= 0 && fclose(f) == 0;
}

static void
is_asked(const struct dns_channel *c, const char *expected, const char *what)
{
	struct ares_addr_port_node *list = NULL;
	char text[64] = "none";

	if (ares_get_servers_ports(c->ares, &list) == ARES_SUCCESS && list != NULL) {
		const unsigned char *four = (const unsigned char *)&list->addr;

		snprintf(text, sizeof text, "%u.%u.%u.%u", four[0], four[1], four[2], four[3]);
	}
	tap_is_text(text, expected, what);
	ares_free_data(list);
}

static void
test_resolv_conf(void)
{
	char path[] = "/tmp/unit-dns.XXXXXX";
	struct dns_channel c;
	ares_channel rest;
	int fd = mkstemp(path);
	deadline opened = clock_monotonic_ms();

	tap_ok(fd != -1 && write_file(path, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n") &&
		   dns_channel_open(&c, slice_of(""), path) == 0,
	    "a file names the servers");
	is_asked(&c, "192.0.2.1", "that of the file");
	tap_ok(dns_channel_rest(&c, 1, &rest), "there is one behind the first");
	ares_destroy(rest);
	tap_ok(!dns_channel_rest(&c, 2, &rest), "and none behind the second");
	tap_ok(write_file(path, "nameserver 192.0.2.10\n"), "it changes");
	tap_ok(c.next_look > opened && c.next_look <= clock_monotonic_ms() + 1000,
	    "the next look is within a second");
	c.next_look = deadline_in_seconds(60);
	tap_ok(!dns_channel_refresh(&c), "nobody looks before its time");
	c.next_look = 0;
	tap_ok(dns_channel_refresh(&c), "then it is read again");
	is_asked(&c, "192.0.2.10", "the new one");
	c.next_look = 0;
	tap_ok(!dns_channel_refresh(&c), "once");
	dns_channel_close(&c);
	tap_ok(dns_channel_open(&c, slice_of(" 192.0.2.3, "), path) == 0, "servers of our own");
	c.next_look = 0;
	tap_ok(write_file(path, "nameserver 192.0.2.11\n") && !dns_channel_refresh(&c),
	    "have nothing to do with the file");
	is_asked(&c, "192.0.2.3", "and stay");
	dns_channel_close(&c);
	tap_ok(dns_channel_open(&c, slice_of("nonsense"), path) == -1, "what is no server");
	close(fd);
	unlink(path);
}

int
main(void)
{
	test_lifetimes();
	test_cache();
	test_resolv_conf();
	return tap_done();
}
