/* export.c - a page of panels as bytes, and the bytes as a file. */
#include "plot/export.h"

#include "base/file.h"
#include "base/text.h"
#include "plot/paint.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* One panel, unless the caller says otherwise: two fit a page of A4. */
static const double panel_width = 420, panel_height = 280, header = 26;

/* Twice the points of a screen: sharp on today's. */
static const double png_scale = 2;

enum { BINS = 1000, WIDEST = 10000 }; /* slices of x: finer than print */

typedef struct page {
    const ritz_picture *picture;
    double width, height, header;
} page;

static cairo_status_t collect(void *text, const unsigned char *bytes,
                              unsigned n)
{
    ritz_text_add(text, (const char *)bytes, n);
    return ((ritz_text *)text)->failed ? CAIRO_STATUS_NO_MEMORY
                                       : CAIRO_STATUS_SUCCESS;
}

static void grid_of(const ritz_picture *picture, size_t *rows, size_t *columns)
{
    *rows = *columns = 0;
    for (size_t i = 0; i < picture->count;) {
        const size_t n = ritz_picture_row(picture, i);
        *columns = n > *columns ? n : *columns;
        ++*rows;
        i += n;
    }
}

static void paint_page(cairo_t *cr, const page *p)
{
    const ritz_picture *picture = p->picture;
    size_t rows, columns, row = 0;
    grid_of(picture, &rows, &columns);
    ritz_cairo.set_source_rgb(cr, 1, 1, 1);
    ritz_cairo.paint(cr);
    ritz_cairo.set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    ritz_cairo.set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    if (p->header > 0) {
        ritz_cairo.set_source_rgb(cr, 0.1, 0.1, 0.1);
        ritz_paint_font(cr, 13, true);
        ritz_paint_text(cr, p->width / 2, p->header - 6, RITZ_CENTRE,
                        picture->title);
    }
    const double height = (p->height - p->header) / (double)rows;
    for (size_t i = 0; i < picture->count; row++) {
        const size_t n = ritz_picture_row(picture, i);
        for (size_t k = 0; k < n; k++, i++) {
            const double width = p->width / (double)n;
            const double box[4] = {(double)k * width,
                                   p->header + (double)row * height, width,
                                   height};
            const ritz_pane *pane = &picture->pane[i];
            const char *own = pane->text[RITZ_PANEL_TITLE];
            ritz_paint_pane(cr, pane,
                            *own || picture->count > 1 ? own : picture->title,
                            box);
        }
    }
}

static cairo_surface_t *svg_surface(ritz_text *out, const page *p)
{
    return ritz_cairo.svg_surface_create_for_stream(collect, out, p->width,
                                                    p->height);
}

static cairo_surface_t *pdf_surface(ritz_text *out, const page *p)
{
    cairo_surface_t *surface = ritz_cairo.pdf_surface_create_for_stream(
        collect, out, p->width, p->height);
    /* Any fixed moment: the present one would change the bytes. */
    ritz_cairo.pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                        "2000-01-01T00:00:00Z");
    ritz_cairo.pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR,
                                        "ritz");
    return surface;
}

static cairo_surface_t *png_surface(ritz_text *out, const page *p)
{
    (void)out; /* the image is encoded when it is complete */
    cairo_surface_t *surface = ritz_cairo.image_surface_create(
        CAIRO_FORMAT_RGB24, (int)ceil(p->width * png_scale),
        (int)ceil(p->height * png_scale));
    ritz_cairo.surface_set_device_scale(surface, png_scale, png_scale);
    return surface;
}

typedef struct format {
    const char *ending;
    cairo_surface_t *(*surface)(ritz_text *out, const page *p);
    bool image;
} format;

static const format *format_of(const char *path)
{
    static const format formats[] = {{".svg", svg_surface, false},
                                     {".pdf", pdf_surface, false},
                                     {".png", png_surface, true}};
    const size_t n = strlen(path);
    for (size_t i = 0; i < 3; i++)
        if (n > 4 && strcasecmp(path + n - 4, formats[i].ending) == 0)
            return &formats[i];
    return NULL;
}

/* cairo numbers its surfaces through the life of the process and writes the
 * number into SVG, once as a name that nothing refers to. */
static void remove_number(ritz_text *svg)
{
    static const char name[] = "<g id=\"surface";
    char *from = svg->bytes ? strstr(svg->bytes, name) : NULL;
    if (!from)
        return;
    from += strlen(name);
    const size_t digits = strspn(from, "0123456789");
    memmove(from, from + digits, strlen(from + digits) + 1);
    svg->length -= digits;
}

static ritz_status render(ritz_text *out, const format *f, const page *p,
                          ritz_error *err)
{
    cairo_surface_t *surface = f->surface(out, p);
    cairo_t *cr = ritz_cairo.create(surface);
    paint_page(cr, p);
    cairo_status_t status = ritz_cairo.status(cr);
    ritz_cairo.destroy(cr);
    if (f->image && status == CAIRO_STATUS_SUCCESS)
        status = ritz_cairo.surface_write_to_png_stream(surface, collect, out);
    ritz_cairo.surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = ritz_cairo.surface_status(surface);
    ritz_cairo.surface_destroy(surface);
    if (out->failed || status == CAIRO_STATUS_NO_MEMORY)
        return ritz_fail_memory(err, "figure: export");
    if (status != CAIRO_STATUS_SUCCESS)
        return ritz_fail(err, RITZ_EVALUE, "figure: cannot draw: %s",
                         ritz_cairo.status_to_string(status));
    remove_number(out);
    return RITZ_OK;
}

static page plan_page(const ritz_picture *picture, const ritz_export *options)
{
    size_t rows, columns;
    grid_of(picture, &rows, &columns);
    page p = {.picture = picture};
    p.header = picture->count > 1 && *picture->title ? header : 0;
    p.width = options && options->width > 0
                  ? options->width
                  : panel_width * fmax(1, (double)columns);
    p.height = options && options->height > 0
                   ? options->height
                   : panel_height * fmax(1, (double)rows) + p.header;
    return p;
}

ritz_status ritz_figure_save(ritz_figure *figure, const char *path,
                             const ritz_export *options, ritz_error *err)
{
    const format *f = format_of(path);
    if (!f)
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: a file must end in .svg, .pdf or .png, got "
                         "%s",
                         path);
    if (options && !(options->width <= WIDEST && options->height <= WIDEST))
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: width and height must be at most %d points, "
                         "got %g and %g",
                         WIDEST, options->width, options->height);
    ritz_picture *picture;
    ritz_status status = ritz_cairo_load(err);
    if (status == RITZ_OK)
        status = ritz_picture_new(&picture, figure, BINS, err);
    if (status != RITZ_OK)
        return status;
    const page p = plan_page(picture, options);
    ritz_text bytes = {0};
    status = render(&bytes, f, &p, err);
    if (status == RITZ_OK)
        status = ritz_file_write(path, bytes.bytes, bytes.length, err);
    ritz_text_free(&bytes);
    ritz_picture_delete(picture);
    return status;
}
