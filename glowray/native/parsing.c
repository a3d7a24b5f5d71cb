/* int() and float() of texts: see parsing.pyi. Texts that are not ASCII go to Python's own functions. */
#include "texts.h"
#include <math.h>
#include <string.h>

/* Python limits the length of ints in texts (sys.set_int_max_str_digits), but never below 640 digits. */
enum { INT_DIGITS = 19, UNLIMITED_DIGITS = 640, EXACT_POWER = 22, SHORT = 64 };

/* All digits of a number below this fit into the 53 bits of a float. */
static const uint64_t EXACT = (uint64_t)1 << 53;

static const double POWERS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Return whether int() and float() strip the ASCII byte at both ends. They do not strip the separators 28 to 31. */
static inline int is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= 9 && byte <= 13);
}

static inline int is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
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

/* Append the digits from `from` on to `number`, and count those behind leading zeros. Return where they end. */
static inline const uint8_t *digits(const uint8_t *from, const uint8_t *end, uint64_t *number, Py_ssize_t *count)
{
    for (; from < end && is_digit(*from); from++) {
        *number = *number * 10 + (uint8_t)(*from - '0'); /* may overflow; callers look at the count first */
        *count += *number != 0;
    }
    return from;
}

static int is_ascii(const uint8_t *from, const uint8_t *end)
{
    for (; end - from >= 8; from += 8)
        if (eight(from) & 0x8080808080808080ULL)
            return 0;
    for (; from < end; from++)
        if (*from & 0x80)
            return 0;
    return 1;
}

/* Return Python's own number of a text, or NULL if it raises. */
static PyObject *python_number(const uint8_t *from, const uint8_t *end, PyObject *(*function)(PyObject *))
{
    PyObject *const text = PyUnicode_DecodeUTF8((const char *)from, end - from, NULL);
    PyObject *const number = text == NULL ? NULL : function(text);
    Py_XDECREF(text);
    if (number == NULL)
        PyErr_Clear();
    return number;
}

static int python_integer(const uint8_t *from, const uint8_t *end, int64_t *out)
{
    PyObject *const number = python_number(from, end, PyNumber_Long);
    if (number == NULL)
        return 0;
    *out = PyLong_AsLongLong(number);
    Py_DECREF(number);
    if (*out != -1 || !PyErr_Occurred())
        return 1;
    PyErr_Clear();
    return 0;
}

static int python_float(const uint8_t *from, const uint8_t *end, double *out)
{
    PyObject *const number = python_number(from, end, PyFloat_FromString);
    if (number == NULL)
        return 0;
    *out = PyFloat_AsDouble(number);
    Py_DECREF(number);
    return 1;
}

/* Write int() of a text. Return 0 if that raises, or needs more than 64 bits. */
static int integer_from(const uint8_t *from, const uint8_t *end, int64_t *out)
{
    const uint8_t *const text = from, *const text_end = end;
    uint64_t number = 0;
    Py_ssize_t count = 0;
    const int minus = unsigned_part(&from, &end);
    const uint8_t *last = digits(from, end, &number, &count);
    while (last > from && end - last > 1 && *last == '_' && is_digit(last[1]))
        last = digits(last + 1, end, &number, &count);
    if (last < end || last == from)
        return is_ascii(text, text_end) ? 0 : python_integer(text, text_end, out);
    if (end - from > UNLIMITED_DIGITS)
        return python_integer(text, text_end, out);
    if (count > INT_DIGITS || number > (uint64_t)INT64_MAX + (uint64_t)minus)
        return 0;
    *out = minus ? (int64_t)(0 - number) : (int64_t)number;
    return 1;
}

#ifdef __SIZEOF_INT128__
enum { FIVES = 27 }; /* 5**27 is the last power of five below 2**64 */

/* Return number / 10**power, rounded once to the nearest float, ties to even. `number` is not 0; 0 < power <= FIVES.
 *
 * The quotient by the power of five has 63 bits or more. The remainder says whether more bits follow.
 * Example: 3 / 10 is 3 / 5 = 0.1001 1001 … in base 2, rounded after 53 bits and then halved. */
static double quotient(uint64_t number, Py_ssize_t power)
{
    uint64_t divisor = 1;
    for (Py_ssize_t i = 0; i < power; i++)
        divisor *= 5;
    const int above = __builtin_clzll(number), below = __builtin_clzll(divisor);
    divisor <<= below;
    const unsigned __int128 dividend = (unsigned __int128)(number << above) << 63;
    uint64_t bits = (uint64_t)(dividend / divisor);
    const int is_cut = dividend % divisor != 0, left = __builtin_clzll(bits);
    bits <<= left;
    const uint64_t rest = bits & 0x7FF, kept = bits >> 11;
    const int up = rest > 0x400 || (rest == 0x400 && (is_cut || (kept & 1)));
    return ldexp((double)(kept + (uint64_t)up), (int)(11 - left - 63 + below - above - power));
}
#else
enum { FIVES = 0 };

