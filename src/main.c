/* main.c - ritz, the program. */
#include "ui/program.h"

int main(int argc, char **argv)
{
    return ritz_program(argc, argv);
}
