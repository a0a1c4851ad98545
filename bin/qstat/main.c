/* SPDX-License-Identifier: ISC */
/* qstat(1): shows the spool. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/about.h"
#include "base/die.h"
#include "list.h"

static const char usage_text[] = "usage: qstat [-ac] [ID...]\n"
				 "  -a  show recipients that are done, too\n"
				 "  -c  counts only\n"
				 "  --help, --version\n"
				 "Shows the messages in the queue. See qstat(1).\n";

int
main(int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	struct wish wish = {.counts_only = false};
	int c;

	signal(SIGPIPE, SIG_IGN);
	while ((c = getopt_long(argc, argv, "ac", longs, NULL)) != -1)
		switch (c) {
		case 'a':
			wish.everything = true;
			break;
		case 'c':
			wish.counts_only = true;
			break;
		case 'H':
			about_help(usage_text);
		case 'V':
			about_version("qstat");
		default:
			fprintf(stderr, "Try 'qstat --help'.\n");
			return EXIT_PERMANENT;
		}
	wish.ids = argv + optind;
	wish.count = argc - optind;
	if (wish.counts_only && wish.count > 0) {
		fprintf(stderr, "qstat: -c takes no ids. Try 'qstat --help'.\n");
		return EXIT_PERMANENT;
	}
	return list_queue(&wish);
}
