/* Find separators and words in UTF-8, 64 bytes at a time: see scanning.pyi. */
#include "module.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { AT_ONCE = 64 };

/* ---------------------------------------------------------------- bits ------------------------------------------- */

/* A bit for each of up to 64 bytes. The lowest bit is for the first byte. */
typedef uint64_t Mask;

static inline int lowest(Mask mask)
{
    return __builtin_ctzll(mask);
}

static inline Mask all_of(Py_ssize_t count)
{
    return count < AT_ONCE ? ((Mask)1 << count) - 1 : ~(Mask)0;
}

#if defined(__SSE2__)
static inline __m128i sixteen(const uint8_t *from, int index)
{
    return _mm_loadu_si128((const __m128i *)from + index);
}

/* Return 0xFF for each byte from first to first + width, and 0 for the others. */
static inline __m128i within(__m128i bytes, char first, char width)
{
    const __m128i over = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(over, _mm_set1_epi8(width)), over);
}
#endif

/* ---------------------------------------------------------------- white space ------------------------------------ */

/* Return the number of bytes of the non-ASCII white space (as str.isspace defines it) at `at`, or 0. */
static inline int wide_space_at(const uint8_t *at, const uint8_t *end)
{
    const uint8_t first = at[0];
    if (first == 0xC2) /* U+0085, U+00A0 */
        return end - at >= 2 && (at[1] == 0x85 || at[1] == 0xA0) ? 2 : 0;
    if (first < 0xE1 || first > 0xE3 || end - at < 3)
        return 0;
    const uint8_t second = at[1], third = at[2];
    if (first == 0xE1) /* U+1680 */
        return second == 0x9A && third == 0x80 ? 3 : 0;
    if (first == 0xE3) /* U+3000 */
        return second == 0x80 && third == 0x80 ? 3 : 0;
    if (second == 0x81) /* U+205F */
        return third == 0x9F ? 3 : 0;
    if (second != 0x80)
        return 0;
    /* U+2000 to U+200A, U+2028, U+2029, U+202F */
    return (third >= 0x80 && third <= 0x8A) || third == 0xA8 || third == 0xA9 || third == 0xAF ? 3 : 0;
}

/* Return which of up to 64 bytes are ASCII white space. `wide` gets the bytes that may begin non-ASCII white space. */
static inline Mask ascii_spaces(const uint8_t *from, Py_ssize_t count, Mask *wide)
{
    Mask found = 0;
    *wide = 0;
#if defined(__SSE2__)
    if (count == AT_ONCE) {
        for (int i = 0; i < 4; i++) {
            const __m128i bytes = sixteen(from, i);
            const __m128i space = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
                                               _mm_or_si128(within(bytes, 9, 4), within(bytes, 28, 3)));
            const __m128i lead = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)0xC2)),
                                              within(bytes, (char)0xE1, 2));
            found |= (Mask)(uint32_t)_mm_movemask_epi8(space) << (16 * i);
            *wide |= (Mask)(uint32_t)_mm_movemask_epi8(lead) << (16 * i);
        }
        return found;
    }
#endif
    for (Py_ssize_t i = 0; i < count; i++) {
        const uint8_t byte = from[i];
        found |= (Mask)(byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31)) << i;
        *wide |= (Mask)(byte == 0xC2 || (byte >= 0xE1 && byte <= 0xE3)) << i;
    }
    return found;
}

/* Return which of up to 64 bytes are white space. A character may cross the border between two calls. `*over` is the
 * number of its bytes in this call. It is set to the number in the next call. */
static inline Mask spaces(const uint8_t *from, Py_ssize_t count, const uint8_t *end, int *over)
{
    Mask wide, found = ascii_spaces(from, count, &wide) | all_of(*over);
    *over = 0;
    for (; wide; wide &= wide - 1) {
        const int place = lowest(wide), length = wide_space_at(from + place, end);
        found |= all_of(length) << place;
        if (place + length > AT_ONCE)
            *over = place + length - AT_ONCE;
    }
    return found;
}

