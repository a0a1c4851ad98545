/* SPDX-License-Identifier: ISC */
#include "conf/stores.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_OCTETS ((size_t)200)

/* Says that the file NAME cannot be read, and keeps errno. */
static int
unreadable(const char *name, struct str *problem)
{
	int saved = errno;

	(void)str_format(problem, "%s: unable to read it", name);
	errno = saved;
	return -1;
}

static int
wrong(const char *name, const char *cause, struct str *problem)
{
	(void)str_format(problem, "%s: %s", name, cause);
	errno = EINVAL;
	return -1;
}

static unsigned
lock_named(struct slice word)
{
	return slice_is(word, "fcntl")	 ? STORES_FCNTL
	       : slice_is(word, "flock") ? STORES_FLOCK
	       : slice_is(word, "dot")	 ? STORES_DOT
					 : 0;
}

static int
read_locks(struct stores *s, struct slice line, struct str *problem)
{
	struct slice word;

	s->locks = 0;
	s->must_lock = true;
	while (slice_word(&line, &word)) {
		unsigned lock = lock_named(word);

		if (lock == 0 || (s->locks & lock) != 0)
			return wrong("mboxlocks",
			    "words of fcntl, flock and dot are wanted, each once", problem);
		s->locks |= lock;
	}
	return 0;
}

/* One of two words: 0 and whether it is YES, or -1. */
static int
read_choice(const struct control *c, const char *name, const char *const words[2], bool *is_second,
    struct str *problem)
{
	struct str line, cause;
	int found;

	str_init(&line, LINE_MAX_OCTETS);
	str_init(&cause, LINE_MAX_OCTETS);
	found = control_line(c, name, &line);
	*is_second = found == 1 && strcmp(line.data, words[1]) == 0;
	if (found == -1)
		found = unreadable(name, problem);
	else if (found == 1 && !*is_second && strcmp(line.data, words[0]) != 0) {
		(void)str_format(&cause, "%s or %s is wanted", words[0], words[1]);
		found = wrong(name, cause.data, problem);
	}
	str_free(&cause);
	str_free(&line);
	return found == -1 ? -1 : 0;
}

static int
read_mboxlocks(struct stores *s, const struct control *c, struct str *problem)
{
	struct str line;
	int found;

	str_init(&line, LINE_MAX_OCTETS);
	found = control_line(c, "mboxlocks", &line);
	if (found == -1)
		found = unreadable("mboxlocks", problem);
	else if (found == 1)
		found = read_locks(s, str_slice(&line), problem);
	str_free(&line);
	return found == -1 ? -1 : 0;
}

int
stores_read(struct stores *s, const struct control *c, struct str *problem)
{
	static const char *const finality[] = {"temporary", "permanent"};
	static const char *const folders[] = {"none", "extension"};

	*s = (struct stores){.locks = STORES_FCNTL | STORES_FLOCK | STORES_DOT};
	return read_mboxlocks(s, c, problem) == -1 ||
		       read_choice(c, "overquota", finality, &s->is_over_quota_final, problem) ==
			   -1 ||
		       read_choice(c, "subfolders", folders, &s->has_extension_folders, problem) ==
			   -1
		   ? -1
		   : 0;
}
