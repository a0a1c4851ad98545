/* SPDX-License-Identifier: ISC */
/* For processes through which secrets pass. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/*
 * Neither a core file nor a debugger, another process of the same user, shows the memory of this
 * process and of those it forks from now on. What it executes starts without this. 0, or -1 with
 * errno.
 */
int memory_hide(void);

#endif
