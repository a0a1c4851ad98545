/* SPDX-License-Identifier: ISC */
#include "net/dns_channel.h"

#include <sys/time.h>

#include <errno.h>
#include <poll.h>

#define SERVERS_MAX ((size_t)4096)
#define FILE_NAME_MAX ((size_t)4096)
/* A server is waited for so long, then the next is asked; twice as long in each further round. */
#define SERVER_MS 3000
#define ROUNDS 3
#define LOOK_MS 1000

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == '\n' || c == '\r';
}

static int
add_servers(struct str *list, struct slice servers)
{
	for (size_t i = 0; i < servers.len; i++) {
		bool blank = is_blank(servers.data[i]);

		if (blank && (list->len == 0 || list->data[list->len - 1] == ','))
			continue;
		if (str_add_char(list, blank ? ',' : servers.data[i]) == -1)
			return -1;
	}
	if (list->len > 0 && list->data[list->len - 1] == ',')
		str_truncate(list, list->len - 1);
	return 0;
}

static int
make(const struct dns_channel *c, ares_channel *made)
{
	struct ares_options options = {
	    .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
	    .ednspsz = DNS_UDP_PAYLOAD,
	    .timeout = SERVER_MS,
	    .tries = ROUNDS,
	    .resolvconf_path = c->file.data};
	int status = ares_init_options(made, &options,
	    ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		ARES_OPT_RESOLVCONF);

	if (status == ARES_SUCCESS && c->servers.len > 0) {
		status = ares_set_servers_ports_csv(*made, c->servers.data);
		if (status != ARES_SUCCESS)
			ares_destroy(*made);
	}
	if (status == ARES_SUCCESS)
		return 0;
	*made = NULL;
	errno = status == ARES_ENOMEM ? ENOMEM : EINVAL;
	return -1;
}

static void
look(const struct dns_channel *c, struct stat *seen)
{
	if (stat(c->file.data, seen) == -1)
		*seen = (struct stat){.st_ino = 0};
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
dns_channel_open(struct dns_channel *c, struct slice servers, const char *file)
{
	*c = (struct dns_channel){.ares = NULL};
	str_init(&c->servers, SERVERS_MAX);
	str_init(&c->file, FILE_NAME_MAX);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		errno = ENOMEM;
		return -1;
	}
	if (str_add_text(&c->file, file) == 0 && add_servers(&c->servers, servers) == 0) {
		look(c, &c->seen);
		c->next_look = deadline_in_ms(LOOK_MS);
		if (make(c, &c->ares) == 0)
			return 0;
	}
	dns_channel_close(c);
	return -1;
}

void
dns_channel_close(struct dns_channel *c)
{
	int saved = errno;

	if (c->ares != NULL)
		ares_destroy(c->ares);
	c->ares = NULL;
	str_free(&c->servers);
	str_free(&c->file);
	ares_library_cleanup();
	errno = saved;
}

bool
dns_channel_refresh(struct dns_channel *c)
{
	struct stat now;
	ares_channel fresh;

	if (c->servers.len > 0 || deadline_poll_ms(c->next_look) > 0)
		return false;
	c->next_look = deadline_in_ms(LOOK_MS);
	look(c, &now);
	/* it is read after it was looked at: what changes in between is seen the next time */
	if (is_same(&now, &c->seen) || make(c, &fresh) == -1)
		return false;
	ares_destroy(c->ares);
	c->ares = fresh;
	c->seen = now;
	return true;
}

bool
dns_channel_rest(const struct dns_channel *c, size_t skipped, ares_channel *rest)
{
	struct ares_addr_port_node *list = NULL, *at;
	bool made;

	if (ares_get_servers_ports(c->ares, &list) != ARES_SUCCESS)
		return false;
	at = list;
	while (at != NULL && skipped-- > 0)
		at = at->next;
	made = at != NULL && ares_dup(rest, c->ares) == ARES_SUCCESS;
	if (made && ares_set_servers_ports(*rest, at) != ARES_SUCCESS) {
		ares_destroy(*rest);
		made = false;
	}
	ares_free_data(list);
	return made;
}

/* How long to wait at most: until c-ares wants to act, or the caller's deadline. */
static int
wait_ms(ares_channel channel, deadline until)
{
	struct timeval when;
	struct timeval *next = ares_timeout(channel, NULL, &when);
	int64_t ms = deadline_poll_ms(until);

	if (next != NULL) {
		int64_t wanted = (int64_t)next->tv_sec * 1000 + (next->tv_usec + 999) / 1000;

		if (ms < 0 || wanted < ms)
			ms = wanted;
	}
	return (int)ms;
}

int
dns_channel_turn(ares_channel channel, deadline until)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM];
	/* unsigned: the macros of c-ares would shift into the sign */
	unsigned wanted = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t count = 0;
	int ready;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if ((wanted >> i & 1) != 0)
			events |= POLLIN;
		if ((wanted >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0)
			events |= POLLOUT;
		if (events != 0)
			polled[count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	ready = poll(polled, count, wait_ms(channel, until));
	if (ready == -1 && errno != EINTR)
		return -1;
	if (ready <= 0)
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (nfds_t i = 0; ready > 0 && i < count; i++) {
		bool in = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
		bool out = (polled[i].revents & POLLOUT) != 0;

		if (in || out)
			ares_process_fd(channel, in ? polled[i].fd : ARES_SOCKET_BAD,
			    out ? polled[i].fd : ARES_SOCKET_BAD);
	}
	return 0;
}
