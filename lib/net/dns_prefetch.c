/* SPDX-License-Identifier: ISC */
/* Many hosts at once: what is slow is asked for once more by who needs it. */
#include "net/dns.h"
#include "net/query.h"

#define SOON_MS 2000
#define QUERIES_MAX 20

void
dns_prefetch(struct dns *d, const struct slice *hosts, size_t count, deadline until)
{
	struct query queries[QUERIES_MAX];
	deadline soon = deadline_in_ms(SOON_MS);
	size_t n = 0;

	for (size_t i = 0; count > 1 && i < count && n + 2 <= QUERIES_MAX; i++) {
		if (!query_is_host(hosts[i]))
			continue;
		query_init(&queries[n++], hosts[i], ANSWER_AAAA);
		query_init(&queries[n++], hosts[i], ANSWER_A);
	}
	query_run(d, queries, n, soon < until ? soon : until);
	for (size_t i = 0; i < n; i++)
		query_free(&queries[i]);
}
