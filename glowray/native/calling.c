/* Call a Python function on each of some texts: see calling.pyi. */
#include "texts.h"

/* The results: one number a text, or bytes that grow, with their ends. */
typedef struct {
    int64_t *numbers;
    double *floats;
    char *bytes;
    Py_ssize_t used, room;
} Results;

static int append(Results *results, const char *bytes, Py_ssize_t length)
{
    if (length > results->room - results->used) {
        const Py_ssize_t room = 2 * results->room + length + 64;
        char *const grown = PyMem_Realloc(results->bytes, (size_t)room);
        if (grown == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        results->bytes = grown;
        results->room = room;
    }
    memcpy(results->bytes + results->used, bytes, (size_t)length);
    results->used += length;
    return 0;
}

/* Keep a result. Return -1 with an exception set if it has another type, or no form of bytes or of 64 bits. */
static int keep(Results *results, Py_ssize_t i, PyObject *found)
{
    if (results->floats != NULL) {
        results->floats[i] = PyFloat_AsDouble(found);
        return PyErr_Occurred() ? -1 : 0;
    }
    if (results->numbers != NULL && PyLong_Check(found)) {
        results->numbers[i] = PyLong_AsLongLong(found);
        return results->numbers[i] == -1 && PyErr_Occurred() ? -1 : 0;
    }
    Py_ssize_t length;
    const char *const bytes = PyUnicode_AsUTF8AndSize(found, &length); /* sets TypeError for what is no str */
    if (bytes == NULL)
        return -1;
    if (results->numbers == NULL)
        return append(results, bytes, length);
    PyErr_SetString(PyExc_TypeError, "a result is no int");
    return -1;
}

static int call_on(const uint8_t *from, Py_ssize_t length, PyObject *function, Results *results, Py_ssize_t i)
{
    PyObject *const text = PyUnicode_DecodeUTF8((const char *)from, length, NULL);
    if (text == NULL)
        return -1;
    PyObject *const found = PyObject_CallFunctionObjArgs(function, text, NULL);
    Py_DECREF(text);
    if (found == NULL)
        return -1;
    const int kept = keep(results, i, found);
    Py_DECREF(found);
    return kept;
}

/* Call the function on each text. Mark the texts on which it failed, or whose result cannot be kept. */
static int call_all(const Texts *texts, PyObject *function, Results *results, int64_t *ends, uint8_t *good)
{
    int all = 1;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        good[i] = call_on(texts->bytes + start, length, function, results, i) == 0;
        if (!good[i]) {
            if (!PyErr_ExceptionMatches(PyExc_Exception))
                return -1;
            PyErr_Clear();
            all = 0;
        }
        if (ends != NULL)
            ends[i] = results->used;
    }
    return all;
}

static PyObject *texts_made(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *function, *out, *good, *made = NULL;
    Texts texts;
    if (parse_texts(arguments, &texts, "OOO", &function, &out, &good) < 0)
        return NULL;
    Py_buffer bounds = {0}, marks = {0};
    Results results = {0};
    if (results_into(&bounds, out, &texts, sizeof(int64_t)) == 0
        && results_into(&marks, good, &texts, sizeof(uint8_t)) == 0
        && call_all(&texts, function, &results, bounds.buf, marks.buf) >= 0)
        made = PyBytes_FromStringAndSize(results.bytes, results.used);
    PyMem_Free(results.bytes);
    PyBuffer_Release(&bounds);
    PyBuffer_Release(&marks);
    texts_release(&texts);
    return made;
}

static PyObject *numbers_made(PyObject *arguments, int are_floats)
{
    PyObject *function, *out, *good;
    Texts texts;
    if (parse_texts(arguments, &texts, "OOO", &function, &out, &good) < 0)
        return NULL;
    Py_buffer numbers = {0}, marks = {0};
    Results results = {0};
    int all = -1;
    if (results_into(&numbers, out, &texts, sizeof(int64_t)) == 0
        && results_into(&marks, good, &texts, sizeof(uint8_t)) == 0) {
        if (are_floats)
            results.floats = numbers.buf;
        else
            results.numbers = numbers.buf;
        all = texts.count ? call_all(&texts, function, &results, NULL, marks.buf) : 1;
    }
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&marks);
    texts_release(&texts);
    return bool_or_error(all);
}

static PyObject *integers(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    return numbers_made(arguments, 0);
}

static PyObject *floats(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    return numbers_made(arguments, 1);
}

static PyMethodDef methods[] = {
    {"texts", texts_made, METH_VARARGS, "texts(data, starts, ends, function, out, good) -> the bytes of all results"},
    {"integers", integers, METH_VARARGS, "integers(data, starts, ends, function, out, good) -> whether all gave an int"},
    {"floats", floats, METH_VARARGS, "floats(data, starts, ends, function, out, good) -> whether all gave a float"},
    {NULL, NULL, 0, NULL},
};

MODULE(calling, "Call a function on each text.", methods)
