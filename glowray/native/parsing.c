/* Parse numbers in texts, if they are short enough to be exact: see parsing.pyi. */
#include "texts.h"
#include <string.h>

enum { INT_DIGITS = 18, FLOAT_DIGITS = 15 }; /* 18 digits always fit into 64 bits, 15 into the 53 bits of a float */

static const double POWERS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Return whether int() and float() strip the ASCII byte at both ends. They do not strip the separators 28 to 31. */
static inline int is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= 9 && byte <= 13);
}

/* Strip white space and the sign from a text. Return whether the sign is a minus. */
static inline int unsigned_part(const uint8_t **from, const uint8_t **end)
{
    while (*from < *end && is_space(**from))
        ++*from;
    while (*from < *end && is_space((*end)[-1]))
        --*end;
    const int minus = *from < *end && **from == '-';
    *from += minus || (*from < *end && **from == '+');
    return minus;
}

/* Append the digits from `from` on to `number`. Return where they end. */
static inline const uint8_t *digits(const uint8_t *from, const uint8_t *end, uint64_t *number)
{
    for (; from < end && (uint8_t)(*from - '0') < 10; from++)
        *number = *number * 10 + (uint8_t)(*from - '0'); /* may overflow; callers then reject the number, which has too many digits */
    return from;
}

static int integer_from(const uint8_t *from, const uint8_t *end, int64_t *out)
{
    uint64_t number = 0;
    const int minus = unsigned_part(&from, &end);
    const uint8_t *const last = digits(from, end, &number);
    if (last < end || last == from || last - from > INT_DIGITS)
        return 0;
    *out = minus ? -(int64_t)number : (int64_t)number;
    return 1;
}

/* The digits and the power of ten are both exact as floats. So the quotient is rounded once, as float() rounds it. */
static int float_from(const uint8_t *from, const uint8_t *end, double *out)
{
    uint64_t number = 0;
    Py_ssize_t decimals = 0;
    const int minus = unsigned_part(&from, &end);
    const uint8_t *last = digits(from, end, &number);
    Py_ssize_t count = last - from;
    if (last < end && *last == '.') {
        const uint8_t *const point = last;
        last = digits(point + 1, end, &number);
        decimals = last - point - 1;
        count += decimals;
    }
    if (last < end || count == 0 || count > FLOAT_DIGITS)
        return 0;
    const double size = (double)number / POWERS[decimals];
    *out = minus ? -size : size;
    return 1;
}

typedef int (*Parse)(const uint8_t *from, const uint8_t *end, void *out);

static int parse_integer(const uint8_t *from, const uint8_t *end, void *out)
{
    return integer_from(from, end, out);
}

static int parse_float(const uint8_t *from, const uint8_t *end, void *out)
{
    return float_from(from, end, out);
}

/* Return 1 if every text is a number, 0 if one is not, -1 with an exception set. `good` may be NULL. */
static inline int parse_all(const Texts *texts, Parse parse, uint8_t *out, Py_ssize_t size, uint8_t *good)
{
    int all = 1;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start;
        const int is_number = parse(from, from + length, out + i * size);
        if (!is_number) {
            if (good == NULL)
                return 0;
            memset(out + i * size, 0, (size_t)size);
            all = 0;
        }
        if (good != NULL)
            good[i] = (uint8_t)is_number;
    }
    return all;
}

static inline PyObject *parsed(PyObject *arguments, Parse parse, Py_ssize_t size)
{
    PyObject *data, *starts, *ends, *out, *good = NULL;
    Texts texts;
    if (!PyArg_ParseTuple(arguments, "OOOO|O", &data, &starts, &ends, &out, &good))
        return NULL;
    if (texts_from(&texts, data, starts, ends) < 0)
        return NULL;
    Py_buffer results, marks = {0};
    int all = results_into(&results, out, &texts, size);
    if (all == 0) {
        if (good != NULL)
            all = results_into(&marks, good, &texts, sizeof(uint8_t));
        if (all == 0)
            all = parse_all(&texts, parse, results.buf, size, marks.buf);
        PyBuffer_Release(&marks);
        PyBuffer_Release(&results);
    }
    texts_release(&texts);
    return all < 0 ? NULL : PyBool_FromLong(all);
}

static PyObject *integers(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    return parsed(arguments, parse_integer, sizeof(int64_t));
}

static PyObject *floats(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    return parsed(arguments, parse_float, sizeof(double));
}

static PyMethodDef methods[] = {
    {"integers", integers, METH_VARARGS, "integers(data, starts, ends, out, good) -> whether all texts are ints"},
    {"floats", floats, METH_VARARGS, "floats(data, starts, ends, out, good) -> whether all texts are floats"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "parsing", "Parse numbers in texts.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_parsing(void)
{
    return PyModule_Create(&module);
}
