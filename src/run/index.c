/* index.c - the index of runs, through SQLite.
 *
 * The folders are the truth and the index a convenience, so it is opened only
 * to write a row, and its failures are for the caller to shrug at. The journal
 * stays SQLite's default: WAL does not work on network file systems.
 */
#include "run/index.h"

#include "base/text.h"

#include <sqlite3.h>

enum { WAIT_MS = 5000 }; /* a row takes some milliseconds; runs are many */

/* The lock is taken first: two runs that read before they write would refuse
 * each other without waiting. */
static const char schema[] =
    "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS runs ("
    "id TEXT PRIMARY KEY, script TEXT, seed, state TEXT, started TEXT, "
    "seconds REAL, metrics TEXT)";

static const char insert[] =
    "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)";

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* SQLite's integers have a sign; what does not fit is kept as digits. */
static void bind_seed(sqlite3_stmt *s, int at, uint64_t seed)
{
    if (seed <= INT64_MAX) {
        sqlite3_bind_int64(s, at, (sqlite3_int64)seed);
        return;
    }
    char digits[24];
    sqlite3_snprintf(sizeof digits, digits, "%llu", (unsigned long long)seed);
    sqlite3_bind_text(s, at, digits, -1, SQLITE_TRANSIENT);
}

static int put(sqlite3 *db, const ritz_index_row *row)
{
    sqlite3_stmt *s = NULL;
    sqlite3_busy_timeout(db, WAIT_MS);
    int code = sqlite3_exec(db, schema, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, insert, -1, &s, NULL);
    if (code != SQLITE_OK)
        return code;
    bind_text(s, 1, row->id);
    bind_text(s, 2, row->script);
    bind_seed(s, 3, row->seed);
    bind_text(s, 4, row->state);
    bind_text(s, 5, row->started);
    sqlite3_bind_double(s, 6, row->seconds);
    bind_text(s, 7, row->metrics);
    sqlite3_step(s);
    code = sqlite3_finalize(s);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return code; /* closing takes back what was not committed */
}

ritz_status ritz_index_put(const char *folder, const ritz_index_row *row,
                           ritz_error *err)
{
    ritz_text path = {0};
    ritz_text_printf(&path, "%s/runs.sqlite", folder);
    if (path.failed)
        return ritz_fail_memory(err, "index of runs");
    sqlite3 *db = NULL;
    int code = sqlite3_open(path.bytes, &db);
    if (code == SQLITE_OK)
        code = put(db, row);
    ritz_status status = RITZ_OK;
    if (code != SQLITE_OK)
        status = ritz_fail(err, RITZ_EIO, "index of runs: cannot write %s: %s",
                           path.bytes,
                           db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    sqlite3_close(db);
    ritz_text_free(&path);
    return status;
}
