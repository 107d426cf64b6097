/* main.c - the program ritz. */
#include "ui/program.h"
#include "ui/terminal.h"

int main(int argc, char **argv)
{
    const int code = ritz_program(argc, argv);
    if (ritz_last_signal() != 0 && code == 128 + ritz_last_signal())
        ritz_die_of(code - 128);
    return code;
}
