/* session.c - how progress, errors and answers are told. */
#include "ui/session.h"

#include "ui/terminal.h"

#include <signal.h>
#include <stdio.h>

void ritz_progress_line(ritz_text *out, const ritz_stage_view *view)
{
    ritz_text_puts(out, view->label);
    if (view->fraction >= 0)
        ritz_text_printf(out, "  %.0f %%", 100 * view->fraction);
    if (*view->detail)
        ritz_text_printf(out, "  %s", view->detail);
    if (view->left >= 0)
        ritz_text_printf(out, "  left %.1f s", view->left);
}

void ritz_tell_error(const ritz_session *session, const char *text)
{
    fflush(stdout);
    const bool color = session->look.err && session->look.color;
    fprintf(stderr, "%serror:%s %s\n", color ? "\033[1;31m" : "",
            color ? "\033[m" : "", text);
}

static int code_of_interrupt(void)
{
    const int signal = ritz_last_signal();
    return 128 + (signal ? signal : SIGINT);
}

int ritz_tell_answer(const ritz_session *session, const ritz_answer *answer)
{
    switch (answer->verdict) {
    case RITZ_DONE:
        return RITZ_EXIT_OK;
    case RITZ_EXIT:
        return answer->exit_code;
    case RITZ_INTERRUPTED:
        fflush(stdout);
        fprintf(stderr, "%s\n", ritz_text_view(&answer->error));
        return code_of_interrupt();
    case RITZ_FAILED:
    case RITZ_INCOMPLETE:
        break;
    }
    ritz_tell_error(session, ritz_text_view(&answer->error));
    return RITZ_EXIT_FAILED;
}
