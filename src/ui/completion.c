/* completion.c - Tab at the prompt.
 *
 * The script says which bytes of the line a candidate replaces, readline where
 * it thinks the word begins; where the two differ, candidates are cut or
 * lengthened to readline's word. So readline's own ways to choose and to list
 * candidates, and the user's settings for them, work unchanged.
 */
#include "ui/completion.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#define ANSWER_WITHIN 0.5 /* seconds; Tab never hangs */

static ritz_worker *the_worker;
static bool *the_running;
static ritz_completions found, known;
static size_t word_start; /* where readline's word begins in the line */

static void ask(const char *line, size_t point)
{
    static ritz_text copy; /* must outlive an answer that comes too late */
    ritz_text_free(&copy);
    ritz_text_puts(&copy, line);
    const ritz_job job = {.kind = RITZ_JOB_COMPLETE,
                          .text = ritz_text_view(&copy),
                          .length = copy.length,
                          .point = point};
    ritz_worker_submit(the_worker, &job);
    ritz_answer answer;
    if (!ritz_worker_wait(the_worker, &answer, ANSWER_WITHIN)) {
        *the_running = true;
        return;
    }
    found = answer.words;
    answer.words = (ritz_completions){0};
    ritz_answer_free(&answer);
}

/* readline frees what it gets with free(). */
static char *candidate(size_t i)
{
    const char *word = found.word[i];
    if (found.start < word_start) {
        const size_t cut = word_start - found.start;
        return strlen(word) >= cut ? strdup(word + cut) : NULL;
    }
    char *whole = NULL;
    const int n = (int)(found.start - word_start);
    if (asprintf(&whole, "%.*s%s", n, rl_line_buffer + word_start, word) < 0)
        return NULL;
    return whole;
}

static char *next_candidate(const char *text, int state)
{
    (void)text;
    static size_t next;
    if (state == 0)
        next = 0;
    char *word = NULL;
    while (!word && next < found.count)
        word = candidate(next++);
    return word;
}

/* The worker is busy: the names that it had before. A field's name cannot be
 * found among them. */
static char *next_known(const char *text, int state)
{
    static size_t next;
    if (state == 0)
        next = 0;
    while (next < known.count) {
        const char *word = known.word[next++];
        if (strncmp(word, text, strlen(text)) == 0)
            return strdup(word);
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    rl_attempted_completion_over = 1; /* never readline's file names */
    rl_completion_append_character = '\0';
    if (*the_running) {
        const char before = start > 0 ? rl_line_buffer[start - 1] : ' ';
        return before == '.' || before == ':'
                   ? NULL
                   : rl_completion_matches(text, next_known);
    }
    word_start = (size_t)start;
    ask(rl_line_buffer, (size_t)end);
    char **words =
        found.count > 0 ? rl_completion_matches(text, next_candidate) : NULL;
    ritz_completions_free(&found);
    found = (ritz_completions){0};
    return words;
}

void ritz_completion_begin(ritz_worker *worker, bool *running)
{
    the_worker = worker;
    the_running = running;
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = " \t\n\"'`@$><=;|&{}()[],.:+-*/%^#~?";
    rl_completer_word_break_characters = rl_basic_word_break_characters;
}

void ritz_completion_know(ritz_completions *names)
{
    ritz_completions_free(&known);
    known = *names;
    *names = (ritz_completions){0};
}

void ritz_completion_end(void)
{
    ritz_completions_free(&known);
    known = (ritz_completions){0};
    rl_attempted_completion_function = NULL;
}