static double quotient(uint64_t number, Py_ssize_t power)
{
    return (double)number / (double)power; /* never called */
}
#endif

/* Write the float of a text that is a plain number, rounded as float() rounds it. Python's parser needs a final NUL. */
static int rounded(const uint8_t *from, const uint8_t *end, double *out)
{
    char copy[SHORT];
    if (end - from >= SHORT)
        return python_float(from, end, out);
    memcpy(copy, from, (size_t)(end - from));
    copy[end - from] = 0;
    char *last;
    *out = PyOS_string_to_double(copy, &last, NULL);
    if (*out != -1.0 || !PyErr_Occurred())
        return last == copy + (end - from);
    PyErr_Clear();
    return 0;
}

/* Return the exponent behind an `e`, and where it ends: `end` is not reached if there is none, or it is very long. */
static inline const uint8_t *exponent_from(const uint8_t *from, const uint8_t *end, Py_ssize_t *exponent)
{
    const uint8_t *at = from + 1;
    const int minus = at < end && *at == '-';
    at += minus || (at < end && *at == '+');
    uint64_t number = 0;
    Py_ssize_t count = 0;
    const uint8_t *const last = digits(at, end, &number, &count);
    if (last == at)
        return from;
    const Py_ssize_t size = count > 4 ? 10000 : (Py_ssize_t)number;
    *exponent += minus ? -size : size;
    return last;
}

/* Write float() of a text. Return 0 if that raises.
 *
 * If the digits and the power of ten are both exact as floats, their product or quotient is rounded once, as float()
 * rounds it. */
static int float_from(const uint8_t *from, const uint8_t *end, double *out)
{
    const uint8_t *const text = from, *const text_end = end;
    uint64_t number = 0;
    Py_ssize_t count = 0, exponent = 0;
    const int minus = unsigned_part(&from, &end);
    const uint8_t *last = digits(from, end, &number, &count);
    Py_ssize_t written = last - from;
    if (last < end && *last == '.') {
        const uint8_t *const point = last;
        last = digits(point + 1, end, &number, &count);
        exponent = point + 1 - last;
        written -= exponent;
    }
    if (written && last < end && (*last | 0x20) == 'e')
        last = exponent_from(last, end, &exponent);
    if (last == end && written) {
        if (number > EXACT && count <= INT_DIGITS && exponent < 0 && exponent >= -FIVES) {
            *out = quotient(number, -exponent);
            *out = minus ? -*out : *out;
            return 1;
        }
        if (count > INT_DIGITS || number > EXACT || exponent < -EXACT_POWER || exponent > EXACT_POWER)
            return rounded(from - (from > text && (from[-1] == '-' || from[-1] == '+')), end, out);
        const double size = exponent < 0 ? (double)number / POWERS[-exponent] : (double)number * POWERS[exponent];
        *out = minus ? -size : size;
        return 1;
    }
    const uint8_t letter = from < end ? *from | 0x20 : 0;
    if (letter == 'i' || letter == 'n' || memchr(text, '_', (size_t)(text_end - text)) || !is_ascii(text, text_end))
        return python_float(text, text_end, out);
    return 0;
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

/* Return 1 if every text is a number, 0 if one is not, -1 with an exception set. */
static inline int parse_all(const Texts *texts, Parse parse, uint8_t *out, Py_ssize_t size, uint8_t *good)
{
    int all = 1;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start;
        good[i] = (uint8_t)parse(from, from + length, out + i * size);
        if (!good[i]) {
            memset(out + i * size, 0, (size_t)size);
            all = 0;
        }
    }
    return all;
}

static inline PyObject *parsed(PyObject *arguments, Parse parse, Py_ssize_t size)
{
    PyObject *out, *good;
    Texts texts;
    if (parse_texts(arguments, &texts, "OO", &out, &good) < 0)
        return NULL;
    Py_buffer results, marks = {0};
    int all = results_into(&results, out, &texts, size);
    if (all == 0) {
        all = results_into(&marks, good, &texts, sizeof(uint8_t));
        if (all == 0)
            all = parse_all(&texts, parse, results.buf, size, marks.buf);
        PyBuffer_Release(&marks);
        PyBuffer_Release(&results);
    }
    texts_release(&texts);
    return bool_or_error(all);
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

MODULE(parsing, "Parse numbers in texts.", methods)
