/* options.c - the command line.
 *
 * One table names the options; parsing, the text of --help and the suggestion
 * for a misspelt name are read from it. Options are known before and after the
 * script's name, because a person adds `--threads 1` where the cursor is; `--`
 * ends them, and what follows belongs to the script.
 */
#include "ui/options.h"

#include "base/memory.h"
#include "base/nearest.h"
#include "base/parallel.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Only digits: strtoull would take "-1" for the largest number. */
static bool whole_number(const char *text, uint64_t most, uint64_t *out)
{
    if (!isdigit((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *out <= most;
}

static ritz_status set_seed(ritz_options *out, const char *value,
                            ritz_error *err)
{
    if (!whole_number(value, INT64_MAX, &out->seed))
        return ritz_fail(err, RITZ_EVALUE,
                         "--seed: wanted a whole number, 0 to %" PRId64
                         ", got '%s'",
                         INT64_MAX, value);
    return RITZ_OK;
}

static ritz_status set_threads(ritz_options *out, const char *value,
                               ritz_error *err)
{
    uint64_t n;
    if (!whole_number(value, RITZ_MAX_THREADS, &n) || n < 1)
        return ritz_fail(err, RITZ_EVALUE,
                         "--threads: wanted 1 to %d, got '%s'",
                         RITZ_MAX_THREADS, value);
    out->threads = (int)n;
    return RITZ_OK;
}

static ritz_status set_option(ritz_options *out, const char *value,
                              ritz_error *err)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value)
        return ritz_fail(err, RITZ_EVALUE, "--set: wanted name=value, got '%s'",
                         value);
    out->set[out->set_count++] = value;
    return RITZ_OK;
}

/* A record without `value` is a flag, and one without `set` a plain text;
 * `field` says where in ritz_options either goes. */
typedef struct option {
    const char *name, *value, *doc;
    size_t field;
    ritz_status (*set)(ritz_options *out, const char *value, ritz_error *err);
} option;

#define FIELD(name) offsetof(ritz_options, name)

static const option options[] = {
    {"-e", "CODE", "run CODE", FIELD(code), NULL},
    {"-i", NULL, "a prompt after the script", FIELD(stay), NULL},
    {"--seed", "N", "start of all random numbers (default 0)", 0, set_seed},
    {"--threads", "N", "threads (default: the processors)", 0, set_threads},
    {"--set", "NAME=VALUE", "an option of the script", 0, set_option},
    {"--out", "DIR", "folder of a batch run", FIELD(out), NULL},
    {"--plain", NULL, "lines instead of panels", FIELD(plain), NULL},
    {"--ascii", NULL, "no character beyond ASCII", FIELD(ascii), NULL},
    {"--no-color", NULL, "no colours", FIELD(no_color), NULL},
    {"--reference", "DIR", "write the manual's pages", FIELD(reference), NULL},
    {"--version", NULL, "say the version", FIELD(version), NULL},
    {"--help", NULL, "say this", FIELD(help), NULL},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

void ritz_options_help(ritz_text *out)
{
    ritz_text_puts(
        out, "usage: ritz [options] [script.lua [arguments]]\n"
             "       ritz batch script.lua --out DIR [options] [arguments]\n\n"
             "With neither script nor code: a prompt, or standard input when\n"
             "that is no terminal; a script called - is standard input too.\n"
             "`--` ends the options; what follows is the script's.\n\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        const option *o = &options[i];
        const int gap = 22 - (int)strlen(o->name);
        ritz_text_printf(out, "  %s %-*s %s\n", o->name, gap,
                         o->value ? o->value : "", o->doc);
    }
}

static ritz_status unknown(const char *name, ritz_error *err)
{
    const char *known[OPTIONS];
    for (size_t i = 0; i < OPTIONS; i++)
        known[i] = options[i].name;
    const char *near = ritz_nearest_of(name, known, OPTIONS);
    if (near)
        return ritz_fail(err, RITZ_EVALUE,
                         "unknown option '%s', did you mean '%s'?", name, near);
    return ritz_fail(err, RITZ_EVALUE,
                     "unknown option '%s'; ritz --help lists them", name);
}

static const option *find(const char *name, size_t n)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(options[i].name) == n &&
            strncmp(options[i].name, name, n) == 0)
            return &options[i];
    return NULL;
}

