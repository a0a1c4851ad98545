/* SPDX-License-Identifier: ISC */
#include "net/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"
#include "base/slice.h"

#define BACKLOG 1024 /* the kernel cuts it to net.core.somaxconn */

bool
listen_is_open(int fd)
{
	socklen_t len = sizeof(int);
	int listening = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

const char *
listen_advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return " (another program listens there: ss -ltnp shows which)";
	case EACCES:
		return " (ports below 1024 are root's: start as root with -u, or by tcpserver or "
		       "systemd)";
	case EADDRNOTAVAIL:
		return " (this machine has no such address)";
	default:
		return "";
	}
}

const char *
listen_service_advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return " (it runs already)";
	case ENOENT:
		return " (make the spool with 'qctl init')";
	case EACCES:
	case EPERM:
		return " (root makes this folder for the service's user: see USERS in satchel(7))";
	default:
		return "";
	}
}

static int
set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

/* Connections take over what is set on their listener, so it costs no call for each. */
static int
listen_on(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 &&
	    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) == 0 &&
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0 &&
	    (address->ai_family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) == 0) &&
	    bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	io_close(fd);
	return -1;
}

static int
listen_at(const char *host, const char *port)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0) {
		errno = EINVAL;
		return -1;
	}
	fd = listen_on(found);
	freeaddrinfo(found);
	return fd;
}

/* The IPv6 socket takes IPv4 as well; where there is no IPv6, IPv4 alone. */
static int
listen_everywhere(const char *port)
{
	int fd = listen_at("::", port);

	return fd == -1 && errno == EAFNOSUPPORT ? listen_at("0.0.0.0", port) : fd;
}

int
listen_open(const char *spec)
{
	size_t colon = slice_find_last(slice_of(spec), ':');
	struct slice host = slice_make(spec, colon);
	struct str name;
	uint64_t number;
	int fd = -1;

	if (colon == strlen(spec))
		host.len = 0;
	else
		spec += colon + 1;
	if (!slice_number(slice_of(spec), 65535, &number)) {
		errno = EINVAL;
		return -1;
	}
	if (host.len == 0)
		return listen_everywhere(spec);
	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		host = slice_make(host.data + 1, host.len - 2);
	str_init(&name, NI_MAXHOST);
	if (str_add_slice(&name, host) == 0)
		fd = listen_at(name.data, spec);
	str_free(&name);
	return fd;
}

/* With MODE from its first moment on: who finds it may not be one who had to wait for a chmod(2).
 */
static int
bind_at_path(int fd, const struct sockaddr_un *address, unsigned mode)
{
	mode_t before = umask(~(mode_t)mode & 0777);
	int result = bind(fd, (const struct sockaddr *)address, sizeof *address);

	(void)umask(before);
	return result;
}

int
listen_at_path(const char *path, unsigned mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = helper_connect(path);

	if (fd != -1 || strlen(path) >= sizeof address.sun_path) {
		io_close(fd);
		errno = fd != -1 ? EADDRINUSE : ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	if (unlink(path) == -1 && errno != ENOENT)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (bind_at_path(fd, &address, mode) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	io_close(fd);
	return -1;
}

int
listen_open_folder(const char *path)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0 && (st.st_uid != geteuid() || fchmod(fd, 0755) == 0))
		return fd;
	io_close(fd);
	return -1;
}

int
listen_for_service(const char *spool, const char *name, struct str *path)
{
	int fd;

	str_clear(path);
	if (str_format(path, "%s/run/%s", spool, name) == -1)
		return -1;
	fd = listen_open_folder(path->data);
	if (fd == -1)
		return -1;
	io_close(fd);
	return str_add_text(path, "/socket") == -1 ? -1 : listen_at_path(path->data, 0666);
}
