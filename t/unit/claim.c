/* SPDX-License-Identifier: ISC */
/* Messages committed and claimed: what each state of a file gives, and what its holder may do. */
#include "spool/claim.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/commit.h"
#include "spool_scratch.h"
#include "tap.h"

static const char text[] = "Subject: x\r\n\r\nhello\r\n";

/* Commits a message and gives its id. */
static void
commit_one(struct spool *s, char id[ID_SIZE])
{
	struct commit c;

	commit_init(&c, s);
	if (commit_begin(&c, slice_of("Fa@b.test\nSwho\nTc@d.test\nTe@f.test\n"), 2) == -1 ||
	    commit_write(&c, text, sizeof text - 1) == -1 || commit_finish(&c) == -1)
		spool_scratch_fail("commit a message");
	memcpy(id, c.header.id, ID_SIZE);
	commit_free(&c);
}

static void
expect(struct spool *s, const char *id, bool sum, enum claim_result result, const char *name)
{
	struct claim c;
	enum claim_result got = claim_take(&c, s->new_fd, id, sum);

	tap_is_int((long long)got, (long long)result, name);
	claim_release(&c);
}

/* Writes one byte into the message's file. */
static void
poke(struct spool *s, const char *id, off_t offset, char byte)
{
	int fd = openat(s->new_fd, id, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || io_pwrite(fd, &byte, 1, offset) == -1)
		spool_scratch_fail("change a message");
	close(fd);
}

static void
set_size(struct spool *s, const char *id, off_t change)
{
	int fd = openat(s->new_fd, id, O_WRONLY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1 || ftruncate(fd, st.st_size + change) == -1)
		spool_scratch_fail("cut a message");
	close(fd);
}

static void
test_taking(struct spool *s)
{
	char id[ID_SIZE];
	struct claim c;
	struct envelope_recipient r;

	commit_one(s, id);
	tap_is_int((long long)claim_take(&c, s->new_fd, id, true), CLAIM_TAKEN, "taken");
	tap_ok(slice_is(c.envelope.reverse_path, "a@b.test") && c.header.recipients == 2 &&
		   c.header.length == sizeof text - 1,
	    "with its envelope");
	tap_ok(envelope_next(&c.envelope.recipients, &r) && slice_is(r.address, "c@d.test"),
	    "and its recipients");
	claim_release(&c);
	expect(s, id, true, CLAIM_TAKEN, "taken again");
	expect(s, "0123456789abcdefghij", true, CLAIM_GONE, "one that never was");
	unlinkat(s->new_fd, id, 0);
	expect(s, id, true, CLAIM_GONE, "one removed");
}

/* Takes the claim in a child: its result. */
static int
take_elsewhere(struct spool *s, const char *id)
{
	struct claim c;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)claim_take(&c, s->new_fd, id, false));
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		spool_scratch_fail("fork");
	return WEXITSTATUS(status);
}

static void
test_busy(struct spool *s)
{
	char id[ID_SIZE];
	struct claim c;

	commit_one(s, id);
	tap_is_int((long long)claim_take(&c, s->new_fd, id, false), CLAIM_TAKEN, "taken here");
	tap_is_int(take_elsewhere(s, id), CLAIM_BUSY, "busy elsewhere");
	expect(s, id, false, CLAIM_BUSY, "busy here, too");
	claim_release(&c);
	tap_is_int(take_elsewhere(s, id), CLAIM_TAKEN, "free again");
	tap_is_int(take_elsewhere(s, id), CLAIM_TAKEN, "and after its holder has died");
	unlinkat(s->new_fd, id, 0);
}

