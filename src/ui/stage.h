/* stage.h - what the worker shows, kept where the interface can look at it.
 *
 * The functions of the display (script/script.h) write here on the worker and
 * wake the interface, which reads when it has time. Printed text does not pass
 * through here but through standard output, which the interface redirects while
 * it owns the screen: so io.write, print and a library's warning stay in order.
 */
#ifndef RITZ_UI_STAGE_H
#define RITZ_UI_STAGE_H

#include "base/status.h"
#include "script/script.h"

typedef struct ritz_stage ritz_stage;

enum { RITZ_STAGE_TEXT = 160 };

typedef struct ritz_stage_view {
    struct ritz_figure *figure; /* the first one; NULL: none yet */
    size_t figures;             /* how many were opened */
    size_t steps;               /* grows with every report of progress */
    char label[RITZ_STAGE_TEXT], detail[RITZ_STAGE_TEXT];
    char subject[RITZ_STAGE_TEXT];
    double fraction, left;
} ritz_stage_view;

ritz_status ritz_stage_new(ritz_stage **out, ritz_error *err);
void ritz_stage_delete(ritz_stage *stage);
ritz_display ritz_stage_display(ritz_stage *stage);

void ritz_stage_look(ritz_stage *stage, ritz_stage_view *out);
/* A view, valid until the stage is deleted; NULL beyond the last. */
struct ritz_figure *ritz_stage_figure(ritz_stage *stage, size_t i);
/* The generation of a figure that was last drawn as text; 0: never drawn. */
uint64_t ritz_stage_told(ritz_stage *stage, size_t i);
void ritz_stage_tell(ritz_stage *stage, size_t i, uint64_t generation);
/* While true, a script that opens its first figure waits for
 * ritz_stage_hold(stage, false): so nothing is printed on a screen that is
 * changing. */
void ritz_stage_hold(ritz_stage *stage, bool hold);

#endif
