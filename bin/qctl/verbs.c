/* SPDX-License-Identifier: ISC */
#include "verbs.h"

#include "act.h"

#define WAITING (PLACE_NEW | PLACE_DEFERRED)
#define WHOLE (PLACE_NEW | PLACE_DEFERRED | PLACE_HOLD)

const struct verb verbs[] = {
    {"hold", WAITING, "hold", "held", "would be held", "is not waiting", false, false, deed_hold},
    {"release", PLACE_HOLD, "new", "released", "would be released", "is not held", false, false,
	deed_release},
    {"retry", WAITING, "new", "to be tried now", "would be tried now", "is not waiting", false,
	false, deed_retry},
    {"bounce", WHOLE, "new", "to be returned", "would be returned", "is not in the queue", true,
	true, deed_bounce},
    {"delete", PLACE_ANY, NULL, "deleted", "would be deleted", "is not in the spool", true, true,
	deed_delete},
    {"redirect", WHOLE, NULL, "redirected", "would be redirected", "is not in the queue", true,
	true, deed_redirect},
    {"resubmit", WHOLE, NULL, "resubmitted", "would be resubmitted", "is not in the queue", true,
	true, deed_resubmit},
};

const size_t verbs_count = sizeof verbs / sizeof verbs[0];
