/* Texts that Python passes as data, starts and ends: text i is data[starts[i]:ends[i]]. Starts and ends are both arrays
 * of int32 or both arrays of int64.
 */
#ifndef GLOWRAY_TEXTS_H
#define GLOWRAY_TEXTS_H

#include "module.h"

typedef struct {
    Py_buffer data, starts, ends;
    const uint8_t *bytes, *end;
    Py_ssize_t count;
    int wide; /* whether starts and ends have 64 bits */
} Texts;

/* Return the start or the end of text i. */
static inline Py_ssize_t bound(const Py_buffer *bounds, int wide, Py_ssize_t i)
{
    return wide ? (Py_ssize_t)((const int64_t *)bounds->buf)[i] : (Py_ssize_t)((const int32_t *)bounds->buf)[i];
}

static inline void texts_release(Texts *texts)
{
    PyBuffer_Release(&texts->data);
    PyBuffer_Release(&texts->starts);
    PyBuffer_Release(&texts->ends);
}

static inline int texts_from(Texts *texts, PyObject *data, PyObject *starts, PyObject *ends)
{
    if (PyObject_GetBuffer(data, &texts->data, PyBUF_SIMPLE) < 0)
        return -1;
    if (PyObject_GetBuffer(starts, &texts->starts, PyBUF_ND) < 0) {
        PyBuffer_Release(&texts->data);
        return -1;
    }
    if (PyObject_GetBuffer(ends, &texts->ends, PyBUF_ND) < 0) {
        PyBuffer_Release(&texts->data);
        PyBuffer_Release(&texts->starts);
        return -1;
    }
    const Py_ssize_t size = texts->starts.itemsize;
    if ((size != 4 && size != 8) || texts->ends.itemsize != size || texts->ends.len != texts->starts.len) {
        texts_release(texts);
        PyErr_SetString(PyExc_ValueError, "starts and ends have to be as many, of 4 or 8 bytes each");
        return -1;
    }
    texts->bytes = texts->data.buf;
    texts->end = texts->bytes + texts->data.len;
    texts->count = texts->starts.len / size;
    texts->wide = size == 8;
    return 0;
}

/* Parse arguments that begin with the data, starts and ends of texts; `format` is that of the arguments after them. */
static inline int parse_texts(PyObject *arguments, Texts *texts, const char *format, ...)
{
    PyObject *const first = PyTuple_GetSlice(arguments, 0, 3), *const rest = PyTuple_GetSlice(arguments, 3, PY_SSIZE_T_MAX);
    PyObject *data, *starts, *ends;
    va_list others;
    va_start(others, format);
    const int parsed = first != NULL && rest != NULL && PyArg_ParseTuple(first, "OOO", &data, &starts, &ends)
                       && PyArg_VaParse(rest, format, others) && texts_from(texts, data, starts, ends) == 0;
    va_end(others);
    Py_XDECREF(first); /* the caller's tuple keeps what was parsed */
    Py_XDECREF(rest);
    return parsed ? 0 : -1;
}

/* Return the start of text i, and set its length. Return -1 with an exception set if the text is outside the data. */
static inline Py_ssize_t text_at(const Texts *texts, Py_ssize_t i, Py_ssize_t *length)
{
    const Py_ssize_t start = bound(&texts->starts, texts->wide, i);
    *length = bound(&texts->ends, texts->wide, i) - start;
    if (start >= 0 && *length >= 0 && *length <= texts->data.len - start)
        return start;
    PyErr_SetString(PyExc_ValueError, "a text lies beyond the data");
    return -1;
}

static inline uint64_t eight(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* Return the first `length` bytes (at most eight) as one word. No byte from `end` on is read. */
static inline uint64_t word_from(const uint8_t *from, Py_ssize_t length, const uint8_t *end)
{
    if (end - from >= 8)
        return length == 8 ? eight(from) : eight(from) & (((uint64_t)1 << (8 * length)) - 1);
    uint64_t word = 0;
    memcpy(&word, from, (size_t)length);
    return word;
}

/* Get a writable buffer of `size` bytes per text. Return -1 with an exception set if `out` is not one. */
static inline int results_into(Py_buffer *results, PyObject *out, const Texts *texts, Py_ssize_t size)
{
    if (PyObject_GetBuffer(out, results, PyBUF_ND | PyBUF_WRITABLE) < 0)
        return -1;
    if (results->itemsize == size && results->len == size * texts->count)
        return 0;
    PyBuffer_Release(results);
    PyErr_Format(PyExc_ValueError, "results have to be as many as the texts, of %zd bytes each", size);
    return -1;
}

typedef int (*Loop)(const Texts *texts, void *out, void *context);

/* Run a loop that writes a result of `size` bytes for each text. Release the texts, and return what the loop returns. */
static inline int run_loop(Texts *texts, PyObject *out, Py_ssize_t size, Loop loop, void *context)
{
    Py_buffer results;
    int found = results_into(&results, out, texts, size);
    if (found == 0) {
        found = loop(texts, results.buf, context);
        PyBuffer_Release(&results);
    }
    texts_release(texts);
    return found;
}

#endif