static void
test_marks(struct spool *s)
{
	static const struct recipient_state mark = {.status = RECIPIENT_DELIVERED,
	    .attempts = 3,
	    .last_attempt = 1770000000,
	    .reply = {"250 ok", 6}};
	struct recipient_state state;
	char id[ID_SIZE];
	struct claim c;

	commit_one(s, id);
	(void)claim_take(&c, s->new_fd, id, true);
	claim_state(&c, 1, &state);
	tap_ok(state.status == RECIPIENT_WAITING && state.attempts == 0, "nothing done yet");
	tap_is_int(claim_sync(&c), 0, "nothing to sync");
	tap_ok(claim_mark(&c, 1, &mark) == 0 && c.dirty, "a mark");
	claim_state(&c, 1, &state);
	tap_ok(state.status == RECIPIENT_DELIVERED, "is seen at once");
	tap_ok(claim_sync(&c) == 0 && !c.dirty, "and synced");
	claim_release(&c);
	tap_is_int((long long)claim_take(&c, s->new_fd, id, true), CLAIM_TAKEN, "taken again");
	claim_state(&c, 1, &state);
	tap_ok(state.status == RECIPIENT_DELIVERED && state.attempts == 3 &&
		   state.last_attempt == 1770000000 && slice_is(state.reply, "250 ok"),
	    "it is there");
	claim_state(&c, 0, &state);
	tap_ok(state.status == RECIPIENT_WAITING, "and only there");
	tap_is_int(claim_remove(&c), 0, "removed");
	expect(s, id, false, CLAIM_GONE, "gone");
}

static void
test_reading(struct spool *s)
{
	char id[ID_SIZE], bytes[sizeof text - 1];
	struct claim c;
	int fd;

	commit_one(s, id);
	(void)claim_take(&c, s->new_fd, id, true);
	fd = claim_open_for_reading(&c);
	tap_ok(fd != -1 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY &&
		   fcntl(fd, F_GETFD) == FD_CLOEXEC,
	    "a descriptor to read from");
	tap_ok(io_pread(fd, bytes, sizeof bytes, message_offset(&c.header)) == 0 &&
		   memcmp(bytes, text, sizeof bytes) == 0,
	    "gives the message");
	close(fd);
	tap_is_int(take_elsewhere(s, id), CLAIM_BUSY, "closing it keeps the claim");
	(void)unlinkat(s->new_fd, id, 0);
	tap_is_int(claim_open_for_reading(&c), -1, "not for a file that is gone");
	claim_release(&c);
}

static void
test_moving(struct spool *s)
{
	int hold = spool_open_directory(s, "hold");
	char id[ID_SIZE];
	struct claim c;

	commit_one(s, id);
	(void)claim_take(&c, s->new_fd, id, true);
	tap_is_int(claim_move(&c, hold), 0, "moved");
	expect(s, id, false, CLAIM_GONE, "gone from new/");
	tap_is_int((long long)claim_take(&c, hold, id, true), CLAIM_TAKEN, "taken in hold/");
	tap_ok(linkat(hold, id, s->new_fd, "0000000000aaaaaaaaaa", 0) == 0 &&
		   renameat(s->new_fd, "0000000000aaaaaaaaaa", s->new_fd, id) == 0,
	    "another file of that name");
	errno = 0;
	tap_ok(claim_move(&c, s->new_fd) == -1 && errno == EEXIST, "is in the way");
	tap_ok(c.fd != -1, "and it is still ours");
	claim_release(&c);
	tap_is_int((long long)claim_take(&c, hold, id, true), CLAIM_CORRUPT, "and a link too many");
	claim_release(&c);
	expect(s, id, true, CLAIM_CORRUPT, "under both names");
	(void)unlinkat(hold, id, 0);
	expect(s, id, true, CLAIM_TAKEN, "one name is good");
	(void)unlinkat(s->new_fd, id, 0);
	close(hold);
}

