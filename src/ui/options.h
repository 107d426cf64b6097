/* options.h - the command line. */
#ifndef RITZ_UI_OPTIONS_H
#define RITZ_UI_OPTIONS_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ritz_mode {
    RITZ_MODE_PROMPT,    /* nothing to run: a prompt, or standard input */
    RITZ_MODE_FILE,      /* ritz script.lua; "-" is standard input */
    RITZ_MODE_CODE,      /* ritz -e code */
    RITZ_MODE_BATCH,     /* ritz batch script.lua */
    RITZ_MODE_REFERENCE, /* ritz --reference DIR */
    RITZ_MODE_HELP,
    RITZ_MODE_VERSION
} ritz_mode;

typedef struct ritz_options {
    ritz_mode mode;
    bool help, version;
    bool stay;     /* -i: a prompt afterwards */
    bool plain;    /* lines, no panels */
    bool ascii;    /* no character beyond ASCII */
    bool no_color; /* no colour */
    uint64_t seed;
    int threads;           /* 0: as many as there are processors */
    const char *script;    /* the file to run */
    const char *code;      /* the text to run */
    const char *out;       /* the run folder */
    const char *reference; /* the folder of the manual */
    const char **set;      /* owned; set_count texts "name=value" */
    size_t set_count;
    const char **args; /* owned; what the script finds in `arg` */
    size_t arg_count;
} ritz_options;

/* The texts are those of argv. */
ritz_status ritz_options_parse(ritz_options *out, int argc, char **argv,
                               ritz_error *err);
void ritz_options_free(ritz_options *opt);

void ritz_options_help(ritz_text *out); /* the text of --help */

#endif
