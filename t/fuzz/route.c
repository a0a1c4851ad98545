/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS route: control files with anything in them, and what is looked up there.
 * 0xff stands between files.
 */
#include "conf/route.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/cidr.h"
#include "conf/limits.h"
#include "fuzz.h"
#include "mail/address.h"
#include "scratch.h"

static void
put(const struct control *c, const char *name, struct slice text)
{
	int fd = openat(c->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd != -1 && write(fd, text.data, text.len) == (ssize_t)text.len);
	close(fd);
}

static void
check_route(const struct routes *r, struct slice address)
{
	struct route route;

	route_init(&route);
	must(route_find_from(r, address, address, &route) == 0);
	switch (route.kind) {
	case ROUTE_USER:
		must(route.user.len > 0);
		break;
	case ROUTE_TARGETS:
		must(route.targets.len > 0 && route.targets.data[route.targets.len - 1] == '\n');
		break;
	case ROUTE_SMTP:
		must(slice_starts(str_slice(&route.next_hop), "mx:") ||
		     slice_starts(str_slice(&route.next_hop), "smtp:") ||
		     slice_starts(str_slice(&route.next_hop), "smtps:") ||
		     slice_starts(str_slice(&route.next_hop), "lmtp:"));
		must(!slice_has_control(str_slice(&route.next_hop)));
		break;
	case ROUTE_GATEWAY:
		must(route.user.len > 0);
		must(slice_starts(str_slice(&route.next_hop), "pipe:") ||
		     slice_starts(str_slice(&route.next_hop), "bsmtp:"));
		must(!slice_has_control(str_slice(&route.next_hop)));
		break;
	case ROUTE_DISCARD:
		must(!slice_has_control(str_slice(&route.reason)));
		break;
	case ROUTE_ERROR:
		must(route.code.data[0] == '4' || route.code.data[0] == '5');
		must(route.reason.len > 0 && !slice_has_control(str_slice(&route.reason)));
		break;
	case ROUTE_UNKNOWN:
	case ROUTE_TEMPORARY:
		must(route.reason.len > 0 && !slice_has_control(str_slice(&route.reason)));
		break;
	}
	route_free(&route);
}

static void
check_settings(const struct control *c, struct str *problem)
{
	struct cidr_list list;
	struct limits limits;

	str_clear(problem);
	must(limits_read(&limits, c, problem) == 0 || problem->len > 0);
	str_clear(problem);
	must(cidr_list_read(c, "relayhosts", &list, problem) != -1 || problem->len > 0);
	must(!slice_has_control(str_slice(problem)));
	cidr_list_free(&list);
}

static void
open_scratch(struct control *c)
{
	c->path = scratch_folder();
	c->fd = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(c->fd != -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
	    "me", "locals", "aliases", "virtual", "routes", "relaydomains", "limits", "relayhosts"};
	struct slice rest = slice_make((const char *)data, size), addresses;
	struct control control;
	struct routes *routes;
	struct str problem;

	addresses = part(&rest, '\xff');
	open_scratch(&control);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		put(&control, names[i], part(&rest, '\xff'));
	str_init(&problem, 4096);
	routes = routes_open(&control, &problem);
	must(routes != NULL || (errno != EINVAL && errno != EMSGSIZE) || problem.len > 0);
	must(!slice_has_control(str_slice(&problem)));
	while (routes != NULL && addresses.len > 0)
		check_route(routes, part(&addresses, '\n'));
	routes_free(routes);
	check_settings(&control, &problem);
	str_free(&problem);
	control_close(&control);
	return 0;
}
