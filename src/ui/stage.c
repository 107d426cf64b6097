/* stage.c - what the worker shows, kept where the interface can look at it. */
#include "ui/stage.h"

#include "base/memory.h"
#include "plot/figure.h"
#include "ui/terminal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct ritz_stage {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool hold;
    struct shown {
        ritz_figure *figure; /* owned: retained */
        uint64_t told;
    } * shown;
    size_t count, capacity;
    ritz_stage_view now;
};

static void on_write(void *context, const char *bytes, size_t n)
{
    (void)context;
    fwrite(bytes, 1, n, stdout); /* a full disk shows when main flushes */
}

static void wait_for_screen(ritz_stage *stage)
{
    fflush(stdout);
    ritz_wake();
    while (stage->hold)
        pthread_cond_wait(&stage->opened, &stage->lock);
}

static void on_figure_opened(void *context, ritz_figure *figure)
{
    ritz_stage *stage = context;
    pthread_mutex_lock(&stage->lock);
    /* Without memory for it the figure is not drawn; the script goes on. */
    if (ritz_reserve(&stage->shown, &stage->capacity, stage->count + 1,
                     sizeof *stage->shown)) {
        stage->shown[stage->count++] =
            (struct shown){.figure = ritz_figure_retain(figure)};
        stage->now.figures = stage->count;
        stage->now.figure = stage->shown[0].figure;
        if (stage->count == 1)
            wait_for_screen(stage);
    }
    pthread_mutex_unlock(&stage->lock);
}

static void on_figure_changed(void *context, ritz_figure *figure)
{
    (void)context; /* the interface compares generations when it draws */
    (void)figure;
}

static void copy_text(char *to, const char *from)
{
    if (strcmp(to, from ? from : "") != 0)
        snprintf(to, RITZ_STAGE_TEXT, "%s", from ? from : "");
}

static void on_progress(void *context, const ritz_progress *progress)
{
    ritz_stage *stage = context;
    pthread_mutex_lock(&stage->lock);
    copy_text(stage->now.label, progress->label);
    copy_text(stage->now.detail, progress->detail);
    stage->now.fraction = progress->fraction;
    stage->now.left = progress->left;
    stage->now.steps++;
    pthread_mutex_unlock(&stage->lock);
}

static void on_subject(void *context, const char *text)
{
    ritz_stage *stage = context;
    pthread_mutex_lock(&stage->lock);
    copy_text(stage->now.subject, text);
    pthread_mutex_unlock(&stage->lock);
}

ritz_status ritz_stage_new(ritz_stage **out, ritz_error *err)
{
    ritz_stage *stage = ritz_new(1, sizeof *stage);
    if (!stage)
        return ritz_fail_memory(err, "the interface");
    pthread_mutex_init(&stage->lock, NULL);
    pthread_cond_init(&stage->opened, NULL);
    stage->now.fraction = stage->now.left = -1;
    *out = stage;
    return RITZ_OK;
}

void ritz_stage_delete(ritz_stage *stage)
{
    if (!stage)
        return;
    for (size_t i = 0; i < stage->count; i++)
        ritz_figure_release(stage->shown[i].figure);
    pthread_cond_destroy(&stage->opened);
    pthread_mutex_destroy(&stage->lock);
    ritz_free(stage->shown);
    ritz_free(stage);
}

ritz_display ritz_stage_display(ritz_stage *stage)
{
    return (ritz_display){
        .context = stage,
        .write = on_write,
        .figure_opened = on_figure_opened,
        .figure_changed = on_figure_changed,
        .progress = on_progress,
        .subject = on_subject,
    };
}

void ritz_stage_look(ritz_stage *stage, ritz_stage_view *out)
{
    pthread_mutex_lock(&stage->lock);
    *out = stage->now;
    pthread_mutex_unlock(&stage->lock);
}

struct ritz_figure *ritz_stage_figure(ritz_stage *stage, size_t i)
{
    pthread_mutex_lock(&stage->lock);
    ritz_figure *figure = i < stage->count ? stage->shown[i].figure : NULL;
    pthread_mutex_unlock(&stage->lock);
    return figure;
}

void ritz_stage_hold(ritz_stage *stage, bool hold)
{
    pthread_mutex_lock(&stage->lock);
    stage->hold = hold;
    if (!hold)
        pthread_cond_broadcast(&stage->opened);
    pthread_mutex_unlock(&stage->lock);
}

uint64_t ritz_stage_told(ritz_stage *stage, size_t i)
{
    pthread_mutex_lock(&stage->lock);
    const uint64_t told = stage->shown[i].told;
    pthread_mutex_unlock(&stage->lock);
    return told;
}

void ritz_stage_tell(ritz_stage *stage, size_t i, uint64_t generation)
{
    pthread_mutex_lock(&stage->lock);
    stage->shown[i].told = generation;
    pthread_mutex_unlock(&stage->lock);
}