static ritz_status store(ritz_options *out, const option *o, const char *value,
                         ritz_error *err)
{
    char *field = (char *)out + o->field;
    if (o->set)
        return o->set(out, value, err);
    if (!o->value) {
        *(bool *)field = true;
        return RITZ_OK;
    }
    if (*(const char **)field)
        return ritz_fail(err, RITZ_EVALUE, "%s: wanted once, got it twice",
                         o->name);
    if (!*value)
        return ritz_fail(err, RITZ_EVALUE, "%s: wanted %s, got an empty text",
                         o->name, o->value);
    *(const char **)field = value;
    return RITZ_OK;
}

/* argv[at] is an option; *used counts the words that it takes. */
static ritz_status parse_option(ritz_options *out, char **argv, int at,
                                int *used, ritz_error *err)
{
    const char *word = argv[at], *equals = strchr(word, '=');
    const size_t n = equals ? (size_t)(equals - word) : strlen(word);
    const option *o = find(word, n);
    if (!o) {
        char name[64];
        const size_t kept = n < sizeof name ? n : sizeof name - 1;
        memcpy(name, word, kept);
        name[kept] = '\0';
        return unknown(name, err);
    }
    *used = 1;
    if (!o->value && equals)
        return ritz_fail(err, RITZ_EVALUE, "%s: wanted no value, got '%s'",
                         o->name, equals + 1);
    if (!o->value || equals)
        return store(out, o, equals ? equals + 1 : NULL, err);
    if (!argv[at + 1])
        return ritz_fail(err, RITZ_EVALUE, "%s: wanted %s, got nothing",
                         o->name, o->value);
    *used = 2;
    return store(out, o, argv[at + 1], err);
}

/* "-" is standard input and "-0.5" a number. */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[1] != '.' &&
           !isdigit((unsigned char)word[1]);
}

static void take_word(ritz_options *out, const char *word)
{
    if (out->mode == RITZ_MODE_PROMPT && !out->script && !out->code &&
        strcmp(word, "batch") == 0)
        out->mode = RITZ_MODE_BATCH;
    else if (!out->script && !out->code)
        out->script = word;
    else
        out->args[out->arg_count++] = word;
}

static ritz_status settle(ritz_options *out, ritz_error *err)
{
    const bool batch = out->mode == RITZ_MODE_BATCH;
    if (out->help || out->version)
        out->mode = out->help ? RITZ_MODE_HELP : RITZ_MODE_VERSION;
    else if (out->reference)
        out->mode = RITZ_MODE_REFERENCE;
    else if (batch && (!out->script || strcmp(out->script, "-") == 0))
        return ritz_fail(err, RITZ_EVALUE,
                         "batch: wanted a script's file name, got %s",
                         out->script ? "standard input" : "nothing");
    else if (batch && !out->out)
        return ritz_fail(err, RITZ_EVALUE,
                         "batch: wanted --out DIR, got nothing");
    else if (out->out && !batch)
        return ritz_fail(err, RITZ_EVALUE,
                         "--out: wanted after 'ritz batch', got it without");
    else if (out->script && out->code)
        return ritz_fail(err, RITZ_EVALUE,
                         "wanted -e or a script, got both: -e and '%s'",
                         out->script);
    else if (!batch && (out->script || out->code))
        out->mode = out->script ? RITZ_MODE_FILE : RITZ_MODE_CODE;
    return RITZ_OK;
}

static ritz_status parse(ritz_options *out, char **argv, ritz_error *err)
{
    bool ended = false;
    for (int at = 1, used; argv[at]; at += used) {
        used = 1;
        if (!ended && strcmp(argv[at], "--") == 0) {
            ended = true;
        } else if (!ended && looks_like_option(argv[at])) {
            const ritz_status status = parse_option(out, argv, at, &used, err);
            if (status != RITZ_OK)
                return status;
        } else {
            take_word(out, argv[at]);
        }
    }
    return settle(out, err);
}

ritz_status ritz_options_parse(ritz_options *out, int argc, char **argv,
                               ritz_error *err)
{
    *out = (ritz_options){0};
    const size_t words = argc > 0 ? (size_t)argc : 1;
    out->set = ritz_new(words, sizeof *out->set);
    out->args = ritz_new(words, sizeof *out->args);
    const ritz_status status = out->set && out->args && argc > 0
                                   ? parse(out, argv, err)
                                   : ritz_fail_memory(err, "the command line");
    if (status != RITZ_OK)
        ritz_options_free(out);
    return status;
}

void ritz_options_free(ritz_options *opt)
{
    ritz_free(opt->set);
    ritz_free(opt->args);
    *opt = (ritz_options){0};
}
