/* SPDX-License-Identifier: ISC */
#include "net/activation.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/slice.h"

#define SOCKETS_MAX 64

int
activation_sockets(void)
{
	const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
	uint64_t pid = 0, count = 0;

	if (pid_text == NULL || count_text == NULL ||
	    !slice_number(slice_of(pid_text), INT32_MAX, &pid) || (pid_t)pid != getpid() ||
	    !slice_number(slice_of(count_text), SOCKETS_MAX, &count))
		return 0;
	for (int i = 0; i < (int)count; i++)
		if (io_set_close_on_exec(ACTIVATION_FIRST + i, true) == -1)
			return 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	return (int)count;
}
