/* SPDX-License-Identifier: ISC */
#include "net/sts_policy.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

#define NAME_MAX_OCTETS 32 /* of a field's name; 3.1, 3.2 */
#define LABEL_MAX 63
#define PATTERN_MAX ((size_t)255)
#define AGE_DIGITS 10

/* Which fields came already: of those, later ones do not count. */
struct parser {
	struct sts_policy *policy;
	struct str *problem;
	unsigned line;
	bool has_version, has_mode, has_age;
};

void
sts_policy_init(struct sts_policy *p)
{
	*p = (struct sts_policy){.mode = STS_MODE_NONE};
	str_init(&p->patterns, STS_TEXT_MAX);
}

void
sts_policy_free(struct sts_policy *p)
{
	str_free(&p->patterns);
}

const char *
sts_mode_text(enum sts_mode mode)
{
	static const char *const names[] = {[STS_MODE_NONE] = "none",
	    [STS_MODE_TESTING] = "testing",
	    [STS_MODE_ENFORCE] = "enforce"};

	return names[mode];
}

static bool
is_alphanumeric(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

static bool
is_label(struct slice label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.data[0] == '-' ||
	    label.data[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_alphanumeric(label.data[i]) && label.data[i] != '-')
			return false;
	return true;
}

static bool
is_all_digits(struct slice label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!ascii_is_digit(label.data[i]))
			return false;
	return true;
}

bool
sts_is_domain(struct slice domain)
{
	size_t at = 0;

	if (domain.len == 0 || domain.len > STS_DOMAIN_MAX)
		return false;
	for (;;) {
		struct slice rest = slice_skip(domain, at);
		size_t end = slice_find(rest, '.');
		struct slice label = slice_make(rest.data, end);

		if (!is_label(label))
			return false;
		if (end == rest.len) /* 192.0.2.1 is no name */
			return !is_all_digits(label);
		at += end + 1;
	}
}