/* Return the number of words (runs without white space). Write their starts and ends unless `starts` is NULL. */
static Py_ssize_t find_words(const uint8_t *data, Py_ssize_t size, int32_t *starts, int32_t *ends)
{
    Py_ssize_t begun = 0, ended = 0;
    int over = 0;
    Mask inside = 0; /* 1 if the last byte of the previous round is in a word */
    for (Py_ssize_t at = 0; at < size; at += AT_ONCE) {
        const Py_ssize_t count = size - at < AT_ONCE ? size - at : AT_ONCE;
        const Mask word = ~spaces(data + at, count, data + size, &over) & all_of(count);
        const Mask before = word << 1 | inside;
        Mask begin = word & ~before, end = ~word & before & all_of(count);
        inside = word >> (count - 1) & 1;
        if (starts == NULL) {
            begun += __builtin_popcountll(begin);
            continue;
        }
        for (; begin; begin &= begin - 1)
            starts[begun++] = (int32_t)(at + lowest(begin));
        for (; end; end &= end - 1)
            ends[ended++] = (int32_t)(at + lowest(end));
    }
    if (starts != NULL && inside)
        ends[ended] = (int32_t)size;
    return begun;
}

/* ---------------------------------------------------------------- separators ------------------------------------- */

static inline Mask either(const uint8_t *from, Py_ssize_t count, uint8_t one, uint8_t other)
{
    Mask found = 0;
#if defined(__SSE2__)
    if (count == AT_ONCE) {
        for (int i = 0; i < 4; i++) {
            const __m128i bytes = sixteen(from, i);
            const __m128i same = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)one)),
                                              _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)other)));
            found |= (Mask)(uint32_t)_mm_movemask_epi8(same) << (16 * i);
        }
        return found;
    }
#endif
    for (Py_ssize_t i = 0; i < count; i++)
        found |= (Mask)(from[i] == one || from[i] == other) << i;
    return found;
}

/* Return how many bytes equal `byte`. */
static Py_ssize_t count_byte(const uint8_t *data, Py_ssize_t size, uint8_t byte)
{
    Py_ssize_t found = 0, at = 0;
#if defined(__SSE2__)
    const __m128i none = _mm_setzero_si128(), wanted = _mm_set1_epi8((char)byte);
    while (size - at >= 16) {
        const Py_ssize_t blocks = (size - at) / 16, stop = at + 16 * (blocks < 255 ? blocks : 255);
        __m128i counts = none; /* sixteen counts of 8 bits: at most 255 rounds, so none overflows */
        for (; at < stop; at += 16)
            counts = _mm_sub_epi8(counts, _mm_cmpeq_epi8(sixteen(data + at, 0), wanted));
        const __m128i sums = _mm_sad_epu8(counts, none);
        found += _mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_srli_si128(sums, 8));
    }
#endif
    for (; at < size; at++)
        found += data[at] == byte;
    return found;
}

/* Write the offsets of all bytes that equal `one` or `other`. */
static void find_places(const uint8_t *data, Py_ssize_t size, uint8_t one, uint8_t other, int64_t *places)
{
    for (Py_ssize_t at = 0; at < size; at += AT_ONCE) {
        Mask mask = either(data + at, size - at < AT_ONCE ? size - at : AT_ONCE, one, other);
        for (; mask; mask &= mask - 1)
            *places++ = at + lowest(mask);
    }
}

/* ---------------------------------------------------------------- tables ----------------------------------------- */

/* Write the bounds of `lines` lines of `width` fields each. Line i starts at table[i]. Its field j ends at table[(j + 1)
 * * lines + i]. Return 0 if a line has another number of fields, else 1.
 */
static int find_fields(const uint8_t *data, Py_ssize_t size, uint8_t separator, Py_ssize_t lines, Py_ssize_t width,
                       int32_t *table)
{
    Py_ssize_t line = 0, field = 0;
    table[0] = 0;
    for (Py_ssize_t at = 0; at < size; at += AT_ONCE) {
        Mask mask = either(data + at, size - at < AT_ONCE ? size - at : AT_ONCE, separator, '\n');
        for (; mask; mask &= mask - 1) {
            const int32_t place = (int32_t)(at + lowest(mask));
            table[++field * lines + line] = place;
            if ((field == width) != (data[place] == '\n'))
                return 0;
            if (field == width) {
                field = 0;
                table[++line] = place + 1;
            }
        }
    }
    table[width * lines + line] = (int32_t)size;
    return field == width - 1;
}

/* ---------------------------------------------------------------- quotes ----------------------------------------- */

/* Return the number of quotes in data[1:-1], or -1 if a quote is misplaced. An opening quote must follow a separator, a
 * line end or a quote. One of these must follow a closing quote. `inside` says whether a field is open at data[1]. */
