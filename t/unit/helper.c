/* SPDX-License-Identifier: ISC */
/* A service as a helper: its socket, and one that hangs. */
#include "base/helper.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

int
main(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/satchel-unit.XXXXXX", *path = address.sun_path, long_path[200];
	struct timeval patience = {0};
	socklen_t len = sizeof patience;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	tap_ok(mkdtemp(folder) != NULL, "a folder");
	snprintf(path, sizeof address.sun_path, "%s/socket", folder);
	tap_ok(helper_connect(path) == -1 && errno == ENOENT, "there is no service yet");
	tap_ok(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
		   listen(listener, 5) == 0,
	    "a service");
	fd = helper_connect(path);
	tap_ok(fd != -1, "is connected to");
	tap_ok(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, &len) == 0 && patience.tv_sec > 0,
	    "and would not have been waited for without end");
	close(fd);
	close(listener);
	tap_ok(helper_connect(path) == -1 && errno == ECONNREFUSED, "the service has gone");
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	tap_ok(helper_connect(long_path) == -1 && errno == ENAMETOOLONG, "a name that is too long");
	unlink(path);
	rmdir(folder);
	return tap_done();
}