static bool
is_name(struct slice name)
{
	if (name.len == 0 || name.len > NAME_MAX_OCTETS || !is_alphanumeric(name.data[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		char c = name.data[i];

		if (!is_alphanumeric(c) && c != '_' && c != '-' && c != '.')
			return false;
	}
	return true;
}

static int
complain(const struct parser *p, const char *cause)
{
	str_clear(p->problem);
	if (p->line > 0)
		(void)str_format(p->problem, "line %u: ", p->line);
	(void)str_add_text(p->problem, cause);
	errno = EINVAL;
	return -1;
}

static int
take_version(struct parser *p, struct slice value)
{
	if (p->has_version)
		return 0;
	p->has_version = true;
	return slice_is(value, "STSv1") ? 0 : complain(p, "the version is not STSv1");
}

static int
take_mode(struct parser *p, struct slice value)
{
	if (p->has_mode)
		return 0;
	p->has_mode = true;
	for (unsigned i = STS_MODE_NONE; i <= STS_MODE_ENFORCE; i++)
		if (slice_is(value, sts_mode_text((enum sts_mode)i))) {
			p->policy->mode = (enum sts_mode)i;
			return 0;
		}
	return complain(p, "the mode is none of enforce, testing and none");
}

static int
take_age(struct parser *p, struct slice value)
{
	if (p->has_age)
		return 0;
	p->has_age = true;
	if (value.len > AGE_DIGITS || !slice_number(value, UINT64_MAX, &p->policy->max_age))
		return complain(p, "max_age is no number of at most ten digits");
	if (p->policy->max_age > STS_AGE_MAX)
		p->policy->max_age = STS_AGE_MAX;
	return 0;
}

static int
take_mx(struct parser *p, struct slice value)
{
	struct str *patterns = &p->policy->patterns;
	struct slice domain = slice_starts(value, "*.") ? slice_skip(value, 2) : value;

	if (value.len > PATTERN_MAX || !sts_is_domain(domain))
		return complain(p, "mx is no domain, nor *. and a domain");
	if (str_reserve(patterns, value.len + 1) == -1)
		return -1;
	for (size_t i = 0; i < value.len; i++)
		(void)str_add_char(patterns, ascii_lower(value.data[i]));
	return str_add_char(patterns, ' ');
}

/* sts-policy-ext-value */
static int
take_other(struct parser *p, struct slice value)
{
	if (value.len == 0 || slice_has_control(value) || !utf8_is_text(value))
		return complain(p, "a value is empty, or not printable");
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct parser *p, struct slice value);
} takers[] = {
    {"version", take_version},
    {"mode", take_mode},
    {"max_age", take_age},
    {"mx", take_mx},
};

static struct slice
trim_end(struct slice s)
{
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* sts-policy-field *WSP */
static int
take_line(struct parser *p, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice name = slice_make(line.data, colon);
	struct slice value = trim_end(slice_skip(line, colon + 1));

	if (colon == line.len || !is_name(name))
		return complain(p, "not a name, a colon and a value");
	while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
		value = slice_skip(value, 1);
	for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
		if (slice_is(name, takers[i].name))
			return takers[i].take(p, value);
	return take_other(p, value);
}

static int
check_whole(struct parser *p)
{
	p->line = 0;
	if (!p->has_version)
		return complain(p, "there is no version");
	if (!p->has_mode)
		return complain(p, "there is no mode");
	if (!p->has_age)
		return complain(p, "there is no max_age");
	if (p->policy->patterns.len == 0 && p->policy->mode != STS_MODE_NONE)
		return complain(p, "there is no mx");
	return 0;
}

int
sts_policy_parse(struct sts_policy *p, struct slice text, struct str *problem)
{
	struct parser parser = {.policy = p, .problem = problem};
	struct slice line;

	p->mode = STS_MODE_NONE;
	p->max_age = 0;
	str_clear(&p->patterns);
	str_clear(problem);
	/* many files end in more than the one line end of the grammar */
	while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.len--;
	if (text.len > 2 * STS_TEXT_MAX) /* what sts_policy_add_text makes of one may be longer */
		return complain(&parser, "it is too long");
	while (slice_take(&text, '\n', &line)) {
		parser.line++;
		if (text.len > 0 && line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		if (take_line(&parser, line) == -1)
			return -1;
	}
	return check_whole(&parser);
}

/* Its lines, SEPARATOR between them. */
static int
add_lines(struct str *out, const struct sts_policy *p, const char *separator)
{
	struct slice rest = str_slice(&p->patterns), pattern;

	if (str_format(out, "version: STSv1%smode: %s", separator, sts_mode_text(p->mode)) == -1)
		return -1;
	while (slice_word(&rest, &pattern))
		if (str_format(out, "%smx: %.*s", separator, (int)pattern.len, pattern.data) == -1)
			return -1;
	return str_format(out, "%smax_age: %llu", separator, (unsigned long long)p->max_age);
}

int
sts_policy_add_text(struct str *out, const struct sts_policy *p)
{
	return add_lines(out, p, "\n") == -1 ? -1 : str_add_char(out, '\n');
}

int
sts_policy_add_line(struct str *out, const struct sts_policy *p)
{
	return add_lines(out, p, "; ");
}

bool
sts_policy_matches(const struct sts_policy *p, struct slice host)
{
	struct slice rest = str_slice(&p->patterns), pattern;
	struct slice parent = slice_skip(host, slice_find(host, '.'));

	while (slice_word(&rest, &pattern)) {
		if (!slice_starts(pattern, "*.")) {
			if (slice_equal_nocase(pattern, host))
				return true;
		} else if (parent.len > 1 && parent.len < host.len &&
			   slice_equal_nocase(slice_skip(pattern, 1), parent)) {
			return true;
		}
	}
	return false;
}

/* sts-ext-value: printable, but for "=" and ";" */
static bool
is_record_value(struct slice value)
{
	if (value.len == 0)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == '=')
			return false;
	return true;
}

/* sts-field: 1 and the id, 0 for another, -1 */
static int
take_record_field(struct slice field, struct slice *id)
{
	size_t equals = slice_find(field, '=');
	struct slice value = slice_skip(field, equals + 1);

	if (equals == field.len || !is_name(slice_make(field.data, equals)) ||
	    !is_record_value(value))
		return -1;
	if (equals != 2 || memcmp(field.data, "id", 2) != 0)
		return 0;
	if (value.len > STS_ID_MAX)
		return -1;
	for (size_t i = 0; i < value.len; i++)
		if (!is_alphanumeric(value.data[i]))
			return -1;
	*id = value;
	return 1;
}

int
sts_record_parse(struct slice text, char id[STS_ID_MAX + 1])
{
	static const char version[] = "v=STSv1;";
	struct slice rest, field, first = slice_of("");

	if (!slice_starts(text, version))
		return 0;
	rest = trim_end(slice_skip(text, sizeof version - 1));
	while (slice_take(&rest, ';', &field)) {
		struct slice found = first;

		field = trim_end(field);
		while (field.len > 0 && (field.data[0] == ' ' || field.data[0] == '\t'))
			field = slice_skip(field, 1);
		if (take_record_field(field, &found) == -1)
			return -1;
		if (first.len == 0)
			first = found;
	}
	if (first.len == 0)
		return -1;
	memcpy(id, first.data, first.len);
	id[first.len] = '\0';
	return 1;
}
