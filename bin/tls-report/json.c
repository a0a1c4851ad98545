/* SPDX-License-Identifier: ISC */
/* The report itself: RFC 8460, 4.4. jansson writes it. */
#include <jansson.h>
#include <zlib.h>

#include "mail/date.h"
#include "tls_report.h"

#define DATE_MAX ((size_t)64)
#define GZIP_WINDOW (15 + 16) /* zlib's way to say gzip */
#define GZIP_MEMORY 9

/* False if it did not work. NEW is taken over in any case. */
static bool
put(json_t *object, const char *key, json_t *new)
{
	return json_object_set_new(object, key, new) == 0;
}

static bool
put_text(json_t *object, const char *key, struct slice text)
{
	return put(object, key, json_stringn(text.data, text.len));
}

/* What is not known is left out. */
static bool
put_known(json_t *object, const char *key, struct slice text)
{
	json_t *value;

	if (text.len == 0)
		return true;
	value = json_stringn(text.data, text.len);
	return value == NULL || put(object, key, value); /* a HELO that is no UTF-8 */
}

static bool
put_date(json_t *object, const char *key, int64_t seconds)
{
	struct str text;
	bool is_put;

	str_init(&text, DATE_MAX);
	is_put = date_add_utc(&text, seconds) == 0 && put_text(object, key, str_slice(&text));
	str_free(&text);
	return is_put;
}

/* The lines of a policy, or what follows PREFIX in those that begin so. */
static json_t *
lines_of(struct slice policy, const char *prefix)
{
	json_t *array = json_array();
	struct slice line;

	while (array != NULL && slice_take(&policy, ';', &line)) {
		line = slice_trim(line);
		if (!slice_starts(line, prefix))
			continue;
		line = slice_skip(line, slice_of(prefix).len);
		if (json_array_append_new(array, json_stringn(line.data, line.len)) == -1) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *
policy_object(const struct tls_outcome *o)
{
	bool is_dane = o->type == TLS_POLICY_TLSA;
	json_t *policy = json_object();
	bool good = put(policy, "policy-type", json_string(tls_policy_type_text(o->type))) &&
		    put_text(policy, "policy-domain", is_dane && o->mx.len > 0 ? o->mx : o->domain);

	if (good && o->type != TLS_POLICY_NONE)
		good = put(policy, "policy-string", lines_of(o->policy, ""));
	if (good && o->type == TLS_POLICY_STS)
		good = put(policy, "mx-host", lines_of(o->policy, "mx: "));
	if (good)
		return policy;
	json_decref(policy);
	return NULL;
}

static json_t *
failure_object(const struct tls_outcome *o, uint64_t sessions)
{
	json_t *failure = json_object();

	if (put_text(failure, "result-type", o->failure) &&
	    put_known(failure, "sending-mta-ip", o->sender) &&
	    put_known(failure, "receiving-mx-hostname", o->mx) &&
	    put_known(failure, "receiving-mx-helo", o->helo) &&
	    put_known(failure, "receiving-ip", o->address) &&
	    put(failure, "failed-session-count", json_integer((json_int_t)sessions)) &&
	    put_known(failure, "failure-reason-code", o->reason))
		return failure;
	json_decref(failure);
	return NULL;
}

/* One policy's counts, LIST[0..count). */
static json_t *
policy_report(const struct count *list, size_t count)
{
	json_t *report = json_object(), *summary = json_object(), *details = json_array();
	uint64_t good = 0, bad = 0;
	bool is_whole = put(report, "policy", policy_object(&list->outcome));

	for (size_t i = 0; is_whole && i < count;) {
		uint64_t sessions = 0;
		size_t first = i;

		for (; i < count && count_compare(&list[i], &list[first]) == 0; i++)
			sessions += list[i].sessions;
		if (list[first].outcome.failure.len == 0) {
			good += sessions;
			continue;
		}
		bad += sessions;
		is_whole = json_array_append_new(
			       details, failure_object(&list[first].outcome, sessions)) == 0;
	}
	is_whole = is_whole &&
		   put(summary, "total-successful-session-count", json_integer((json_int_t)good)) &&
		   put(summary, "total-failure-session-count", json_integer((json_int_t)bad)) &&
		   json_object_set(report, "summary", summary) == 0 &&
		   (bad == 0 || json_object_set(report, "failure-details", details) == 0);
	json_decref(summary);
	json_decref(details);
	if (is_whole)
		return report;
	json_decref(report);
	return NULL;
}

static json_t *
policies(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0, end; array != NULL && i < r->count; i = end) {
		for (end = i; end < r->count &&
			      count_same_policy(&r->list[end].outcome, &r->list[i].outcome);
		     end++)
			;
		if (json_array_append_new(array, policy_report(&r->list[i], end - i)) == -1) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *
whole_report(const struct report *r)
{
	const struct settings *s = r->settings;
	json_t *report = json_object(), *range = json_object();
	int64_t start = r->day * TLS_DAY_SECONDS;
	bool good = put_text(report, "organization-name", str_slice(&s->organization)) &&
		    put_date(range, "start-datetime", start) &&
		    put_date(range, "end-datetime", start + TLS_DAY_SECONDS - 1) &&
		    json_object_set(report, "date-range", range) == 0 &&
		    put_text(report, "contact-info", str_slice(&s->contact)) &&
		    put_text(report, "report-id", str_slice(&r->id)) &&
		    put(report, "policies", policies(r));

	json_decref(range);
	if (good)
		return report;
	json_decref(report);
	return NULL;
}

static int
take_text(const char *text, size_t size, void *context)
{
	return str_add(context, text, size);
}

int
json_add(struct str *out, const struct report *r, bool pretty)
{
	json_t *report = whole_report(r);
	int result = report == NULL ? -1
				    : json_dump_callback(report, take_text, out,
					  pretty ? JSON_INDENT(2) : JSON_COMPACT);

	json_decref(report);
	return result;
}

int
pack(struct str *out, struct slice text)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)text.data, .avail_in = (uInt)text.len};
	int result = -1;
	uLong bound;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	bound = deflateBound(&z, (uLong)text.len);
	if (str_reserve(out, bound) == 0) {
		z.next_out = (Bytef *)out->data + out->len;
		z.avail_out = (uInt)bound;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
			out->len += z.total_out;
			out->data[out->len] = '\0';
			result = 0;
		}
	}
	(void)deflateEnd(&z);
	return result;
}
