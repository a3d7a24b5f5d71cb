/* Count, find and replace the characters of UTF-8 texts: see characters.pyi. */
#include "texts.h"

/* An entry of a table of characters: the character that stands for another, and what is known of that other. */
enum { POINT = 0x1FFFFF, CASED = 1 << 29, SPECIAL = 1 << 30 };

static const uint64_t LOWEST_BITS = 0x0101010101010101ULL;

/* ---------------------------------------------------------------- places ----------------------------------------- */

/* Return whether a byte begins a character. */
static inline int begins(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

/* Return how many of eight bytes begin a character. */
static inline Py_ssize_t beginnings(uint64_t word)
{
    const uint64_t inner = (word >> 7) & (~word >> 6) & LOWEST_BITS;
    return 8 - (Py_ssize_t)((inner * LOWEST_BITS) >> 56);
}

static inline Py_ssize_t count_of(const uint8_t *from, const uint8_t *end)
{
    Py_ssize_t count = 0;
    for (; end - from >= 8; from += 8)
        count += beginnings(eight(from));
    for (; from < end; from++)
        count += begins(*from);
    return count;
}

/* Return the byte at which character number `index` begins, or the end. */
static inline const uint8_t *character_at(const uint8_t *from, const uint8_t *end, int64_t index)
{
    for (; end - from >= 8; from += 8) {
        const Py_ssize_t count = beginnings(eight(from));
        if (index < count)
            break;
        index -= count;
    }
    for (; from < end; from++)
        if (begins(*from) && index-- <= 0)
            return from;
    return end;
}

/* With `places` turn these numbers of characters into offsets of bytes; else write how many characters there are. */
static int measure_all(const Texts *texts, void *out, void *places)
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start, *const end = from + length;
        ((int64_t *)out)[i] = places == NULL ? count_of(from, end) : character_at(from, end, ((int64_t *)places)[i]) - from;
    }
    return 0;
}

static PyObject *counts(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *out;
    Texts texts;
    if (parse_texts(arguments, &texts, "O", &out) < 0)
        return NULL;
    return none_or_error(run_loop(&texts, out, sizeof(int64_t), measure_all, NULL));
}

static PyObject *offsets(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *sought, *out;
    Py_buffer places;
    Texts texts;
    if (parse_texts(arguments, &texts, "OO", &sought, &out) < 0)
        return NULL;
    if (PyObject_GetBuffer(sought, &places, PyBUF_ND) < 0) {
        texts_release(&texts);
        return NULL;
    }
    int failed = -1;
    if (places.len == (Py_ssize_t)sizeof(int64_t) * texts.count) {
        failed = run_loop(&texts, out, sizeof(int64_t), measure_all, places.buf);
    } else {
        PyErr_SetString(PyExc_ValueError, "places have to be as many as the texts, of 8 bytes each");
        texts_release(&texts);
    }
    PyBuffer_Release(&places);
    return none_or_error(failed);
}

/* ---------------------------------------------------------------- replacement ------------------------------------ */

/* Read the character at `from` and set its length in bytes. A byte that begins no character is a character of its own. */
static inline uint32_t read_character(const uint8_t *from, const uint8_t *end, int *width)
{
    const uint8_t first = *from;
    *width = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (end - from < *width)
        *width = 1;
    switch (*width) {
    case 2:
        return ((first & 0x1Fu) << 6) | (from[1] & 0x3Fu);
    case 3:
        return ((first & 0x0Fu) << 12) | ((from[1] & 0x3Fu) << 6) | (from[2] & 0x3Fu);
    case 4:
        return ((first & 0x07u) << 18) | ((from[1] & 0x3Fu) << 12) | ((from[2] & 0x3Fu) << 6) | (from[3] & 0x3Fu);
    default:
        return first;
    }
}

