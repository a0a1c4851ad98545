/* SPDX-License-Identifier: ISC */
/* Parameters of MAIL and RCPT beside SIZE, BODY and those of RFC 3461: their values and fields. */
#include "smtp/parameter.h"

#include <string.h>

#include "mail/date.h"
#include "mail/encode.h"
#include "tap.h"

#define ALL 0xffffU
#define NOW 1800000000

/* What they become in an envelope, with | for NUL; null where they are refused. */
static const struct {
	const char *text, *fields;
} mail[] = {
    {"BODY=binarymime", "BBINARYMIME|"},
    {"SMTPUTF8", "U1|"},
    {"smtputf8 RequireTLS", "U1|Q1|"},
    {"SMTPUTF8=", NULL},
    {"SMTPUTF8=1", NULL},
    {"SMTPUTF8 SMTPUTF8", NULL},
    {"REQUIRETLS=yes", NULL},
    {"RET", NULL},
    {"AUTH=<>", "A<>|"},
    {"AUTH=e+3Dmc2@example.com", "Ae+3Dmc2@example.com|"},
    {"AUTH=j\\x{F6}rg@example.com", "Aj\\x{F6}rg@example.com|"},
    {"AUTH=", NULL},
    {"AUTH", NULL},
    {"AUTH=a+0Db", NULL},
    {"AUTH=a=b", NULL},
    {"ENVID=a+0Ab", NULL},
    {"ENVID=a+7Fb", NULL},
    {"ENVID=a+C3+A9", NULL},
    {"ENVID=a+20b", "Va+20b|"},
    {"BY=120;R", "Y1800000120;R|"},
    {"by=+120;nt", "Y1800000120;NT|"},
    {"BY=-120;N", "Y1799999880;N|"},
    {"BY=0;N", "Y1800000000;N|"},
    {"BY=-999999999;NT", "Y800000001;NT|"},
    {"BY=999999999;RT", "Y2799999999;RT|"},
    {"BY=0;R", NULL},
    {"BY=-1;R", NULL},
    {"BY=1000000000;R", NULL},
    {"BY=;R", NULL},
    {"BY=+;R", NULL},
    {"BY=+-1;N", NULL},
    {"BY=10", NULL},
    {"BY=10;", NULL},
    {"BY=10;T", NULL},
    {"BY=10;RTT", NULL},
    {"BY=10;R;T", NULL},
    {"BY=1 0;R", NULL},
    {"HOLDFOR=1", "H1800000001;for;1|"},
    {"HOLDFOR=999999999", "H2799999999;for;999999999|"},
    {"HOLDFOR=0", NULL},
    {"HOLDFOR=01", NULL},
    {"HOLDFOR=1000000000", NULL},
    {"HOLDFOR=-1", NULL},
    {"HOLDFOR=", NULL},
    {"HOLDUNTIL=2027-01-15T08:00:00Z", "H1800000000;until;2027-01-15T08:00:00Z|"},
    {"HOLDUNTIL=2027-01-15t08:00:00.25z", "H1800000001;until;2027-01-15t08:00:00.25z|"},
    {"HOLDUNTIL=2027-01-15T08:00:00+01:00", NULL},
    {"HOLDUNTIL=2027-02-29T08:00:00Z", NULL},
    {"HOLDUNTIL=tomorrow", NULL},
    {"HOLDFOR=1 HOLDUNTIL=2027-01-15T08:00:00Z", NULL},
    {"HOLDUNTIL=2027-01-15T08:00:00Z HOLDFOR=1", NULL},
    {"MT-PRIORITY=0", ""},
    {"MT-PRIORITY=9", "P9|"},
    {"mt-priority=-9", "P-9|"},
    {"MT-PRIORITY=-0", NULL},
    {"MT-PRIORITY=+1", NULL},
    {"MT-PRIORITY=10", NULL},
    {"MT-PRIORITY=", NULL},
    {"MT-PRIORITY=3 MT-PRIORITY=3", NULL},
    {"BODY=8BITMIME ENVID=x RET=HDRS AUTH=<> SMTPUTF8 REQUIRETLS BY=1;N HOLDFOR=1 MT-PRIORITY=-1",
	"B8BITMIME|Vx|RHDRS|A<>|U1|Q1|H1800000001;for;1|P-1|Y1800000001;N|"},
};

