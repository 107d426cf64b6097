/* main.c - the program ritz. */
#include "ui/program.h"
#include "ui/terminal.h"

int main(int argc, char **argv)
{
    const int code = ritz_program(argc, argv);
    if (code > 128)
        ritz_die_of(code - 128);
    return code;
}
