/* history.c - what was typed, kept from session to session. */
#include "ui/history.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <readline/history.h>

enum { ENTRIES = 10000 }; /* kept in memory; the file keeps all */

struct ritz_history {
    int file; /* -1: this session only */
};

/* A relative path in an XDG variable counts as unset, says the standard. */
static bool find_folder(ritz_text *out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && state[0] == '/')
        ritz_text_printf(out, "%s/ritz", state);
    else if (home && home[0] == '/')
        ritz_text_printf(out, "%s/.local/state/ritz", home);
    return out->length > 0 && !out->failed;
}

static ritz_status open_file(ritz_history *history, ritz_text *path,
                             ritz_error *err)
{
    if (!find_folder(path))
        return ritz_fail(err, RITZ_EIO,
                         "history: wanted a folder in XDG_STATE_HOME or HOME, "
                         "got neither; it is not kept");
    ritz_error why = {0};
    if (ritz_make_folder(ritz_text_view(path), &why) != RITZ_OK)
        return ritz_fail(err, RITZ_EIO, "history is not kept: %s", why.text);
    ritz_text_puts(path, "/history");
    history->file = open(ritz_text_view(path),
                         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (history->file < 0)
        return ritz_fail(err, RITZ_EIO, "history is not kept: %s: %s",
                         ritz_text_view(path), strerror(errno));
    return RITZ_OK;
}

ritz_status ritz_history_open(ritz_history **out, ritz_error *err)
{
    *out = ritz_new(1, sizeof **out);
    if (!*out)
        return ritz_fail_memory(err, "the history");
    (*out)->file = -1;
    history_comment_char = '#';
    history_write_timestamps = 1; /* also: read several lines as one entry */
    using_history();
    stifle_history(ENTRIES);
    ritz_text path = {0};
    const ritz_status status = open_file(*out, &path, err);
    if (status == RITZ_OK)
        read_history(ritz_text_view(&path)); /* it may be new and empty */
    using_history();
    ritz_text_free(&path);
    return status;
}

static bool repeats_last(const char *text)
{
    const HIST_ENTRY *last =
        history_length > 0 ? history_get(history_base + history_length - 1)
                           : NULL;
    return last && strcmp(last->line, text) == 0;
}

ritz_status ritz_history_add(ritz_history *history, const char *text,
                             ritz_error *err)
{
    if (!history || !*text || repeats_last(text))
        return RITZ_OK;
    add_history(text);
    if (history->file < 0)
        return RITZ_OK;
    ritz_text entry = {0};
    ritz_text_printf(&entry, "#%lld\n%s\n", (long long)time(NULL), text);
    /* One write: entries of two sessions do not mix. */
    const ssize_t n =
        entry.failed ? -1 : write(history->file, entry.bytes, entry.length);
    const bool whole = !entry.failed && n == (ssize_t)entry.length;
    const int code = errno;
    ritz_text_free(&entry);
    if (whole)
        return RITZ_OK;
    close(history->file);
    history->file = -1; /* said once */
    return ritz_fail(err, RITZ_EIO, "history is not kept any more: %s",
                     n < 0 ? strerror(code) : "the disk is full");
}

void ritz_history_close(ritz_history *history)
{
    if (!history)
        return;
    if (history->file >= 0)
        close(history->file);
    ritz_free(history);
    clear_history();
}
