/* cairo.h - what is used of cairo, loaded when the first figure is written.
 *
 * cairo brings eighteen libraries with it, a quarter of the program's start.
 * A function has its own name behind `ritz_cairo.`; its type is the one of
 * cairo's header.
 */
#ifndef RITZ_PLOT_CAIRO_H
#define RITZ_PLOT_CAIRO_H

#include "base/status.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#define RITZ_CAIRO(F)                \
    F(arc)                           \
    F(clip)                          \
    F(close_path)                    \
    F(create)                        \
    F(destroy)                       \
    F(fill)                          \
    F(image_surface_create)          \
    F(line_to)                       \
    F(move_to)                       \
    F(new_path)                      \
    F(paint)                         \
    F(pdf_surface_create_for_stream) \
    F(pdf_surface_set_metadata)      \
    F(rectangle)                     \
    F(restore)                       \
    F(rotate)                        \
    F(save)                          \
    F(select_font_face)              \
    F(set_dash)                      \
    F(set_font_size)                 \
    F(set_line_cap)                  \
    F(set_line_join)                 \
    F(set_line_width)                \
    F(set_source_rgb)                \
    F(set_source_rgba)               \
    F(show_text)                     \
    F(status)                        \
    F(status_to_string)              \
    F(stroke)                        \
    F(surface_destroy)               \
    F(surface_finish)                \
    F(surface_set_device_scale)      \
    F(surface_status)                \
    F(surface_write_to_png_stream)   \
    F(svg_surface_create_for_stream) \
    F(text_extents)                  \
    F(translate)

#define RITZ_CAIRO_MEMBER(name) __typeof__(cairo_##name) *name;

typedef struct ritz_cairo_functions {
    RITZ_CAIRO(RITZ_CAIRO_MEMBER)
} ritz_cairo_functions;

/* Constant once ritz_cairo_load has succeeded; empty before. */
extern ritz_cairo_functions ritz_cairo;

ritz_status ritz_cairo_load(ritz_error *err);

#endif
