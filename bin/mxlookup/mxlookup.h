/* SPDX-License-Identifier: ISC */
/*
 * What the parts of mxlookup share: what is asked for, and what was found of one domain. That is
 * one JSON object, the same that --json prints (mxlookup(1), JSON); every other form is made of it.
 * Foreign octets in it are escaped (base/escape.h), so it may go to a terminal as it is.
 */
#ifndef MXLOOKUP_H
#define MXLOOKUP_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/dns.h"
#include "net/dns_many.h"
#include "net/sts.h"
#include "tls.h"

/* Exit codes of one domain, the worse the higher; of several domains the highest counts. */
enum outcome { FOUND = 0, NO_DOMAIN = 1, NULL_MX = 2, BROKEN = 3, TEMPORARY = 111 };

enum form { FORM_TABLE, FORM_TAB, FORM_PLAIN, FORM_JSON, FORM_ENV };

enum part {
	PART_TTL = 1 << 0,
	PART_TLSA = 1 << 1,
	PART_STS = 1 << 2,
	PART_TLSRPT = 1 << 3,
	PART_SPF = 1 << 4,
	PART_DMARC = 1 << 5,
	PART_SRV = 1 << 6,
	PART_PTR = 1 << 7,
	PART_ALL = (1 << 8) - 1,
	PART_WHY = 1 << 8,
	PART_TLS = 1 << 9,
};

struct settings {
	enum form form;
	unsigned parts;
	int family; /* AF_INET, AF_INET6, or 0 for both */
	int64_t timeout;
	uint16_t mx_port; /* of mail exchangers */
	bool is_believed; /* what the resolver says of signatures */
	struct dns *dns;  /* believed in all, so that what it says can be shown */
	struct tls tls;	  /* with PART_TLS */
};

/* An MTA-STS policy, which others fetch meanwhile (policies.h). */
enum wish_state { WISH_NONE, WISH_WANTED, WISH_ASKED, WISH_THERE };

struct look;

struct wish {
	enum wish_state state;
	struct sts_answer answer;
	struct look *look; /* whose it is */
	/* policies.c's */
	struct wish *next;
	int64_t since;
	deadline until;
};

/* The policy as it is published now (--sts), and that which mail goes by (--tls). */
enum wish_kind { WISH_FRESH, WISH_KEPT, WISHES };

/* One domain that is being looked at; done again until nothing is lacking (net/dns_many.h). */
struct look {
	struct settings *settings;
	struct slice domain; /* as given */
	const char *ascii;   /* with A-labels */
	deadline until;
	struct dns_sheet *sheet;
	json_t *top, *hosts, *why;
	json_t *known; /* of each address the name of the first exchanger that has it */
	struct dns_exchangers list;
	bool has_failed; /* no memory */
	struct wish wishes[WISHES];
};

/* Fills look->top, which is the caller's; an exit code. */
enum outcome look_up(struct look *l);
/* The same where look_up found more than can be said. */
enum outcome look_give_up(struct look *l);

/* The parts, each into look->top. */
void look_hosts(struct look *l);
void look_tlsa(struct look *l, json_t *host, const char *name, const struct dns_addresses *found);
void look_reverse(struct look *l, json_t *address, const struct dns_address *one);
void look_sts(struct look *l);
void look_tlsrpt(struct look *l);
void look_spf(struct look *l);
void look_dmarc(struct look *l);
void look_services(struct look *l);

/* Building the object; want of memory is noted. Foreign text is escaped. */
void put(struct look *l, json_t *object, const char *key, json_t *value);
void put_text(struct look *l, json_t *object, const char *key, struct slice text);
void put_note(struct look *l, json_t *object, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
json_t *put_object(struct look *l, json_t *object, const char *key);
json_t *put_array(struct look *l, json_t *object, const char *key);
/* Another element. */
json_t *add_object(struct look *l, json_t *array);
void add_text(struct look *l, json_t *array, struct slice text);
/* A step of --why: SOURCE is the rule's, or null. */
void why(struct look *l, const char *source, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "found", "none", "temporary". */
const char *result_word(enum dns_result result);
void put_result(struct look *l, json_t *object, enum dns_result result);

/* The forms: adds what TOP holds to OUT. 0, or -1 with str's errors. */
int print_table(struct str *out, const json_t *top, unsigned parts);
int print_tab(struct str *out, const json_t *top, unsigned parts);
int print_plain(struct str *out, const json_t *top, unsigned parts);
int print_json(struct str *out, const json_t *top, unsigned parts);
int print_env(struct str *out, const json_t *top, unsigned parts);
/* "" where there is none. */
const char *text_of(const json_t *object, const char *key);
/* The strings of an array, or KEY of its objects, with SEPARATOR between. */
int join(struct str *out, const json_t *array, const char *key, const char *separator);
/* Beside the exchangers, for people and programs: KIND and a line for each thing found. */
int each_line(const json_t *top,
    int (*line)(void *context, const char *kind, const char *about, const char *text),
    void *context);
/* The same of one exchanger. */
int each_host_line(const json_t *host,
    int (*line)(void *context, const char *kind, const char *about, const char *text),
    void *context);

#endif
