/* machine.c - processor and git commit, read from the files that tell.
 *
 * Asking `git` itself would cost a process for each run and need git to be
 * there. The three files that name the commit have not changed in ten years;
 * what they do not tell (is the tree clean?) the digest of the script does.
 */
#include "run/machine.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void trim(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

static void cpu_name(char *name, size_t size)
{
    char line[256];
    name[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    while (!name[0] && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        snprintf(name, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        trim(name);
    }
    fclose(file);
}

void ritz_machine_facts(ritz_facts *facts)
{
    char name[256];
    cpu_name(name, sizeof name);
    if (name[0])
        ritz_facts_text(facts, "machine", "cpu", name);
    ritz_facts_integer(facts, "machine", "cores",
                       sysconf(_SC_NPROCESSORS_ONLN));
}

enum { PATH_BYTES = 4096, LINE_BYTES = 512 };

/* The first line of folder/name. */
static bool first_line(char line[LINE_BYTES], const char *folder,
                       const char *name)
{
    char path[PATH_BYTES];
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = n < PATH_BYTES ? fopen(path, "r") : NULL;
    const bool got = file && fgets(line, LINE_BYTES, file);
    if (file)
        fclose(file);
    if (got)
        trim(line);
    return got;
}

/* A path found in a file, which may be relative to the folder of the file. */
static bool resolve(char out[PATH_BYTES], const char *folder, const char *path)
{
    const int n = path[0] == '/'
                      ? snprintf(out, PATH_BYTES, "%s", path)
                      : snprintf(out, PATH_BYTES, "%s/%s", folder, path);
    return n < PATH_BYTES;
}

/* Finds .git in the folder or above it. In a worktree it is a file that names
 * the true place. */
static bool find_git(char git[PATH_BYTES], char *folder)
{
    char line[LINE_BYTES];
    for (;;) {
        if (!resolve(git, folder, ".git"))
            return false;
        if (access(git, F_OK) == 0)
            break;
        char *slash = strrchr(folder, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    if (first_line(line, folder, ".git") && strncmp(line, "gitdir: ", 8) == 0)
        return resolve(git, folder, line + 8);
    return true;
}

static bool is_commit(const char *text)
{
    const size_t n = strspn(text, "0123456789abcdef");
    return (n == 40 || n == 64) && text[n] == '\0';
}

/* Looks for a branch among those that git packed into one file. */
static bool packed_commit(char line[LINE_BYTES], const char *folder,
                          const char *branch)
{
    char path[PATH_BYTES];
    bool found = false;
    if (!resolve(path, folder, "packed-refs"))
        return false;
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, LINE_BYTES, file)) {
        trim(line);
        char *space = strchr(line, ' ');
        if (!space || strcmp(space + 1, branch) != 0)
            continue;
        *space = '\0';
        found = is_commit(line);
    }
    if (file)
        fclose(file);
    return found;
}

static bool read_commit(char line[LINE_BYTES], const char *git)
{
    char branch[LINE_BYTES], common[PATH_BYTES];
    if (!first_line(line, git, "HEAD"))
        return false;
    if (strncmp(line, "ref: ", 5) != 0)
        return is_commit(line);
    snprintf(branch, sizeof branch, "%s", line + 5);
    /* The branches of a worktree are kept by the repository it belongs to. */
    if (!first_line(line, git, "commondir"))
        snprintf(line, LINE_BYTES, ".");
    if (!resolve(common, git, line))
        return false;
    if (first_line(line, common, branch))
        return is_commit(line);
    return packed_commit(line, common, branch);
}

void ritz_git_facts(ritz_facts *facts, const char *path)
{
    char *folder = realpath(path, NULL);
    char git[PATH_BYTES], line[LINE_BYTES];
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash) {
        *slash = '\0';
        if (find_git(git, folder) && read_commit(line, git))
            ritz_facts_text(facts, "git", "commit", line);
    }
    free(folder); /* from the C library, not from base/memory.h */
}
