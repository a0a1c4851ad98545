/* SPDX-License-Identifier: ISC */
/*
 * The command line of a program as one table, from which come the parser and its complaints,
 * --help, and the list of --options, which the completion of shells is made of and the manual pages
 * are held against. lib/base/about.h has what main() calls.
 *
 * Written as everywhere: -a -b, -ab, -f VALUE, -fVALUE, --from VALUE, --from=VALUE, --fr where that
 * begins one name alone; "--" ends the options. Operands may stand between options, except where a
 * program says that the first one ends them, which those do that execute their operands.
 *
 * Allocates only where it says so and blocks never. Texts of the command line are not copied.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define OPTION_TABLES 4	  /* of one command */
#define OPTION_OPERANDS 3 /* whose kinds a command names; the last named is that of all behind */
#define OPTION_MANY INT_MAX
#define OPTION_PROBLEM_SIZE 1024

/* What options_next returns beside the code of a row. */
enum {
	OPTION_VERSION = -4,
	OPTION_HELP = -3,
	OPTION_LIST = -2, /* --options */
	OPTION_WRONG = -1,
	OPTION_END = 0,
	OPTION_LONG = 256, /* the first code for options that have no letter */
};

/* What a value is. The parser does not look at it: completion does. */
enum takes {
	TAKES_TEXT,
	TAKES_WORD,  /* one of .words */
	TAKES_WORDS, /* some of .words, commas between */
	TAKES_FILE,
	TAKES_FOLDER,
	TAKES_PROGRAM, /* and its arguments */
	TAKES_HOST,
	TAKES_USER, /* of the system */
	TAKES_ADDRESS,
	TAKES_ACCOUNT, /* an address of a hosted domain */
	TAKES_DOMAIN,
	TAKES_HOSTED,  /* a domain that is hosted here */
	TAKES_ID,      /* of a message in the queue */
	TAKES_CONTROL, /* the name of a control file */
};

/* Positional, as in {'f', "from", "SENDER", "the reverse-path", TAKES_ADDRESS}. Code 0 ends. */
struct option_row {
	int code;	   /* the letter, or OPTION_LONG and more */
	const char *name;  /* without its hyphens; null for a letter alone */
	const char *value; /* what --help calls its value; null if it takes none */
	const char *help;  /* null: the option works, and is shown nowhere */
	enum takes takes;
	const char *words; /* with blanks between */
};

/* A program has one without a name, or some with names, or both. Usage null ends a list of them. */
struct option_command {
	const char *name;     /* null: what is meant if the first operand is no name */
	const char *usage;    /* what stands behind the names in "usage:", a line each */
	const char *operands; /* "ADDRESS [QUOTA]": for --help and for what is missing; or null */
	const char *help;     /* of a command with a name: one line */
	const struct option_row *rows[OPTION_TABLES]; /* those of the program come on top */
	int least, most;			      /* operands; OPTION_MANY */
	enum takes takes[OPTION_OPERANDS];
	const char *words; /* of operands that are TAKES_WORD */
};

struct option_program {
	const char *name;
	const char *about;	       /* behind the usage: what it is for; lines of 80 columns */
	const char *after;	       /* behind the options: exit codes, an example; or null */
	const struct option_row *rows; /* of all commands; or null */
	const struct option_command *commands;
	bool stops_at_operand;
	int wrong_code; /* exit code for wrong usage; 0 for 100 */
};

struct option_scan {
	const struct option_program *program;
	const struct option_command *command; /* what is called; null if that is not known */
	char *value;			      /* of the option that options_next found */
	char **operands;		      /* once it said OPTION_END; a null pointer behind */
	int count;
	char problem[OPTION_PROBLEM_SIZE]; /* for OPTION_WRONG: a clause without a full stop */

	/* its own */
	char **argv;
	int argc, at;
	char *letters;	   /* left of a group */
	const char *first; /* operand: a command, perhaps */
	bool is_command_due;
};

/* ARGV is sorted in place. */
void options_begin(
    struct option_scan *s, const struct option_program *program, int argc, char **argv);
/* The code of the next option; or one of the codes above, of which all but OPTION_END end it. */
int options_next(struct option_scan *s);

/*
 * The text of --help: of COMMAND, or of the program where that is null or the only one. It is one
 * screen of 24 lines, if need be by naming alone the last rows; so what is used most stands first.
 * 0, or -1 with errno as str_add.
 */
int options_help(
    struct str *out, const struct option_program *program, const struct option_command *command);
/*
 * The text of --options, a line a thing, with tabs between and "-" for what is not there:
 *   command NAME KIND[,KIND][...] WORDS OPERANDS HELP
 *   option  COMMAND -LETTER --NAME VALUE KIND WORDS HELP
 * COMMAND is "-" for the unnamed one, "*" for options of all. 0 or -1 as above.
 */
int options_list(struct str *out, const struct option_program *program);

#endif
