/* test_nearest.c - suggestions for misspelt names. */
#include "base/nearest.h"

#include "tap.h"

#include <string.h>

static const char *const names[] = {"seed", "threads", "set", "epochs",
                                    "learning_rate"};

static const char *nearest(const char *word)
{
    const char *name =
        ritz_nearest_of(word, names, sizeof names / sizeof *names);
    return name ? name : "(none)";
}

int main(void)
{
    is_text(nearest("seed"), "seed", "the name itself");
    is_text(nearest("sede"), "seed", "a swap of neighbours is one change");
    is_text(nearest("sed"), "seed", "a tie goes to the first");
    is_text(nearest("thread"), "threads", "a missing letter");
    is_text(nearest("tthreads"), "threads", "a letter too many");
    is_text(nearest("epoxhs"), "epochs", "a wrong letter");
    is_text(nearest("larning_rat"), "learning_rate", "two missing letters");
    is_text(nearest("width"), "(none)", "nothing is near");
    is_text(nearest("x"), "(none)", "a letter is near to nothing");
    is_text(nearest(""), "(none)", "nor is no letter");
    char word[100];
    memset(word, 'e', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    is_text(nearest(word), "(none)", "a word longer than any name");
    ok(!ritz_nearest_of("seed", names, 0), "no names");
    return tap_end();
}
