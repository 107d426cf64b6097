/* program.c - from the command line to the exit code. */
#include "ui/program.h"

#include "base/file.h"
#include "base/memory.h"
#include "ui/lines.h"
#include "ui/place.h"
#include "ui/prompt.h"
#include "ui/sketch.h"
#include "ui/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

const char *ritz_version(void)
{
    return PACKAGE_VERSION;
}

static int complain(const char *text, int code)
{
    fprintf(stderr, "ritz: %s\n", text);
    return code;
}

static int say_help(void)
{
    ritz_text text = {0};
    ritz_options_help(&text);
    fputs(ritz_text_view(&text), stdout);
    ritz_text_free(&text);
    return RITZ_EXIT_OK;
}

static ritz_status read_all_input(ritz_text *out, ritz_error *err)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
        ritz_text_add(out, bytes, (size_t)n);
    if (n < 0)
        return ritz_fail(err, RITZ_EIO, "standard input: %s", strerror(errno));
    return out->failed ? ritz_fail_memory(err, "standard input") : RITZ_OK;
}

/* A script opens panels where both a figure and the keys that close it have a
 * place: on a terminal that can move its cursor. */
static bool wants_panels(const ritz_session *session)
{
    return session->look.out && !session->opt->plain && !session->opt->stay;
}

static int run_input(ritz_session *session)
{
    ritz_text text = {0};
    ritz_error err = {0};
    int code = RITZ_EXIT_FAILED;
    if (read_all_input(&text, &err) == RITZ_OK) {
        const ritz_job job = {.kind = RITZ_JOB_TEXT,
                              .name = "=stdin",
                              .text = ritz_text_view(&text),
                              .length = text.length};
        code = ritz_lines_run(session, &job, wants_panels(session));
    } else {
        ritz_tell_error(session, err.text);
    }
    ritz_text_free(&text);
    return code;
}

static bool has_job(const ritz_options *opt)
{
    return opt->script || opt->code;
}

static ritz_job job_of(const ritz_options *opt)
{
    if (opt->code)
        return (ritz_job){.kind = RITZ_JOB_TEXT,
                          .name = "=-e",
                          .text = opt->code,
                          .length = strlen(opt->code)};
    return (ritz_job){.kind = RITZ_JOB_FILE, .name = opt->script};
}

/* `-i`, or nothing to run on a terminal. */
static int run_prompt(ritz_session *session)
{
    const ritz_options *opt = session->opt;
    const ritz_look *look = &session->look;
    const ritz_job job = job_of(opt);
    if (look->in && look->out && look->capable)
        return ritz_prompt_run(session, has_job(opt) ? &job : NULL);
    if (has_job(opt))
        ritz_lines_run(session, &job, false);
    return ritz_lines_prompt(session);
}

static int run(ritz_session *session)
{
    const ritz_options *opt = session->opt;
    const bool from_input =
        opt->mode == RITZ_MODE_FILE && strcmp(opt->script, "-") == 0;
    if (opt->mode == RITZ_MODE_REFERENCE) {
        const ritz_job job = {.kind = RITZ_JOB_REFERENCE,
                              .name = opt->reference};
        return ritz_lines_run(session, &job, false);
    }
    if (from_input ||
        (opt->mode == RITZ_MODE_PROMPT && !session->look.in && !opt->stay))
        return run_input(session);
    if (opt->mode == RITZ_MODE_PROMPT || opt->stay)
        return run_prompt(session);
    const ritz_job job = job_of(opt);
    return ritz_lines_run(session, &job,
                          opt->mode == RITZ_MODE_FILE && wants_panels(session));
}

static ritz_script_options script_options(const ritz_session *session)
{
    const ritz_options *opt = session->opt;
    return (ritz_script_options){
        .seed = opt->seed,
        .threads = opt->threads,
        .lua_dir = ritz_lua_folder(),
        .interactive = opt->mode == RITZ_MODE_PROMPT || opt->code || opt->stay,
        .set = opt->set,
        .set_count = opt->set_count,
        .script = opt->script,
        .args = opt->args,
        .arg_count = opt->arg_count,
        .out = opt->out,
        .display = ritz_stage_display(session->stage),
    };
}

static int run_session(const ritz_options *opt)
{
    ritz_session session = {.opt = opt, .look = ritz_look_around(opt)};
    ritz_error err = {0};
    if (session.look.out)
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* also while caught */
    if (ritz_terminal_begin(&err) != RITZ_OK ||
        ritz_stage_new(&session.stage, &err) != RITZ_OK)
        return complain(err.text, RITZ_EXIT_FAILED);
    const ritz_script_options script = script_options(&session);
    int code = RITZ_EXIT_FAILED;
    if (ritz_worker_start(&session.worker, &script, &err) == RITZ_OK) {
        code = run(&session);
        ritz_worker_stop(session.worker);
    } else {
        ritz_tell_error(&session, err.text);
    }
    ritz_stage_delete(session.stage);
    return code;
}

/* A full disk shows when the last bytes are written. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return complain("standard output: not all of it could be written",
                    code ? code : RITZ_EXIT_FAILED);
}

int ritz_program(int argc, char **argv)
{
    ritz_options opt;
    ritz_error err = {0};
    if (ritz_options_parse(&opt, argc, argv, &err) != RITZ_OK)
        return complain(err.text, RITZ_EXIT_USAGE);
    int code = RITZ_EXIT_OK;
    if (opt.mode == RITZ_MODE_HELP)
        code = say_help();
    else if (opt.mode == RITZ_MODE_VERSION)
        printf("ritz %s\n", ritz_version());
    else
        code = run_session(&opt);
    ritz_options_free(&opt);
    return flush_output(code);
}
