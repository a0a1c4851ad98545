/* SPDX-License-Identifier: ISC */
#include "base/memory.h"

#include <sys/prctl.h>

int
memory_hide(void)
{
#ifdef __SANITIZE_ADDRESS__ /* which looks for leaks as a debugger does */
	return 0;
#else
	return prctl(PR_SET_DUMPABLE, 0);
#endif
}
