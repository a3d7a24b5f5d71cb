/* Find the first or the last occurrence of a pattern in texts: see finding.pyi. */
#include "texts.h"
#include <string.h>

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

static int find_all(const Texts *texts, const uint8_t *pattern, Py_ssize_t width, int backwards, int64_t *out)
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start;
        const uint8_t *found = NULL;
        if (length >= width)
            found = (backwards ? last_of : first_of)(from, from + length, pattern, width);
        out[i] = found == NULL ? -1 : found - from;
    }
    return 0;
}

static PyObject *find(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *data, *starts, *ends, *sought, *out;
    char *pattern;
    Py_ssize_t width;
    int backwards;
    Texts texts;
    /* Do not use "y#": one build serves all Pythons, and "y#" built with the headers of 3.13 fails on 3.11 and 3.12. */
    if (!PyArg_ParseTuple(arguments, "OOOSpO", &data, &starts, &ends, &sought, &backwards, &out)
        || PyBytes_AsStringAndSize(sought, &pattern, &width) < 0)
        return NULL;
    if (width == 0) {
        PyErr_SetString(PyExc_ValueError, "a pattern has to have a byte");
        return NULL;
    }
    if (texts_from(&texts, data, starts, ends) < 0)
        return NULL;
    Py_buffer results;
    int failed = results_into(&results, out, &texts, sizeof(int64_t));
    if (failed == 0) {
        failed = find_all(&texts, (const uint8_t *)pattern, width, backwards, results.buf);
        PyBuffer_Release(&results);
    }
    texts_release(&texts);
    if (failed < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"find", find, METH_VARARGS, "find(data, starts, ends, pattern, backwards, out) writes the pattern's offset in each text"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "finding", "Find a pattern in texts.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_finding(void)
{
    return PyModule_Create(&module);
}