static Py_ssize_t count_quotes(const uint8_t *data, Py_ssize_t size, uint8_t quote, uint8_t separator, int inside)
{
    uint8_t beside[256] = {0};
    beside[quote] = beside[separator] = beside['\n'] = beside['\r'] = 1;
    Py_ssize_t found = 0;
    for (Py_ssize_t at = 1; at < size - 1; at += AT_ONCE) {
        Mask mask = either(data + at, size - 1 - at < AT_ONCE ? size - 1 - at : AT_ONCE, quote, quote);
        for (; mask; mask &= mask - 1, inside = !inside, found++) {
            const uint8_t *const here = data + at + lowest(mask);
            if (!beside[inside ? here[1] : here[-1]])
                return -1;
        }
    }
    return found;
}

/* ---------------------------------------------------------------- the module ------------------------------------- */

static PyObject *words(PyObject *Py_UNUSED(module), PyObject *argument)
{
    Py_buffer data;
    if (PyObject_GetBuffer(argument, &data, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *starts = NULL, *ends = NULL, *made = NULL;
    if (data.len > INT32_MAX)
        PyErr_SetString(PyExc_OverflowError, "more than 2**31 - 1 bytes at once");
    else {
        const Py_ssize_t size = find_words(data.buf, data.len, NULL, NULL) * (Py_ssize_t)sizeof(int32_t);
        starts = PyByteArray_FromStringAndSize(NULL, size);
        ends = PyByteArray_FromStringAndSize(NULL, size);
        if (starts != NULL && ends != NULL) {
            find_words(data.buf, data.len, (int32_t *)PyByteArray_AsString(starts), (int32_t *)PyByteArray_AsString(ends));
            made = PyTuple_Pack(2, starts, ends);
        }
    }
    Py_XDECREF(starts);
    Py_XDECREF(ends);
    PyBuffer_Release(&data);
    return made;
}

static PyObject *places(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer data;
    unsigned char one, other;
    if (!PyArg_ParseTuple(arguments, "y*bb", &data, &one, &other))
        return NULL;
    Py_ssize_t count = count_byte(data.buf, data.len, one);
    if (other != one)
        count += count_byte(data.buf, data.len, other);
    PyObject *const made = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(int64_t));
    if (made != NULL)
        find_places(data.buf, data.len, one, other, (int64_t *)PyByteArray_AsString(made));
    PyBuffer_Release(&data);
    return made;
}

static PyObject *count(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer data;
    unsigned char byte;
    if (!PyArg_ParseTuple(arguments, "y*b", &data, &byte))
        return NULL;
    const Py_ssize_t found = count_byte(data.buf, data.len, byte);
    PyBuffer_Release(&data);
    return PyLong_FromSsize_t(found);
}

static PyObject *fields(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer data;
    unsigned char separator;
    if (!PyArg_ParseTuple(arguments, "y*b", &data, &separator))
        return NULL;
    PyObject *made = NULL;
    const Py_ssize_t lines = count_byte(data.buf, data.len, '\n') + 1;
    const Py_ssize_t all = lines + count_byte(data.buf, data.len, separator), width = all / lines;
    if (data.len > INT32_MAX)
        PyErr_SetString(PyExc_OverflowError, "more than 2**31 - 1 bytes at once");
    else if (all % lines != 0 || separator == '\n')
        made = Py_NewRef(Py_None);
    else {
        made = PyByteArray_FromStringAndSize(NULL, (width + 1) * lines * (Py_ssize_t)sizeof(int32_t));
        if (made != NULL &&
            !find_fields(data.buf, data.len, separator, lines, width, (int32_t *)PyByteArray_AsString(made))) {
            Py_DECREF(made);
            made = Py_NewRef(Py_None);
        }
    }
    PyBuffer_Release(&data);
    return made;
}

static PyObject *quotes(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer data;
    unsigned char quote, separator;
    int inside;
    if (!PyArg_ParseTuple(arguments, "y*bbp", &data, &quote, &separator, &inside))
        return NULL;
    const Py_ssize_t found = count_quotes(data.buf, data.len, quote, separator, inside);
    PyBuffer_Release(&data);
    return PyLong_FromSsize_t(found);
}

static PyMethodDef methods[] = {
    {"quotes", quotes, METH_VARARGS, "quotes(data, quote, separator, inside) -> the number of quotes, -1 if one is misplaced"},
    {"words", words, METH_O, "words(data) -> (starts, ends) of the runs without white space, as int32"},
    {"places", places, METH_VARARGS, "places(data, one, other) -> the int64 offsets of both bytes"},
    {"count", count, METH_VARARGS, "count(data, byte) -> how many bytes equal byte"},
    {"fields", fields, METH_VARARGS, "fields(data, separator) -> int32 bounds of the lines' fields, or None"},
    {NULL, NULL, 0, NULL},
};

MODULE(scanning, "Find separators and words in UTF-8.", methods)
