/* SPDX-License-Identifier: ISC */
/*
 * What may lie between a descriptor and who reads and writes it: TLS, say. A reader and a client
 * (smtp/client.h) go through it where there is one, so that neither they nor who links them need to
 * know what it is. Whoever makes a layer embeds this as the first member of its own struct. A
 * deadline that passes is ETIMEDOUT, as in base/io.h.
 */
#ifndef BASE_LAYER_H
#define BASE_LAYER_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>

#include "base/clock.h"

struct layer {
	/* One read of at most LEN octets: how many, 0 at the end, -1 with errno. */
	ssize_t (*read)(struct layer *layer, void *buf, size_t len, deadline until);
	/* All of it: 0, or -1 with errno. May change PIECES. */
	int (*write)(struct layer *layer, struct iovec *pieces, int count, deadline until);
	/*
	 * Waits until something can be read, or the end or an error would be: 0, or -1 with
	 * ETIMEDOUT. What the layer itself takes from the descriptor meanwhile does not count.
	 */
	int (*wait)(struct layer *layer, deadline until);
	/* Says goodbye if that needs no waiting, and frees it. The descriptor stays. */
	void (*close)(struct layer *layer);
};

#endif