static inline int width_of(uint32_t point)
{
    return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/* Write a character of `width` bytes. */
static inline void write_character(uint32_t point, int width, uint8_t *out)
{
    static const uint8_t LEADS[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (int i = width - 1; i > 0; i--, point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    out[0] = (uint8_t)(LEADS[width] | point);
}

typedef struct {
    const uint32_t *first, *rest; /* entries of `size` characters: for the first of a word, and for all others */
    Py_ssize_t size;
} Table;

/* Write the bytes from `from` to `end` to `out`, with each character replaced. Return 0 if one of them is special.
 *
 * A special character has no replacement of as many bytes: it stays. */
static inline int replace_text(const uint8_t *from, const uint8_t *end, const Table *table, uint8_t *out)
{
    const uint32_t *entries = table->first;
    uint32_t seen = 0;
    while (from < end) {
        int width = 1;
        uint32_t point = *from;
        if (point >= 0x80)
            point = read_character(from, end, &width);
        if ((Py_ssize_t)point >= table->size || (width == 1 && point >= 0x80)) {
            memcpy(out, from, (size_t)width);
            seen |= SPECIAL;
            entries = table->rest;
        } else {
            const uint32_t entry = entries[point];
            seen |= entry;
            if (width == 1)
                *out = (uint8_t)entry;
            else
                write_character(entry & POINT, width, out);
            entries = table->first[point] & CASED ? table->rest : table->first;
        }
        from += width;
        out += width;
    }
    return !(seen & SPECIAL);
}

static int replace_all(const Texts *texts, const Table *table, uint8_t *out, uint8_t *marks)
{
    int all = 1;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        const uint8_t *const from = texts->bytes + start;
        marks[i] = (uint8_t)replace_text(from, from + length, table, out + start);
        all &= marks[i];
    }
    return all;
}

/* Return whether both tables have entries of four bytes for as many characters. */
static int table_from(Table *table, Py_buffer *first, Py_buffer *rest)
{
    if (first->itemsize != 4 || rest->itemsize != 4 || first->len != rest->len || first->len < 4 * 128) {
        PyErr_SetString(PyExc_ValueError, "tables have to have four bytes for each of as many characters, ASCII at least");
        return -1;
    }
    table->first = first->buf;
    table->rest = rest->buf;
    table->size = first->len / 4;
    return 0;
}

static int check_room(const Py_buffer *room, const Texts *texts)
{
    if (room->len == texts->data.len)
        return 0;
    PyErr_SetString(PyExc_ValueError, "results have to have as many bytes as the data");
    return -1;
}

static PyObject *replace(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *first, *rest, *out, *good;
    Texts texts;
    if (parse_texts(arguments, &texts, "OOOO", &first, &rest, &out, &good) < 0)
        return NULL;
    Py_buffer firsts = {0}, rests = {0}, made = {0}, marks = {0};
    Table table;
    int all = -1;
    if (PyObject_GetBuffer(first, &firsts, PyBUF_ND) == 0 && PyObject_GetBuffer(rest, &rests, PyBUF_ND) == 0
        && PyObject_GetBuffer(out, &made, PyBUF_ND | PyBUF_WRITABLE) == 0
        && results_into(&marks, good, &texts, sizeof(uint8_t)) == 0 && table_from(&table, &firsts, &rests) == 0
        && check_room(&made, &texts) == 0)
        all = replace_all(&texts, &table, made.buf, marks.buf);
    PyBuffer_Release(&firsts);
    PyBuffer_Release(&rests);
    PyBuffer_Release(&made);
    PyBuffer_Release(&marks);
    texts_release(&texts);
    return bool_or_error(all);
}

static PyMethodDef methods[] = {
    {"counts", counts, METH_VARARGS, "counts(data, starts, ends, out) writes the number of characters of each text"},
    {"offsets", offsets, METH_VARARGS, "offsets(data, starts, ends, places, out) writes the byte at which a character begins"},
    {"replace", replace, METH_VARARGS, "replace(data, starts, ends, first, rest, out, good) -> whether no text has a special character"},
    {NULL, NULL, 0, NULL},
};

MODULE(characters, "Count, find and replace characters.", methods)