static const struct {
	const char *text, *fields;
} rcpt[] = {
    {"NOTIFY=success,Delay", "NSUCCESS,DELAY|"},
    {"NOTIFY=never", "NNEVER|"},
    {"NOTIFY=NEVER,NEVER", NULL},
    {"NOTIFY=SUCCESS,NEVER", NULL},
    {"NOTIFY=SUCCESS,FAILURE,DELAY,SUCCESS,SUCCESS,SUCCESS,SUCCESS,SUCCESS", NULL},
    {"NOTIFY=SUCCESS;DELAY", NULL},
    {"ORCPT=rfc822;a+0D+0ABcc:", NULL},
    {"ORCPT=utf-8;b\xc3\xa9@example.org", "Outf-8;b\xc3\xa9@example.org|"},
    {"ORCPT=UTF-8;b\\x{E9}@example.org", "OUTF-8;b\\x{E9}@example.org|"},
    {"ORCPT=utf-8;b\\x{e9}\\x{1F600}", "Outf-8;b\\x{e9}\\x{1F600}|"},
    {"ORCPT=utf-8;b\xc3", NULL},
    {"ORCPT=utf-8;\xc2\x85", NULL},
    {"ORCPT=rfc822;b\xc3\xa9", NULL},
    {"ORCPT=a.b;c", NULL},
};

/* Compares what is in ENVELOPE, if it was GOOD, with WANTED. */
static void
compare(const char *text, bool good, struct str *envelope, const char *wanted)
{
	for (size_t i = 0; i < envelope->len; i++)
		if (envelope->data[i] == '\0')
			envelope->data[i] = '|';
	if (wanted == NULL || !good)
		tap_ok(good == (wanted != NULL), "%s is %s", text, good ? "taken" : "refused");
	else
		tap_is_text(envelope->data, wanted, text);
	str_clear(envelope);
}

static void
test_tables(void)
{
	struct str envelope;
	struct parameters p;

	str_init(&envelope, 2000);
	for (size_t i = 0; i < sizeof mail / sizeof mail[0]; i++)
		compare(mail[i].text,
		    parameter_parse_mail(slice_of(mail[i].text), ALL, &p) == COMMAND_OK &&
			parameter_add_mail_fields(&p, NOW, &envelope) == 0,
		    &envelope, mail[i].fields);
	for (size_t i = 0; i < sizeof rcpt / sizeof rcpt[0]; i++)
		compare(rcpt[i].text,
		    parameter_parse_rcpt(slice_of(rcpt[i].text), ALL, &p) == COMMAND_OK &&
			parameter_add_rcpt_fields(&p, &envelope) == 0,
		    &envelope, rcpt[i].fields);
	str_free(&envelope);
}

