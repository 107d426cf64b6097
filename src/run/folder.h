/* folder.h - where a run lives. */
#ifndef RITZ_RUN_FOLDER_H
#define RITZ_RUN_FOLDER_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes the folder that `out` asks for (see ritz_run_options) and gives its
 * path, owned, without '/' at its end. `*fresh` says that it was not there: an
 * empty folder that is there serves as well. */
ritz_status ritz_run_make_folder(char **path, bool *fresh, const char *out,
                                 const char *script, uint64_t seed,
                                 ritz_error *err);

#endif
