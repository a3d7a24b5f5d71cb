/* The stable hash of texts. glowray/native/byte_hash.py defines it. */
#include "texts.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are read as little-endian machines have them"
#endif

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

enum { KNOWN_PLACES = 64 };

static uint64_t known_places[KNOWN_PLACES];

static inline uint64_t mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

/* Return the odd number that multiplies the word at an index. */
static inline uint64_t place(uint64_t index)
{
    return index < KNOWN_PLACES ? known_places[index] : mix((index + 1) * GOLDEN) | 1;
}

static inline uint64_t folded(uint64_t word)
{
    return word ^ (word >> 32);
}

static inline uint64_t hash_of(const uint8_t *from, Py_ssize_t length, const uint8_t *end, uint64_t tag)
{
    uint64_t total = 0, index = 0;
    Py_ssize_t left = length;
    for (; left >= 8; left -= 8, from += 8)
        total += folded(eight(from)) * place(index++);
    if (left)
        total += folded(word_from(from, left, end)) * place(index);
    return mix(total + (uint64_t)length * GOLDEN + tag);
}

static int hash_all(const Texts *texts, void *out, void *tag)
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        ((uint64_t *)out)[i] = hash_of(texts->bytes + start, length, texts->end, *(unsigned long long *)tag);
    }
    return 0;
}

static PyObject *hashes(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *out;
    unsigned long long tag;
    Texts texts;
    if (parse_texts(arguments, &texts, "KO", &tag, &out) < 0)
        return NULL;
    return none_or_error(run_loop(&texts, out, sizeof(uint64_t), hash_all, &tag));
}

/* Write a code of each text: its bytes and its length, mixed. Return 1, or 0 if a text has eight bytes or more, or -1
 * with an exception set. */
static int short_codes(const Texts *texts, void *out, void *Py_UNUSED(context))
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        if (length >= 8)
            return 0;
        ((uint64_t *)out)[i] = mix(word_from(texts->bytes + start, length, texts->end) | (uint64_t)length << 56);
    }
    return 1;
}

static PyObject *codes(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *out;
    Texts texts;
    if (parse_texts(arguments, &texts, "O", &out) < 0)
        return NULL;
    return bool_or_error(run_loop(&texts, out, sizeof(uint64_t), short_codes, NULL));
}

static PyMethodDef methods[] = {
    {"hashes", hashes, METH_VARARGS, "hashes(data, starts, ends, tag, out) writes the stable hash of each text"},
    {"codes", codes, METH_VARARGS, "codes(data, starts, ends, out) -> whether all texts have less than eight bytes"},
    {NULL, NULL, 0, NULL},
};

MODULE_WITH(hashing, "The stable hash of texts.", methods)
{
    for (uint64_t index = 0; index < KNOWN_PLACES; index++)
        known_places[index] = mix((index + 1) * GOLDEN) | 1;
    return PyModule_Create(&module);
}
