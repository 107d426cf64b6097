/* program.h - from the command line to the exit code. */
#ifndef RITZ_UI_PROGRAM_H
#define RITZ_UI_PROGRAM_H

/* 128 + n: the work was ended by signal n. */
int ritz_program(int argc, char **argv);

const char *ritz_version(void);

#endif
