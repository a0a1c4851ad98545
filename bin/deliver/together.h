/* SPDX-License-Identifier: ISC */
/*
 * One sync of a whole file system in the place of one for each file and folder. A disk is told to
 * flush once instead of dozens of times, and the file system commits once.
 */
#ifndef DELIVER_TOGETHER_H
#define DELIVER_TOGETHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

#define TOGETHER_MIN 4 /* fewer are synced one by one: others' data would not be waited for */

struct together {
	bool is_known,
	    is_unsafe;	/* whether this kernel tells by syncfs(2) of what it could not write */
	deadline pause; /* it took long, as somebody writes much there: not before */
};

/*
 * Makes durable the FILES that were written below the COUNT folders that FDS are descriptors of,
 * each opened before anything was written there. False: that was not done, and each file and folder
 * is to be synced; so it is where FILES is small, where a file system is not known to be whole
 * behind a syncfs(2), and after an error, as syncfs does not say whose it is.
 */
bool together_sync(struct together *t, const int *fds, size_t count, size_t files);

#endif
