/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "conf/limits.h"
#include "mailconf.h"
#include "show.h"

#define LIMITS_WIDTH 28

static int
add_limit(const struct limits *limits, const struct limits_setting *setting,
    const struct show_options *options, struct str *out)
{
	char range[100];
	uint64_t value = limits_value(limits, setting);
	bool is_preset = value == setting->preset;
	struct show_row row = {
	    .name = setting->name, .source = is_preset ? "default" : "file", .meaning = range};
	int result;

	if (is_preset && options->is_changed)
		return 0;
	snprintf(range, sizeof range, "default %llu; %llu to %llu",
	    (unsigned long long)setting->preset, (unsigned long long)setting->lowest,
	    (unsigned long long)setting->highest);
	str_init(&row.value, 100);
	result = str_format(&row.value, "%llu", (unsigned long long)value);
	if (result == 0)
		result = show_row(out, options, &row);
	str_free(&row.value);
	return result;
}

int
show_limits(const struct control *c, const struct show_options *options, struct str *out)
{
	struct limits limits;
	struct str problem;
	int wrong, result = 0;

	str_init(&problem, 4096);
	wrong = limits_read(&limits, c, &problem) == -1;
	if (wrong && errno == ENOMEM)
		result = -1;
	for (size_t i = 0; result == 0 && i < limits_count; i++)
		result = add_limit(&limits, &limits_settings[i], options, out);
	if (result == 0 && wrong)
		result = str_format(out, "  %-*s %s\n", NAME_WIDTH, "  PROBLEM",
		    problem.len > 0 ? problem.data : "limits: unable to read it");
	str_free(&problem);
	return result == -1 ? -1 : wrong;
}