static void
test_damage(struct spool *s)
{
	char id[ID_SIZE];

	commit_one(s, id);
	poke(s, id, 96 + 2, 'x');
	expect(s, id, false, CLAIM_CORRUPT, "a changed envelope");
	(void)unlinkat(s->new_fd, id, 0);
	commit_one(s, id);
	poke(s, id, 96 + 38 + 2 * 192 + 1 + 3, 'X');
	expect(s, id, false, CLAIM_TAKEN, "a changed message, not looked at");
	expect(s, id, true, CLAIM_CORRUPT, "looked at");
	set_size(s, id, 1);
	expect(s, id, false, CLAIM_TAKEN, "a file that is longer, as one that was a cell");
	set_size(s, id, -2);
	expect(s, id, false, CLAIM_CORRUPT, "too short");
	poke(s, id, 10, 'x');
	expect(s, id, false, CLAIM_CORRUPT, "a changed header");
	(void)unlinkat(s->new_fd, id, 0);
	commit_one(s, id);
	(void)renameat(s->new_fd, id, s->new_fd, "0123456789abcdefghij");
	expect(s, "0123456789abcdefghij", false, CLAIM_CORRUPT, "another's name");
	(void)unlinkat(s->new_fd, "0123456789abcdefghij", 0);
}

static void
test_no_files(struct spool *s)
{
	static const char id[] = "0123456789abcdefghij";

	if (symlinkat("/etc/passwd", s->new_fd, id) == -1)
		spool_scratch_fail("make a symbolic link");
	expect(s, id, false, CLAIM_CORRUPT, "a symbolic link");
	(void)unlinkat(s->new_fd, id, 0);
	(void)mkdirat(s->new_fd, id, 0700);
	expect(s, id, false, CLAIM_CORRUPT, "a folder");
	(void)unlinkat(s->new_fd, id, AT_REMOVEDIR);
	(void)mkfifoat(s->new_fd, id, 0600);
	expect(s, id, false, CLAIM_CORRUPT, "a FIFO");
	(void)unlinkat(s->new_fd, id, 0);
}

static void
test_incomplete(struct spool *s)
{
	char id[ID_SIZE];
	struct commit c;
	bool early;

	commit_init(&c, s);
	(void)commit_begin(&c, slice_of("Fa\nSwho\nTb\n"), 1);
	early = faccessat(s->new_fd, c.header.id, F_OK, 0) == 0;
	tap_ok(!early, "nothing is there before there is much of it");
	for (int i = 0; i < 20000; i++)
		(void)commit_write(&c, text, sizeof text - 1);
	memcpy(id, c.header.id, sizeof id);
	expect(s, id, false, CLAIM_BUSY, "its writer holds it");
	tap_is_int((long long)claim_remove_incomplete(s->new_fd, id), CLAIM_BUSY, "and keeps it");
	close(c.fd); /* as if it had died */
	c.fd = -1;
	expect(s, id, false, CLAIM_INCOMPLETE, "left behind");
	tap_is_int(
	    (long long)claim_remove_incomplete(s->new_fd, id), CLAIM_INCOMPLETE, "swept away");
	expect(s, id, false, CLAIM_GONE, "for good");
	commit_abort(&c);
	(void)commit_begin(&c, slice_of("Fa\nSwho\nTb\n"), 1);
	for (int i = 0; i < 20000; i++)
		(void)commit_write(&c, text, sizeof text - 1);
	memcpy(id, c.header.id, sizeof id);
	commit_abort(&c);
	expect(s, id, false, CLAIM_GONE, "what is given up is gone");
	commit_free(&c);
	commit_one(s, id);
	tap_is_int((long long)claim_remove_incomplete(s->new_fd, id), CLAIM_TAKEN, "one complete");
	expect(s, id, true, CLAIM_TAKEN, "stays");
	(void)unlinkat(s->new_fd, id, 0);
}

int
main(void)
{
	struct spool s;

	spool_scratch_open(&s);
	test_taking(&s);
	test_busy(&s);
	test_marks(&s);
	test_reading(&s);
	test_moving(&s);
	test_damage(&s);
	test_no_files(&s);
	test_incomplete(&s);
	spool_scratch_remove(&s);
	return tap_done();
}
