/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS command: command lines, the paths of MAIL and RCPT, and their parameters. */
#include "smtp/command.h"

#include "base/fields.h"
#include "fuzz.h"
#include "smtp/parameter.h"

#define FIELDS_MAX ((size_t)65536)

static bool
is_within(struct slice piece, struct slice line)
{
	return piece.len == 0 ||
	       (piece.data >= line.data && piece.data + piece.len <= line.data + line.len);
}

/* What goes into an envelope can be read again, and nothing in it begins a field of its own. */
static void
check_fields(struct slice envelope, size_t most)
{
	struct field field;
	size_t count = 0;

	while (envelope.len > 0) {
		must(fields_next(&envelope, '\0', &field) == FIELDS_ONE);
		must(!slice_has_control(field.value));
		count++;
	}
	must(count <= most);
}

static void
check_path(struct slice line, struct slice rest, const struct command_path *path)
{
	must(is_within(path->mailbox, line) && is_within(rest, line));
	must(!slice_has_control(path->mailbox));
	must(path->mailbox.len <= ADDRESS_PATH_MAX);
	must(slice_find(path->mailbox, '<') == path->mailbox.len ||
	     slice_find(path->mailbox, '"') < path->mailbox.len);
}

static void
check_parameters(struct slice rest, bool is_mail)
{
	for (unsigned offered = 0; offered <= 0xffff; offered = offered * 3 + 1) {
		struct parameters parameters = {0};
		enum command_result result = is_mail
						 ? parameter_parse_mail(rest, offered, &parameters)
						 : parameter_parse_rcpt(rest, offered, &parameters);
		struct str envelope;

		if (result != COMMAND_OK)
			continue;
		must(offered != 0 || rest.len == 0 || slice_trim(rest).len == 0);
		str_init(&envelope, FIELDS_MAX);
		if (is_mail)
			must(parameter_add_mail_fields(&parameters, 1700000000, &envelope) == 0);
		else
			must(parameter_add_rcpt_fields(&parameters, &envelope) == 0);
		check_fields(str_slice(&envelope), 16);
		str_free(&envelope);
	}
}

static void
check_paths(struct slice line, struct slice argument, unsigned flags)
{
	struct command_path path = {0};
	struct slice rest = argument;

	if (command_reverse_path(&rest, flags, &path) == COMMAND_OK) {
		check_path(line, rest, &path);
		check_parameters(rest, true);
	}
	rest = argument;
	if (command_forward_path(&rest, flags, &path) == COMMAND_OK) {
		check_path(line, rest, &path);
		must(path.mailbox.len > 0);
		check_parameters(rest, false);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = slice_make((const char *)data, size);
	struct command command = command_split(line);
	must(is_within(command.verb, line) && is_within(command.argument, line));
	(void)command_is_host(command.argument);
	(void)command_is_postmaster(command.argument);
	check_paths(line, command.argument, 0);
	check_paths(line, command.argument, ADDRESS_UTF8);
	return 0;
}
