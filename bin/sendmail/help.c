/* SPDX-License-Identifier: ISC */
#include "help.h"

#include <stdio.h>

#include "base/about.h"

static const char screen[] =
    "usage: sendmail [OPTION...] [--] [RECIPIENT...] <MESSAGE\n"
    "Hands a message to the queue; exit code 0 means that it is durable there.\n"
    "  -t            recipients are in the header (To, Cc, Bcc), too\n"
    "  -i, -oi       a line with a single dot does not end the message\n"
    "  -f SENDER     where bounces go; '' is the null sender (also -r)\n"
    "  -F NAME       full name for a From field that is made\n"
    "  -B TYPE       7BIT or 8BITMIME\n"
    "  -N, -R, -V    NOTIFY, RET and ENVID of delivery reports\n"
    "  -O, -XV       requiretls=yes, key=... ; a return path for each recipient\n"
    "  -G            gateway: leave the header as it is\n"
    "  -v            print the queue id\n"
    "  -bs           speak SMTP on standard input and output\n"
    "  -bp           list the queue (mailq)\n"
    "  -q            run the queue once (runq); -qf: also what is not due; with part\n"
    "                of an address -qS TEXT or -qR TEXT: of that sender, recipient\n"
    "  -bi           compile the aliases (newaliases)\n"
    "  -bv, -bt      show the route of each RECIPIENT, or of addresses on standard\n"
    "                input\n"
    "      --help, --version\n"
    "All other options of sendmail(1) elsewhere are accepted and ignored.\n"
    "Exit codes are those of sysexits.h: 64 usage, 65 bad message, 75 try again, ...\n";

/* Those that a person may type. */
static const struct flag {
	const char *name, *value, *kind, *words, *help;
} flags[] = {
    {"-t", "-", "-", "-", "recipients are in the header (To, Cc, Bcc), too"},
    {"-i", "-", "-", "-", "a line with a single dot does not end the message"},
    {"-f", "SENDER", "address", "-", "where bounces go; '' is the null sender"},
    {"-F", "NAME", "text", "-", "full name for a From field that is made"},
    {"-B", "TYPE", "word", "7BIT 8BITMIME", "of the body"},
    {"-N", "WHEN", "words", "never success failure delay", "when to send a delivery report"},
    {"-R", "PART", "word", "full hdrs", "what a delivery report returns"},
    {"-V", "ENVID", "text", "-", "what a delivery report calls the message"},
    {"-O", "NAME=VALUE", "word",
	"requiretls=yes smtputf8=yes key= expires= not-before=", "a setting for this message"},
    {"-G", "-", "-", "-", "gateway: leave the header as it is"},
    {"-v", "-", "-", "-", "print the queue id"},
    {"-XV", "-", "-", "-", "a return path for each recipient (VERP)"},
    {"-bs", "-", "-", "-", "speak SMTP on standard input and output"},
    {"-bp", "-", "-", "-", "list the queue (mailq)"},
    {"-q", "-", "-", "-", "run the queue once"},
    {"-qf", "-", "-", "-", "run the queue once, also for what is not due"},
    {"-qI", "ID", "id", "-", "run the queue once for this message"},
    {"-qR", "TEXT", "text", "-", "run the queue once for recipients whose address has it"},
    {"-qS", "TEXT", "text", "-", "run the queue once for senders whose address has it"},
    {"-bi", "-", "-", "-", "compile the aliases (newaliases)"},
    {"-bv", "-", "-", "-", "show the route of each RECIPIENT"},
    {"-bt", "-", "-", "-", "show the route of addresses on standard input"},
};

void
help_print(void)
{
	about_help(screen);
}

void
help_list(void)
{
	printf("command\t-\taddress...\t-\t[RECIPIENT...]\t-\n");
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		printf("option\t-\t%s\t-\t%s\t%s\t%s\t%s\n", flags[i].name, flags[i].value,
		    flags[i].kind, flags[i].words, flags[i].help);
	about_help("");
}