/* Each is unknown where its extension is not offered. */
static void
test_offers(void)
{
	static const struct {
		const char *text;
		unsigned extension;
	} given[] = {{"SMTPUTF8", EXTENSION_SMTPUTF8}, {"REQUIRETLS", EXTENSION_REQUIRETLS},
	    {"AUTH=<>", EXTENSION_AUTH}, {"BY=1;R", EXTENSION_DELIVERBY},
	    {"HOLDFOR=1", EXTENSION_FUTURERELEASE},
	    {"HOLDUNTIL=2027-01-15T08:00:00Z", EXTENSION_FUTURERELEASE},
	    {"MT-PRIORITY=1", EXTENSION_MT_PRIORITY}};
	struct parameters p;

	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
		struct slice text = slice_of(given[i].text);

		tap_ok(parameter_parse_mail(text, ALL & ~given[i].extension, &p) ==
			       COMMAND_UNKNOWN_PARAMETER &&
			   parameter_parse_mail(text, given[i].extension, &p) == COMMAND_OK,
		    "%s by its extension alone", given[i].text);
	}
	tap_is_int(parameter_parse_mail(slice_of("BODY=BINARYMIME"), EXTENSION_8BITMIME, &p),
	    COMMAND_SYNTAX, "BINARYMIME by its own");
	tap_is_int(parameter_parse_rcpt(slice_of("ORCPT=utf-8;\xc3\xa9"), EXTENSION_DSN, &p),
	    COMMAND_SYNTAX, "octets of UTF-8 by SMTPUTF8");
}

static void
test_dates(void)
{
	static const char *const bad[] = {"", "Z", "2027-01-15T08:00:00", "2027-01-15 08:00:00Z",
	    "2027-1-15T08:00:00Z", "2027-01-15T08:00Z", "2027-13-15T08:00:00Z",
	    "2027-00-15T08:00:00Z", "2027-04-31T08:00:00Z", "2027-01-00T08:00:00Z",
	    "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:61Z",
	    "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00ZZ", "1969-12-31T23:59:59Z",
	    "2027-01-15T08:00:00-00:00", "+027-01-15T08:00:00Z", "20270-01-15T08:00:00Z"};
	int64_t seconds = -1;
	struct str text;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(!date_read_utc(slice_of(bad[i]), &seconds), "no date: %s", bad[i]);
	tap_ok(
	    date_read_utc(slice_of("1970-01-01T00:00:00Z"), &seconds) && seconds == 0, "the epoch");
	tap_ok(date_read_utc(slice_of("2016-12-31T23:59:60Z"), &seconds) && seconds == 1483228800,
	    "a leap second");
	tap_ok(date_read_utc(slice_of("2028-02-29T23:59:59Z"), &seconds) && seconds == 1835481599,
	    "a leap day");
	str_init(&text, 100);
	tap_ok(date_add_utc(&text, 1835481599) == 0, "the way back");
	tap_is_text(text.data, "2028-02-29T23:59:59Z", "gives the same");
	str_free(&text);
}

static void
test_unitext(void)
{
	struct str text;
	static const char *const good[] = {"", "a", "\\x{20}", "\\x{2B}", "\\x{10FFFF}", "\\x{5C}"};
	static const char *const bad[] = {"\\", "\\x", "\\x{", "\\x{}", "\\x{9}", "\\x{41}",
	    "\\x{D800}", "\\x{110000}", "\\x{0010FFFF}", "\\x{E9", "\\x{G0}", "+", "=", " ",
	    "\xc3\xa9"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		tap_ok(encode_is_unitext(slice_of(good[i]), false), "unitext: '%s'", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(!encode_is_unitext(slice_of(bad[i]), false), "no unitext: '%s'", bad[i]);
	tap_ok(encode_is_unitext(slice_of("\xc3\xa9"), true), "raw UTF-8");
	str_init(&text, 100);
	tap_is_int(encode_unitext(&text,
		       slice_of("utf-8;a+\\x{E9}\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff"), false),
	    0, "encode");
	tap_is_text(text.data, "utf-8;a+\\x{E9}\\x{E9}\\x{20AC}\\x{1F600}?", "what is not ASCII");
	str_clear(&text);
	tap_is_int(encode_unitext(&text, slice_of("a+b= \\\xc3\xa9"), true), 0, "encode");
	tap_is_text(text.data, "a\\x{2B}b\\x{3D}\\x{20}\\x{5C}\\x{E9}", "all that must be");
	str_free(&text);
}

int
main(void)
{
	test_tables();
	test_offers();
	test_dates();
	test_unitext();
	return tap_done();
}
