/* SPDX-License-Identifier: ISC */
/*
 * What the parts of qrun share: the settings and the spool (struct qrun), and the three things that
 * it juggles: messages it holds a claim on, destinations, and tasks, each being the recipients of
 * one message that go to one destination in one job.
 */
#ifndef QRUN_QRUN_H
#define QRUN_QRUN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/destinations.h"
#include "conf/limits.h"
#include "conf/route.h"
#include "conf/routes_stamp.h"
#include "spool/claim.h"
#include "spool/schedule.h"
#include "spool/selection.h"
#include "spool/spool.h"
#include "spool/submit.h"
#include "spool/tls_counts.h"
#include "spool/window.h"

#define PROGRAM "qrun"

#define FOLDER_NAME_SIZE 256

/*
 * A directory of messages: new/, cells/, a slot of deferred/ or a domain of hold/. Claims hold a
 * reference.
 */
struct folder {
	int fd;
	size_t references;
	bool changed;		     /* something was removed or moved that is not synced */
	bool is_held;		     /* of hold/ */
	char name[FOLDER_NAME_SIZE]; /* of a slot or a domain; "" for new/ and cells/ */
	struct folder *next;
};

enum worker_kind { WORKER_SEND, WORKER_DELIVER };

struct destination {
	char *key;	     /* what qrun tells destinations apart by */
	const char *address; /* what the worker is told (job.destination); part of key */
	enum worker_kind kind;
	char *user;		       /* whom the worker runs as where qrun was started by root */
	struct task *first, *last;     /* waiting */
	size_t running;		       /* tasks that workers have */
	size_t tasks;		       /* all that there are, in line or not */
	const struct message *sorting; /* whose tasks are being made; this has one of them */
	int64_t used;		       /* seconds since 1970: when it was last asked for */
	struct window window;	       /* how many workers may serve it now */
	struct destination_limits own; /* as the control file destinations says */
	int64_t rests_until; /* monotonic ms: nothing is tried before, for its rate; or 0 */
	struct destination *next_resting;
	bool is_proven; /* the last task succeeded: a worker may be told more ahead */
	int64_t pace;	/* ms that a delivery takes, about, in sixteenths; -1: not known */
	/* in hosts/, times in seconds since 1970: */
	int64_t dead_until;    /* not tried before, for what dead_reply says; or 0 */
	int64_t failed_at;     /* when it was last out of reach; or 0 */
	uint64_t failures;     /* in a row */
	int64_t succeeded_at;  /* the last success; or 0 */
	bool is_on_record;     /* all this is in hosts/ */
	struct str relay, tls; /* its server, and the TLS it went under */
	struct str dead_code, dead_relay, dead_reply; /* of the last failure */
	bool is_turn; /* goes over a connection that was handed over, by one worker */
	bool is_over; /* a turn whose connection has gone: nothing more is tried */
	struct parked *parked, *parked_last; /* messages that wait for room */
	size_t waiters;			     /* messages held that will be parked */
	bool is_parking;		     /* stands in qrun.parking */
	struct destination *next_parking;
	int64_t rank;  /* in qrun.ready */
	bool is_ready; /* stands in qrun.ready */
	struct destination *next_ready;
};

struct task_recipient {
	size_t index;  /* in the message's envelope */
	size_t detail; /* of task.details: extension or targets, NUL-terminated */
	bool answered; /* the worker has said what became of it */
};

struct task {
	struct message *message;
	struct destination *destination;
	struct task *next;
	int64_t rank;	  /* schedule_rank */
	bool is_counted;  /* in the rates of its destination */
	uint64_t number;  /* of the job that a worker was told */
	unsigned returns; /* how often one gave it back */
	struct str details;
	size_t weight;		/* octets its job takes, about */
	size_t result_count[3]; /* by job_status */
	size_t unreachable;	/* recipients whose host or network could not be reached */
	size_t refused;		/* recipients to whom the host said that it has enough */
	struct task_recipient *recipients;
	size_t count, room;
};

/* A message that qrun holds a claim on. */
struct message {
	struct claim claim;
	struct folder *folder;
	struct envelope_recipient *recipients; /* as many as the header says */
	size_t tasks;			       /* that are not over */
	bool unsynced; /* a recipient was settled by a mark that is not on the disk */
	int64_t
	    not_before; /* seconds since 1970: the latest its destinations are left alone till */
	bool untried;	/* a recipient was not tried for no reason of its own: qrun ends */
	bool asked_for; /* a person moved it to new/, or a client asked for it, to be tried now */
	struct destination *waits_for; /* has its share: recipients there were left out */
	int64_t since; /* seconds since 1970: who was tried from then on is not tried again now */
	bool stays;    /* a fetch tries it: it stays where it is until it is done with */
	bool is_shown; /* somebody may wait to see what becomes of it: success is marked, too */
	size_t held;   /* recipients whose mail is kept until it is asked for */
	char hold_name[FOLDER_NAME_SIZE]; /* the folder of hold/ for them */
	int64_t moved;			  /* when, seconds since 1970 */
	struct message *next, *previous;
};

struct qrun {
	struct limits limits;
	struct schedule schedule, bounce_schedule;
	struct routes *routes;
	struct routes_watch routes_watch;
	struct str double_bounce; /* who is told of what came from nobody; empty: nobody */
	struct table destination_limits;
	struct spool spool;
	int deferred_fd, hold_fd, corrupt_fd, hosts_fd;
	struct folder new_folder, cells_folder;
	struct recycling *recycling;
	struct folder *slots;	  /* open ones, and open folders of domains */
	bool deferred_changed;	  /* a slot's directory was removed */
	bool hold_changed;	  /* a domain's was */
	struct message *messages; /* all that are held */
	size_t message_count;
	void *destinations; /* tree of tsearch(3) */
	struct destination *ready[2],
	    *ready_last[2];	     /* by kind: those with a task that may start */
	struct destination *resting; /* by next_resting */
	int64_t next_wake;	     /* of these, monotonic ms; INT64_MAX for none */
	int64_t send_rests_until;    /* monotonic ms: nothing is sent before, for send-rate */
	struct rates *rates;
	struct tls_counts tls_counts;
	bool counts_tls;	     /* there is the control file tls-report */
	size_t room;		     /* messages that whoever admits them now may hold in all */
	void *parked;		     /* tree of tsearch(3), by id */
	size_t parked_count;	     /* in it */
	struct destination *parking; /* those that such messages wait for, by next_parking */
	int64_t since; /* of the message that is admitted again, seconds since 1970; or 0 */
	struct fetch *fetches;
	uint64_t turns; /* so far */
	struct workers *workers;
	struct submit submit;	 /* for bounces */
	int64_t next_slot;	 /* when the next known slot is due; INT64_MAX for none */
	int64_t bounce_minute;	 /* the minute that bounces are counted in */
	uint64_t bounces;	 /* made in it */
	uint64_t double_bounces; /* and how many of these are for double_bounce */
	bool defer_failed;	 /* a message stayed where it was: this pass looks no further */
	bool stopping;
	bool is_watching;   /* -w */
	bool is_preview;    /* -n */
	bool is_background; /* --background */
	bool is_quiet;	    /* -q */
	bool wants_progress;
	struct selection selection; /* what this pass is about */
	bool takes_all;		    /* --now: also what is not due yet */
	int64_t started;	    /* seconds since 1970 */
	uint64_t done, put_off;	    /* messages that have left our hands so */
};

/* Seconds since 1970 at which the message began to arrive. */
int64_t message_arrival(const struct message *m);
/* The same from when its age counts: that, or when it was released. */
int64_t message_origin(const struct message *m);

#endif
