/* Find the values of records in JSON lines: see records.pyi. */
#include "module.h"

enum { DEEPEST = 16 }; /* levels of a value; a line with more is left to Python */
enum { OTHER = 0, RECORD = 1, BLANK = 2 };

typedef const uint8_t *Place;

static inline Place after_blanks(Place at, Place end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static inline int is_digit(Place at, Place end)
{
    return at < end && (uint8_t)(*at - '0') < 10;
}

static inline Place after_digits(Place at, Place end)
{
    while (is_digit(at, end))
        at++;
    return at;
}

static inline int is_hex(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10 || (uint8_t)((byte | 0x20) - 'a') < 6;
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* Return whether one of eight bytes is a quote, a backslash or below 0x20. It may be true of none, too. */
static inline int has_special(uint64_t bytes)
{
    const uint64_t quote = bytes ^ EACH('"'), escape = bytes ^ EACH('\\');
    const uint64_t zeros = (quote - EACH(1)) & ~quote;
    return (((bytes - EACH(0x20)) & ~bytes) | zeros | ((escape - EACH(1)) & ~escape)) & EACH(0x80) ? 1 : 0;
}

/* Return the first place that has_special() cannot rule out. */
static inline Place after_plain(Place at, Place end)
{
    uint64_t bytes;
    while (end - at >= 8) {
        memcpy(&bytes, at, 8);
        if (has_special(bytes))
            return at;
        at += 8;
    }
    return at;
}

/* Return the place of the quote that ends a string, or NULL. `at` is behind the first quote. */
static Place string_end(Place at, Place end, uint8_t *kind)
{
    *kind = 's';
    for (at = after_plain(at, end); at < end; at++) {
        if (*at == '"')
            return at;
        if (*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        *kind = 'e';
        if (++at == end)
            return NULL;
        if (*at == 'u') {
            if (end - at < 5 || !is_hex(at[1]) || !is_hex(at[2]) || !is_hex(at[3]) || !is_hex(at[4]))
                return NULL;
            at += 4;
        } else if (*at == 0 || !strchr("\"\\/bfnrt", *at)) {
            return NULL;
        }
    }
    return NULL;
}

/* Return the end of a number, or NULL. `1.` ends behind the 1: whoever goes on then finds no comma. */
static Place number_end(Place at, Place end, uint8_t *kind)
{
    *kind = 'i';
    at += *at == '-';
    if (!is_digit(at, end))
        return NULL;
    at = *at == '0' ? at + 1 : after_digits(at, end);
    if (at < end && *at == '.' && is_digit(at + 1, end)) {
        *kind = 'd';
        at = after_digits(at + 1, end);
    }
    if (at < end && (*at | 0x20) == 'e') {
        Place power = at + 1;
        power += power < end && (*power == '-' || *power == '+');
        if (is_digit(power, end)) {
            *kind = 'd';
            at = after_digits(power, end);
        }
    }
    return at;
}

static inline Place after_word(Place at, Place end, const char *word, size_t length)
{
    return (size_t)(end - at) >= length && !memcmp(at, word, length) ? at + length : NULL;
}

/* Return the end of a value, or NULL if it is none that this code knows. */
static Place value_end(Place at, Place end, uint8_t *kind, int depth)
{
    if (at == end)
        return NULL;
    switch (*at) {
    case '"':
        at = string_end(at + 1, end, kind);
        return at == NULL ? NULL : at + 1;
    case 'n':
        *kind = 'n';
        return after_word(at, end, "null", 4);
    case 't':
        *kind = 't';
        return after_word(at, end, "true", 4);
    case 'f':
        *kind = 'f';
        return after_word(at, end, "false", 5);
    case 'N':
        *kind = 'd';
        return after_word(at, end, "NaN", 3);
    case 'I':
        *kind = 'd';
        return after_word(at, end, "Infinity", 8);
    case '-':
        if (end - at > 1 && at[1] == 'I') {
            *kind = 'd';
            return after_word(at + 1, end, "Infinity", 8);
        }
        return number_end(at, end, kind);
    case '[':
    case '{':
        break;
    default:
        return number_end(at, end, kind);
    }
    const int is_object = *at == '{';
    const uint8_t last = is_object ? '}' : ']';
    uint8_t inner;
    if (depth == DEEPEST)
        return NULL;
    at = after_blanks(at + 1, end);
    if (at < end && *at == last) {
        *kind = 'v';
        return at + 1;
    }
    for (;;) {
        if (is_object) {
            at = after_blanks(at, end);
            if (at == end || *at != '"' || (at = string_end(at + 1, end, &inner)) == NULL)
                return NULL;
            at = after_blanks(at + 1, end);
            if (at == end || *at++ != ':')
                return NULL;
        }
        at = value_end(after_blanks(at, end), end, &inner, depth + 1);
        if (at == NULL)
            return NULL;
        at = after_blanks(at, end);
        if (at == end)
            return NULL;
        if (*at == last) {
            *kind = 'v';
            return at + 1;
        }
        if (*at++ != ',')
            return NULL;
    }
}

typedef struct {
    Place text;
    Py_ssize_t length;
} Key;

typedef struct {
    Place data;
    Key *keys;
    Py_ssize_t fields, lines;
    uint8_t *kinds;
    int32_t *starts, *ends;
} Search;

/* Write the kind and bounds of each value of line `row`. Return what kind of line it is. */
static int read_line(const Search *search, Py_ssize_t row, Place at, Place end)
{
    at = after_blanks(at, end);
    if (at == end)
        return BLANK;
    if (*at != '{')
        return OTHER;
    for (Py_ssize_t field = 0; field < search->fields; field++) {
        const Key key = search->keys[field];
        const Py_ssize_t cell = field * search->lines + row;
        at = after_blanks(at + 1, end); /* behind the brace or comma */
        if (end - at < key.length || memcmp(at, key.text, (size_t)key.length))
            return OTHER;
        at = after_blanks(at + key.length, end);
        if (at == end || *at != ':')
            return OTHER;
        at = after_blanks(at + 1, end);
        const Place start = at;
        at = value_end(at, end, search->kinds + cell, 1);
        if (at == NULL)
            return OTHER;
        const int quote = *start == '"'; /* the bounds of a string are those of its text */
        search->starts[cell] = (int32_t)(start - search->data) + quote;
        search->ends[cell] = (int32_t)(at - search->data) - quote;
        at = after_blanks(at, end);
        if (at == end || *at != (field + 1 < search->fields ? ',' : '}'))
            return OTHER;
    }
    return after_blanks(at + 1, end) == end ? RECORD : OTHER;
}

static void read_lines(const Search *search, Py_ssize_t size, uint8_t *found, int32_t *bounds)
{
    Place at = search->data;
    const Place end = at + size;
    for (Py_ssize_t row = 0; row < search->lines; row++) {
        Place stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (stop == NULL)
            stop = end;
        bounds[row] = (int32_t)(at - search->data);
        found[row] = (uint8_t)read_line(search, row, at, stop);
        at = stop < end ? stop + 1 : end;
    }
    bounds[search->lines] = (int32_t)(at - search->data);
}

static int keys_from(Search *search, PyObject *names)
{
    search->fields = PyTuple_Size(names);
    if (search->fields < 1) {
        if (search->fields == 0)
            PyErr_SetString(PyExc_ValueError, "a record needs a key");
        return -1;
    }
    search->keys = PyMem_Malloc((size_t)search->fields * sizeof(Key));
    if (search->keys == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < search->fields; i++) {
        char *text;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(names, i), &text, &search->keys[i].length) < 0)
            return -1;
        search->keys[i].text = (Place)text;
    }
    return 0;
}

/* Get a writable buffer of exactly `size` bytes. */
static int buffer_of(Py_buffer *buffer, PyObject *object, Py_ssize_t size)
{
    if (PyObject_GetBuffer(object, buffer, PyBUF_SIMPLE | PyBUF_WRITABLE) < 0)
        return -1;
    if (buffer->len == size)
        return 0;
    PyErr_Format(PyExc_ValueError, "an array of results needs %zd bytes", size);
    return -1;
}

static PyObject *values(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *names, *outs[5];
    Py_buffer data = {0}, results[5];
    Search search = {0};
    PyObject *done = NULL;
    memset(results, 0, sizeof results);
    if (!PyArg_ParseTuple(arguments, "y*O!nOOOOO", &data, &PyTuple_Type, &names, &search.lines, outs, outs + 1, outs + 2,
                          outs + 3, outs + 4))
        return NULL;
    if (data.len > INT32_MAX || search.lines < 0 || search.lines > data.len) {
        PyErr_SetString(PyExc_ValueError, "data of at most 2**31 - 1 bytes, with no more lines than bytes, is read");
    } else if (keys_from(&search, names) == 0) {
        const Py_ssize_t cells = search.fields * search.lines;
        const Py_ssize_t sizes[] = {cells, 4 * cells, 4 * cells, search.lines, 4 * search.lines + 4};
        int good = 1;
        for (int i = 0; i < 5 && good; i++)
            good = buffer_of(results + i, outs[i], sizes[i]) == 0;
        if (good) {
            search.data = data.buf;
            search.kinds = results[0].buf;
            search.starts = results[1].buf;
            search.ends = results[2].buf;
            read_lines(&search, data.len, results[3].buf, results[4].buf);
            done = Py_NewRef(Py_None);
        }
    }
    PyMem_Free(search.keys);
    for (int i = 0; i < 5; i++)
        PyBuffer_Release(results + i);
    PyBuffer_Release(&data);
    return done;
}

static PyMethodDef methods[] = {
    {"values", values, METH_VARARGS, "values(data, keys, lines, kinds, starts, ends, found, bounds)"},
    {NULL, NULL, 0, NULL},
};

MODULE(records, "Find the values of records in JSON lines.", methods)
