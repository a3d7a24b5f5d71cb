/* Find the first or the last occurrence of a pattern in texts: see finding.pyi. */
#include "texts.h"

/* Return the first occurrence of a pattern of `width` bytes, or NULL. */
static inline const uint8_t *first_of(const uint8_t *from, const uint8_t *end, const uint8_t *pattern, Py_ssize_t width)
{
    for (const uint8_t *const last = end - width; from <= last; from++) {
        from = memchr(from, pattern[0], (size_t)(last - from) + 1);
        if (from == NULL)
            return NULL;
        if (memcmp(from, pattern, (size_t)width) == 0)
            return from;
    }
    return NULL;
}

static inline const uint8_t *last_of(const uint8_t *from, const uint8_t *end, const uint8_t *pattern, Py_ssize_t width)
{
    for (Py_ssize_t at = end - from - width; at >= 0; at--)
        if (from[at] == pattern[0] && memcmp(from + at, pattern, (size_t)width) == 0)
            return from + at;
    return NULL;
}

typedef struct {
    const uint8_t *bytes;
    Py_ssize_t width;
    int backwards; /* whether the last occurrence is sought */
} Pattern;

static int find_all(const Texts *texts, void *out, void *context)
{
    const Pattern *const pattern = context;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start;
        const uint8_t *found = NULL;
        if (length >= pattern->width)
            found = (pattern->backwards ? last_of : first_of)(from, from + length, pattern->bytes, pattern->width);
        ((int64_t *)out)[i] = found == NULL ? -1 : found - from;
    }
    return 0;
}

static PyObject *find(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *sought, *out;
    char *bytes;
    Pattern pattern;
    Texts texts;
    /* Do not use "y#": one build serves all Pythons, and "y#" built with the headers of 3.13 fails on 3.11 and 3.12. */
    if (parse_texts(arguments, &texts, "SpO", &sought, &pattern.backwards, &out) < 0)
        return NULL;
    if (PyBytes_AsStringAndSize(sought, &bytes, &pattern.width) < 0 || pattern.width == 0) {
        texts_release(&texts);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a pattern has to have a byte");
        return NULL;
    }
    pattern.bytes = (const uint8_t *)bytes;
    return none_or_error(run_loop(&texts, out, sizeof(int64_t), find_all, &pattern));
}

static PyMethodDef methods[] = {
    {"find", find, METH_VARARGS, "find(data, starts, ends, pattern, backwards, out) writes the pattern's offset in each text"},
    {NULL, NULL, 0, NULL},
};

MODULE(finding, "Find a pattern in texts.", methods)
